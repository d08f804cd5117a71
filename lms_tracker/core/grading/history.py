"""A learner's study days and marks over time, and the record that stood on any day of it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from lms_tracker.core.grading.components import Credited, Scored, Work
from lms_tracker.core.grading.grade import Override, Record
from lms_tracker.core.grading.parts import CourseKind
from lms_tracker.core.grading.tables import GradeRules
from lms_tracker.core.grading.things import Span, Thing


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


class DatedWork(Struct, frozen=True):
    """Where a piece of work counted, how much and as what: from `since`, before `until`."""

    work: Work
    since: datetime
    until: datetime | None = None


class DatedThing(Struct, frozen=True):
    """An achievement and when it was in force: from `recorded_at`, before `replaced_at`."""

    thing: Thing
    recorded_at: datetime
    replaced_at: datetime | None = None


class DatedOverride(Struct, frozen=True):
    """A result set by hand and when it was in force: from `override.made_at`, before `ended_at`."""

    override: Override
    ended_at: datetime | None = None
    period: str = ""
    """`Span.key` of what it was set for."""


class History(Struct, frozen=True):
    """All that is known of one enrolled learner. `first`: the first day in the programme."""

    learner_id: int
    first: date
    school_kind: str | None = None
    days: tuple[StudyDay, ...] = ()
    marks: tuple[DatedMark, ...] = ()
    things: tuple[DatedThing, ...] = ()
    overrides: tuple[DatedOverride, ...] = ()
    works: tuple[DatedWork, ...] = ()

    def record(self, courses: Mapping[int, Course], until: date, at: datetime, span: Span | None = None) -> Record:
        """The record of study on dates up to `until` (inclusive) and of what was in force at the instant `at`.

        `span`: the dates that the grade is of; study before them is left out, achievements outside say so.
        """
        works = works_at(self.works, at)
        sums: dict[int, int] = defaultdict(int)
        last: date | None = None
        for day in self.days:
            if day.date <= until and day.credited_us and (span is None or span.holds(day.date)):
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
                weighed(mark.scored, works)
                for mark in self.marks
                if mark.marked_at <= at and (mark.replaced_at is None or mark.replaced_at > at)
            ),
            last_study=last,
            things=tuple(
                one.thing
                for one in self.things
                if one.recorded_at <= at
                and (one.replaced_at is None or one.replaced_at > at)
                and (one.thing.happened_on is None or one.thing.happened_on <= until)
            ),
            span=span,
            overrides=tuple(
                one.override
                for one in self.overrides
                if one.period == (span.key if span is not None else "")
                and one.override.made_at <= at
                and (one.ended_at is None or one.ended_at > at)
            ),
            works=tuple(works.values()),
        )


def works_at(works: Iterable[DatedWork], at: datetime) -> dict[int, Work]:
    """What had been set by an instant, as it counted then."""
    return {one.work.id: one.work for one in works if one.since <= at and (one.until is None or one.until > at)}


def first_works(works: Iterable[DatedWork]) -> dict[int, Work]:
    """As what was set began; the earliest of each come first."""
    found: dict[int, Work] = {}
    for one in works:
        found.setdefault(one.work.id, one.work)
    return found


def weighed(mark: Scored, works: Mapping[int, Work]) -> Scored:
    """A mark where its work counts, as much, and as it is called. One that is older than its work keeps what its work began
    with."""
    work = works.get(mark.work)
    if work is None or (work.weight, work.component, work.title) == (mark.weight, mark.component, mark.title):
        return mark
    return replace(mark, component=work.component, weight=work.weight, title=work.title)


def span_of(rules: GradeRules, starts_on: date, ends_on: date, enrolled_on: date, day: date) -> Span:
    """The dates that a grade of `day` is of: the whole programme, or the year of it that holds the day (the nearest one,
    outside of the programme)."""
    if rules.period == "programme":
        return Span(starts_on, ends_on)
    day = min(max(day, starts_on), ends_on)
    first = date(day.year - (day.month < rules.year_starts), rules.year_starts, 1)
    last = first.replace(year=first.year + 1) - timedelta(days=1)
    begins, ends = max(first, starts_on), min(last, ends_on)
    return Span(begins, ends, is_first=max(enrolled_on, starts_on) >= begins, key=str(first.year))


def spans_until(rules: GradeRules, starts_on: date, ends_on: date, enrolled_on: date, day: date) -> list[Span]:
    """All periods of a learner up to that of `day`, the earliest first."""
    spans = [span_of(rules, starts_on, ends_on, enrolled_on, max(enrolled_on, starts_on))]
    while spans[-1].last < min(day, ends_on):
        spans.append(span_of(rules, starts_on, ends_on, enrolled_on, spans[-1].last + timedelta(days=1)))
    return spans
