"""The first working day after a day, with holidays and weekends that are worked instead. Worked by hand from a calendar."""

from datetime import date

import pytest

from lms_tracker.core.workdays import days_late, first_working_day_after

# The Qingming holiday of 2026: Saturday, April 4 to Monday, April 6. Sunday, April 26 and Saturday, May 9 are worked; the
# Labour Day holiday is Friday, May 1 to Tuesday, May 5.
HOLIDAYS = {date(2026, 4, day) for day in (4, 5, 6)} | {date(2026, 5, day) for day in range(1, 6)}
WORKED = {date(2026, 4, 26), date(2026, 5, 9)}


@pytest.mark.parametrize(
    ("day", "due"),
    [
        ("2026-04-01", "2026-04-02"),  # Wednesday: Thursday
        ("2026-04-03", "2026-04-07"),  # the Friday before Qingming: the Tuesday after
        ("2026-04-05", "2026-04-07"),  # within the holiday
        ("2026-04-25", "2026-04-26"),  # a Saturday before a Sunday that is worked
        ("2026-04-24", "2026-04-26"),  # the Friday before it: the Saturday is free, the Sunday is not
        ("2026-04-30", "2026-05-06"),
        ("2026-05-08", "2026-05-09"),
        ("2026-05-09", "2026-05-11"),
    ],
)
def test_a_report_is_due_on_the_first_working_day_after(day: str, due: str) -> None:
    assert first_working_day_after(date.fromisoformat(day), HOLIDAYS, WORKED) == date.fromisoformat(due)


def test_lateness_counts_calendar_days_and_is_never_less_than_none() -> None:
    due = date(2026, 4, 7)
    assert [days_late(due, date(2026, 4, day)) for day in (3, 7, 8, 12)] == [0, 0, 1, 5]


def test_holidays_without_end_still_give_a_day() -> None:
    every = {date.fromordinal(n) for n in range(date(2026, 1, 1).toordinal(), date(2028, 1, 1).toordinal())}
    assert first_working_day_after(date(2026, 1, 1), every, ()) == date(2027, 1, 2)
