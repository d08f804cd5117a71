"""A learner's ledger by day and by month, summed in the database."""

from datetime import date

from msgspec import Struct
from sqlalchemy import Connection, Row, func, select

from lms_tracker.store.tables import activity, ledger


class Day(Struct, frozen=True):
    """Microseconds of one local date. `raw_us == credited_us + held_us + discounted_us`."""

    date: date
    raw_us: int
    credited_us: int
    held_us: int
    discounted_us: int


def days_of(db: Connection, learner_id: int, since: date, until: date) -> list[Day]:
    """Days with any claimed time, `until` inclusive, in order."""
    c = ledger.c
    found = (
        select(c.date, func.sum(c.raw_us), func.sum(c.credited_us), func.sum(c.held_us))
        .where(c.learner_id == learner_id, c.reversed_at.is_(None), c.date >= since, c.date <= until)
        .group_by(c.date)
        .order_by(c.date)
    )
    sums = ((day, int(raw), int(credited), int(held)) for day, raw, credited, held in db.execute(found))
    return [Day(day, raw, credited, held, raw - credited - held) for day, raw, credited, held in sums]


def months_of(db: Connection, learner_id: int) -> list[date]:
    """First days of the months in which the learner claimed any time, the latest first."""
    dates = db.scalars(
        select(ledger.c.date).where(ledger.c.learner_id == learner_id, ledger.c.reversed_at.is_(None)).distinct()
    )
    return sorted({day.replace(day=1) for day in dates}, reverse=True)


def titles_of(db: Connection, iris: set[str]) -> dict[str, Row]:
    """Rows (iri, title, kind) of the catalogued ones among these activities."""
    found = select(activity.c.iri, activity.c.title, activity.c.kind).where(activity.c.iri.in_(iris))
    return {row.iri: row for row in db.execute(found)}
