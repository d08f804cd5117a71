"""The parts of a grade: what a learner has, what that scores, and where each point comes from."""

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from msgspec import Struct

from lms_tracker.core.grading.policy import ClassHours, CourseKind, GradeRules, Marks
from lms_tracker.core.grading.rounding import decimal, rounded, rounded_up
from lms_tracker.core.grading.words import Words

Unit = Literal["class_hours", "marks", "points"]


class Credited(Struct, frozen=True):
    """Credited study of a learner in one course, in microseconds."""

    course_id: int
    title: str
    kind: CourseKind
    credited_us: int


class Scored(Struct, frozen=True):
    """A mark (0-100) in force. `ref` finds it again: "mark:<id>"."""

    component: str
    title: str
    mark: Decimal
    ref: str


class Source(Struct, frozen=True):
    """Where points come from: a course with its class hours, or a piece of work with its mark.

    `points` are those of the final grade that it earned, before rounding; 0 for what did not count.
    """

    label: str
    value: Decimal
    ref: str
    points: Decimal


class Component(Struct, frozen=True):
    """One part of a grade. `have` and `target` are class hours, or pieces of work passed and required."""

    key: str
    title: Words
    weight: Decimal
    have: Decimal
    target: Decimal
    unit: Unit
    score: Decimal
    """0-100, not rounded."""
    points: Decimal
    """score x weight / 100, rounded where the policy rounds parts."""
    sources: tuple[Source, ...]


class Missing(Struct, frozen=True):
    """What a learner still needs to pass: `amount` more (rounded up: doing as much suffices) to reach `needed`."""

    component: str
    title: Words
    amount: Decimal
    unit: Unit
    needed: Decimal
    item_pass_mark: Decimal = Decimal(0)

    def sentence(self, locale: str) -> str:
        """One sentence for the learner, in "zh" or "en"."""
        title, amount, needed, mark = self.title(locale), _plain(self.amount), _plain(self.needed), self.item_pass_mark
        if locale.startswith("en"):
            return {
                "class_hours": f"{title}: {amount} more class hours (at least {needed} are needed)",
                "marks": f"{title}: {amount} more to pass of {needed}"
                + (f", each with {_plain(mark)} or more" if mark else ""),
                "points": f"{title}: {amount} points short of {needed}",
            }[self.unit]
        return {
            "class_hours": f"{title}：还差 {amount} 学时（至少需要 {needed} 学时）",
            "marks": f"{title}：还差 {amount} 项（共需 {needed} 项"
            + (f"，每项不低于 {_plain(mark)} 分）" if mark else "）"),
            "points": f"{title}：还差 {amount} 分（需达到 {needed} 分）",
        }[self.unit]


Result = tuple[Component, Fraction, list[Missing]]


def score_hours(part: ClassHours, credited: Iterable[Credited], class_hour_us: Fraction, rules: GradeRules) -> Result:
    """Class hours of the kinds of courses that count, against the target."""
    counted = [course for course in credited if course.kind in part.counts and course.credited_us]
    total_us = sum(course.credited_us for course in counted)
    have, target = total_us / class_hour_us, Fraction(part.target)
    score = min(have / target, Fraction(1)) * 100
    exact = score * Fraction(part.weight) / 100
    sources = tuple(
        Source(
            course.title,
            decimal(course.credited_us / class_hour_us),
            f"course:{course.course_id}",
            # Beyond the target every course has earned its share of the full weight.
            decimal(exact * course.credited_us / total_us),
        )
        for course in counted
    )
    missing = []
    least = target * Fraction(part.minimum) / 100
    if have < least:
        amount = rounded_up(least - have, rules.decimals)
        missing.append(Missing(part.key, part.title, amount, "class_hours", decimal(least)))
    return _result(part, decimal(have), part.target, "class_hours", score, exact, sources, missing, rules)


def score_marks(part: Marks, marks: Iterable[Scored], rules: GradeRules) -> Result:
    """The mean of the best `required` marks; those that are not there count as 0."""
    own = sorted((mark for mark in marks if mark.component == part.key), key=lambda mark: (-mark.mark, mark.ref))
    best = own[: part.required]
    score = sum((Fraction(mark.mark) for mark in best), Fraction(0)) / part.required
    share = Fraction(part.weight) / 100 / part.required
    sources = tuple(
        Source(mark.title, mark.mark, mark.ref, decimal(Fraction(mark.mark) * share) if mark in best else Decimal(0))
        for mark in own
    )
    done = sum(1 for mark in best if mark.mark >= part.item_pass_mark)
    missing = []
    if done < part.required:
        lack, needed = Decimal(part.required - done), Decimal(part.required)
        missing.append(Missing(part.key, part.title, lack, "marks", needed, part.item_pass_mark))
    elif score < Fraction(part.minimum):
        lack = rounded_up(Fraction(part.minimum) - score, rules.decimals)
        missing.append(Missing(part.key, part.title, lack, "points", part.minimum))
    exact = score * Fraction(part.weight) / 100
    return _result(part, Decimal(done), Decimal(part.required), "marks", score, exact, sources, missing, rules)


def _result(
    part: ClassHours | Marks,
    have: Decimal,
    target: Decimal,
    unit: Unit,
    score: Fraction,
    exact: Fraction,
    sources: tuple[Source, ...],
    missing: list[Missing],
    rules: GradeRules,
) -> Result:
    if rules.round == "parts":
        points = rounded(exact, rules.decimals, rules.rounding)
        exact = Fraction(points)
    else:
        points = decimal(exact)
    component = Component(part.key, part.title, part.weight, have, target, unit, decimal(score), points, sources)
    return component, exact, missing


def _plain(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
