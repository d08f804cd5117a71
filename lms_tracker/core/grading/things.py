"""Pieces of evidence, and which of them a part takes: each that does not count says why. Pure and exact.

In this order: where and when it happened, level, item and proof; lateness; attempts and pass mark; then what each is
worth decides which are the best.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction

from msgspec import Struct
from msgspec.structs import replace

from lms_tracker.core.grading.kinds import KINDS
from lms_tracker.core.grading.parts import MARKS, STUDY, Choice, CourseKind, Late
from lms_tracker.core.grading.words import Words

NOTES = {
    "outside": Words("不在本期内", "outside of the period"),
    "not_first_year": Words("只在第一年计入", "counts in the first year only"),
    "level": Words("该级别不计分", "this level earns nothing"),
    "item": Words("不在计分范围", "not among those that count"),
    "extension": Words("拓展课程不计入", "extension courses never count"),
    "no_proof": Words("没有证明材料", "nothing shows it"),
    "too_late": Words("迟交过久，不计", "came too late to count"),
    "late": Words("迟交，已扣减", "late: reduced"),
    "not_passed": Words("未达到及格线", "below the pass mark"),
    "retaken": Words("以另一次考试为准", "another attempt stands for it"),
    "no_resit": Words("超过补考次数", "beyond the attempts that count"),
    "no_value": Words("没有分数", "has no value"),
    "not_best": Words("未进入计分的最好几项", "not among the best that count"),
    "dropped": Words("最低项不计", "the lowest is dropped"),
    "no_mark": Words("还没有分数，按 0 分计", "no mark yet: counts as 0"),
    "included": Words("已计入基本部分", "has earned elsewhere"),
    "resit_most": Words("补考分数封顶", "a resit earns no more"),
}
"""Why something counts nothing, or less than it could."""


class Thing(Struct, frozen=True):
    """A piece of evidence in force. `size`: its value, in percent where it is out of something; None: it has none.
    `ref` finds it again: "achievement:7", "mark:3", "course:1"."""

    kind: str
    item: str
    size: Fraction | None
    ref: str
    happened_on: date | None = None
    level: str | None = None
    attempt: int = 1
    days_late: int = 0
    proof: bool = False
    course_kind: CourseKind | None = None
    note: str | None = None
    """One of NOTES once it is judged."""
    factor: Fraction = Fraction(1)
    """What lateness leaves of its worth."""

    @property
    def times(self) -> Fraction:
        """For how many it stands."""
        kind = KINDS.get(self.kind)
        return self.size if kind is not None and kind.whole and self.size is not None else Fraction(1)


class Span(Struct, frozen=True):
    """What a grade is of: dates `first` to `last`, and whether it is the learner's first year."""

    first: date
    last: date
    is_first: bool = True
    key: str = ""
    """The year that begins in "2026"; empty: the whole programme."""

    def holds(self, day: date | None) -> bool:
        """Whether a date lies within; what has no date does."""
        return day is None or self.first <= day <= self.last


def size_of(value: Decimal | None, out_of: Decimal | None) -> Fraction | None:
    """A value, in percent where it is out of something."""
    if value is None:
        return None
    return Fraction(value) if out_of is None else Fraction(value) * 100 / Fraction(out_of)


def of_interest(choice: Choice, key: str, things: Iterable[Thing]) -> list[Thing]:
    """What the part's evidence names; marks by the key of the part for which the work was set (`Thing.level`)."""
    if choice.evidence == (MARKS,):
        return [thing for thing in things if thing.kind == MARKS and thing.level == key]
    return [thing for thing in things if thing.kind in choice.evidence]


def judged(choice: Choice, things: Sequence[Thing], span: Span | None) -> tuple[list[Thing], list[Thing]]:
    """(those that count so far, those that do not, each with its note), by date and reference."""
    taken, left = [], []
    for thing in sorted(things, key=lambda thing: (thing.happened_on or date.min, thing.attempt, thing.ref)):
        why = _refused(choice, thing, span)
        if why is not None:
            left.append(replace(thing, note=why))
            continue
        share = late_factor(choice.late, thing.days_late)
        taken.append(thing if share == 1 else replace(thing, note="late", factor=share))
    taken, failed = _attempts(choice, taken)
    return taken, left + failed


def ranked(
    choice: Choice, things: Sequence[Thing], worth: Callable[[Thing], Fraction]
) -> tuple[list[Thing], list[Thing]]:
    """The same once more for the best and the lowest, by what each is worth; of equals the earlier is the better."""
    order = sorted(things, key=worth, reverse=True)  # stable: they come by date
    keep, dropped = len(order), []
    if choice.drop_lowest:
        keep = max(0, keep - choice.drop_lowest)
        dropped = [replace(thing, note="dropped") for thing in order[keep:]]
    if choice.best and keep > choice.best:
        dropped = [replace(thing, note="not_best") for thing in order[choice.best : keep]] + dropped
        keep = choice.best
    best = set(map(id, order[:keep]))
    return [thing for thing in things if id(thing) in best], dropped


def late_factor(late: Late | None, days: int) -> Fraction:
    """What is left of a value that came `days` late."""
    if late is None or days <= 0:
        return Fraction(1)
    return 1 - min(Fraction(late.per_day_pct) * days, Fraction(late.most_pct)) / 100


def _refused(choice: Choice, thing: Thing, span: Span | None) -> str | None:
    kind = KINDS.get(thing.kind)
    if span is not None and not (kind is not None and kind.fact) and not span.holds(thing.happened_on):
        return "outside"
    if choice.first_year and span is not None and not span.is_first:
        return "not_first_year"
    if thing.kind == STUDY and thing.course_kind not in choice.counts:
        return "extension" if thing.course_kind == "extension" else "level"
    if choice.levels and thing.kind != MARKS and thing.level not in choice.levels:
        return "level"
    if choice.items and thing.item not in choice.items:
        return "item"
    if choice.proof and not thing.proof:
        return "no_proof"
    refused_after = choice.late.refused_after if choice.late is not None else None
    return "too_late" if refused_after is not None and thing.days_late > refused_after else None


def _attempts(choice: Choice, things: Sequence[Thing]) -> tuple[list[Thing], list[Thing]]:
    """Of each item the first attempt that passes, else none; without a pass mark the best one."""
    by_item: dict[tuple[str, str], list[Thing]] = defaultdict(list)
    for thing in things:
        by_item[thing.kind, thing.item].append(thing)
    taken, left = [], []
    for tries in by_item.values():
        allowed = [thing for thing in tries if thing.attempt <= 1 + choice.resits]
        left += [replace(thing, note="no_resit") for thing in tries if thing.attempt > 1 + choice.resits]
        standing = _standing(choice, allowed)
        taken += [thing for thing in allowed if thing is standing]
        later = "retaken" if standing is not None else "not_passed"
        left += [
            replace(thing, note=later if _passes(choice, thing) else "not_passed")
            for thing in allowed
            if thing is not standing
        ]
    order = {id(thing): number for number, thing in enumerate(things)}
    return sorted(taken, key=lambda thing: order[id(thing)]), left


def _standing(choice: Choice, tries: Sequence[Thing]) -> Thing | None:
    if choice.pass_mark is None:
        return max(tries, key=lambda thing: (thing.size or 0, -thing.attempt), default=None)
    return next((thing for thing in sorted(tries, key=_attempt) if _passes(choice, thing)), None)


def _attempt(thing: Thing) -> int:
    return thing.attempt


def _passes(choice: Choice, thing: Thing) -> bool:
    return choice.pass_mark is None or thing.size is None or thing.size >= Fraction(choice.pass_mark)
