"""Simulated people, as the tests of signals look at them."""

import random

from lms_tracker.core.study.suspicion.openings import Opening, openings
from lms_tracker.core.study.suspicion.sketches import Sketch
from tests.bench.idle.cheats import Way, cheat
from tests.bench.idle.measure import signs_of
from tests.bench.idle.people import HONEST, Habit, draw_habit
from tests.bench.idle.player import Learner, Style, lines
from tests.bench.idle.population import learner

H = 3600_000_000
"""Microseconds of an hour."""


def one(family: str, way: Way | None = None, days: int = 6) -> Learner:
    who = learner(family, way is None, 1, 9)
    who.style = Style()
    if way:
        cheat(way, who, Habit(), days)
    else:
        HONEST[family](who, draw_habit(random.Random(9)), days)
    return who


def opened(who: Learner) -> list[Opening]:
    return openings(signs_of(lines(who)))


def sessions(learner_id: int, starts: list[int], device: str = "d", length: int = H // 2) -> list[Sketch]:
    return [
        Sketch(learner_id, (f"a{n}", f"s{learner_id}", ""), device, at, at + length, length, None, frozenset())
        for n, at in enumerate(starts)
    ]
