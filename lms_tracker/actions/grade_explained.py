"""One learner's grade with how it came about, as of any instant."""

from datetime import date, datetime

from msgspec import Struct
from sqlalchemy import Engine

from lms_tracker.actions.gather_records import people_of, setting_of
from lms_tracker.actions.grade import grades_of
from lms_tracker.core.grading.distance import Way, ways
from lms_tracker.core.grading.explain import Node, explain_grade
from lms_tracker.core.grading.grade import Grade
from lms_tracker.core.grading.policy import Policy
from lms_tracker.store.db import reading


class Explained(Struct, frozen=True):
    """A grade, its tree, and what would earn points next."""

    grade: Grade
    tree: Node
    ways: list[Way]
    policy: Policy


def grade_explained(
    db: Engine, programme_id: int, learner_id: int, as_of: datetime, on: date | None = None
) -> Explained | None:
    """None for who was not enrolled at `as_of`. `on`: of the year that holds this date. Raises what grade_cohort does."""
    with reading(db) as tx:
        at = setting_of(tx, programme_id, as_of, on)
        people = people_of(tx, at, {learner_id})
    grading = at.policy.grading
    assert grading is not None
    for _, grade in grades_of(db, at, people):
        return Explained(grade, explain_grade(grade, grading), ways(grade, grading), at.policy)
    return None
