"""The grade of one learner: parts, their sum, whether that passes, and what is missing. Pure and exact.

Rules (all figures are the policy's):

- Of a *weighted* grade a part's *score* (0-100) is the share of its target, at most 100; its *points* are score x weight
  / 100. Bonus points come on top, outside of the weights and within a limit.
- A grade of *points* has base points and bonus points: the base must reach the pass mark, the total is their sum.
- Rounding happens once, at the points of each part (`round = "parts"`) or only at their sum (`"final"`).
- *passed*: nothing is missing, i.e. the final grade (the base points) as printed reaches the pass mark, and every part
  its minimum and its number of pieces of work done. It can be reached before the programme ends, and lost again when
  study is reversed or a mark replaced.
- *failed*: something is missing and the period has ended. *in_progress*: something is missing and it has not.
- What a person set in place of a result stands: a part's points, the final grade, or the status.
"""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from lms_tracker.core.grading.components import (
    Component,
    Credited,
    Missing,
    Result,
    Scored,
    Work,
    score_achievements,
    score_hours,
    score_marks,
)
from lms_tracker.core.grading.group import AgeBand
from lms_tracker.core.grading.parts import MARKS, STUDY, Achievements, ClassHours, Part
from lms_tracker.core.grading.points import capped, component_of, earn
from lms_tracker.core.grading.policy import Policy
from lms_tracker.core.grading.rounding import decimal, rounded, rounded_up
from lms_tracker.core.grading.tables import Grading
from lms_tracker.core.grading.things import Span, Thing
from lms_tracker.core.grading.words import Words

Status = Literal["passed", "failed", "in_progress"]
STATUSES: tuple[Status, ...] = ("passed", "failed", "in_progress")


class Override(Struct, frozen=True):
    """A result that a person set. `part`: key of a part, "final" or "status"; `before`, `after`: what it was and is."""

    part: str
    before: str
    after: str
    reason: str
    made_by: str | None
    made_at: datetime
    ref: str


class Record(Struct, frozen=True):
    """What a learner's grade is made of, as known at one instant."""

    learner_id: int
    credited: tuple[Credited, ...] = ()
    """Credited study by course; study outside the programme's courses is not listed."""
    marks: tuple[Scored, ...] = ()
    """Marks in force, one per assignment."""
    last_study: date | None = None
    """Latest local date with credited study in the programme's courses of any kind."""
    things: tuple[Thing, ...] = ()
    """Achievements in force."""
    span: Span | None = None
    """The dates that the grade is of; None: all."""
    overrides: tuple[Override, ...] = ()
    works: tuple[Work, ...] = ()
    """What has been set, marked or not; without it only what has a mark is known."""


class Grade(Struct, frozen=True):
    """One learner's result as of an instant. `final` is 0-100 (plus bonus), or base and bonus points; rounded as the
    policy says."""

    learner_id: int
    as_of: datetime
    policy: str
    components: tuple[Component, ...]
    bonus: Decimal
    final: Decimal
    status: Status
    missing: tuple[Missing, ...]
    last_study: date | None = None
    base: Decimal = Decimal(0)
    """Base points of a grade of points; of a weighted one the sum of its parts without bonus."""
    pass_mark: Decimal = Decimal(0)
    """What `final` (of points: `base`) must reach; the age decides where there are age bands."""
    scheme: Literal["weights", "points"] = "weights"
    result: Words | None = None
    """What somebody with this result is called, where the policy has names for it."""
    band: Words | None = None
    """The age band that it was judged by."""
    span: Span | None = None
    overrides: tuple[Override, ...] = ()


def grade(record: Record, policy: Policy, *, as_of: datetime, ended: bool) -> Grade:
    """Weigh a learner's record. `ended`: the last day of the programme, or of the year that it is of, has passed.

    Raises ValueError when the policy does not grade.
    """
    if policy.grading is None:
        raise ValueError(f"policy {policy.id} has no [grade] table: it speaks of study time only")
    grading = policy.grading
    class_hour_us = Fraction(str(policy.study.class_hour_s)) * 1_000_000
    scored = [_score(part, record, class_hour_us, grading) for part in grading.components]
    scored += _points(record, class_hour_us, grading)
    set_by_hand = {override.part: override for override in record.overrides}
    if set_by_hand:
        scored = [_overridden(result, set_by_hand) for result in scored]
    band = age_band(grading, record.things, record.span)
    pass_mark = grading.rules.pass_mark if band is None else band.pass_mark
    base, bonus, final = _sums(scored, grading)
    if "final" in set_by_hand:
        final = Decimal(set_by_hand["final"].after)
    missing = [lack for _, _, lacks in scored for lack in lacks]
    points = grading.rules.scheme == "points"
    short = pass_mark - (base if points else final)  # a total set by hand makes no base points
    if short > 0:
        amount = rounded_up(Fraction(short), grading.rules.decimals)
        missing.append(Missing("final", BASE if points else TOTAL, amount, "points", pass_mark))
    status: Status = "passed" if not missing else "failed" if ended else "in_progress"
    if "status" in set_by_hand:
        status = next(one for one in STATUSES if one == set_by_hand["status"].after)
        missing = [] if status == "passed" else missing
    return Grade(
        learner_id=record.learner_id,
        as_of=as_of,
        policy=policy.id,
        components=tuple([component for component, _, _ in scored]),
        bonus=bonus,
        final=final,
        status=status,
        missing=tuple(missing),
        last_study=record.last_study,
        base=base,
        pass_mark=pass_mark,
        scheme=grading.rules.scheme,
        result=_called(grading, band, base, final, status),
        band=None if band is None else band.title,
        span=record.span,
        overrides=record.overrides,
    )


