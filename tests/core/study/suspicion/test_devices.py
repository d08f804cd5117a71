"""Several accounts on one device: what colleagues and rooms share moves nothing, and what one hand leaves does."""

import random

from lms_tracker.core.study.events import MINUTE, SECOND
from lms_tracker.core.study.suspicion.company import Company
from lms_tracker.core.study.suspicion.model import weigh
from lms_tracker.core.study.suspicion.sketches import Sketch
from tests.bench.idle.__main__ import load_model
from tests.core.study.suspicion.simulated import H, sessions

DAYS = [n * 24 * H for n in range(8)]


def in_turn(accounts: int, between: int) -> Company:
    """One account after the other on one device, so long after each other."""
    length = H // 2
    return Company(
        item
        for number in range(accounts)
        for item in sessions(number, [at + number * (length + between) for at in DAYS], "d", length)
    )


def test_accounts_that_follow_each_other_within_minutes_are_one_hands() -> None:
    chain = in_turn(4, 40 * SECOND)
    assert all(chain.signals(number)["relay"].value == len(DAYS) for number in range(4))
    assert load_model().holds(weigh(chain.signals(2), load_model()))
    assert "relay" not in in_turn(2, 40 * SECOND).signals(1), "two colleagues at one computer"
    assert "relay" not in in_turn(4, 10 * MINUTE).signals(1), "people come when they are free"


def beside(accounts: int, offset: float, spread: float, device: str = "d") -> list[Sketch]:
    """Accounts that begin after each other, by so much and a little more or less, each with a course of its own."""
    chance = random.Random(4)
    return [
        Sketch(number, (f"c{number}-{n}", f"s{number}-{n}", ""), device, start, start + H, H, None, frozenset())
        for n, at in enumerate(DAYS)
        for number in range(accounts)
        for start in [at + round((number * offset + chance.uniform(-spread, spread)) * SECOND)]
    ]


def test_accounts_that_begin_at_constant_distances_on_one_device_are_one_hands_whatever_they_study() -> None:
    farm = Company(beside(5, 70, 2))
    assert all(farm.signals(number)["shadowed"].value == len(DAYS) for number in range(5))
    assert load_model().holds(weigh(farm.signals(2), load_model()))


def test_accounts_that_begin_at_once_or_evenly_one_after_the_other_on_one_device_are_one_hands() -> None:
    at_once, one_by_one = Company(beside(5, 0, 1)), Company(beside(5, 20, 1))
    for farm in (at_once, one_by_one):
        assert all(farm.signals(number)["volley"].value == len(DAYS) for number in range(5))
    assert "volley" not in Company(beside(3, 20, 1)).signals(1), "three may be colleagues"


def test_a_room_whose_machines_are_called_the_same_keeps_no_distances() -> None:
    room = Company(beside(12, 0, 15))
    assert not any({"shadowed", "volley"} & room.signals(number).keys() for number in range(12))
    evenings = Company(beside(6, 0, 2400))
    assert not any({"shadowed", "volley"} & evenings.signals(number).keys() for number in range(6)), (
        "one model of phone"
    )
