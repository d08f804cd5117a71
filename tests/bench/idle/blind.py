"""The blind families together, and the rule by which half of them is sealed: no number may be fitted to a sealed one."""

import zlib
from collections.abc import Iterator

from tests.bench.idle.blind_cheats import BLIND_GROUPS, BLIND_INVARIANT, BLIND_SUSPICION, LIMITS
from tests.bench.idle.blind_people import BLIND_HONEST, BLIND_HONEST_GROUPS, CRUDE
from tests.bench.idle.people import draw_habit
from tests.bench.idle.player import Learner
from tests.bench.idle.population import in_groups, singly

OPEN = ("C", "B13 ", "B15 ")
"""Never sealed: they were known to be at risk when this was written."""


LOOKED_AT = ("H6 ", "H7 ", "H8 ", "H9 ", "H12 ", "H14 ", "H15 ", "B4 ", "B12 ")
"""Sealed, and blind no more: it was looked for why people are held, or why time counts that should not, and something was
mended. No number was fitted to them, but what is measured on them flatters."""


def unseen(family: str) -> bool:
    """Sealed families that nobody has looked into."""
    return sealed(family) and not family.startswith(LOOKED_AT)


def sealed(family: str) -> bool:
    """Whether the family's name, by its checksum, is among those on which nobody may tune."""
    return not family.startswith(OPEN) and zlib.crc32(family.encode()) % 2 == 1


def blind_people(each: int, days: int, seed: int, weight: int = 1) -> Iterator[list[Learner]]:
    """Every blind family's learners, as `population.people` gives the others."""
    honest, dishonest = CRUDE | BLIND_HONEST, BLIND_INVARIANT | BLIND_SUSPICION | LIMITS
    yield from singly(honest, True, each * weight, seed, lambda live, who: live(who, draw_habit(who.rng), days))
    yield from in_groups(BLIND_HONEST_GROUPS, True, each * weight, days, seed)
    yield from singly(dishonest, False, each, seed, lambda live, who: live(who, days))
    yield from in_groups(BLIND_GROUPS, False, each, days, seed)
