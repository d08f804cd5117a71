"""A learner's study days and marks over time, and the record that stood on any day of it."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime

from msgspec import Struct

from lms_tracker.core.grading.components import Credited, Scored
from lms_tracker.core.grading.grade import Record
from lms_tracker.core.grading.policy import CourseKind


class Course(Struct, frozen=True):
    """A course of the programme's catalogue."""

    id: int
    title: str
    kind: CourseKind


class StudyDay(Struct, frozen=True, gc=False):
    """What one ledger entry says of one course on one local date; amounts in microseconds of study time."""

    date: date
    course_id: int
    raw_us: int
    credited_us: int
    held_us: int
    discounted: dict[str, int]


class DatedMark(Struct, frozen=True):
    """A mark and when it was in force: from `marked_at`, before `replaced_at`."""

    scored: Scored
    marked_at: datetime
    replaced_at: datetime | None = None


class History(Struct, frozen=True):
    """All that is known of one enrolled learner. `first`: the first day in the programme."""

    learner_id: int
    first: date
    school_kind: str | None = None
    days: tuple[StudyDay, ...] = ()
    marks: tuple[DatedMark, ...] = ()

    def record(self, courses: Mapping[int, Course], until: date, at: datetime) -> Record:
        """The record of study on dates up to `until` (inclusive) and of marks in force at the instant `at`."""
        sums: dict[int, int] = defaultdict(int)
        last: date | None = None
        for day in self.days:
            if day.date <= until and day.credited_us:
                sums[day.course_id] += day.credited_us
                last = day.date if last is None else max(last, day.date)
        return Record(
            learner_id=self.learner_id,
            credited=tuple(
                Credited(course.id, course.title, course.kind, sums[course.id])
                for course in courses.values()
                if course.id in sums
            ),
            marks=tuple(
                mark.scored
                for mark in self.marks
                if mark.marked_at <= at and (mark.replaced_at is None or mark.replaced_at > at)
            ),
            last_study=last,
        )
