"""How often pages tell while the server is busy."""

import pytest

from lms_tracker.core.player.pace import LONGEST, Pace, interval
from lms_tracker.core.player.policy import PlayerPolicy
from lms_tracker.core.study.policy import StudyPolicy

POLICY = PlayerPolicy()


@pytest.mark.parametrize(
    ("takes_s", "wanted"), [(0.0, (15, 30)), (0.2, (15, 30)), (0.3, (22, 45)), (0.6, (45, 60)), (30.0, (60, 60))]
)
def test_the_interval_grows_with_the_time_that_an_answer_takes(takes_s: float, wanted: tuple[int, int]) -> None:
    assert interval(POLICY, takes_s) == wanted


def test_the_longest_interval_is_no_gap_and_outlasts_no_lease() -> None:
    assert StudyPolicy().gap_s > LONGEST and POLICY.lease_s > LONGEST
    assert interval(PlayerPolicy(beat_from_s=60, beat_to_s=60), 99) == (60, 60)


def test_one_slow_answer_among_quick_ones_changes_nothing_and_a_slow_minute_does() -> None:
    pace = Pace()
    for n in range(1000):
        pace.note(5.0 if n == 900 else 0.01, n / 100)
    assert interval(POLICY, pace.takes) == (15, 30)
    for n in range(1000, 7000):
        pace.note(1.0, n / 100)
    assert interval(POLICY, pace.takes)[1] == LONGEST
