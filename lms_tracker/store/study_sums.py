"""Credited study by learner and course, summed in the database: all that a grade needs of the ledger."""

from collections.abc import Collection, Iterator
from datetime import date
from typing import Any

from sqlalchemy import Connection, case, func, select

from lms_tracker.store.chunks import rows_of
from lms_tracker.store.tables import activity, course, ledger


def study_sums(
    db: Connection, programme_id: int, learner_ids: Collection[int], first: date, last: date
) -> Iterator[Any]:
    """Rows (learner_id, course_id, credited_us, last_on): study in the programme's courses dated `first` to `last`, with
    the latest date that has any."""
    c = ledger.c
    query = (
        select(
            c.learner_id,
            activity.c.course_id,
            func.sum(c.credited_us).label("credited_us"),
            func.max(case((c.credited_us > 0, c.date))).label("last_on"),
        )
        .join_from(ledger, activity, activity.c.iri == c.activity)
        .join(course, course.c.id == activity.c.course_id)
        .where(course.c.programme_id == programme_id, c.reversed_at.is_(None), c.date >= first, c.date <= last)
        .group_by(c.learner_id, activity.c.course_id)
    )
    yield from rows_of(db, query, c.learner_id, learner_ids)
