from datetime import UTC, datetime, timedelta

import pytest

from lms_tracker.core.attendance.presence import Joined, Times, minutes_within

NINE = datetime(2026, 3, 7, 1, 0, tzinfo=UTC)
TIMES = Times(NINE, NINE + timedelta(minutes=90))


def at(minutes: float) -> datetime:
    return NINE + timedelta(minutes=minutes)


def joined(begin: float, end: float) -> Joined:
    return Joined(at(begin), at(end), round(end - begin))


@pytest.mark.parametrize(
    ("spans", "minutes"),
    [
        ([(0, 90)], 90),
        ([(-30, 200)], 90),  # who waits before, and stays after
        ([(0, 40), (50, 90)], 80),  # dropped out for ten minutes
        ([(0, 60), (30, 90)], 90),  # phone and computer at once
        ([(10, 20), (0, 90)], 90),  # one within the other
        ([(-20, -5)], 0),
        ([(95, 120)], 0),
        ([(5, 5)], 0),
        ([], 0),
    ],
)
def test_a_minute_counts_once_and_only_while_the_meeting_lasts(spans: list[tuple[float, float]], minutes: int) -> None:
    assert minutes_within(TIMES, [joined(*span) for span in spans]) == minutes


def test_lines_without_instants_are_added_up_to_the_length_of_the_meeting() -> None:
    assert minutes_within(TIMES, [Joined(None, None, 30), Joined(None, None, 25)]) == 55
    assert minutes_within(TIMES, [Joined(None, None, 300)]) == 90


@pytest.mark.parametrize(("minutes", "status"), [(0, "absent"), (1, "partial"), (53, "partial"), (54, "present")])
def test_sixty_percent_of_ninety_minutes_are_54(minutes: int, status: str) -> None:
    assert TIMES.after(minutes) == status


def test_late_is_after_ten_minutes_not_at_ten_minutes() -> None:
    assert (TIMES.at(at(-20)), TIMES.at(at(10)), TIMES.at(at(10.1))) == ("present", "present", "late")
