"""Several accounts on one device, by one hand: one after the other within minutes, or side by side at constant distances."""

import statistics
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import pairwise

from lms_tracker.core.study.events import MINUTE, SECOND
from lms_tracker.core.study.suspicion.found import Found
from lms_tracker.core.study.suspicion.sketches import Sketch

HANDED = 120 * SECOND
"""Who takes over a computer that soon has waited for it."""
RELAY = 3
"""Accounts that follow each other like that: two are colleagues."""
BESIDE, STEP = 10 * MINUTE, 5 * SECOND
"""Sessions that begin within so long of another account's, at one distance to so much, …"""
OFTEN, SHARE, ROOM = 6, 0.4, 60 * SECOND
"""… so many times and so often, further apart than people who begin at somebody's word."""
VOLLEY, ACCOUNTS = 120 * SECOND, 4
"""Accounts that begin no further apart than this, one after the other, and so many, are a volley …"""
EVEN, TOGETHER = 0.35, 6 * SECOND
"""… by one hand when the waits between them vary so little, or there are none; and …"""
VOLLEYS, MOSTLY = 4, 0.4
"""… when so many of the device's are, and often."""


class Devices:
    """Sessions by the device that they name, each list in the order of time."""

    def __init__(self, of_device: Mapping[str, list[Sketch]]) -> None:
        self._of = of_device
        self._volleys = {id(item) for items in of_device.values() for item in _even_volleys(items)}
        self._relays = {id(item) for items in of_device.values() for item in _relays(items)}

    def relay(self, own: list[Sketch]) -> Found | None:
        """Sessions on a device that follow another account's, or are followed by one, within two minutes, in runs of several accounts."""
        shown = [item.key for item in own if id(item) in self._relays]
        return Found(float(len(shown)), len(shown), tuple(shown)) if shown else None

    def volley(self, own: list[Sketch]) -> Found | None:
        """Sessions on a device that several accounts begin one after the other at even distances, or all at once."""
        shown = [item.key for item in own if id(item) in self._volleys]
        return Found(float(len(shown)), len(shown), tuple(shown)) if shown else None

    def shadowed(self, own: list[Sketch]) -> Found | None:
        """Sessions on a device that begin at a constant distance from another account's on it, whatever is studied in them."""
        best: list[Sketch] = []
        for device in dict.fromkeys(item.device for item in own):
            mine = [item for item in own if item.device == device]
            for distances in _distances(mine, self._of.get(device, [])).values():
                kept = _cluster(distances)
                if len(kept) >= max(OFTEN, SHARE * len(mine), len(best) + 1):
                    best = [item for _, item in kept]
        return Found(float(len(best)), len(own), tuple(item.key for item in best)) if best else None


def _even_volleys(items: list[Sketch]) -> Iterator[Sketch]:
    volleys: list[list[Sketch]] = []
    for item in items:
        if not volleys or item.start - volleys[-1][-1].start > VOLLEY:
            volleys.append([])
        volleys[-1].append(item)
    large = [volley for volley in volleys if len({item.learner_id for item in volley}) >= ACCOUNTS]
    even = [volley for volley in large if _even([item.start for item in volley])]
    if len(even) >= max(VOLLEYS, MOSTLY * len(large)):
        for volley in even:
            yield from volley


def _even(starts: list[int]) -> bool:
    waits = [b - a for a, b in pairwise(starts)]
    return starts[-1] - starts[0] <= TOGETHER or statistics.pstdev(waits) <= EVEN * statistics.fmean(waits)


def _relays(items: list[Sketch]) -> Iterator[Sketch]:
    run: list[Sketch] = []
    for item in items:
        if run and not 0 <= item.start - run[-1].end <= HANDED:
            yield from _by_many(run)
            run = []
        run.append(item)
    yield from _by_many(run)


def _by_many(run: list[Sketch]) -> list[Sketch]:
    return run if len({item.learner_id for item in run}) >= RELAY else []


def _cluster(distances: list[tuple[int, Sketch]]) -> list[tuple[int, Sketch]]:
    """Most of them that lie within STEP of a middle."""
    ordered = sorted(distances, key=lambda one: one[0])
    starts = [distance for distance, _ in ordered]
    runs = (ordered[n : bisect_right(starts, distance + 2 * STEP)] for n, distance in enumerate(starts))
    return max(runs, key=len)


def _distances(mine: list[Sketch], there: list[Sketch]) -> dict[int, list[tuple[int, Sketch]]]:
    """By other account: how far from its nearest session on the device each of the own begins."""
    starts = [item.start for item in there]
    found: dict[int, list[tuple[int, Sketch]]] = defaultdict(list)
    for item in mine:
        nearest: dict[int, int] = {}
        for other in there[bisect_left(starts, item.start - BESIDE) : bisect_left(starts, item.start + BESIDE)]:
            distance = item.start - other.start
            if other.learner_id != item.learner_id and ROOM < abs(distance) < abs(
                nearest.get(other.learner_id, BESIDE)
            ):
                nearest[other.learner_id] = distance
        for learner, distance in nearest.items():
            found[learner].append((distance, item))
    return found
