"""Whose study time changed lately, and who studied when."""

from datetime import date, datetime

from sqlalchemy import Connection, func, select

from lms_tracker.store.tables import ledger


def posted_since(db: Connection, since: datetime) -> dict[int, tuple[date, date]]:
    """Learners of whom credited time was posted since then: first and last local date of it."""
    c = ledger.c
    query = (
        select(c.learner_id, func.min(c.date), func.max(c.date))
        .where(c.posted_at >= since, c.reversed_at.is_(None), c.frozen_at.is_(None), c.credited_us > 0)
        .group_by(c.learner_id)
    )
    return {learner: (first, last) for learner, first, last in db.execute(query)}


def studied_between(db: Connection, first: date, last: date) -> dict[int, tuple[datetime, date]]:
    """Learners with entries in force of these local dates: when the newest was posted, and the last date among them."""
    c = ledger.c
    query = (
        select(c.learner_id, func.max(c.posted_at), func.max(c.date))
        .where(c.date.between(first, last), c.reversed_at.is_(None))
        .group_by(c.learner_id)
        .order_by(c.learner_id)
    )
    return {learner: (posted, day) for learner, posted, day in db.execute(query)}
