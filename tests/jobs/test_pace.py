"""The worker rests where processors are short, and only there."""

from pathlib import Path

import pytest

from lms_tracker.jobs.pace import MOST_REST_S, Pace


@pytest.fixture
def schedule(tmp_path: Path) -> Path:
    path = tmp_path / "schedstat"
    path.write_text("1000 5000 7\n")
    return path


@pytest.mark.parametrize(
    ("ran", "waited", "worked_s", "rest_s"),
    [(900, 100, 0.02, 0), (500, 500, 0.02, 0), (100, 900, 0.02, 0.18), (100, 900, 5, MOST_REST_S), (0, 0, 0.02, 0)],
)
def test_it_rests_nine_tenths_when_it_waited_longer_than_it_ran(
    schedule: Path, ran: int, waited: int, worked_s: float, rest_s: float
) -> None:
    pace = Pace(schedule)
    schedule.write_text(f"{1000 + ran} {5000 + waited} 9\n")
    assert pace.rest_s(worked_s) == pytest.approx(rest_s)
    assert pace.rest_s(worked_s) == 0, "what was before is not counted again"


def test_where_nothing_is_counted_it_never_rests(tmp_path: Path) -> None:
    assert Pace(tmp_path / "none").rest_s(1) == 0
