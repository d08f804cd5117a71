"""Sets of disjoint half-open integer intervals: seconds already credited, content already covered."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator


class IntervalSet:
    """Disjoint intervals [start, end), kept sorted and joined. Additions cost O(log n) plus what they swallow."""

    __slots__ = ("_ends", "_starts")

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return zip(self._starts, self._ends, strict=True)

    def add(self, start: int, end: int) -> None:
        """Put [start, end) into the set."""
        if end <= start:
            return
        low = bisect_left(self._ends, start)
        high = bisect_right(self._starts, end)
        if low < high:
            start = min(start, self._starts[low])
            end = max(end, self._ends[high - 1])
        self._starts[low:high] = [start]
        self._ends[low:high] = [end]

    def split(self, start: int, end: int) -> list[tuple[int, int, bool]]:
        """[start, end) in pieces, in order: (start, end, whether the set holds it)."""
        pieces = []
        at = start
        index = bisect_right(self._ends, start)
        while at < end:
            if index >= len(self._starts) or self._starts[index] >= end:
                pieces.append((at, end, False))
                break
            if self._starts[index] > at:
                pieces.append((at, self._starts[index], False))
                at = self._starts[index]
            stop = min(end, self._ends[index])
            pieces.append((at, stop, True))
            at = stop
            index += 1
        return pieces

    @property
    def measure(self) -> int:
        """Total length."""
        return sum(self._ends) - sum(self._starts)
