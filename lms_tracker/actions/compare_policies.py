"""What another policy would change, for whom: both derived in memory, one learner after the other. Posts nothing."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, Row

from lms_tracker.actions.derive_ledgers import known_of, ledgers_under
from lms_tracker.actions.gather_histories import dated_marks
from lms_tracker.actions.gather_records import UnknownProgramme, set_by_hand_until, things_until
from lms_tracker.actions.programme_policy import InForce, on_day, stages_of
from lms_tracker.core.grading.compare import Compared, Outcome, outcome
from lms_tracker.core.grading.grade import grade
from lms_tracker.core.grading.history import (
    Course,
    DatedMark,
    DatedOverride,
    DatedThing,
    DatedWork,
    History,
    StudyDay,
    span_of,
)
from lms_tracker.core.study.entries import Entry
from lms_tracker.store.db import reading
from lms_tracker.store.programmes import activities, enrolments, programme_by_id
from lms_tracker.store.weights import works_of

Policies = Sequence[InForce]


def compare_policies(
    db: Engine,
    programme_id: int,
    old: Policies,
    new: Policies,
    as_of: datetime,
    learner_ids: Iterable[int] | None = None,
) -> Iterator[Compared]:
    """Each learner enrolled at `as_of`, by class and number, under policies by date instead of others by date.

    From the evidence, marks and decisions of that instant. Study of those whose time is judged in another programme,
    which they entered later, is compared as if it were judged here. Raises UnknownProgramme.
    """
    with reading(db) as tx:
        programme = programme_by_id(tx, programme_id)
        if programme is None:
            raise UnknownProgramme(f"there is no programme with id {programme_id}")
        today = as_of.astimezone(old[0].policy.study.zone).date()
        people = enrolments(tx, programme_id, on=min(today, programme.ends_on))
        works = works_of(tx, programme_id)
        known = _Known(
            dated_marks(tx, programme_id, as_of, works),
            things_until(tx, programme_id, as_of),
            set_by_hand_until(tx, programme_id, as_of),
            tuple(works),
        )
        catalogue = activities(tx, programme_id)
    wanted = None if learner_ids is None else set(learner_ids)
    at = _Programme(programme, catalogue, today, as_of)
    for person in people:
        if wanted is not None and person.learner_id not in wanted:
            continue
        with reading(db) as tx:  # one short look for each: a comparison of thousands holds nothing up
            both = at.outcomes(tx, person, known, (old, new))
        yield Compared(person.learner_id, *both)


class _Known(NamedTuple):
    """What counts besides study, by learner."""

    marks: Mapping[int, list[DatedMark]]
    things: Mapping[int, list[DatedThing]]
    by_hand: Mapping[int, list[DatedOverride]]
    works: tuple[DatedWork, ...]
    """What was set, the same for all."""


class _Programme:
    """What is the same for all its learners."""

    def __init__(self, row: Row[Any], catalogue: list[Row[Any]], today: date, as_of: datetime) -> None:
        self.row, self.today, self.as_of = row, today, as_of
        self.courses = {one.course_id: Course(one.course_id, one.course_title, one.course_kind) for one in catalogue}
        self.course_of = {one.iri: one.course_id for one in catalogue}

    def outcomes(self, tx: Connection, person: Any, other: _Known, both: Sequence[Policies]) -> list[Outcome]:
        """What each of the policies makes of one learner."""
        id, zone = person.learner_id, both[0][0].policy.study.zone
        known = next(piece for piece in known_of(tx, [id], zone, self.as_of) if id in piece.learners)
        outcomes = []
        for policies in both:
            (derived,) = ledgers_under(known, stages_of(policies))
            outcomes.append(self._outcome(person, derived.entries, other, policies))
        return outcomes

    def _outcome(self, person: Any, entries: list[Entry], other: _Known, policies: Policies) -> Outcome:
        days = [
            StudyDay(
                entry.date,
                self.course_of[entry.activity],
                entry.raw_us,
                entry.credited_us,
                entry.held_us,
                entry.discounted,
            )
            for entry in entries
            if entry.activity in self.course_of and self.row.starts_on <= entry.date <= self.row.ends_on
        ]
        history = History(
            learner_id=person.learner_id,
            first=max(self.row.starts_on, person.enrolled_on),
            days=tuple(days),
            marks=tuple(other.marks.get(person.learner_id, ())),
            things=tuple(other.things.get(person.learner_id, ())),
            overrides=tuple(other.by_hand.get(person.learner_id, ())),
            works=other.works,
        )
        policy = on_day(policies, self.today)
        if policy.grading is None:
            return outcome(days, None)
        span = span_of(policy.grading.rules, self.row.starts_on, self.row.ends_on, person.enrolled_on, self.today)
        record = history.record(self.courses, self.today, self.as_of, span)
        return outcome(days, grade(record, policy, as_of=self.as_of, ended=self.today > span.last))
