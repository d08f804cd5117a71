"""What a signal finds, and the measures that several of them use."""

import math
import statistics
from collections.abc import Callable, Iterable

from msgspec import Struct

from lms_tracker.core.study.suspicion.openings import Opening, SessionKey


class Found(Struct, frozen=True):
    """A signal's value, how many observations it rests on, and the sessions that show it."""

    value: float
    count: int
    sessions: tuple[SessionKey, ...]


Signal = Callable[[list[Opening]], Found | None]


def wilson_lower(hits: int, of: int, z: float = 1.645) -> float:
    """The share that so many hits prove, at 95 % one-sided (Wilson 1927)."""
    share, shrink = hits / of, 1 + z * z / of
    middle = share + z * z / (2 * of)
    return max(0.0, (middle - z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))) / shrink)


def spread(values: list[float]) -> float:
    """Deviation of the densest three fifths, as of a normal distribution: a script that is used now and then shows."""
    values = sorted(values)
    inner = math.ceil(len(values) * 0.6)
    return min(b - a for a, b in zip(values, values[inner - 1 :], strict=False)) / 1.683


def deviation(values: list[float]) -> float:
    """Standard deviation over the mean."""
    return statistics.pstdev(values) / statistics.fmean(values)


def keys_of(keys: Iterable[SessionKey]) -> tuple[SessionKey, ...]:
    """Each once, in the order in which they came."""
    return tuple(dict.fromkeys(keys))
