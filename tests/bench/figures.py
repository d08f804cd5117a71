"""What a measurement is, and the median of a few."""

import statistics
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Literal

from msgspec import Struct

REPEATS = 3


class Figure(Struct, frozen=True):
    """One line of var/bench.json. `target` is the goal of the name, for the table only."""

    name: str
    value: float
    unit: str
    better: Literal["higher", "lower"]
    detail: str
    target: float | None = None

    @property
    def met(self) -> bool | None:
        """Whether the target is reached; None without one."""
        if self.target is None:
            return None
        return self.value >= self.target if self.better == "higher" else self.value <= self.target


Family = Callable[[], Iterator[Figure]]


def median(values: Iterable[float]) -> float:
    """The middle one: a disturbed run moves a mean, not a median."""
    return statistics.median(values)


def seconds(work: Callable[[], object]) -> float:
    """How long `work` takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
