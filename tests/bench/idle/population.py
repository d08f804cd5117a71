"""Who is in a run: so many of each family, every one from a seed of its own."""

import random
from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from tests.bench.idle.cheats import ALONE, cheat
from tests.bench.idle.groups import CHEAT_GROUPS, HONEST_GROUPS, Group
from tests.bench.idle.people import ACCESSIBILITY, HONEST, draw_habit
from tests.bench.idle.player import Learner, draw_style

T = TypeVar("T")
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
    yield from singly(HONEST, True, each * weight, seed, lambda live, who: live(who, draw_habit(who.rng), days))
    yield from in_groups(HONEST_GROUPS, True, each * weight, days, seed)
    yield from singly(ALONE, False, each, seed, lambda way, who: cheat(way, who, draw_habit(who.rng), days))
    yield from in_groups(CHEAT_GROUPS, False, each, days, seed)


def singly(
    families: Mapping[str, T], honest: bool, many: int, seed: int, live: Callable[[T, Learner], None]
) -> Iterator[list[Learner]]:
    """So many of each family, who know nothing of each other."""
    for family, what in families.items():
        for number in range(many):
            who = learner(family, honest, number, seed)
            live(what, who)
            yield [who]


def in_groups(
    families: Mapping[str, tuple[int, Group]], honest: bool, many: int, days: int, seed: int
) -> Iterator[list[Learner]]:
    """So many of each family, in groups of its size."""
    for family, (size, group) in families.items():
        for first in range(0, many, size):
            members = [learner(family, honest, first + index, seed) for index in range(size)]
            group(members, random.Random(f"{seed}/{family}/group/{first}"), days)
            yield [member for member in members if member.statements]
