"""Who is in a run: so many of each family, every one from a seed of its own."""

import random
from collections.abc import Iterator

from tests.bench.idle.cheats import ALONE, cheat
from tests.bench.idle.groups import CHEAT_GROUPS, HONEST_GROUPS
from tests.bench.idle.people import ACCESSIBILITY, HONEST, draw_habit
from tests.bench.idle.player import Learner, draw_style

TRAINING = ("2 ", "3 ", "6 ", "12 ", "U2 ")
"""Families of suspicion on which scales and threshold may be chosen; all others are held out."""


def learner(family: str, honest: bool, number: int, seed: int) -> Learner:
    """An account with a producer's style and a device, and no statements yet."""
    rng = random.Random(f"{seed}/{family}/{number}")
    who = Learner(
        name=f"{family.replace(' ', '-')}-{number}-{seed}",
        family=family,
        honest=honest,
        rng=rng,
        style=draw_style(rng),
        device=f"{rng.getrandbits(64):016x}",
    )
    who.group = ACCESSIBILITY.get(family, "")
    return who


def people(each: int, days: int, seed: int, weight: int = 1) -> Iterator[list[Learner]]:
    """Every family's learners, those who come together in one list. `weight`: how many times as many honest ones."""
    for family, habit_of in HONEST.items():
        for number in range(each * weight):
            who = learner(family, True, number, seed)
            habit_of(who, draw_habit(who.rng), days)
            yield [who]
    for family, (size, group) in HONEST_GROUPS.items():
        for first in range(0, each * weight, size):
            yield together(family, True, size, group, first, days, seed)
    for family, way in ALONE.items():
        for number in range(each):
            who = learner(family, False, number, seed)
            cheat(way, who, draw_habit(who.rng), days)
            yield [who]
    for family, (size, group) in CHEAT_GROUPS.items():
        for first in range(0, each, size):
            yield together(family, False, size, group, first, days, seed)


def together(family, honest, size, group, first, days, seed):  # type: ignore[no-untyped-def]
    members = [learner(family, honest, first + index, seed) for index in range(size)]
    group(members, random.Random(f"{seed}/{family}/group/{first}"), days)
    return [member for member in members if member.statements]
