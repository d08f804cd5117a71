"""Accounts one after another on devices of their own: what a lesson, colleagues and habits leave moves nothing."""

import random

from lms_tracker.core.study.events import MINUTE, SECOND
from lms_tracker.core.study.suspicion.company import Company
from lms_tracker.core.study.suspicion.model import weigh
from lms_tracker.core.study.suspicion.sketches import Sketch
from tests.bench.idle.__main__ import load_model
from tests.core.study.suspicion.simulated import H, sessions

DAYS = [n * 24 * H + n % 5 * H for n in range(8)]
"""An operator begins when he has time."""


def row(accounts: int, step: float, spread: float, days: list[int] = DAYS) -> Company:
    """Accounts that begin the same activity after each other, so many seconds apart and so many more or less."""
    chance = random.Random(7)
    late = [[chance.uniform(-spread, spread) for _ in days] for _ in range(accounts)]
    return Company(
        item
        for number in range(accounts)
        for item in sessions(
            number,
            [at + round((60 + number * step + more) * SECOND) for at, more in zip(days, late[number], strict=True)],
            f"phone{number}",
        )
    )


def test_accounts_that_always_begin_in_one_order_are_one_hands() -> None:
    farm = row(6, 8, 3)
    for number in range(6):
        found = farm.signals(number)["in_order"]
        assert found.value > 0.95 and found.count == 5 and len(found.sessions) == len(DAYS)
        assert load_model().holds(weigh(farm.signals(number), load_model()))


def test_people_who_begin_at_somebodys_word_are_in_no_order() -> None:
    lesson = row(8, 0, 20)
    some_are_quicker = row(8, 3, 20)
    for room in (lesson, some_are_quicker):
        assert all(room.signals(number)["in_order"].value < 0.85 for number in range(8))
    assert not any("in_order" in row(3, 8, 1).signals(number) for number in range(3)), "of three one is always first"
    assert "in_order" not in row(6, 8, 1, DAYS[:4]).signals(2), "four times is chance"
    assert "in_order" not in row(6, 400, 1).signals(2), "minutes apart nobody is beside anybody"
    assert "in_order" not in row(40, 2, 1).signals(2), "a bell rang"
    commuters = row(6, 40, 15, [n * 24 * H for n in range(8)])
    assert not any("in_order" in commuters.signals(number) for number in range(6)), "each takes a train of his own"


def queue(accounts: int, between: int, first: int = 0, days: list[int] = DAYS) -> list[Sketch]:
    """One account after the other takes the same activity, each on a device of its own."""
    length = H // 4
    return [
        item
        for number in range(accounts)
        for item in sessions(
            first + number, [at + number * (length + between) for at in days], f"phone{first + number}", length
        )
    ]


def test_accounts_that_begin_when_the_one_before_has_ended_are_one_hands() -> None:
    farm = Company(queue(4, 40 * SECOND))
    assert all(farm.signals(number)["queued"].value == len(DAYS) for number in range(4))
    assert load_model().holds(weigh(farm.signals(2), load_model()))
    assert "queued" not in Company(queue(2, 40 * SECOND)).signals(1), "two colleagues"
    assert "queued" not in Company(queue(4, 10 * MINUTE)).signals(1), "people come when they are free"
    assert "queued" not in Company(queue(4, 40 * SECOND, days=DAYS[:4])).signals(1), "four times is chance"
    daily = Company(queue(4, 40 * SECOND, days=[n * 24 * H for n in range(8)]))
    assert "queued" not in daily.signals(1), "each begins by the clock"
    others = [item for number in range(10, 60, 4) for item in queue(4, 40 * SECOND, number)]
    assert "queued" not in Company(queue(4, 40 * SECOND) + others).signals(1), "a lesson ends, and the next class comes"
