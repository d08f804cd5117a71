"""What grades and bulletins are made of: one query per table, however many learners."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Engine, Row

from lms_tracker.actions.gather_records import UnknownProgramme, scored_of, set_by_hand_until, things_until
from lms_tracker.actions.programme_policy import on_day, policies_of
from lms_tracker.actions.study_as_of import study_as_of
from lms_tracker.core.grading.history import Course, DatedMark, DatedWork, History, StudyDay, first_works
from lms_tracker.core.grading.policy import Policy
from lms_tracker.store.db import reading
from lms_tracker.store.evidence import changed_since
from lms_tracker.store.marks import marks_until
from lms_tracker.store.programmes import Enrolled, activities, enrolments, programme_by_id
from lms_tracker.store.study_rows import study_rows
from lms_tracker.store.weights import works_of

_discounted = msgspec.json.Decoder(dict[str, int]).decode


class Gathered(Struct, frozen=True):
    """A programme at one instant. `today` is that instant's local date; `people` are the enrolment rows behind
    `histories`, in the same order."""

    programme: Row[Any]
    policy: Policy
    courses: dict[int, Course]
    people: list[Enrolled]
    histories: list[History]
    today: date
    ended: bool


def gather_histories(
    db: Engine, programme_id: int, as_of: datetime, learner_ids: Iterable[int] | None = None, on: date | None = None
) -> Gathered:
    """Histories of who is enrolled on the date `on` (default: the local date of `as_of`), from the evidence stored and
    the marks made by `as_of`. Study before the programme's first day, after its last, and outside its courses is left
    out. Raises UnknownProgramme and PolicyErrors."""
    with reading(db) as tx:
        programme = programme_by_id(tx, programme_id)
        if programme is None:
            raise UnknownProgramme(f"there is no programme with id {programme_id}")
        policies = policies_of(tx, programme_id, programme.policy, as_of)
        today = as_of.astimezone(policies[0].policy.study.zone).date()
        policy = on_day(policies, on or today)
        wanted = None if learner_ids is None else set(learner_ids)
        people = [
            row
            for row in enrolments(tx, programme_id, on=on or min(today, programme.ends_on), as_of=as_of)
            if wanted is None or row.learner_id in wanted
        ]
        catalogue = activities(tx, programme_id)
        works = works_of(tx, programme_id)
        marks = dated_marks(tx, programme_id, as_of, works)
        things = things_until(tx, programme_id, as_of)
        by_hand = set_by_hand_until(tx, programme_id, as_of)
        # In the same snapshot as the question who changed: the ledger may move on meanwhile.
        days = _study_days(tx, db, programme, catalogue, [row.learner_id for row in people], as_of)
    set_works = tuple(works)  # one for all of them
    return Gathered(
        programme=programme,
        policy=policy,
        courses={row.course_id: Course(row.course_id, row.course_title, row.course_kind) for row in catalogue},
        people=people,
        histories=[
            History(
                learner_id=row.learner_id,
                first=max(programme.starts_on, row.enrolled_on),
                school_kind=row.school_kind,
                days=tuple(days.get(row.learner_id, ())),
                marks=tuple(marks.get(row.learner_id, ())),
                things=tuple(things.get(row.learner_id, ())),
                overrides=tuple(by_hand.get(row.learner_id, ())),
                works=set_works,
            )
            for row in people
        ],
        today=today,
        ended=today > programme.ends_on,
    )


def dated_marks(
    tx: Connection, programme_id: int, as_of: datetime, works: Iterable[DatedWork]
) -> dict[int, list[DatedMark]]:
    """Marks by learner, of every instant up to `as_of`."""
    marks: dict[int, list[DatedMark]] = defaultdict(list)
    began = first_works(works)
    for row in marks_until(tx, programme_id, as_of):
        replaced_at = row.replaced_at if row.replaced_at is not None and row.replaced_at <= as_of else None
        scored = scored_of(row, began)
        marks[row.learner_id].append(DatedMark(scored, row.marked_at, replaced_at))
    return marks


def local_midnight(day: date, policy: Policy) -> datetime:
    """The instant at which `day` begins in the policy's time zone."""
    return datetime.combine(day, time(), policy.study.zone)


def day_after(day: date) -> date:
    """The next date."""
    return day + timedelta(days=1)


def _study_days(
    tx: Connection, db: Engine, programme: Row[Any], catalogue: list[Row[Any]], learner_ids: list[int], as_of: datetime
) -> dict[int, list[StudyDay]]:
    course_of = {row.iri: row.course_id for row in catalogue}
    changed = changed_since(tx, learner_ids, as_of)
    days: dict[int, list[StudyDay]] = defaultdict(list)

    def add(entry: Any, discounted: dict[str, int]) -> None:
        if entry.activity in course_of and programme.starts_on <= entry.date <= programme.ends_on:
            course = course_of[entry.activity]
            day = StudyDay(entry.date, course, entry.raw_us, entry.credited_us, entry.held_us, discounted)
            days[entry.learner_id].append(day)

    for row in study_rows(tx, [learner for learner in learner_ids if learner not in changed]):
        add(row, {} if row.discounted == "{}" else _discounted(row.discounted))
    for _, entries in study_as_of(db, changed, as_of):
        for entry in entries:
            add(entry, entry.discounted)
    return days
