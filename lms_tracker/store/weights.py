"""What assignments weigh in which component, and since when; never edited: a new row counts from its own instant on."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from itertools import groupby, zip_longest
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from lms_tracker.core.grading.components import Work
from lms_tracker.core.grading.history import DatedWork
from lms_tracker.store.tables import assignment, assignment_weight

USUAL = Decimal(1)
ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)
"""Since when an assignment counts of which nothing else is recorded."""


def weigh(
    db: Connection, assignment_id: int, component: str, weight: Decimal, *, by: int | None, now: datetime
) -> bool:
    """From now on it counts in this component with this weight. False: it does already.

    Before the row in `assignment` changes: what is first recorded of an assignment is what stands there.
    """
    w = assignment_weight.c
    last = db.execute(
        select(w.component, w.weight).where(w.assignment_id == assignment_id).order_by(w.id.desc())
    ).first()
    if last is not None and (last.component, last.weight) == (component, weight):
        return False
    rows = [{"component": component, "weight": weight, "set_by": by, "set_at": now}]
    if last is None:
        before = db.execute(select(assignment.c.component).where(assignment.c.id == assignment_id)).scalar_one()
        if (before, USUAL) == (component, weight):
            return False
        rows.insert(0, {"component": before, "weight": USUAL, "set_by": None, "set_at": ALWAYS})
    db.execute(insert(assignment_weight), [{"assignment_id": assignment_id, **row} for row in rows])
    return True


def begin(
    db: Connection, assignment_id: int, component: str, weight: Decimal, *, by: int | None, now: datetime
) -> None:
    """Of a new assignment."""
    values = {"assignment_id": assignment_id, "component": component, "weight": weight, "set_by": by, "set_at": now}
    db.execute(insert(assignment_weight).values(values))


def works_of(db: Connection, programme_id: int) -> list[DatedWork]:
    """All that was ever set in a programme, with what it weighed when; of each assignment the earliest first."""
    w, a = assignment_weight.c, assignment.c
    query = (
        select(a.id, a.title, a.component.label("there"), w.component, w.weight, w.set_at)
        .outerjoin_from(assignment, assignment_weight, w.assignment_id == a.id)
        .where(a.programme_id == programme_id)
        .order_by(a.id, w.id)
    )
    return [one for _, rows in groupby(db.execute(query), attrgetter("id")) for one in _of_one(list(rows))]


def weights_now(db: Connection, programme_id: int) -> dict[int, Decimal]:
    """What assignments weigh now, by id."""
    return {one.work.id: one.work.weight for one in works_of(db, programme_id) if one.until is None}


def _of_one(rows: list[Row[Any]]) -> Iterator[DatedWork]:
    for row, following in zip_longest(rows, rows[1:]):
        until = following.set_at if following is not None else None
        if row.weight is None:
            yield DatedWork(Work(row.id, row.there, row.title, USUAL), ALWAYS)
        else:
            yield DatedWork(Work(row.id, row.component, row.title, row.weight), row.set_at, until)
