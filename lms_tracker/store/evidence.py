"""Which learners' evidence changed, and the statements of one learner as the engine reads them."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from sqlalchemy import Connection, Row, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from lms_tracker.store.tables import credential, statement, unsettled


def mark_unsettled(db: Connection, learner_ids: Iterable[int], now: datetime) -> None:
    """Note that the ledgers of these learners no longer follow from their statements. In the writer's transaction."""
    insert = postgresql.insert if db.dialect.name == "postgresql" else sqlite.insert
    # sorted: two batches that share learners take their row locks in one order, so they cannot deadlock
    rows = [{"learner_id": learner, "version": 1, "since": now} for learner in sorted(set(learner_ids))]
    if rows:
        query = insert(unsettled)
        db.execute(
            query.on_conflict_do_update(index_elements=["learner_id"], set_={"version": unsettled.c.version + 1}), rows
        )


def claim_unsettled(db: Connection, now: datetime, lease: timedelta, limit: int) -> list[tuple[int, int]]:
    """Take up to `limit` learners, longest waiting first, for `lease`; (learner id, version) of each.

    Compare-and-swap: of several claimers each learner goes to one. A claim that is not finished in time is free again.
    """
    free = (unsettled.c.claimed_until.is_(None)) | (unsettled.c.claimed_until < now)
    found = db.execute(
        select(unsettled.c.learner_id, unsettled.c.version).where(free).order_by(unsettled.c.since).limit(limit)
    ).all()
    claimed = []
    for learner_id, version in found:
        taken = db.execute(
            update(unsettled).where(unsettled.c.learner_id == learner_id, free).values(claimed_until=now + lease)
        )
        if taken.rowcount == 1:
            claimed.append((learner_id, version))
    return claimed


def finish_claim(db: Connection, learner_id: int, version: int, claimed_until: datetime) -> bool:
    """End a claim: forget the learner unless newer evidence came meanwhile. False when the claim was lost."""
    mine = (unsettled.c.learner_id == learner_id) & (unsettled.c.claimed_until == claimed_until)
    if db.execute(delete(unsettled).where(mine, unsettled.c.version == version)).rowcount:
        return True
    return db.execute(update(unsettled).where(mine).values(claimed_until=None)).rowcount == 1


def pending(db: Connection) -> int:
    """How many learners wait to be settled."""
    return len(db.execute(select(unsettled.c.learner_id)).all())


def statements_of(db: Connection, learner_id: int, as_of: datetime | None = None) -> Iterator[Row]:
    """(raw, stored, received, evidence, source) of a learner's statements, as known at `as_of` when given.

    Voided statements are left out; for a past instant, those voided by then.
    """
    s = statement.c
    query = (
        select(s.raw, s.stored, s.received, s.evidence, credential.c.name.label("source"))
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


def newest_evidence(db: Connection, learner_ids: Iterable[int], after: datetime) -> set[int]:
    """Those of the learners who have statements stored after an instant."""
    wanted = set(learner_ids)
    rows = db.execute(select(statement.c.learner_id).where(statement.c.stored > after).distinct())
    return {learner for (learner,) in rows if learner in wanted}
