"""What assignments weigh in which component, under which title, and since when; never edited: a new row counts from its
own instant on."""

from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import groupby, pairwise, zip_longest
from operator import attrgetter
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection, Row, func, insert, select

from lms_tracker.core.grading.components import Work
from lms_tracker.core.grading.history import DatedWork
from lms_tracker.store.tables import assignment, assignment_terms, assignment_weight

USUAL = Decimal(1)
ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)
"""Since when an assignment counts of which nothing else is recorded."""


class _Named(msgspec.Struct):
    """What is read of terms."""

    title: str


_read = msgspec.json.Decoder(_Named).decode


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
    """All that was ever set in a programme, with what it weighed and was called when; of each assignment the earliest first."""
    w, a = assignment_weight.c, assignment.c
    times = select(func.count()).where(assignment_terms.c.assignment_id == a.id).scalar_subquery()
    query = (
        select(a.id, a.title, a.component.label("there"), w.component, w.weight, w.set_at, times.label("times_set"))
        .outerjoin_from(assignment, assignment_weight, w.assignment_id == a.id)
        .where(a.programme_id == programme_id)
        .order_by(a.id, w.id)
    )
    found = db.execute(query).all()
    titles = _titles(db, {row.id for row in found if row.times_set > 1})
    return [
        piece
        for id, rows in groupby(found, attrgetter("id"))
        for one in _of_one(list(rows))
        for piece in _called(one, titles.get(id, ()))
    ]


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


def _titles(db: Connection, assignment_ids: Collection[int]) -> dict[int, list[tuple[datetime, str]]]:
    """Since when each was called what, the first since always; only of those that were called more than one thing.

    What one without terms was called before it had any is not on record.
    """
    if not assignment_ids:
        return {}
    c = assignment_terms.c
    query = (
        select(c.assignment_id, c.content, c.set_at)
        .where(c.assignment_id.in_(assignment_ids))
        .order_by(c.assignment_id, c.id)
    )
    found: dict[int, list[tuple[datetime, str]]] = {}
    for row in db.execute(query):
        said, title = found.setdefault(row.assignment_id, []), _read(row.content).title
        if not said or said[-1][1] != title:
            said.append((row.set_at if said else ALWAYS, title))
    return {id: said for id, said in found.items() if len(said) > 1}


def _called(one: DatedWork, titles: Sequence[tuple[datetime, str]]) -> Iterator[DatedWork]:
    """The same in pieces, each under the title of its time."""
    if not titles:
        yield one
        return
    cuts = [since for since, _ in titles if since > one.since and (one.until is None or since < one.until)]
    for since, until in pairwise([one.since, *cuts, one.until]):
        assert since is not None  # only the last is open
        title = next(title for at, title in reversed(titles) if at <= since)
        yield DatedWork(replace(one.work, title=title), since, until)
