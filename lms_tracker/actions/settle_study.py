"""Bring ledgers in step with the evidence: derive what a learner's statements support, post what changed."""

import logging
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, Row

from lms_tracker.actions.programme_policy import study_stages
from lms_tracker.core.instants import to_us
from lms_tracker.core.study.decisions import Decision, apply_decisions
from lms_tracker.core.study.engine import CatalogueItem
from lms_tracker.core.study.entries import Entry
from lms_tracker.core.study.events import Event, read_event
from lms_tracker.core.study.stages import Stage, causes_of_stages, settle_stages
from lms_tracker.store.db import reading, writing
from lms_tracker.store.decisions import causes_of, decisions_of, have_posted_decisions, unposted
from lms_tracker.store.erasure import keep_living
from lms_tracker.store.evidence import (
    catalogued,
    claim_unsettled,
    finish_claim,
    mark_unsettled,
    pending,
    release_claim,
    statements_of,
)
from lms_tracker.store.identity_history import have_posted, unposted_causes
from lms_tracker.store.ledger import frozen_entries, post_changes

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=30)
"""A claim that is not finished by then is free for others: its process is gone."""
TURN = LEASE / 3
"""Of a batch, whoever has not been begun by then is given back: nobody alive loses a claim."""
BATCH = 20
MEDIA = frozenset({"video", "audio"})


def derive_ledger(db: Connection, learner_id: int, as_of: datetime | None = None) -> list[Entry]:
    """The entries that a learner's evidence supports, all of it or what was stored by `as_of`, after what was decided
    by then. Posts nothing.

    Frozen entries, whose evidence is gone, are among them as they were posted; of those nobody knows any more when their
    evidence came, so for a past instant all stand that are not of a later date.
    """
    stages = study_stages(db, learner_id, as_of)
    return entries_under(known_of(db, learner_id, stages[0].policy.zone, as_of), stages)


class Known(NamedTuple):
    """What a learner's ledger is derived from, whatever the policy."""

    learner_id: int
    events: list[Event]
    catalogue: dict[str, CatalogueItem]
    frozen: list[Entry]
    decisions: list[Decision]


def known_of(db: Connection, learner_id: int, zone: ZoneInfo, as_of: datetime | None = None) -> Known:
    """All that bears on a learner's ledger, or what of it was known at an instant."""
    events = events_of(db, learner_id, as_of)
    known = catalogued(db, {event.activity for event in events})
    last = date.max if as_of is None else as_of.astimezone(zone).date()
    return Known(
        learner_id,
        events,
        {iri: CatalogueItem(kind in MEDIA, length) for iri, (kind, length) in known.items()},
        [entry for entry in frozen_entries(db, learner_id) if entry.date <= last],
        decisions_of(db, learner_id, as_of),
    )


def entries_under(known: Known, stages: Sequence[Stage]) -> list[Entry]:
    """The ledger of a learner under these policies, after what people decided. Pure."""
    entries = settle_stages(known.events, stages, known.catalogue, known.learner_id, known.frozen)
    return apply_decisions(entries, known.decisions)


def events_of(db: Connection, learner_id: int, as_of: datetime | None = None) -> list[Event]:
    """What a learner's statements say, as far as it bears on study time."""
    return [event for row in statements_of(db, learner_id, as_of) if (event := _event(row)) is not None]


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
        if not pending(tx):
            return 0
    now = clock()
    with writing(db) as tx:
        claims = claim_unsettled(tx, now, LEASE, limit, take_over)
    derived = []
    for learner_id, version in claims:
        if derived and clock() - now > TURN:
            break
        derived.append((learner_id, version, *_derived(db, learner_id, now + LEASE)))
    with writing(db) as tx:  # one commit for all: on a disk, commits are what takes the time
        for learner_id, version, entries, why in derived:
            if entries is None:
                continue
            living = keep_living(tx, learner_id)  # who was erased meanwhile keeps the ledger that the erasure left
            if finish_claim(tx, learner_id, version, now + LEASE) and living:
                joined = "; ".join(why.joins.values())
                decided = causes_of(why.decisions)
                post_changes(tx, learner_id, entries, clock(), joined or cause, decided, why.adopted)
                have_posted(tx, learner_id, why.joins)
                have_posted_decisions(tx, learner_id, [row.id for row in why.decisions])
        release_claim(tx, (learner_id for learner_id, _ in claims[len(derived) :]), now + LEASE)
    return len(derived)


class _Why(NamedTuple):
    """What the entries follow, and the ledger does not yet: joins and splits of people (event -> why), and decisions;
    and policies that were adopted (id -> why)."""

    joins: dict[int, str]
    decisions: list[Row[Any]]
    adopted: dict[str, str]


def _derived(db: Engine, learner_id: int, claimed_until: datetime) -> tuple[list[Entry] | None, _Why]:
    try:
        with reading(db) as tx:
            adopted = causes_of_stages(study_stages(tx, learner_id))
            why = _Why(unposted_causes(tx, learner_id), unposted(tx, learner_id), adopted)
            return derive_ledger(tx, learner_id), why
    except Exception:
        log.exception("learner %s could not be settled; tried again after %s", learner_id, claimed_until)
        return None, _Why({}, [], {})


def _event(row: Row[Any]) -> Event | None:
    return read_event(
        row.raw,
        at=to_us(row.timestamp),
        stored=to_us(row.stored),
        received=row.received,
        source=row.source or "",
        proved=row.evidence == "proved",
    )


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
