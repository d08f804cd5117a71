"""A learner's ledger by day and by month, summed in the database.

Seen from one programme: its own content and what nobody has catalogued. What is studied in another programme is that
programme's people's to see.
"""

from datetime import date

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Row, and_, func, select

from lms_tracker.store.tables import activity, course, ledger


class Day(Struct, frozen=True):
    """Microseconds of one local date. `raw_us == credited_us + held_us + discounted_us`."""

    date: date
    raw_us: int
    credited_us: int
    held_us: int
    discounted_us: int


def days_of(db: Connection, learner_id: int, programme_id: int, since: date, until: date) -> list[Day]:
    """Days with any claimed time, `until` inclusive, in order."""
    c = ledger.c
    found = (
        select(c.date, func.sum(c.raw_us), func.sum(c.credited_us), func.sum(c.held_us))
        .where(_in_force(learner_id, programme_id), c.date >= since, c.date <= until)
        .group_by(c.date)
        .order_by(c.date)
    )
    sums = ((day, int(raw), int(credited), int(held)) for day, raw, credited, held in db.execute(found))
    return [Day(day, raw, credited, held, raw - credited - held) for day, raw, credited, held in sums]


def months_of(db: Connection, learner_id: int, programme_id: int) -> list[date]:
    """First days of the months in which the learner claimed any time, the latest first."""
    dates = db.scalars(select(ledger.c.date).where(_in_force(learner_id, programme_id)).distinct())
    return sorted({day.replace(day=1) for day in dates}, reverse=True)


def titles_of(db: Connection, iris: set[str]) -> dict[str, Row]:
    """Rows (iri, title, kind, programme_id) of the catalogued ones among these activities."""
    found = (
        select(activity.c.iri, activity.c.title, activity.c.kind, course.c.programme_id)
        .join_from(activity, course, course.c.id == activity.c.course_id)
        .where(activity.c.iri.in_(iris))
    )
    return {row.iri: row for row in db.execute(found)}


def _in_force(learner_id: int, programme_id: int) -> ColumnElement[bool]:
    elsewhere = (
        select(activity.c.iri)
        .join_from(activity, course, course.c.id == activity.c.course_id)
        .where(activity.c.iri == ledger.c.activity, course.c.programme_id != programme_id)
        .correlate(ledger)
    )
    return and_(ledger.c.learner_id == learner_id, ledger.c.reversed_at.is_(None), ~elsewhere.exists())
