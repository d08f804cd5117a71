"""Pace against the calendar, and who should be called."""

from datetime import UTC, date, datetime, timedelta

import pytest

from lms_tracker.actions.policies import load_policy
from lms_tracker.core.grading.components import Credited
from lms_tracker.core.grading.grade import Grade, Record, grade
from lms_tracker.core.grading.pace import needs_contact, pace
from lms_tracker.core.grading.tables import ContactRules

FIRST, LAST = date(2026, 1, 1), date(2026, 4, 10)  # 100 days
RULES = ContactRules()


def studied(hours: float, last_study: date | None) -> Grade:
    known = Record(1, (Credited(1, "x", "required", round(hours * 2_700_000_000)),), (), last_study)
    return grade(known, load_policy("p1-principals"), as_of=datetime(2026, 4, 1, tzinfo=UTC), ended=False)


def codes(hours: float, last_study: date | None, today: date, first: date = FIRST) -> list[str]:
    reasons = needs_contact(studied(hours, last_study), first=first, last=LAST, today=today, rules=RULES)
    return [reason.code for reason in reasons]


def test_half_the_days_and_a_quarter_of_the_hours_are_half_the_pace() -> None:
    own = pace(studied(15, None), first=FIRST, last=LAST, today=FIRST + timedelta(days=49))
    assert (own.expected, own.done, own.ratio) == (50, 25, 50)


def test_before_the_first_day_nothing_is_expected() -> None:
    own = pace(studied(0, None), first=FIRST, last=LAST, today=FIRST - timedelta(days=1))
    assert (own.expected, own.ratio) == (0, None)


@pytest.mark.parametrize(("hours", "expected"), [(18, []), (17.9, ["behind"])])
def test_below_60_percent_of_the_pace_somebody_calls(hours: float, expected: list[str]) -> None:
    today = FIRST + timedelta(days=49)
    assert codes(hours, today, today) == expected


@pytest.mark.parametrize(("days", "expected"), [(13, []), (14, ["quiet"])])
def test_after_14_days_without_study_somebody_calls(days: int, expected: list[str]) -> None:
    today = FIRST + timedelta(days=49)
    assert codes(40, today - timedelta(days=days), today) == expected


def test_somebody_who_never_studied_is_behind_and_quiet() -> None:
    assert codes(0, None, FIRST + timedelta(days=20)) == ["behind", "quiet"]


def test_nobody_is_called_in_the_first_14_days_of_their_own() -> None:
    late = FIRST + timedelta(days=40)
    assert codes(0, None, late + timedelta(days=13), first=late) == []
    assert codes(0, None, late + timedelta(days=14), first=late) == ["behind", "quiet"]


def test_nobody_is_called_who_has_all_class_hours_or_when_it_is_over() -> None:
    assert codes(60, FIRST, LAST) == []
    assert codes(0, None, LAST + timedelta(days=1)) == []


def test_a_reason_says_its_figure_in_both_languages() -> None:
    grade_ = studied(10, FIRST)
    behind, quiet = needs_contact(grade_, first=FIRST, last=LAST, today=FIRST + timedelta(days=49), rules=RULES)
    assert behind.sentence("zh") == "学时进度仅为日程要求的 33%"
    assert quiet.sentence("en") == "no credited study for 49 days"
