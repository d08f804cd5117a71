"""A learner has left a programme: the past stays, and the learner is on no list from that day on."""

from datetime import date, datetime

from sqlalchemy import Engine

from lms_tracker.actions.create_programme import ProgrammeError
from lms_tracker.actions.move_learner import earliest, note
from lms_tracker.store.db import writing
from lms_tracker.store.people import end_enrolment, enrolment_of


def leave_programme(
    db: Engine, learner_id: int, programme_id: int, *, on: date, reason: str = "", by: int | None = None, now: datetime
) -> None:
    """From `on` on. Raises ProgrammeError when the learner is not enrolled, has left, or came or changed later."""
    with writing(db) as tx:
        row = enrolment_of(tx, programme_id, learner_id)
        if row is None or row.left_on is not None:
            raise ProgrammeError("the learner is not enrolled" if row is None else f"the learner left on {row.left_on}")
        if on < row.enrolled_on:
            raise ProgrammeError(f"the learner was enrolled on {row.enrolled_on}, later than {on}")
        if on < (first := earliest(tx, row)):
            raise ProgrammeError(f"the learner's enrolment changed on {first}, later than {on}")
        note(tx, row, "left", on, row.cohort_id, row.organisation_id, reason=reason, by=by, now=now)
        end_enrolment(tx, row.id, on)
