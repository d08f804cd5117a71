"""Half months and months."""

from datetime import date

import pytest

from lms_tracker.core.period import PeriodError, just_ended, parse_period


@pytest.mark.parametrize(
    ("key", "zh", "en"),
    [
        ("2026-03-H1", "2026 年 3 月上半月", "first half of March 2026"),
        ("2026-02-H2", "2026 年 2 月下半月", "second half of February 2026"),
        ("2026-12", "2026 年 12 月", "December 2026"),
    ],
)
def test_a_period_is_called_in_both_languages(key: str, zh: str, en: str) -> None:
    assert (parse_period(key).words("zh"), parse_period(key).words("en")) == (zh, en)


@pytest.mark.parametrize(
    ("key", "first", "last"),
    [
        ("2026-03-H1", date(2026, 3, 1), date(2026, 3, 15)),
        ("2026-03-H2", date(2026, 3, 16), date(2026, 3, 31)),
        ("2028-02-H2", date(2028, 2, 16), date(2028, 2, 29)),
        ("2026-02", date(2026, 2, 1), date(2026, 2, 28)),
    ],
)
def test_a_period_has_its_days(key: str, first: date, last: date) -> None:
    period = parse_period(key)
    assert (period.key, period.first, period.last) == (key, first, last)


@pytest.mark.parametrize(
    "text", ["", "2026", "2026-3-H1", "2026-03-H3", "2026-03-h1", "2026-13", "2026-00-H1", "0000-01"]
)
def test_what_is_not_a_period_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(PeriodError, match=r"is not a period: (expected a half month \(2026-03-H1|there is no month)"):
        parse_period(text)


@pytest.mark.parametrize(
    ("today", "half", "month"),
    [
        (date(2026, 3, 1), "2026-02-H2", "2026-02"),
        (date(2026, 3, 15), "2026-02-H2", "2026-02"),
        (date(2026, 3, 16), "2026-03-H1", "2026-02"),
        (date(2026, 1, 1), "2025-12-H2", "2025-12"),
    ],
)
def test_what_just_ended(today: date, half: str, month: str) -> None:
    assert [period.key for period in just_ended(today)] == [half, month]
