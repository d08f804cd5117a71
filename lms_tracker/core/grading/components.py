"""The parts of a grade: what a learner has, what that scores, and where each point comes from."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import repeat
from typing import Literal

from msgspec import Struct

from lms_tracker.core.counted import so_many
from lms_tracker.core.grading.parts import Achievements, ClassHours, CourseKind, Marks
from lms_tracker.core.grading.rounding import decimal, rounded, rounded_up
from lms_tracker.core.grading.tables import GradeRules
from lms_tracker.core.grading.things import Span, Thing, judged, late_factor, of_interest, ranked
from lms_tracker.core.grading.weighing import Best, weighted_best
from lms_tracker.core.grading.words import Words, plain

Unit = Literal["class_hours", "marks", "points", "items"]
"""`marks`: pieces of work; `items`: whatever else is counted."""


class Credited(Struct, frozen=True):
    """Credited study of a learner in one course, in microseconds."""

    course_id: int
    title: str
    kind: CourseKind
    credited_us: int


class Work(Struct, frozen=True):
    """A piece of work that has been set: in which component it counts, and with what weight among the others of it."""

    id: int
    component: str
    title: str
    weight: Decimal = Decimal(1)


class Scored(Struct, frozen=True):
    """A mark (0-100) in force. `ref` finds it again: "mark:<id>"; `work`: which Work it is of, where that is known."""

    component: str
    title: str
    mark: Decimal
    ref: str
    days_late: int = 0
    weight: Decimal = Decimal(1)
    work: int = 0


class Source(Struct, frozen=True):
    """Where points come from: a course with its class hours, a piece of work with its mark, an achievement.

    `points` are those of the final grade that it earned, before rounding; 0 for what did not count. `note` (one of
    things.NOTES) says why it earned nothing, or less than it could.
    """

    label: str
    value: Decimal
    ref: str
    points: Decimal
    note: str | None = None
    level: str | None = None
    happened_on: date | None = None
    kind: str | None = None
    """Of achievements, as core.grading.kinds names it."""
    attempt: int = 1
    has_value: bool = True
    """False: `value` is only for how many it stands."""
    weight: Decimal | None = None
    """Of a mark among the others of its component, where they do not all weigh the same."""


class Component(Struct, frozen=True):
    """One part of a grade. `have` and `target` are class hours, or pieces of work passed and required, or how much there
    is and earns all; a target of 0 has no end."""

    key: str
    title: Words
    weight: Decimal
    """Most points of it; 0: there is no limit."""
    have: Decimal
    target: Decimal
    unit: Unit
    score: Decimal
    """0-100, not rounded."""
    points: Decimal
    """score x weight / 100, rounded where the policy rounds parts."""
    sources: tuple[Source, ...]
    tier: Literal["weight", "base", "bonus"] = "weight"
    cut: Decimal = Decimal(0)
    """Points that its sources earned beyond a limit."""
    lacking: int = 0
    """Of marks: how many pieces of work count as 0 because they have none; those still to be set, too."""
    open: Decimal = Decimal(0)
    """The share (0-1) that they have of the weight of all work that counts."""
    weighs: Decimal | None = None
    """Weight of all work that counts, with and without a mark, where it does not all weigh the same."""


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
        title, amount, needed, mark = self.title(locale), plain(self.amount), plain(self.needed), self.item_pass_mark
        if locale.startswith("en"):
            return {
                "class_hours": f"{title}: {so_many(amount, 'more class hour', 'more class hours')} (at least {needed} are needed)",
                "marks": f"{title}: {amount} more to pass of {needed}"
                + (f", each with {plain(mark)} or more" if mark else ""),
                "points": f"{title}: {so_many(amount, 'point', 'points')} short of {needed}",
                "items": f"{title}: {amount} more of {needed}",
            }[self.unit]
        return {
            "class_hours": f"{title}：还差 {amount} 学时（至少需要 {needed} 学时）",
            "marks": f"{title}：还差 {amount} 项（共需 {needed} 项"
            + (f"，每项不低于 {plain(mark)} 分）" if mark else "）"),
            "points": f"{title}：还差 {amount} 分（需达到 {needed} 分）",
            "items": f"{title}：还差 {amount} 次（共需 {needed} 次）",
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


def score_marks(part: Marks, marks: Iterable[Scored], works: Iterable[Work], rules: GradeRules) -> Result:
    """The weighted mean of the best `required` marks (`weighing.weighted_best`); work without a mark counts as 0."""
    own = sorted((mark for mark in marks if mark.component == part.key), key=lambda mark: mark.ref)
    values = [_after_lateness(part, mark) for mark in own]
    marked = {mark.work for mark in own}
    unmarked = [work for work in works if work.component == part.key and work.id not in marked]
    best = weighted_best(values, [mark.weight for mark in own], [work.weight for work in unmarked], part.required)
    sources = _marks_sources(part, own, values, best)
    if not best.plain:
        sources += [_unmarked_source(unmarked[one]) for one in best.open]
    done = min(part.required, sum(1 for value in values if value >= part.item_pass_mark))
    missing = []
    if done < part.required:
        lack, needed = Decimal(part.required - done), Decimal(part.required)
        missing.append(Missing(part.key, part.title, lack, "marks", needed, part.item_pass_mark))
    elif best.mean < Fraction(part.minimum):
        lack = rounded_up(Fraction(part.minimum) - best.mean, rules.decimals)
        missing.append(Missing(part.key, part.title, lack, "points", part.minimum))
    exact = best.mean * Fraction(part.weight) / 100
    have, needed = Decimal(done), Decimal(part.required)
    return _result(part, have, needed, "marks", best.mean, exact, tuple(sources), missing, rules, best)


def _marks_sources(part: Marks, own: Sequence[Scored], values: Sequence[Fraction], best: Best) -> list[Source]:
    """Those that count first, each group by its mark."""
    share = Fraction(part.weight) / 100
    each = share / part.required
    order = sorted(range(len(own)), key=values.__getitem__, reverse=True)
    order = [n for n in order if n in best.taken] + [n for n in order if n not in best.taken]
    sources = []
    for n in order:
        mark, taken = own[n], best.taken.get(n)
        points, weight = Decimal(0), None if best.plain else mark.weight
        if taken is not None:
            points = decimal(values[n] * (each if best.plain else share * taken))
        note = _note(part, mark, taken is not None)
        sources.append(Source(mark.title, mark.mark, mark.ref, points, note, weight=weight))
    return sources


def _unmarked_source(work: Work) -> Source:
    return Source(work.title, Decimal(0), f"work:{work.id}", Decimal(0), "no_mark", has_value=False, weight=work.weight)


def score_achievements(part: Achievements, things: Sequence[Thing], span: Span | None, rules: GradeRules) -> Result:
    """What is taken of other evidence, against the target."""

    def worth(thing: Thing) -> Fraction:
        if part.take == "count":
            return thing.times * thing.factor
        level = part.by_level.get(thing.level or "") if part.by_level else None
        return (Fraction(level) if level is not None else thing.size or Fraction(0)) * thing.factor

    taken, left = judged(part, of_interest(part, part.key, things), span)
    taken, dropped = ranked(part, taken, worth)
    values = [worth(thing) for thing in taken]
    have = _taken(part, values)
    target = Fraction(part.target)
    score = min(have / target, Fraction(1)) * 100
    exact = score * Fraction(part.weight) / 100
    total = sum(values, Fraction(0)) if part.take != "best" else max(values, default=Fraction(0))
    earned = [exact * value / total if total else Fraction(0) for value in values]
    if part.take == "best" and values:
        first = values.index(max(values))
        earned = [exact if number == first else Fraction(0) for number in range(len(values))]
    sources = tuple(
        thing_source(thing, points) for thing, points in zip([*taken, *left, *dropped], _padded(earned), strict=False)
    )
    missing = []
    least = target * Fraction(part.minimum) / 100
    if have < least:
        unit: Unit = "items" if part.take == "count" else "points"
        amount = rounded_up(least - have, rules.decimals)
        missing.append(Missing(part.key, part.title, amount, unit, decimal(least)))
    return _result(part, decimal(have), part.target, "items", score, exact, sources, missing, rules)


def thing_source(thing: Thing, points: Fraction) -> Source:
    """A thing as a grade shows it."""
    return Source(
        label=thing.item,
        value=decimal(thing.size if thing.size is not None else thing.times),
        ref=thing.ref,
        points=decimal(points),
        note=thing.note,
        level=thing.level,
        happened_on=thing.happened_on,
        kind=thing.kind,
        attempt=thing.attempt,
        has_value=thing.size is not None,
    )


def _padded(earned: Iterable[Fraction]) -> Iterator[Fraction]:
    yield from earned
    yield from repeat(Fraction(0))


def _taken(part: Achievements, values: Sequence[Fraction]) -> Fraction:
    if not values:
        return Fraction(0)
    if part.take == "best":
        return max(values)
    total = sum(values, Fraction(0))
    return total / max(len(values), part.required) if part.take == "mean" else total


def _after_lateness(part: Marks, mark: Scored) -> Fraction:
    if part.late is None or not mark.days_late:
        return Fraction(mark.mark)
    if part.late.refused_after is not None and mark.days_late > part.late.refused_after:
        return Fraction(0)
    return Fraction(mark.mark) * late_factor(part.late, mark.days_late)


def _note(part: Marks, mark: Scored, taken: bool) -> str | None:
    if part.late is not None and mark.days_late:
        gone = part.late.refused_after is not None and mark.days_late > part.late.refused_after
        return "too_late" if gone else "late"
    return None if taken else "not_best"


def _result(
    part: ClassHours | Marks | Achievements,
    have: Decimal,
    target: Decimal,
    unit: Unit,
    score: Fraction,
    exact: Fraction,
    sources: tuple[Source, ...],
    missing: list[Missing],
    rules: GradeRules,
    best: Best | None = None,
) -> Result:
    if rules.round == "parts":
        points = rounded(exact, rules.decimals, rules.rounding)
        exact = Fraction(points)
    else:
        points = decimal(exact)
    component = Component(
        part.key, part.title, part.weight, have, target, unit, decimal(score), points, sources,
        lacking=best.lacking if best is not None else 0,
        open=decimal(best.open_share) if best is not None else Decimal(0),
        weighs=decimal(best.weight) if best is not None and not best.plain else None,
    )  # fmt: skip
    return component, exact, missing
