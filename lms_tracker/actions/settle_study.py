"""Bring ledgers in step with the evidence: derive what a learner's statements support, post what changed."""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta
from itertools import groupby, islice
from operator import itemgetter

from sqlalchemy import Connection, Engine

from lms_tracker.actions.policies import load_policy
from lms_tracker.core.study.engine import settle_many
from lms_tracker.core.study.entries import Entry
from lms_tracker.core.study.evidence import Evidence
from lms_tracker.core.study.reading import Reader
from lms_tracker.core.study.sessions import CatalogueItem
from lms_tracker.store.db import reading, writing
from lms_tracker.store.erasure import keep_living
from lms_tracker.store.evidence import (
    anybody_waits,
    catalogued,
    claim_unsettled,
    finish_claim,
    mark_unsettled,
    policies_of,
    release_claim,
    stored_statements,
)
from lms_tracker.store.identity_history import have_posted, unposted_causes
from lms_tracker.store.ledger import frozen_entries, post_changes

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=30)
"""A claim that is not finished by then is free for others: its process is gone."""
TURN = LEASE / 3
"""Of a batch, whoever has not been begun by then is given back: nobody alive loses a claim."""
BATCH = 20
PIECE, AT_ONCE = 20_000, 1000
"""Statements that are settled together: enough for columns to pay; and that are in memory as they were said."""
MEDIA = frozenset({"video", "audio"})


def derive_ledgers(
    db: Connection, learner_ids: Iterable[int], as_of: datetime | None = None
) -> Iterator[tuple[int, list[Entry]]]:
    """(learner id, entries) of each learner: what their evidence supports, all or what was stored by `as_of`.

    Posts nothing. Learners are read and settled a few thousand statements at a time, however many they are. Frozen
    entries, whose evidence is gone, are among them as they were posted; of those nobody knows any more when their
    evidence came, so for a past instant all stand that are not of a later date.
    """
    policies = policies_of(db, learner_ids)
    for name in sorted(set(policies.values())):
        policy = load_policy(name).study
        last = date.max if as_of is None else as_of.astimezone(policy.zone).date()
        silent = {learner_id for learner_id in policies if policies[learner_id] == name}
        frozen = {
            learner_id: [entry for entry in entries if entry.date <= last]
            for learner_id, entries in frozen_entries(db, silent).items()
        }
        for evidence in _evidence(db, sorted(silent), as_of):
            known = catalogued(db, {key.activity for key in evidence.keys})
            catalogue = {iri: CatalogueItem(kind in MEDIA, length) for iri, (kind, length) in known.items()}
            for learner_id, entries in settle_many(evidence, policy, catalogue, frozen):
                silent.discard(learner_id)
                yield learner_id, entries
        yield from ((learner_id, frozen.get(learner_id, [])) for learner_id in sorted(silent))


def derive_ledger(db: Connection, learner_id: int, as_of: datetime | None = None) -> list[Entry]:
    """The entries of one learner, as `derive_ledgers` gives them."""
    ((_, entries),) = derive_ledgers(db, [learner_id], as_of)
    return entries


def _evidence(db: Connection, learner_ids: list[int], as_of: datetime | None) -> Iterator[Evidence]:
    """All evidence of these learners; each learner's is in one piece, and pieces are of few learners or one."""
    reader = Reader()
    for _, rows in groupby(stored_statements(db, learner_ids, as_of), key=itemgetter(0)):
        while piece := list(islice(rows, AT_ONCE)):
            reader.add(piece)
        if reader.count >= PIECE:
            yield reader.evidence()
            reader = Reader()
    yield reader.evidence()


def statements_by_session(db: Connection, learner_id: int) -> dict[tuple[str, str, str], list[str]]:
    """Ids of a learner's statements that bear on study time, by (activity, session, registration)."""
    found: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for evidence in _evidence(db, [learner_id], None):
        for number, id in zip(evidence.session.tolist(), evidence.ids, strict=True):
            key = evidence.keys[number]
            found[key.activity, key.session, key.registration].append(id)
    return found


def settle_pending(
    db: Engine,
    clock: Callable[[], datetime],
    cause: str = "newer evidence",
    limit: int = BATCH,
    take_over: bool = False,
) -> int:
    """Settle up to `limit` learners whose evidence changed, longest waiting first. How many were settled.

    Any number of processes may do this at once; each learner is settled by one of them. A learner whose settling fails
    is left for the end of the lease and logged: the others go on. `take_over`: also who is claimed by another process.
    """
    with reading(db) as tx:
        if not anybody_waits(tx):
            return 0
    now = clock()
    with writing(db) as tx:
        claims = claim_unsettled(tx, now, LEASE, limit, take_over)
    derived = _derive(db, [learner_id for learner_id, _ in claims], lambda: clock() - now > TURN)
    with writing(db) as tx:  # one commit for all: on a disk, commits are what takes the time
        for learner_id, version in claims:
            entries, causes = derived.get(learner_id, (None, {}))
            if entries is None:
                continue
            living = keep_living(tx, learner_id)  # who was erased meanwhile keeps the ledger that the erasure left
            if finish_claim(tx, learner_id, version, now + LEASE) and living:
                post_changes(tx, learner_id, entries, clock(), "; ".join(causes.values()) or cause)
                have_posted(tx, learner_id, causes)
        release_claim(tx, (learner_id for learner_id, _ in claims if learner_id not in derived), now + LEASE)
    return len(derived)


Derived = dict[int, tuple[list[Entry] | None, dict[int, str]]]
"""Learner -> entries, None where that failed; and the joins and splits of people that the ledger does not follow yet."""


def _derive(db: Engine, learner_ids: list[int], late: Callable[[], bool]) -> Derived:
    """The ledgers of these learners, of whom the first ones only when it gets `late`."""
    derived: Derived = {}
    try:
        with reading(db) as tx:
            causes = unposted_causes(tx, learner_ids)
            for learner_id, entries in derive_ledgers(tx, learner_ids):
                derived[learner_id] = entries, causes.get(learner_id, {})
                if late():
                    break
    except Exception:
        left = [learner_id for learner_id in learner_ids if learner_id not in derived]
        if len(left) == 1:
            log.exception("learner %s could not be settled; tried again after %s", left[0], LEASE)
            return derived | {left[0]: (None, {})}
        for learner_id in left:  # one of them spoils it for all: each by itself
            derived |= _derive(db, [learner_id], late)
            if late():
                break
    return derived


def settle_all(db: Engine, clock: Callable[[], datetime], cause: str = "newer evidence") -> int:
    """Settle until nobody free is waiting. How many were settled."""
    total = 0
    while done := settle_pending(db, clock, cause):
        total += done
    return total


def request_recompute(db: Engine, learner_ids: list[int], now: datetime) -> None:
    """Have these learners settled anew from their statements."""
    with writing(db) as tx:
        mark_unsettled(tx, learner_ids, now)
