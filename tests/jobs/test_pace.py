"""The worker rests where processors are short, and only there."""

import os
from pathlib import Path

import pytest

from lms_tracker.jobs.pace import LOOK_S, MOST_REST_S, Pace

TICKS = os.sysconf("SC_CLK_TCK")


class Machine:
    """What /proc would say. `idle` are processors without work while somebody rests."""

    def __init__(self, path: Path) -> None:
        self.path, self.idle, self.rested, self.stops = path, 0.0, [], False
        (path / "thread-self").mkdir()
        self.say(0, 0)
        self._stat(0)

    def say(self, ran_s: float, waited_s: float) -> None:
        """Since the beginning."""
        said = f"{1000 + round(ran_s * 1e9)} {5000 + round(waited_s * 1e9)} 7\n"
        (self.path / "thread-self" / "schedstat").write_text(said)

    def pause(self, seconds: float) -> bool:
        self.rested.append(seconds)
        self._stat(sum(self.rested) * self.idle * TICKS)
        return self.stops

    def _stat(self, idle: float) -> None:
        (self.path / "stat").write_text(f"cpu  90 80 70 {round(idle)} 0 0 0 0 0 0\ncpu0 9 8 7 6 5 4 3 2 1 0\n")


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.mark.parametrize(
    ("ran_s", "waited_s", "rest_s"),
    [(0.9, 0.1, 0), (0.02, 0.005, 0), (0.02, 0.006, 0.38), (0.02, 3.0, 0.38), (0.1, 0.2, 1.9), (0, 0.02, 0)],
)
def test_it_rests_nineteen_times_as_long_as_it_ran_when_it_waited_a_quarter_of_that(
    machine: Machine, ran_s: float, waited_s: float, rest_s: float
) -> None:
    pace = Pace(10, 100, machine.path)
    machine.say(ran_s, waited_s)
    pace.rest(1, machine.pause)
    assert sum(machine.rested) == pytest.approx(rest_s)
    pace.rest(1, machine.pause)
    assert sum(machine.rested) == pytest.approx(rest_s), "what was before is not counted again"


@pytest.mark.parametrize(("idle", "rest_s"), [(0.1, MOST_REST_S), (0.9, LOOK_S)])
def test_a_long_rest_ends_when_it_is_quiet(machine: Machine, idle: float, rest_s: float) -> None:
    machine.idle = idle
    pace = Pace(10, 100, machine.path)
    machine.say(5, 9)
    pace.rest(1, machine.pause)
    assert sum(machine.rested) == pytest.approx(rest_s)


def test_who_is_to_stop_rests_no_longer(machine: Machine) -> None:
    machine.stops = True
    pace = Pace(10, 100, machine.path)
    machine.say(5, 9)
    pace.rest(1, machine.pause)
    assert machine.rested == [LOOK_S]


def test_where_nothing_is_counted_it_never_rests(tmp_path: Path) -> None:
    Pace(10, 100, tmp_path / "none").rest(1, lambda _: pytest.fail("it rests"))


def test_pieces_grow_while_they_are_full_and_nobody_is_kept_waiting_and_are_small_at_once_where_processors_are_short(
    machine: Machine,
) -> None:
    pace = Pace(10, 100, machine.path)
    sizes = []
    for done, waited_s in [(9, 0), (10, 0), (20, 0), (39, 0), (40, 0), (80, 0), (100, 0), (100, 1), (10, 1), (20, 1)]:
        machine.say(1 + len(sizes) / 100, waited_s)
        pace.rest(done, machine.pause)
        sizes.append(pace.size)
    assert sizes == [10, 20, 40, 40, 80, 100, 100, 10, 20, 40]


def test_pieces_grow_after_a_rest_that_showed_that_it_is_quiet(machine: Machine) -> None:
    """Who is kept waiting by what comes and goes is not to stay behind for ever: most of the time processors are idle."""
    pace = Pace(10, 100, machine.path)
    sizes = []
    for number, idle in enumerate([0.9, 0.9, 0.1, 0.9], start=1):
        machine.idle = idle
        machine.say(number, number * 2)
        pace.rest(pace.size, machine.pause)
        sizes.append(pace.size)
    assert sizes == [20, 40, 10, 20]
