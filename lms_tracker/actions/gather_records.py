"""What grades are made of, learner by learner: study summed in the database, and what was in force at an instant."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import islice
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection, Engine, Row

from lms_tracker.actions.programme_policy import InForce, on_day, policies_of
from lms_tracker.actions.study_as_of import study_as_of
from lms_tracker.core.grading.components import Credited, Scored, Work
from lms_tracker.core.grading.grade import Override, Record
from lms_tracker.core.grading.history import (
    Course,
    DatedOverride,
    DatedThing,
    DatedWork,
    first_works,
    span_of,
    weighed,
    works_at,
)
from lms_tracker.core.grading.policy import Policy
from lms_tracker.core.grading.things import Span, Thing, size_of
from lms_tracker.store.achievements import achievements_until
from lms_tracker.store.db import reading
from lms_tracker.store.evidence import changed_since
from lms_tracker.store.marks import marks_until
from lms_tracker.store.overrides import overrides_until
from lms_tracker.store.programmes import Enrolled, activities, enrolments, programme_by_id
from lms_tracker.store.study_sums import study_sums
from lms_tracker.store.weights import works_of

TOGETHER = 2_000
"""Learners that are read together: memory stays bounded however many a programme has."""


class UnknownProgramme(LookupError):
    """There is no programme of that id."""


class Setting(Struct, frozen=True):
    """A programme at an instant. `today`: the instant's local date; `on`: the date that is asked about (today, but not
    after the last day); `policies`: all of them by date, `policy` the one that judges; `course_of`: by the IRI of an
    activity."""

    programme: Row[Any]
    policy: Policy
    courses: dict[int, Course]
    course_of: dict[str, int]
    as_of: datetime
    today: date
    on: date
    works: tuple[DatedWork, ...]
    policies: tuple[InForce, ...]

    def span(self, enrolled_on: date) -> Span:
        """The dates that a grade is of."""
        assert self.policy.grading is not None
        return span_of(
            self.policy.grading.rules, self.programme.starts_on, self.programme.ends_on, enrolled_on, self.on
        )

    def ended(self, span: Span) -> bool:
        """Whether the last day of them has passed."""
        return self.today > span.last

    def judging(self, day: date) -> "Setting":
        """The same, asked about another date. Where each year has a grade, that year is judged by the policy in force at
        its end, or now while it runs: what is adopted for a later year changes no year that is over."""
        policy = on_day(self.policies, day)
        if policy.grading is not None and policy.grading.rules.period == "year":
            last = span_of(policy.grading.rules, self.programme.starts_on, self.programme.ends_on, day, day).last
            policy = on_day(self.policies, min(last, self.today))
        if policy.grading is None:
            raise ValueError(f"policy {policy.id} has no [grade] table: it speaks of study time only")
        return replace(self, policy=policy, on=day)


def setting_of(tx: Connection, programme_id: int, as_of: datetime, on: date | None = None) -> Setting:
    """The programme as it was known at `as_of`, judged on the date `on` (default: that of the instant).

    Raises UnknownProgramme, PolicyErrors, and ValueError for a policy that does not grade.
    """
    programme = programme_by_id(tx, programme_id)
    if programme is None:
        raise UnknownProgramme(f"there is no programme with id {programme_id}")
    policies = policies_of(tx, programme_id, programme.policy, as_of)
    today = as_of.astimezone(policies[0].policy.study.zone).date()
    catalogue = activities(tx, programme_id)
    day = on or min(today, programme.ends_on)
    return Setting(
        programme=programme,
        policy=on_day(policies, day),
        courses={row.course_id: Course(row.course_id, row.course_title, row.course_kind) for row in catalogue},
        course_of={row.iri: row.course_id for row in catalogue},
        as_of=as_of,
        today=today,
        on=day,
        works=tuple(works_of(tx, programme_id)),
        policies=tuple(policies),
    ).judging(day)


def people_of(tx: Connection, at: Setting, learner_ids: Collection[int] | None = None) -> list[Enrolled]:
    """Who was enrolled on the date, as known at the instant, by class and learner."""
    return enrolments(tx, at.programme.id, on=at.on, as_of=at.as_of, learner_ids=learner_ids)


def records_of(db: Engine, at: Setting, people: Iterable[Enrolled]) -> Iterator[tuple[Enrolled, Record]]:
    """Each with what their grade is made of; a few thousand are read together, each time in one snapshot."""
    waiting = iter(people)
    while some := list(islice(waiting, TOGETHER)):
        with reading(db) as tx:
            yield from _some_records(db, tx, at, some)


def things_until(
    tx: Connection, programme_id: int, as_of: datetime, learner_ids: Collection[int] | None = None
) -> dict[int, list[DatedThing]]:
    """Achievements by learner, of every instant up to `as_of`."""
    found: dict[int, list[DatedThing]] = defaultdict(list)
    for row in achievements_until(tx, programme_id, as_of, learner_ids):
        replaced_at = row.replaced_at if row.replaced_at is not None and row.replaced_at <= as_of else None
        thing = Thing(
            kind=row.kind,
            item=row.item,
            size=size_of(row.value, row.out_of),
            ref=f"achievement:{row.id}",
            happened_on=row.happened_on,
            level=row.level,
            attempt=row.attempt,
            days_late=row.days_late,
            proof=row.proof is not None,
        )
        found[row.learner_id].append(DatedThing(thing, row.recorded_at, replaced_at))
    return found


def scored_of(row: Row[Any], began: Mapping[int, Work]) -> Scored:
    """A row of marks_until, where its work counted, and as it was called, when it was set."""
    work = began.get(row.assignment_id) or Work(row.assignment_id, row.component, row.title)
    component, title, weight = work.component, work.title, work.weight
    return Scored(component, title, row.mark, f"mark:{row.id}", row.days_late or 0, weight, row.assignment_id)


def set_by_hand_until(
    tx: Connection, programme_id: int, as_of: datetime, learner_ids: Collection[int] | None = None
) -> dict[int, list[DatedOverride]]:
    """Results set by hand by learner, of every instant up to `as_of`."""
    found: dict[int, list[DatedOverride]] = defaultdict(list)
    for row in overrides_until(tx, programme_id, as_of, learner_ids):
        ended_at = row.ended_at if row.ended_at is not None and row.ended_at <= as_of else None
        override = Override(row.part, row.before, row.after, row.reason, row.by, row.made_at, f"override:{row.id}")
        found[row.learner_id].append(DatedOverride(override, ended_at, row.period))
    return found


def _some_records(
    db: Engine, tx: Connection, at: Setting, people: Sequence[Enrolled]
) -> Iterator[tuple[Enrolled, Record]]:
    ids = [person.learner_id for person in people]
    spans = {person.learner_id: at.span(person.enrolled_on) for person in people}
    credited, last = _study(db, tx, at, ids, spans)
    marks: dict[int, list[Scored]] = defaultdict(list)
    began, works = first_works(at.works), works_at(at.works, at.as_of)
    for row in marks_until(tx, at.programme.id, at.as_of, ids):
        if row.replaced_at is None or row.replaced_at > at.as_of:
            marks[row.learner_id].append(weighed(scored_of(row, began), works))
    things = things_until(tx, at.programme.id, at.as_of, ids)
    by_hand = set_by_hand_until(tx, at.programme.id, at.as_of, ids)
    set_works = tuple(works.values())
    for person in people:
        id = person.learner_id
        yield (
            person,
            Record(
                learner_id=id,
                credited=tuple(
                    Credited(course.id, course.title, course.kind, credited[id][course.id])
                    for course in at.courses.values()
                    if course.id in credited[id]
                ),
                marks=tuple(marks[id]),
                last_study=last.get(id),
                things=tuple(
                    one.thing
                    for one in things[id]
                    if one.replaced_at is None and (one.thing.happened_on or at.today) <= at.today
                ),
                span=spans[id],
                overrides=tuple(
                    one.override for one in by_hand[id] if one.ended_at is None and one.period == spans[id].key
                ),
                works=set_works,
            ),
        )


def _study(
    db: Engine, tx: Connection, at: Setting, ids: Sequence[int], spans: dict[int, Span]
) -> tuple[dict[int, dict[int, int]], dict[int, date]]:
    """(credited microseconds by learner and course, latest date with any). From the ledger; of whom it is not that of the
    instant, derived anew."""
    credited: dict[int, dict[int, int]] = defaultdict(dict)
    last: dict[int, date] = {}
    changed = changed_since(tx, ids, at.as_of)
    by_span: dict[tuple[date, date], list[int]] = defaultdict(list)
    for id in ids:
        if id not in changed:
            by_span[spans[id].first, spans[id].last].append(id)
    for (first, end), theirs in by_span.items():
        for row in study_sums(tx, at.programme.id, theirs, first, min(end, at.today)):
            if row.credited_us:
                credited[row.learner_id][row.course_id] = int(row.credited_us)
                last[row.learner_id] = max(last.get(row.learner_id, row.last_on), row.last_on)
    for id, entries in study_as_of(db, changed, at.as_of):
        for entry in entries:
            course = at.course_of.get(entry.activity)
            if course is not None and entry.credited_us and spans[id].holds(entry.date) and entry.date <= at.today:
                credited[id][course] = credited[id].get(course, 0) + entry.credited_us
                last[id] = max(last.get(id, entry.date), entry.date)
    return credited, last
