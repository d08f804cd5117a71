"""Which learners' evidence changed, and the statements of one learner as the engine reads them."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from sqlalchemy import Connection, Row, delete, func, select, true, update
from sqlalchemy.dialects import sqlite

from lms_tracker.store import postgresql
from lms_tracker.store.chunks import chunks
from lms_tracker.store.tables import (
    activity,
    credential,
    decision,
    enrolment,
    learner,
    programme_policy,
    statement,
    unsettled,
)


def mark_unsettled(db: Connection, learner_ids: Iterable[int], now: datetime) -> None:
    """Note that the ledgers of these learners no longer follow from their statements. In the writer's transaction."""
    # sorted: two batches that share learners take their row locks in one order, so they cannot deadlock
    learners = sorted(set(learner_ids))
    if not learners:
        return
    if db.dialect.name == "postgresql":
        return postgresql.mark_unsettled(db, learners, now)
    rows = [{"learner_id": learner, "version": 1, "since": now} for learner in learners]
    query = sqlite.insert(unsettled)
    changed = {"version": unsettled.c.version + 1}
    db.execute(query.on_conflict_do_update(index_elements=["learner_id"], set_=changed), rows)


def claim_unsettled(
    db: Connection, now: datetime, lease: timedelta, limit: int, take_over: bool = False
) -> list[tuple[int, int]]:
    """Take up to `limit` learners, those who wait longest, for `lease`; (learner id, version) of each, by id.

    Compare-and-swap: of several claimers each learner goes to one. A claim that is not finished in time is free again.
    With `take_over` claims of others fall at once: should one of them be alive after all, it cannot finish any more.
    """
    free = true() if take_over else (unsettled.c.claimed_until.is_(None)) | (unsettled.c.claimed_until < now)
    longest = select(unsettled.c.learner_id, unsettled.c.version).where(free).order_by(unsettled.c.since).limit(limit)
    # On PostgreSQL whom a writer is just marking is passed over: neither waits for the other.
    found = db.execute(longest.with_for_update(skip_locked=True)).all()
    claimed = []
    for learner_id, version in found:
        taken = db.execute(
            update(unsettled).where(unsettled.c.learner_id == learner_id, free).values(claimed_until=now + lease)
        )
        if taken.rowcount == 1:
            claimed.append((learner_id, version))
    return sorted(claimed)  # writers lock learners in this order, too: the two cannot deadlock


def finish_claim(db: Connection, learner_id: int, version: int, claimed_until: datetime) -> bool:
    """End a claim: forget the learner unless newer evidence came meanwhile. False when the claim was lost."""
    mine = (unsettled.c.learner_id == learner_id) & (unsettled.c.claimed_until == claimed_until)
    if db.execute(delete(unsettled).where(mine, unsettled.c.version == version)).rowcount:
        return True
    return db.execute(update(unsettled).where(mine).values(claimed_until=None)).rowcount == 1


def release_claim(db: Connection, learner_ids: Iterable[int], claimed_until: datetime) -> None:
    """Give learners back that were claimed and not settled: they are free at once."""
    for learner_id in sorted(learner_ids):
        mine = (unsettled.c.learner_id == learner_id) & (unsettled.c.claimed_until == claimed_until)
        db.execute(update(unsettled).where(mine).values(claimed_until=None))


def pending(db: Connection, since: datetime | None = None) -> int:
    """How many learners wait to be settled, claimed ones included; only those who wait since then or longer."""
    query = select(func.count()).select_from(unsettled)
    return db.execute(query if since is None else query.where(unsettled.c.since <= since)).scalar_one()


def statements_of(db: Connection, learner_id: int, as_of: datetime | None = None) -> Iterator[Row]:
    """(raw, timestamp, stored, received, evidence, source) of a learner's statements, as known at `as_of` when given.

    Voided statements are left out; for a past instant, those voided by then.
    """
    s = statement.c
    query = (
        select(s.raw, s.timestamp, s.stored, s.received, s.evidence, credential.c.name.label("source"))
        .select_from(statement.outerjoin(credential, s.credential_id == credential.c.id))
        .where(s.learner_id == learner_id)
        .order_by(s.seq)
    )
    if as_of is None:
        query = query.where(s.voided_by.is_(None))
    else:
        voiding = statement.alias()
        undone = select(voiding.c.id).where(voiding.c.id == s.voided_by, voiding.c.stored <= as_of).exists()
        query = query.where(s.stored <= as_of, ~undone)
    return iter(db.execute(query.execution_options(yield_per=2000)))


def changed_since(db: Connection, learner_ids: Iterable[int], as_of: datetime) -> set[int]:
    """Those of the learners whose ledger in force is not that of `as_of`: newer statements, decisions or policies, or not
    settled yet."""
    changed: set[int] = set()
    adopted = (
        select(enrolment.c.learner_id)
        .join(programme_policy, programme_policy.c.programme_id == enrolment.c.programme_id)
        .where(programme_policy.c.adopted_at > as_of, programme_policy.c.from_on.is_not(None))
        .distinct()
    )
    for chunk in chunks(learner_ids):
        of = statement.c.learner_id
        changed.update(db.execute(select(of).where(of.in_(chunk), statement.c.stored > as_of).distinct()).scalars())
        waiting = unsettled.c.learner_id
        changed.update(db.execute(select(waiting).where(waiting.in_(chunk))).scalars())
        head = func.coalesce(learner.c.joined_into, learner.c.id)  # a decision stays with whom it was made for
        decided = select(head).join(decision, decision.c.learner_id == learner.c.id)
        changed.update(db.execute(decided.where(decision.c.decided_at > as_of, head.in_(chunk)).distinct()).scalars())
        changed.update(db.execute(adopted.where(enrolment.c.learner_id.in_(chunk))).scalars())
    return changed


def catalogued(db: Connection, iris: Iterable[str]) -> dict[str, tuple[str, int | None]]:
    """(kind, length in microseconds) of those activities that the catalogue knows."""
    found = {}
    for chunk in chunks(iris):
        rows = db.execute(
            select(activity.c.iri, activity.c.kind, activity.c.length_us).where(activity.c.iri.in_(chunk))
        )
        found.update({row.iri: (row.kind, row.length_us) for row in rows})
    return found


def learners_with_statements(db: Connection, since: datetime | None = None) -> list[int]:
    """Every learner who has statements, or has some of a timestamp since an instant."""
    query = select(statement.c.learner_id).where(statement.c.learner_id.is_not(None)).distinct()
    if since is not None:
        query = query.where(statement.c.timestamp >= since)
    return sorted(learner for (learner,) in db.execute(query))
