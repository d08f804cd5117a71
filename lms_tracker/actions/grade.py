"""Grading the learners of a programme as of any instant."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime

from sqlalchemy import Engine

from lms_tracker.actions.gather_records import Setting, people_of, records_of, setting_of
from lms_tracker.core.grading.grade import Grade, grade
from lms_tracker.store.db import reading
from lms_tracker.store.programmes import Enrolled


def grade_cohort(
    db: Engine, programme_id: int, as_of: datetime, learner_ids: Iterable[int] | None = None, on: date | None = None
) -> list[Grade]:
    """Grades of the learners enrolled at `as_of` (only `learner_ids`, when given), by cohort and learner.

    Made from the evidence stored by `as_of`, what was in force then (marks, achievements, results set by hand), and the
    policy in force then. `on`: of the year that holds this date, where a programme has a grade for each.
    Raises UnknownProgramme, PolicyErrors, and ValueError for a policy that does not grade.
    """
    with reading(db) as tx:
        at = setting_of(tx, programme_id, as_of, on)
        people = people_of(tx, at, None if learner_ids is None else set(learner_ids))
    return [grade for _, grade in grades_of(db, at, people)]


def grade_share(
    db: Engine, programme_id: int, as_of: datetime, share: tuple[int, int] = (0, 1)
) -> Iterator[tuple[Enrolled, Grade]]:
    """The same for one of several shares of a programme, (which, of how many), one learner after the other: for a process
    each. Together, in order, they are what one process gives."""
    which, of = share
    with reading(db) as tx:
        at = setting_of(tx, programme_id, as_of)
        people = people_of(tx, at)
    yield from grades_of(db, at, people[len(people) * which // of : len(people) * (which + 1) // of])


def grades_of(db: Engine, at: Setting, people: Iterable[Enrolled]) -> Iterator[tuple[Enrolled, Grade]]:
    """Each with their grade, one after the other: whoever has many need not hold them all."""
    for person, record in records_of(db, at, people):
        assert record.span is not None
        yield person, grade(record, at.policy, as_of=at.as_of, ended=at.ended(record.span))
