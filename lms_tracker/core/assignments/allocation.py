"""Who reviews whose work: each gets as many reviews as each does, never one's own, never of one's own group.

Deterministic by a seed, and nobody who does not know the seed can tell from a review whose it is.
"""

import heapq
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from hashlib import sha256

from msgspec import Struct

Pair = tuple[int, int]
"""(reviewer, work)"""


class Work(Struct, frozen=True):
    """`group`: whose members never review each other; None: nobody's."""

    id: int
    author: int
    group: str | None = None


def allocate(
    works: Sequence[Work],
    reviewers: Collection[int],
    each: int,
    seed: str,
    standing: Collection[Pair] = (),
    barred: Collection[Pair] = (),
) -> list[Pair]:
    """New pairs, so that with the `standing` ones every work has `each` reviewers, as far as can be.

    `reviewers`: authors who may be asked for more. `barred` pairs are not made again: who let a work lie does not get it
    once more. At the first time (nothing stands) every author reviews exactly as many as every other; who comes later
    reviews as many as they do, works that have enough if need be.
    """
    pairs: list[Pair] = []
    if not standing and not barred and {work.author for work in works} <= set(reviewers):
        pairs = _ring(works, each, seed)
    everything = {*standing, *pairs}
    pairs += _fill(works, reviewers, each, seed, everything, set(barred))
    return pairs + _idle(works, reviewers, each, seed, everything, set(barred))


def _ring(works: Sequence[Work], each: int, seed: str) -> list[Pair]:
    """Everybody on a ring, groups side by side: who sits at least the largest group's size away is of another group.
    Each such distance is one review given and one received for everybody."""
    groups: dict[str, list[Work]] = {}
    for work in works:
        groups.setdefault(f"author {work.author}" if work.group is None else f"group {work.group}", []).append(work)
    ring = [
        work
        for name in sorted(groups, key=lambda name: _draw(seed, name))
        for work in sorted(groups[name], key=lambda work: _draw(seed, work.author))
    ]
    largest = max(map(len, groups.values()), default=0)
    size = len(ring)
    distances = sorted(range(largest, size - largest + 1), key=lambda d: _draw(seed, f"distance {d}"))
    return [(ring[n].author, ring[(n + d) % size].id) for d in _not_mutual(distances, size)[:each] for n in range(size)]


def _not_mutual(distances: list[int], size: int) -> list[int]:
    """Those first that make no two people review each other."""
    first: list[int] = []
    rest: list[int] = []
    for d in distances:
        (rest if size - d in first or 2 * d == size else first).append(d)
    return first + rest


def _fill(
    works: Sequence[Work], reviewers: Collection[int], each: int, seed: str, standing: set[Pair], barred: set[Pair]
) -> list[Pair]:
    """What lacks goes to whoever has least to do. Adds to `standing`."""
    group = {work.author: work.group for work in works}
    has, load = Counter(id for _, id in standing), Counter(reviewer for reviewer, _ in standing)
    heap = [(load[one], _draw(seed, f"turn {one}"), one) for one in reviewers]
    heapq.heapify(heap)
    made: list[Pair] = []
    sizes = Counter(work.group or "" for work in works)
    # The largest group first: its works have the fewest who may review them.
    for work in sorted(works, key=lambda w: (-sizes[w.group] if w.group else 0, _draw(seed, f"work {w.id}"))):
        passed = []
        lacks = each - has[work.id]
        while lacks > 0 and heap:
            entry = heapq.heappop(heap)
            pair = (entry[2], work.id)
            if pair in standing or pair in barred or not _may(entry[2], work, group):
                passed.append(entry)
                continue
            made.append(pair)
            standing.add(pair)
            passed.append((entry[0] + 1, *entry[1:]))
            lacks -= 1
        for entry in passed:
            heapq.heappush(heap, entry)
    return made


def _idle(
    works: Sequence[Work], reviewers: Collection[int], each: int, seed: str, standing: set[Pair], barred: set[Pair]
) -> list[Pair]:
    """Who still reviews fewer than `each` gets of the works that have fewest reviewers."""
    group = {work.author: work.group for work in works}
    has = Counter(id for _, id in standing)
    load = Counter(reviewer for reviewer, _ in standing | barred)
    made: list[Pair] = []
    for one in sorted(reviewers, key=lambda one: _draw(seed, f"turn {one}")):
        if load[one] >= each:
            continue
        mine = [w for w in works if _may(one, w, group) and (one, w.id) not in standing and (one, w.id) not in barred]
        mine.sort(key=lambda w: (has[w.id], _draw(seed, f"work {w.id}")))
        for work in mine[: each - load[one]]:
            made.append((one, work.id))
            has[work.id] += 1
    return made


def _may(reviewer: int, work: Work, group: dict[int, str | None]) -> bool:
    return reviewer != work.author and (work.group is None or group.get(reviewer) != work.group)


def _draw(seed: str, of: object) -> bytes:
    """A place in an order that only the seed knows. Stored pairs follow from it: never change how it is made."""
    return sha256(f"{seed}\n{of}".encode()).digest()


def lacking(works: Iterable[Work], standing: Collection[Pair], each: int) -> dict[int, int]:
    """Works with fewer reviewers than each should have, and how many lack."""
    has = Counter(id for _, id in standing)
    return {work.id: each - has[work.id] for work in works if has[work.id] < each}
