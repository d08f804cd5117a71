"""The grade of one learner: parts, their sum, whether that passes, and what is missing. Pure and exact.

Rules (all figures are the policy's):

- A part's *score* (0-100) is the share of its target, at most 100; its *points* are score x weight / 100.
- Rounding happens once, at the points of each part (`round = "parts"`) or only at their sum (`"final"`).
- *passed*: nothing is missing, i.e. the final grade as printed reaches the pass mark, and every part its minimum and
  its number of pieces of work done. It can be reached before the programme ends, and lost again when study is
  reversed or a mark replaced.
- *failed*: something is missing and the programme has ended. *in_progress*: something is missing and it has not.
"""

from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from msgspec import Struct

from lms_tracker.core.grading.components import Component, Credited, Missing, Scored, score_hours, score_marks
from lms_tracker.core.grading.policy import ClassHours, Grading, Policy
from lms_tracker.core.grading.rounding import decimal, rounded, rounded_up
from lms_tracker.core.grading.words import Words

Status = Literal["passed", "failed", "in_progress"]


class Record(Struct, frozen=True):
    """What a learner's grade is made of, as known at one instant."""

    learner_id: int
    credited: tuple[Credited, ...] = ()
    """Credited study by course; study outside the programme's courses is not listed."""
    marks: tuple[Scored, ...] = ()
    """Marks in force, one per assignment."""
    last_study: date | None = None
    """Latest local date with credited study in the programme's courses of any kind."""


class Grade(Struct, frozen=True):
    """One learner's result as of an instant. `final` is 0-100 (plus bonus), rounded as the policy says."""

    learner_id: int
    as_of: datetime
    policy: str
    components: tuple[Component, ...]
    bonus: Decimal
    final: Decimal
    status: Status
    missing: tuple[Missing, ...]
    last_study: date | None = None


def grade(record: Record, policy: Policy, *, as_of: datetime, ended: bool) -> Grade:
    """Weigh a learner's record. `ended`: the programme's last day has passed.

    Raises ValueError when the policy does not grade.
    """
    if policy.grading is None:
        raise ValueError(f"policy {policy.id} has no [grade] table: it speaks of study time only")
    grading = policy.grading
    class_hour_us = Fraction(str(policy.study.class_hour_s)) * 1_000_000
    scored = [
        score_hours(part, record.credited, class_hour_us, grading.rules)
        if isinstance(part, ClassHours)
        else score_marks(part, record.marks, grading.rules)
        for part in grading.components
    ]
    bonus = Decimal(0)  # P1 has no bonus items
    final = _final([points for _, points, _ in scored], grading) + bonus
    missing = [lack for _, _, lacks in scored for lack in lacks]
    short = grading.rules.pass_mark - final
    if short > 0:
        amount = rounded_up(Fraction(short), grading.rules.decimals)
        missing.append(Missing("final", TOTAL, amount, "points", grading.rules.pass_mark))
    return Grade(
        learner_id=record.learner_id,
        as_of=as_of,
        policy=policy.id,
        components=tuple(component for component, _, _ in scored),
        bonus=bonus,
        final=final,
        status="passed" if not missing else "failed" if ended else "in_progress",
        missing=tuple(missing),
        last_study=record.last_study,
    )


TOTAL = Words("总评成绩", "Final grade")


def _final(points: list[Fraction], grading: Grading) -> Decimal:
    total = sum(points, Fraction(0))
    if grading.rules.round == "final":
        return rounded(total, grading.rules.decimals, grading.rules.rounding)
    return decimal(total).quantize(Decimal(1).scaleb(-grading.rules.decimals))
