"""Recording one mark."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import IntegrityError

from lms_tracker.store.db import writing
from lms_tracker.store.identity_history import hold_who_is_who
from lms_tracker.store.marks import mark_in_force, replace_mark
from lms_tracker.store.tables import assignment, enrolment, learner


class MarkRefused(ValueError):
    """A mark cannot be recorded; the message says why."""


def record_mark(
    db: Engine,
    assignment_id: int,
    learner_id: int,
    mark: Decimal,
    *,
    marked_by: int | None,
    comment: str | None,
    now: datetime,
    days_late: int | None = None,
) -> None:
    """Put a mark (0-100) in force from `now` on. The same mark and comment again change nothing.

    `days_late`: after its deadline, so many days, the work came. Raises MarkRefused: no such assignment, learner not enrolled
    in its programme, mark out of bounds, or a mark made later is already in force.
    """
    for again in (False, True):  # somebody else may mark the same work in the same moment: theirs is replaced
        try:
            with writing(db) as tx:
                put_mark(
                    tx,
                    assignment_id,
                    learner_id,
                    mark,
                    marked_by=marked_by,
                    comment=comment,
                    marked_at=now,
                    days_late=days_late,
                )
            return
        except IntegrityError:
            if again:
                raise


def put_mark(
    tx: Connection,
    assignment_id: int,
    learner_id: int,
    mark: Decimal,
    *,
    marked_by: int | None,
    comment: str | None,
    marked_at: datetime,
    days_late: int | None = None,
) -> bool:
    """The same inside an open transaction. Whether anything changed."""
    if not mark.is_finite() or not 0 <= mark <= 100:
        raise MarkRefused(f"a mark is a number from 0 to 100 (it is {mark})")
    if days_late is not None and not 0 <= days_late <= 3660:
        raise MarkRefused(f"a work is 0 to 3660 days late (it is {days_late})")
    hold_who_is_who(tx)
    enrolled = tx.execute(
        select(enrolment.c.learner_id)
        .join_from(assignment, enrolment, enrolment.c.programme_id == assignment.c.programme_id)
        .join(learner, learner.c.id == enrolment.c.learner_id)
        .where(assignment.c.id == assignment_id, learner.c.id == learner_id, learner.c.erased_at.is_(None))
    ).first()
    if enrolled is None:
        raise MarkRefused(f"learner {learner_id} is not enrolled in the programme of assignment {assignment_id}")
    standing = mark_in_force(tx, assignment_id, learner_id)
    if standing is not None:
        same = standing.mark == mark and (standing.comment or None) == (comment or None)
        if same and (standing.days_late or 0) == (days_late or 0):
            return False
        if standing.marked_at > marked_at:
            raise MarkRefused(f"a mark made later ({standing.marked_at.isoformat()}) is already in force")
    replace_mark(
        tx,
        assignment_id,
        learner_id,
        mark,
        marked_by=marked_by,
        comment=comment or None,
        marked_at=marked_at,
        days_late=days_late,
    )
    return True
