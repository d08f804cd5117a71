"""Marks: never edited; a new mark replaces the one in force from its own instant on."""

from collections.abc import Collection, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from lms_tracker.store.chunks import rows_of
from lms_tracker.store.tables import assignment, mark


def marks_until(
    db: Connection, programme_id: int, at: datetime, learner_ids: Collection[int] | None = None
) -> Iterator[Any]:
    """Rows (id, learner_id, assignment_id, component, title, mark, marked_at, replaced_at, days_late): every mark made at or before
    an instant, those replaced since included; of these learners, or of all."""
    query = (
        select(
            mark.c.id,
            mark.c.learner_id,
            mark.c.assignment_id,
            assignment.c.component,
            assignment.c.title,
            mark.c.mark,
            mark.c.marked_at,
            mark.c.replaced_at,
            mark.c.days_late,
        )
        .join_from(mark, assignment, assignment.c.id == mark.c.assignment_id)
        .where(assignment.c.programme_id == programme_id, mark.c.marked_at <= at)
        .order_by(mark.c.learner_id, mark.c.assignment_id, mark.c.marked_at, mark.c.id)
    )
    yield from rows_of(db, query, mark.c.learner_id, learner_ids)


def mark_in_force(db: Connection, assignment_id: int, learner_id: int) -> Row[Any] | None:
    """The mark that counts now, or None."""
    return db.execute(
        select(mark).where(
            mark.c.assignment_id == assignment_id, mark.c.learner_id == learner_id, mark.c.replaced_at.is_(None)
        )
    ).one_or_none()


def replace_mark(
    db: Connection,
    assignment_id: int,
    learner_id: int,
    value: Decimal,
    *,
    marked_by: int | None,
    comment: str | None,
    marked_at: datetime,
    days_late: int | None = None,
) -> None:
    """Put a mark in force from `marked_at` on; the one in force until then stays on record as replaced."""
    db.execute(
        update(mark)
        .where(mark.c.assignment_id == assignment_id, mark.c.learner_id == learner_id, mark.c.replaced_at.is_(None))
        .values(replaced_at=marked_at)
    )
    db.execute(
        insert(mark).values(
            assignment_id=assignment_id,
            learner_id=learner_id,
            mark=value,
            comment=comment,
            marked_by=marked_by,
            marked_at=marked_at,
            days_late=days_late,
        )
    )


def marks_in_force(db: Connection, assignment_id: int) -> dict[int, Row[Any]]:
    """The marks of an assignment that count now, by learner."""
    query = select(mark).where(mark.c.assignment_id == assignment_id, mark.c.replaced_at.is_(None))
    return {row.learner_id: row for row in db.execute(query)}
