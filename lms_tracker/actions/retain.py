"""Delete what is older than its source keeps it, and change no ledger by that.

Sessions go as a whole, once all of their statements are old enough; their entries are frozen as they were posted. Each
learner's ledger is worked out before and after, in the transaction that deletes: should it not be the same, the evidence
stays. So does that of people whose programme has not ended, for grades may still be asked about, and of people whose
time is held or under appeal: whoever decides needs to see it.
"""

import logging
from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from sqlalchemy import Connection, Engine

from lms_tracker.actions.derive_ledgers import derive_ledger, statements_by_session
from lms_tracker.actions.unused_attachments import delete_unused
from lms_tracker.core.study.entries import in_ledger
from lms_tracker.core.xapi.redact import attached
from lms_tracker.store import forwarding, quarantine
from lms_tracker.store import retention as store
from lms_tracker.store import statement_edits as edits
from lms_tracker.store.chunks import chunks
from lms_tracker.store.db import reading, writing
from lms_tracker.store.ledger import entries_in_force
from lms_tracker.store.remembered import forget
from lms_tracker.store.retention import Bounds
from lms_tracker.store.settling import unsettled_among

log = logging.getLogger(__name__)
BATCH = 1000
"""Statements of nobody that go in one transaction. Of a person all go in one."""
LONGEST = 36_500
"""Days: a century."""


class Source(msgspec.Struct, frozen=True):
    """A source, and what of it would go today. `kept`: old enough, and kept for a running programme or a session that is
    not old enough as a whole."""

    name: str
    keep_days: int | None
    revoked: bool
    old: int
    goes: int

    @property
    def kept(self) -> int:
        return self.old - self.goes


class Outcome(msgspec.Struct):
    """What one run did."""

    statements: int = 0
    learners: int = 0
    differing: int = 0
    """Learners whose ledger would have changed: their evidence was kept."""
    quarantine: int = 0
    attachments: int = 0


class _LedgerDiffers(Exception):
    """The ledger would not be the same without this evidence."""


def set_retention(db: Engine, name: str, keep_days: int | None) -> bool:
    """Statements of the source go so many days after they were stored; with None they stay for ever. False when there
    is no such source. Raises ValueError for a number of days that makes no sense."""
    if keep_days is not None and not 1 <= keep_days <= LONGEST:
        raise ValueError(f"days to keep are 1 to {LONGEST}, not {keep_days}")
    with writing(db) as tx:
        return store.set_keep_days(tx, name, keep_days)


def preview_retention(db: Engine, now: datetime) -> list[Source]:
    """All sources, by name."""
    with reading(db) as tx:
        bounds = _bounds(tx, now)
        old, goes = store.counts_by_source(tx, bounds), dict.fromkeys(bounds, 0)
        needed = store.still_needed(tx, now.date())
        for id, bound in bounds.items():
            goes[id] += len(store.old_of_nobody(tx, {id: bound}, old.get(id, 0)))
        for learner_id in store.learners_with_old(tx, bounds):
            if learner_id in needed:
                continue
            going = set(_going(tx, learner_id, bounds)[0].values())
            for id, bound in bounds.items():
                goes[id] += len(going & set(store.old_of(tx, learner_id, {id: bound}).values()))
        return [
            Source(row.name, row.keep_days, row.revoked_at is not None, old.get(row.id, 0), goes.get(row.id, 0))
            for row in store.sources(tx)
        ]


def old_by_source(db: Engine, now: datetime) -> list[tuple[str, int | None, bool, int]]:
    """(name, days kept, whether it is revoked, how many statements are older) of all sources, by name."""
    with reading(db) as tx:
        old = store.counts_by_source(tx, _bounds(tx, now))
        return [(r.name, r.keep_days, r.revoked_at is not None, old.get(r.id, 0)) for r in store.sources(tx)]


def apply_retention(db: Engine, now: datetime) -> Outcome:
    """Delete what is old enough. A transaction for each learner; may run any number of times, in several processes."""
    outcome = Outcome()
    with reading(db) as tx:
        bounds = _bounds(tx, now)
        needed = store.still_needed(tx, now.date())
        learners = [id for id in store.learners_with_old(tx, bounds) if id not in needed]
    data: set[str] = set()
    for learner_id in learners:
        try:
            with writing(db) as tx:
                gone, came_along = _thin(tx, learner_id, bounds, now)
        except _LedgerDiffers:
            log.warning("learner %d: the ledger needs evidence that is old enough to go; it stays", learner_id)
            outcome.differing += 1
            continue
        data |= came_along
        outcome.statements += gone
        outcome.learners += bool(gone)
    gone = BATCH
    while gone == BATCH:
        with writing(db) as tx:
            gone, came_along = _delete(tx, store.old_of_nobody(tx, bounds, BATCH))
        data |= came_along
        outcome.statements += gone
    outcome.attachments = delete_unused(db, data)
    with writing(db) as tx:
        outcome.quarantine = sum(quarantine.remove_before(tx, id, before) for id, before in bounds.items())
    if outcome.statements or outcome.differing:
        log.info("retention: %d statements of %d learners deleted", outcome.statements, outcome.learners)
    return outcome


def _bounds(tx: Connection, now: datetime) -> Bounds:
    return {row.id: now - timedelta(days=row.keep_days) for row in store.sources(tx) if row.keep_days is not None}


def _thin(tx: Connection, learner_id: int, bounds: Bounds, now: datetime) -> tuple[int, set[str]]:
    """How many statements went, and what data had come with them."""
    edits.keep_writers_out(tx)
    if unsettled_among(tx, [learner_id]):
        return 0, set()  # tomorrow
    going, keys = _going(tx, learner_id, bounds)
    if not going:
        return 0, set()
    stays = [entry for entry in derive_ledger(tx, learner_id) if entry.key[:3] not in keys]
    posted = [entry for entry in entries_in_force(tx, [learner_id]) if entry.key[:3] in keys]
    store.freeze(tx, learner_id, keys, now)
    gone = _delete(tx, going.values())
    forget(tx, [learner_id])  # whose ledger is no longer what the rules say of the evidence that is left
    if sorted(derive_ledger(tx, learner_id), key=in_ledger) != sorted(stays + posted, key=in_ledger):
        raise _LedgerDiffers
    return gone


def _delete(tx: Connection, seqs: Collection[int]) -> tuple[int, set[str]]:
    data = {
        sha2 for chunk in chunks(seqs) for row in edits.statements_at(tx, chunk) for sha2 in attached(bytes(row.raw))
    }
    forwarding.forget(tx, seqs)
    return edits.delete_statements(tx, seqs), data


def _going(tx: Connection, learner_id: int, bounds: Bounds) -> tuple[dict[UUID, int], Collection[tuple[str, str, str]]]:
    """Statements that go, by id, and the sessions that they were the evidence of."""
    going = store.old_of(tx, learner_id, bounds)
    keys = set()
    for key, statements in statements_by_session(tx, learner_id).items():
        ids = [UUID(id) for id in statements]
        if all(id in going for id in ids):
            keys.add(key)
        else:
            for id in ids:
                going.pop(id, None)
    return going, keys
