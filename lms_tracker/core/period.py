"""The periods of bulletins: half months (2026-03-H1, 2026-03-H2) and months (2026-03)."""

import re
from calendar import monthrange
from datetime import date, timedelta

from msgspec import Struct

from lms_tracker.core.grading.words import Words

_FORM = re.compile(r"(\d{4})-(\d{2})(?:-H([12]))?")


_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")  # fmt: skip


class PeriodError(ValueError):
    """Not a period. The message says what is expected."""


class Period(Struct, frozen=True):
    """A half month or a month, `first` to `last` inclusive."""

    key: str
    first: date
    last: date

    @property
    def is_half(self) -> bool:
        return "H" in self.key

    @property
    def words(self) -> Words:
        """2026 年 3 月上半月 | first half of March 2026."""
        month = Words(
            f"{self.first.year} 年 {self.first.month} 月", f"{_MONTHS[self.first.month - 1]} {self.first.year}"
        )
        if not self.is_half:
            return month
        zh, en = ("上半月", "first") if self.first.day == 1 else ("下半月", "second")
        return Words(month.zh + zh, f"{en} half of {month.en}")


def parse_period(text: str) -> Period:
    """The period of a key. H1 is the 1st to the 15th, H2 the 16th to the month's end. Raises PeriodError."""
    match = _FORM.fullmatch(text.strip())
    if match is None:
        raise PeriodError(
            f"{text!r} is not a period: expected a half month (2026-03-H1, 2026-03-H2) or a month (2026-03)"
        )
    year, month, half = int(match[1]), int(match[2]), match[3]
    if not 1 <= month <= 12 or year < 1:
        raise PeriodError(f"{text!r} is not a period: there is no month {match[2]} (01 to 12)")
    end = monthrange(year, month)[1]
    first, last = {"1": (1, 15), "2": (16, end), None: (1, end)}[half]
    return Period(match[0], date(year, month, first), date(year, month, last))


def half_month_of(day: date) -> Period:
    """The half month that a date lies in."""
    return parse_period(f"{day:%Y-%m}-H{1 if day.day <= 15 else 2}")


def just_ended(today: date) -> tuple[Period, Period]:
    """The last half month and the last month that ended before `today`."""
    half = half_month_of(half_month_of(today).first - timedelta(days=1))
    month = parse_period(f"{today.replace(day=1) - timedelta(days=1):%Y-%m}")
    return half, month
