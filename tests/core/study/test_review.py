"""Deadlines are ends of local days; what may be handed in is told by its bytes; who may decide."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from lms_tracker.core.study.review import NotAllowed, ReviewPolicy, check_reviewer, clock_of, end_of_day

SHANGHAI = ZoneInfo("Asia/Shanghai")
HELD = datetime(2026, 3, 1, 15, 59, tzinfo=UTC)  # a minute before midnight of March 1 in Shanghai


def test_a_deadline_is_the_end_of_a_local_day() -> None:
    assert end_of_day(HELD, 7, SHANGHAI) == datetime(2026, 3, 8, 16, tzinfo=UTC)
    assert end_of_day(HELD + timedelta(minutes=1), 7, SHANGHAI) == datetime(2026, 3, 9, 16, tzinfo=UTC)
    berlin = ZoneInfo("Europe/Berlin")  # the clocks change on March 29
    assert end_of_day(datetime(2026, 3, 28, 12, tzinfo=UTC), 1, berlin) == datetime(2026, 3, 29, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    ("days", "stage"),
    [(0, "open"), (5, "open"), (6, "soon"), (7, "soon"), (8, "escalated"), (14, "escalated"), (15, "overdue")],
)
def test_what_waits_grows_urgent_is_escalated_and_overdue(days: int, stage: str) -> None:
    clock = clock_of(HELD, ReviewPolicy(), SHANGHAI, HELD + timedelta(days=days))
    assert clock.stage == stage
    assert clock.next == (clock.decide_by if stage in ("open", "soon") else clock.last)
    assert clock.last - clock.decide_by == timedelta(days=7)


def test_without_days_to_remind_nothing_is_due_soon() -> None:
    rules = ReviewPolicy(remind_days=0)
    stages = {clock_of(HELD, rules, SHANGHAI, HELD + timedelta(hours=n)).stage for n in range(24 * 20)}
    assert stages == {"open", "escalated", "overdue"}


def test_nobody_decides_on_their_own_time_or_twice() -> None:
    check_reviewer(3, own_accounts={1}, earlier={2, None})
    for reviewer, why in ((1, "own"), (2, "same-reviewer")):
        with pytest.raises(NotAllowed) as caught:
            check_reviewer(reviewer, own_accounts={1}, earlier={1, 2})
        assert caught.value.why == why
