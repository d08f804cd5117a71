"""Bring ledgers in step with the evidence: derive what a learner's statements support, post what changed."""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, Row

from lms_tracker.actions.derive_ledgers import derive_ledgers
from lms_tracker.actions.programme_policy import study_stages
from lms_tracker.core.study.entries import Entry
from lms_tracker.core.study.stages import causes_of_stages
from lms_tracker.store.db import reading, writing
from lms_tracker.store.decisions import causes_of, have_posted_decisions, unposted_decisions
from lms_tracker.store.erasure import keep_living
from lms_tracker.store.evidence import anybody_waits, claim_unsettled, finish_claim, mark_unsettled, release_claim
from lms_tracker.store.identity_history import have_posted, unposted_causes
from lms_tracker.store.ledger import post_changes

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=30)
"""A claim that is not finished by then is free for others: its process is gone."""
TURN = LEASE / 3
"""Of a batch, whoever has not been begun by then is given back: nobody alive loses a claim."""
BATCH = 20


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
            entries, why = derived.get(learner_id, NOTHING)
            if entries is None:
                continue
            living = keep_living(tx, learner_id)  # who was erased meanwhile keeps the ledger that the erasure left
            if finish_claim(tx, learner_id, version, now + LEASE) and living:
                joined = "; ".join(why.joins.values())
                post_changes(tx, learner_id, entries, clock(), joined or cause, causes_of(why.decisions), why.adopted)
                have_posted(tx, learner_id, why.joins)
                have_posted_decisions(tx, learner_id, [row.id for row in why.decisions])
        release_claim(tx, (learner_id for learner_id, _ in claims if learner_id not in derived), now + LEASE)
    return len(derived)


class Why(NamedTuple):
    """What a learner's entries follow, and the ledger does not yet: joins and splits of people (event -> why), decisions
    about study time, and policies that were adopted (id -> why)."""

    joins: dict[int, str]
    decisions: list[Row[Any]]
    adopted: dict[str, str]


Derived = dict[int, tuple[list[Entry] | None, Why]]
"""Learner -> entries, None where that failed, and why they may differ from those in the ledger."""
NOTHING = (None, Why({}, [], {}))


def _derive(db: Engine, learner_ids: list[int], late: Callable[[], bool]) -> Derived:
    """The ledgers of these learners, of whom the first ones only when it gets `late`."""
    derived: Derived = {}
    try:
        with reading(db) as tx:
            why = _why(tx, learner_ids)
            for learner_id, entries in derive_ledgers(tx, learner_ids):
                derived[learner_id] = entries, why[learner_id]
                if late():
                    break
    except Exception:
        left = [learner_id for learner_id in learner_ids if learner_id not in derived]
        if len(left) == 1:
            log.exception("learner %s could not be settled; tried again after %s", left[0], LEASE)
            return derived | {left[0]: NOTHING}
        for learner_id in left:  # one of them spoils it for all: each by itself
            derived |= _derive(db, [learner_id], late)
            if late():
                break
    return derived


def _why(tx: Connection, learner_ids: Iterable[int]) -> dict[int, Why]:
    joins, decisions = unposted_causes(tx, learner_ids), unposted_decisions(tx, learner_ids)
    return {
        learner_id: Why(joins.get(learner_id, {}), decisions.get(learner_id, []), causes_of_stages(stages))
        for stages, theirs in study_stages(tx, learner_ids)
        for learner_id in theirs
    }


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
