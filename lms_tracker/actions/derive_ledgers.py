"""What ledgers learners' evidence supports, under the policies in force and after what people decided. Posts nothing."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import Connection

from lms_tracker.actions.programme_policy import study_stages
from lms_tracker.core.study.decisions import Decision, apply_decisions
from lms_tracker.core.study.engine import Settled, known_lengths, ledger_of, settle_learners
from lms_tracker.core.study.entries import Entry
from lms_tracker.core.study.evidence import Evidence
from lms_tracker.core.study.reading import Reader
from lms_tracker.core.study.sessions import Catalogue
from lms_tracker.core.study.stages import Stage, differing, settle_stages
from lms_tracker.store.beats import requests_of, stored_beats
from lms_tracker.store.decisions import decisions_of
from lms_tracker.store.evidence import catalogued, statements_of, told_together
from lms_tracker.store.ledger import frozen_entries

PIECE = 20_000
"""Statements that are settled together: enough for columns to pay."""


def derive_ledgers(
    db: Connection, learner_ids: Iterable[int], as_of: datetime | None = None
) -> Iterator[tuple[int, list[Entry]]]:
    """(learner id, entries) of each learner: what their evidence supports, all or what was stored by `as_of`, under the
    policies that were adopted and after what was decided by then.

    Learners are read and settled a few thousand statements at a time, however many they are. Frozen entries, whose
    evidence is gone, are among them as they were posted; of those nobody knows any more when their evidence came, so for
    a past instant all stand that are not of a later date.
    """
    for stages, theirs in study_stages(db, learner_ids, as_of):
        for known in known_of(db, theirs, stages[0].policy.zone, as_of):
            yield from ((derived.learner_id, derived.entries) for derived in ledgers_under(known, stages))


def derive_ledger(db: Connection, learner_id: int, as_of: datetime | None = None) -> list[Entry]:
    """The entries of one learner, as `derive_ledgers` gives them."""
    ((_, entries),) = derive_ledgers(db, [learner_id], as_of)
    return entries


class Known(NamedTuple):
    """What the ledgers of some learners are derived from, whatever the policy."""

    learners: set[int]
    evidence: Evidence
    catalogue: Catalogue
    frozen: dict[int, list[Entry]]
    decisions: dict[int, list[Decision]]


def known_of(
    db: Connection, learner_ids: Iterable[int], zone: ZoneInfo, as_of: datetime | None = None
) -> Iterator[Known]:
    """All that bears on these learners' ledgers, or what of it was known at an instant; each learner is in one piece."""
    silent = set(learner_ids)
    last = date.max if as_of is None else as_of.astimezone(zone).date()
    frozen = {
        learner_id: [entry for entry in entries if entry.date <= last]
        for learner_id, entries in frozen_entries(db, silent).items()
    }
    decisions = decisions_of(db, silent, as_of)
    for evidence in _evidence(db, silent, as_of):
        catalogue = catalogued(db, {key.activity for key in evidence.keys})
        speaking = {key.learner_id for key in evidence.keys}
        silent -= speaking
        yield Known(speaking, evidence, catalogue, frozen, decisions)
    yield Known(silent, Reader().evidence(), {}, frozen, decisions)


class Derived(NamedTuple):
    """A learner's ledger. `sessions`: where it is nothing but what the rules of one policy say of evidence that is there,
    all of them; None where there are several policies, frozen entries or decisions."""

    learner_id: int
    entries: list[Entry]
    sessions: list[Settled] | None


def ledgers_under(known: Known, stages: Sequence[Stage]) -> Iterator[Derived]:
    """The ledger of each of these learners under policies by date, after what people decided. Pure."""
    silent = set(known.learners)
    for learner_id, entries, sessions in _by_rules(known, differing(stages)):
        silent.discard(learner_id)
        decided = known.decisions.get(learner_id, ())
        alone = not (decided or known.frozen.get(learner_id))
        lengths = _lengths(known, learner_id) if any(one.kind == "reject" for one in decided) else {}
        yield Derived(learner_id, apply_decisions(entries, decided, lengths), sessions if alone else None)
    for learner_id in sorted(silent):
        entries = known.frozen.get(learner_id, [])
        yield Derived(learner_id, apply_decisions(entries, known.decisions.get(learner_id, ())), None)


def _by_rules(known: Known, stages: Sequence[Stage]) -> Iterator[tuple[int, list[Entry], list[Settled] | None]]:
    if len(stages) > 1:
        for learner_id, entries in settle_stages(known.evidence, stages, known.catalogue, known.frozen):
            yield learner_id, entries, None
        return
    for learner_id, sessions in settle_learners(known.evidence, stages[0].policy, known.catalogue, known.frozen):
        yield learner_id, ledger_of(sessions, known.frozen.get(learner_id, ())), sessions


def _lengths(known: Known, learner_id: int) -> dict[str, int | None]:
    """How long the activities of a learner are, as the rules have it."""
    told, numbers = known.evidence, range(len(known.evidence.keys))
    longest = np.full(len(numbers), -1)
    np.maximum.at(longest, told.session, told.length)
    own = [number for number in numbers if told.keys[number].learner_id == learner_id]
    return known_lengths(((told.keys[number].activity, int(longest[number])) for number in own), known.catalogue)


def _evidence(db: Connection, learner_ids: Iterable[int], as_of: datetime | None) -> Iterator[Evidence]:
    """All evidence of these learners; each learner's is in one piece, and pieces are of few learners or one."""
    learner_ids = list(learner_ids)
    counts = Counter(statements_of(db, learner_ids))
    counts.update(requests_of(db, learner_ids))
    for together in _pieces(counts):
        reader = Reader()
        for told in told_together(db, together, as_of):
            reader.add(told)
        reader.add_beats(stored_beats(db, together, as_of))
        yield reader.evidence()


def _pieces(counts: Mapping[int, int]) -> Iterator[list[int]]:
    """Learners whose statements are settled together; each has some."""
    piece: list[int] = []
    size = 0
    for learner_id in sorted(counts):
        piece.append(learner_id)
        size += counts[learner_id]
        if size >= PIECE:
            yield piece
            piece, size = [], 0
    if piece:
        yield piece


def statements_by_session(db: Connection, learner_id: int) -> dict[tuple[str, str, str], list[str]]:
    """Ids of a learner's statements that bear on study time, by (activity, session, registration)."""
    found: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for evidence in _evidence(db, [learner_id], None):
        for number, id in zip(evidence.session.tolist(), evidence.ids, strict=True):
            key = evidence.keys[number]
            found[key.activity, key.session, key.registration].append(id)
    return found
