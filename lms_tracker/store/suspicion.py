"""Whose study time changed lately, who studied when, and a learner's evidence of some days."""

from collections.abc import Iterator
from datetime import date, datetime

from sqlalchemy import Connection, Row, func, select

from lms_tracker.store.tables import credential, ledger, statement


def posted_since(db: Connection, since: datetime) -> dict[int, tuple[date, date]]:
    """Learners of whom credited time was posted since then: first and last local date of it."""
    c = ledger.c
    query = (
        select(c.learner_id, func.min(c.date), func.max(c.date))
        .where(c.posted_at >= since, c.reversed_at.is_(None), c.frozen_at.is_(None), c.credited_us > 0)
        .group_by(c.learner_id)
    )
    return {learner: (first, last) for learner, first, last in db.execute(query)}


def studied_between(db: Connection, first: date, last: date) -> list[int]:
    """Learners with entries in force of these local dates."""
    c = ledger.c
    query = select(c.learner_id).where(c.date.between(first, last), c.reversed_at.is_(None)).distinct()
    return sorted(db.scalars(query))


def statements_between(db: Connection, learner_id: int, start: datetime, end: datetime) -> Iterator[Row]:
    """(raw, timestamp, stored, received, evidence, source) of a learner's statements of a time, by their timestamps."""
    s = statement.c
    query = (
        select(s.raw, s.timestamp, s.stored, s.received, s.evidence, credential.c.name.label("source"))
        .select_from(statement.outerjoin(credential, s.credential_id == credential.c.id))
        .where(s.learner_id == learner_id, s.voided_by.is_(None), s.timestamp >= start, s.timestamp < end)
        .order_by(s.seq)
    )
    return iter(db.execute(query.execution_options(yield_per=2000)))
