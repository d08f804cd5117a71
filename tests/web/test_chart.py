"""Pictures keep the proportions of the figures."""

from datetime import date, timedelta

import pytest

from lms_tracker.store.study_days import Day
from lms_tracker.web.chart import HOUR_US, day_chart, histogram

LAST = date(2026, 4, 5)


def _day(credited: float, held: float = 0, lost: float = 0, back: int = 0) -> Day:
    parts = [round(hours * HOUR_US) for hours in (credited, held, lost)]
    return Day(LAST - timedelta(days=back), sum(parts), *parts)


def test_a_bar_is_as_high_as_its_hours_and_its_parts_stand_on_one_another() -> None:
    chart = day_chart([_day(2, held=1, lost=1)], LAST, 14, width=350)
    bar = chart.bars[-1]
    per_hour = (chart.ticks[0][0] - chart.ticks[-1][0]) / chart.ticks[-1][1]
    assert [round(h / per_hour, 1) for _, h in (bar.credited, bar.held, bar.discounted)] == [2, 1, 1]
    assert bar.credited[0] + bar.credited[1] == pytest.approx(chart.base, abs=0.02)
    assert bar.held[0] + bar.held[1] == pytest.approx(bar.credited[0], abs=0.02)
    assert bar.discounted[0] + bar.discounted[1] == pytest.approx(bar.held[0], abs=0.02)


@pytest.mark.parametrize("hours", [0, 0.001, 0.5, 1, 2, 2.01, 8, 24, 31, 500])
def test_no_bar_leaves_the_picture_and_the_scale_stays_readable(hours: float) -> None:
    chart = day_chart([_day(hours)], LAST, 42, width=900)
    assert all(0 <= bar.discounted[0] <= chart.base for bar in chart.bars)
    assert 2 <= len(chart.ticks) <= 25


def test_days_without_study_keep_their_place() -> None:
    chart = day_chart([_day(1, back=41), _day(1, back=50)], LAST, 42, width=900)
    assert len(chart.bars) == 42
    assert [bar.day.date for bar in chart.bars if bar.day.raw_us] == [LAST - timedelta(days=41)]


def test_everybody_is_in_one_bin_and_the_full_ones_in_the_last() -> None:
    picture = histogram([0, 9.99, 10, 55, 99.9, 100], 30, width=660)
    assert [b.people for b in picture.bins] == [2, 1, 0, 0, 0, 1, 0, 0, 0, 1, 1]
    assert picture.expected_x == 180


def test_nobody_makes_an_empty_picture() -> None:
    assert all(b.height == 0 for b in histogram([], None, width=660).bins)
