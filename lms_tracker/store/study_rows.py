"""Ledger entries in force without their intervals: all that grades and bulletins need, at a fraction of the cost."""

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Connection, select

from lms_tracker.store.chunks import chunks
from lms_tracker.store.tables import ledger


def study_rows(db: Connection, learner_ids: Iterable[int]) -> Iterator[Any]:
    """Rows (learner_id, activity, date, raw_us, credited_us, held_us, discounted), one per entry in force; `discounted` is
    JSON, reason to microseconds."""
    c = ledger.c
    for chunk in chunks(learner_ids):
        yield from db.execute(
            select(c.learner_id, c.activity, c.date, c.raw_us, c.credited_us, c.held_us, c.discounted).where(
                c.learner_id.in_(chunk), c.reversed_at.is_(None)
            )
        )
