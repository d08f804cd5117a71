"""Grading the learners of a programme as of any instant."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Engine

from lms_tracker.actions.gather_histories import gather_histories
from lms_tracker.core.grading.grade import Grade, grade


def grade_cohort(
    db: Engine, programme_id: int, as_of: datetime, learner_ids: Iterable[int] | None = None
) -> list[Grade]:
    """Grades of the learners enrolled at `as_of` (only `learner_ids`, when given), by cohort and learner.

    Made from the evidence stored by `as_of`, the marks in force then, and the policy in force then.
    Raises UnknownProgramme, PolicyErrors, and ValueError for a policy that does not grade.
    """
    known = gather_histories(db, programme_id, as_of, learner_ids)
    return [
        grade(history.record(known.courses, known.today, as_of), known.policy, as_of=as_of, ended=known.ended)
        for history in known.histories
    ]
