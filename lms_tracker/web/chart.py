"""Geometry of the pictures: from figures to rectangles. Colours and hatches are the style sheet's."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from math import ceil

from msgspec import Struct

from lms_tracker.store.study_days import Day

HOUR_US = 3_600_000_000
LEFT, TOP, BOTTOM = 34.0, 26.0, 26.0


class Bar(Struct, frozen=True):
    """One day. Lengths are in the picture's units; a part without height is 0."""

    day: Day
    x: float
    width: float
    credited: tuple[float, float]  # (y, height)
    held: tuple[float, float]
    discounted: tuple[float, float]
    label: bool  # whether the date is written under it


class DayChart(Struct, frozen=True):
    width: float
    height: float
    left: float
    base: float
    bars: list[Bar]
    ticks: list[tuple[float, float]]  # (y, hours)


class Bin(Struct, frozen=True):
    """People between two shares of the target."""

    low_pct: int
    high_pct: int | None  # None: from `low_pct` on
    people: int
    x: float
    y: float
    width: float
    height: float


class Histogram(Struct, frozen=True):
    width: float
    height: float
    base: float
    bins: list[Bin]
    expected_x: float | None


def day_chart(days: Sequence[Day], last: date, count: int, width: float, height: float = 210.0) -> DayChart:
    """The `count` days up to `last`, stacked: credited at the bottom, then held, then what does not count."""
    by_date = {day.date: day for day in days}
    shown = [last - timedelta(days=back) for back in range(count - 1, -1, -1)]
    most_hours = max((by_date[at].raw_us for at in shown if at in by_date), default=0) / HOUR_US
    step = _step(most_hours)
    top_hours = max(1, ceil(most_hours / step)) * step
    base, slot = height - BOTTOM, (width - LEFT) / count
    scale = (base - TOP) / (top_hours * HOUR_US)
    bars = []
    for i, at in enumerate(shown):
        day = by_date.get(at, Day(at, 0, 0, 0, 0))
        heights = [amount * scale for amount in (day.credited_us, day.held_us, day.discounted_us)]
        tops = [base - sum(heights[: n + 1]) for n in range(3)]
        credited, held, discounted = [(round(y, 2), round(h, 2)) for y, h in zip(tops, heights, strict=True)]
        bars.append(
            Bar(
                day,
                x=round(LEFT + i * slot + slot * 0.14, 2),
                width=round(slot * 0.72, 2),
                credited=credited,
                held=held,
                discounted=discounted,
                label=(count - 1 - i) % (7 if count > 21 else 3) == 0,
            )
        )
    ticks = [(round(base - n * step * HOUR_US * scale, 2), n * step) for n in range(round(top_hours / step) + 1)]
    return DayChart(width, height, LEFT, base, bars, ticks)


def histogram(
    shares_pct: Iterable[float], expected_pct: float | None, width: float, height: float = 120.0
) -> Histogram:
    """People by tenths of the target reached; the last bin holds everybody at 100 % or more."""
    counts = [0] * 11
    for share in shares_pct:
        counts[min(10, max(0, int(share // 10)))] += 1
    base, slot = height - BOTTOM, width / 11
    scale = (base - 20) / max(1, *counts)
    bins = [
        Bin(
            low_pct=i * 10,
            high_pct=(i + 1) * 10 if i < 10 else None,
            people=people,
            x=round(i * slot + slot * 0.06, 2),
            y=round(base - people * scale, 2),
            width=round(slot * 0.88, 2),
            height=round(people * scale, 2),
        )
        for i, people in enumerate(counts)
    ]
    expected_x = None if expected_pct is None else round(min(expected_pct, 105) / 10 * slot, 2)
    return Histogram(width, height, base, bins, expected_x)


def _step(most_hours: float) -> float:
    return next((step for step in (0.5, 1, 2, 4, 6, 12) if most_hours <= 4 * step), 24)
