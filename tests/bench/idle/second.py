"""The judge's families together. blind.py's checksum says which half of them nobody may look into."""

from collections.abc import Iterator

from tests.bench.idle.people import draw_habit
from tests.bench.idle.player import Learner
from tests.bench.idle.population import in_groups, singly
from tests.bench.idle.second_cheats import SECOND_CHEATS
from tests.bench.idle.second_groups import SECOND_CHEAT_GROUPS, harvests
from tests.bench.idle.second_people import SECOND_HONEST, SECOND_HONEST_GROUPS


def second_people(each: int, days: int, seed: int, weight: int = 1) -> Iterator[list[Learner]]:
    """Every family's learners, as `population.people` gives the others."""
    yield from singly(SECOND_HONEST, True, each * weight, seed, lambda live, who: live(who, draw_habit(who.rng), days))
    yield from in_groups(SECOND_HONEST_GROUPS, True, each * weight, days, seed)
    yield from singly(SECOND_CHEATS, False, each, seed, lambda live, who: live(who, days))
    for family, one in SECOND_CHEAT_GROUPS.items():
        accounts = each * 2 if one[1] is harvests else each  # half of those are second accounts, which are in no figure
        yield from in_groups({family: one}, False, accounts, days, seed)
