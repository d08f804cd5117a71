"""The judge's families together. blind.py's checksum says which half of them nobody may look into."""

from collections.abc import Iterator

from tests.bench.idle.people import draw_habit
from tests.bench.idle.player import Learner
from tests.bench.idle.population import learner, together
from tests.bench.idle.second_cheats import SECOND_CHEATS
from tests.bench.idle.second_groups import SECOND_CHEAT_GROUPS, harvests
from tests.bench.idle.second_people import SECOND_HONEST, SECOND_HONEST_GROUPS


def second_people(each: int, days: int, seed: int, weight: int = 1) -> Iterator[list[Learner]]:
    """Every family's learners, as `population.people` gives the others."""
    for family, live in SECOND_HONEST.items():
        for number in range(each * weight):
            who = learner(family, True, number, seed)
            live(who, draw_habit(who.rng), days)
            yield [who]
    for family, (size, group) in SECOND_HONEST_GROUPS.items():
        for first in range(0, each * weight, size):
            yield together(family, True, size, group, first, days, seed)
    for family, days_of in SECOND_CHEATS.items():
        for number in range(each):
            who = learner(family, False, number, seed)
            days_of(who, days)
            yield [who]
    for family, (size, group) in SECOND_CHEAT_GROUPS.items():
        accounts = each * 2 if group is harvests else each  # half of those are second accounts, which are in no figure
        for first in range(0, accounts, size):
            yield together(family, False, size, group, first, days, seed)
