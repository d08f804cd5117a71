"""Pace against the calendar, and the one rule that says whom somebody should call.

Pace looks at class hours only: study can be even over a year, while marks arrive in lumps when work is due.
"""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from msgspec import Struct

from lms_tracker.core.counted import so_many
from lms_tracker.core.grading.grade import Grade
from lms_tracker.core.grading.rounding import decimal
from lms_tracker.core.grading.tables import ContactRules

Code = Literal["behind", "quiet"]


class Pace(Struct, frozen=True):
    """All in percent. `expected`: share of the learner's time in the programme that has passed. `done`: share of the
    class hours reached. `ratio`: done / expected (100 is on time), None before the first day."""

    expected: Decimal
    done: Decimal
    ratio: Decimal | None


class Reason(Struct, frozen=True):
    """Why a learner should be called. `value`: pace in percent, or days without credited study."""

    code: Code
    value: int
    points: bool = False
    """Of base points, not of class hours."""

    def sentence(self, locale: str) -> str:
        """One sentence in "zh" or "en"."""
        if locale.startswith("en"):
            return {
                "behind": f"{'base points' if self.points else 'class hours'} at {self.value} % of what the calendar expects",
                "quiet": f"no credited study for {so_many(self.value, 'day', 'days')}",
            }[self.code]
        return {
            "behind": f"{'基本分' if self.points else '学时'}进度仅为日程要求的 {self.value}%",
            "quiet": f"已 {self.value} 天没有有效学习",
        }[self.code]


def expected_share(first: date, last: date, today: date) -> Fraction:
    """Share (0-1) of the days `first` to `last` that have passed at the end of `today`."""
    passed = (today - first).days + 1
    return Fraction(min(max(passed, 0), days := max((last - first).days + 1, 1)), days)


def pace(grade: Grade, *, first: date, last: date, today: date) -> Pace:
    """How far a learner is and should be at the end of `today`, who takes part from `first` to `last` (inclusive).

    Of a grade of points: of the base points that are the target; without a target everybody is on time.
    """
    if grade.span is not None:  # of a grade of one year, that year
        first, last = max(first, grade.span.first), min(last, grade.span.last)
    expected = expected_share(first, last, today) * 100
    if grade.scheme == "points":
        reached = Fraction(grade.base) / Fraction(grade.pass_mark) if grade.pass_mark else Fraction(1)
        done = min(reached, Fraction(1)) * 100
        return Pace(decimal(expected), decimal(done), decimal(done * 100 / expected) if expected else None)
    hours = [part for part in grade.components if part.unit == "class_hours"] or list(grade.components)
    weight = sum(Fraction(part.weight) for part in hours)
    done = sum(Fraction(part.score) * Fraction(part.weight) for part in hours) / weight if weight else Fraction(0)
    return Pace(decimal(expected), decimal(done), decimal(done * 100 / expected) if expected else None)


def needs_contact(grade: Grade, *, first: date, last: date, today: date, rules: ContactRules) -> tuple[Reason, ...]:
    """Why somebody should call this learner; empty: nobody needs to.

    Nobody is called in the first `grace_days`, after the last day, or once all class hours are reached.
    """
    in_programme = (today - first).days
    own = pace(grade, first=first, last=last, today=today)
    if in_programme < rules.grace_days or today > last or own.done >= 100:
        return ()
    reasons = []
    if own.ratio is not None and own.ratio < rules.pace_below_pct:
        reasons.append(Reason("behind", int(own.ratio), grade.scheme == "points"))
    quiet = (today - max(grade.last_study or first, first)).days
    studies = any(part.unit == "class_hours" for part in grade.components)
    if studies and quiet >= rules.quiet_days:
        reasons.append(Reason("quiet", quiet))
    return tuple(reasons)
