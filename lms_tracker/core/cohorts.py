"""Proposing classes: people dealt out so that each class is a cross-section, or so that neighbours stay together. Pure."""

from collections.abc import Hashable, Sequence
from typing import Literal

from msgspec import Struct

Way = Literal["mixed", "together"]
WAYS: tuple[Way, ...] = ("mixed", "together")
MOST = 500


class Learner(Struct, frozen=True):
    """Who is to be put into a class: the stratum is what the classes are balanced by."""

    learner_id: int
    district: str
    school_kind: str
    school: str = ""

    @property
    def stratum(self) -> tuple[Hashable, ...]:
        return (self.district, self.school_kind, self.school)


def propose(people: Sequence[Learner], size: int, way: Way) -> list[list[Learner]]:
    """As few classes of at most `size` as there can be, equal but for one learner.

    `mixed`: each class gets its share of every district and kind of school (within one). `together`: districts, and schools in
    them, are cut as rarely as equal classes allow. The same people give the same classes, in whatever order they come.
    """
    if size < 1:
        raise ValueError("a class has at least one learner")
    ordered = sorted(people, key=lambda one: (*map(str, one.stratum), one.learner_id))
    count = -(-len(ordered) // size)
    if way == "mixed":
        return [ordered[n::count] for n in range(count)]
    share, more = divmod(len(ordered), count) if count else (0, 0)
    sizes = [share + (n < more) for n in range(count)]
    starts = [sum(sizes[:n]) for n in range(count)]
    return [ordered[start : start + length] for start, length in zip(starts, sizes, strict=True)]