TOTAL = Words("总评成绩", "Final grade")
BASE = Words("基本分", "Base points")


def age_band(grading: Grading, things: Sequence[Thing], span: Span | None) -> AgeBand | None:
    """The band of the age that the learner reaches by the last day of the period. Unknown birth: the first band."""
    if not grading.age_bands:
        return None
    born = next((thing.happened_on for thing in things if thing.kind == "birth"), None)
    if born is None or span is None:
        return grading.age_bands[0]
    age = span.last.year - born.year - ((span.last.month, span.last.day) < (born.month, born.day))
    return next(band for band in grading.age_bands if band.to_age is None or age <= band.to_age)


def _score(part: Part, record: Record, class_hour_us: Fraction, grading: Grading) -> Result:
    if isinstance(part, ClassHours):
        return score_hours(part, record.credited, class_hour_us, grading.rules)
    if isinstance(part, Achievements):
        return score_achievements(part, record.things, record.span, grading.rules)
    return score_marks(part, record.marks, record.works, grading.rules)


def _points(record: Record, class_hour_us: Fraction, grading: Grading) -> list[Result]:
    if not grading.points:
        return []
    things = [*record.things, *_study_and_marks(record, class_hour_us, grading)]
    earned = [earn(part, things, record.span) for part in grading.points]
    within = capped(earned, grading.caps)
    return [component_of(one, within[one.part.key], grading.rules) for one in earned]


def _study_and_marks(record: Record, class_hour_us: Fraction, grading: Grading) -> list[Thing]:
    """Study time and marks in the shape of other evidence, where points are given for them."""
    wanted = {kind for part in grading.points for kind in part.evidence} & {STUDY, MARKS}
    things = []
    if STUDY in wanted:
        things += [
            Thing(
                STUDY,
                course.title,
                course.credited_us / class_hour_us,
                f"course:{course.course_id}",
                course_kind=course.kind,
            )
            for course in record.credited
            if course.credited_us
        ]
    if MARKS in wanted:
        things += [
            Thing(MARKS, mark.title, Fraction(mark.mark), mark.ref, level=mark.component, days_late=mark.days_late)
            for mark in record.marks
        ]
    return things


def _sums(scored: Sequence[Result], grading: Grading) -> tuple[Decimal, Decimal, Decimal]:
    """(base, bonus, final): bonus within its limit, all rounded as the policy says."""
    rules = grading.rules
    base = _rounded([points for one, points, _ in scored if one.tier != "bonus"], grading)
    bonus = Decimal(0)  # as P1 prints it, which has no bonus items
    if grading.points:
        bonus = _rounded([points for one, points, _ in scored if one.tier == "bonus"], grading)
        bonus = bonus if rules.bonus_most is None else min(bonus, rules.bonus_most)
    final = base + bonus
    return base, bonus, final if rules.final_most is None else min(final, rules.final_most)


def _overridden(result: Result, set_by_hand: dict[str, Override]) -> Result:
    """The part with the points that a person set, which is done with then."""
    component, _, _ = result
    if component.key not in set_by_hand:
        return result
    points = Decimal(set_by_hand[component.key].after)
    return replace(component, points=points), Fraction(points), []


def _called(grading: Grading, band: AgeBand | None, base: Decimal, final: Decimal, status: Status) -> Words | None:
    if status == "in_progress":
        return None  # nobody is called by a result that is still to come
    results = grading.results if band is None or not band.results else band.results
    return next(
        (
            one.title
            for one in results
            if (base if one.of == "base" else final) >= one.at_least and (status == "passed" or not one.passed)
        ),
        None,
    )


def _rounded(points: list[Fraction], grading: Grading) -> Decimal:
    total = sum(points, Fraction(0))
    if grading.rules.round == "final":
        return rounded(total, grading.rules.decimals, grading.rules.rounding)
    return decimal(total).quantize(Decimal(1).scaleb(-grading.rules.decimals))
