"""Everybody of a programme among the others: totals, who is out by a standing rule, who is honoured. As of any instant."""

from datetime import date, datetime

from msgspec import Struct
from sqlalchemy import Engine

from lms_tracker.actions.gather_records import Setting, people_of, setting_of, things_until
from lms_tracker.actions.grade import grades_of
from lms_tracker.core.grading.grade import Grade
from lms_tracker.core.grading.history import spans_until
from lms_tracker.core.grading.policy import Policy
from lms_tracker.core.grading.standing import Honoured, Member, Trouble, honours, standing
from lms_tracker.core.grading.things import Thing
from lms_tracker.store.db import reading
from lms_tracker.store.programmes import Enrolled


class Stood(Struct, frozen=True):
    """`members` in the order of `people`; `out` by learner, who meets no rule is left out of it."""

    policy: Policy
    people: list[Enrolled]
    members: list[Member]
    out: dict[int, tuple[Trouble, ...]]
    honoured: list[Honoured]
    on: date


def stand(db: Engine, programme_id: int, as_of: datetime, on: date | None = None) -> Stood:
    """Judge a whole programme: those enrolled, their evidence of the whole time, and their grades of every period so far.

    `on`: of the year that holds this date. Raises what grade_cohort does.
    """
    with reading(db) as tx:
        at = setting_of(tx, programme_id, as_of, on)
        people = people_of(tx, at)
        things = things_until(tx, programme_id, as_of, [person.learner_id for person in people])
    grading = at.policy.grading
    assert grading is not None
    years = _years(db, at, people)
    members = [
        Member(
            learner_id=person.learner_id,
            cohort_id=person.cohort_id,
            grade=years[person.learner_id][-1],
            things=_in_force([one.thing for one in things[person.learner_id] if one.replaced_at is None], at),
            years=tuple(years[person.learner_id]),
            ended=at.ended(at.span(person.enrolled_on)),
        )
        for person in people
    ]
    out = standing(grading.standing, members)
    return Stood(at.policy, people, members, out, honours(grading.honours, members, out), at.on)


def _in_force(things: list[Thing], at: Setting) -> tuple[Thing, ...]:
    return tuple(thing for thing in things if thing.happened_on is None or thing.happened_on <= at.today)


def _years(db: Engine, at: Setting, people: list[Enrolled]) -> dict[int, list[Grade]]:
    """The grades of each period of each learner, the earliest first, each under the policy in force at its end."""
    grading = at.policy.grading
    assert grading is not None
    found: dict[int, list[Grade]] = {person.learner_id: [] for person in people}
    starts_on, ends_on = at.programme.starts_on, at.programme.ends_on
    ends = sorted({
        span.last
        for enrolled_on in {person.enrolled_on for person in people}
        for span in spans_until(grading.rules, starts_on, ends_on, enrolled_on, at.on)
    })  # fmt: skip
    for last in ends:
        year = at.judging(last)
        there = [person for person in people if max(person.enrolled_on, starts_on) <= last]
        for person, grade in grades_of(db, year, there):
            found[person.learner_id].append(grade)
    return found
