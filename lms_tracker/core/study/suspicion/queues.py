"""Accounts that take the same content one after another, on whatever devices: in the same order each time, or each as soon as the
one before has ended.

Left out are a lesson that begins at somebody's word (everybody is quick or slow as he happens to be), two colleagues, a room
where many end together, and people who begin by the clock every day: their order is that of their trains.
"""

import statistics
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Mapping
from itertools import combinations

from lms_tracker.core.study.events import DAY, MINUTE, SECOND
from lms_tracker.core.study.suspicion.found import Found
from lms_tracker.core.study.suspicion.openings import SessionKey
from lms_tracker.core.study.suspicion.sketches import Sketch

AT_HAND = 120 * SECOND
"""Whoever goes from account to account is at the next one so soon."""
FEW, MOSTLY = 5, 0.6
"""So many of a learner's sessions, and so large a part of them, make a habit …"""
ACCOUNTS = 4
"""… of a row of so many accounts: of fewer some are always the quickest."""
CROWD = 30
"""Where more begin within AT_HAND, a bell rang …"""
LEAVING = 3
"""… and where more end, a lesson is over."""
HABIT = 20 * MINUTE
"""Who begins within so long of one time of the day, mostly, follows that, and nobody."""
Row = dict[int, int]
"""By learner: when the session began."""


class Queues:
    """Sessions by activity, in the order in which they begin."""

    def __init__(self, of_learner: Mapping[int, list[Sketch]], of_activity: Mapping[str, list[Sketch]]) -> None:
        self._of_learner = of_learner
        self._of_activity = of_activity
        self._starts = {activity: [item.start for item in items] for activity, items in of_activity.items()}
        self._next = _queues(of_learner, of_activity)

    def in_order(self, own: list[Sketch]) -> Found | None:
        """How often two of a row of accounts begin in the order that is usual for the two, among those who begin beside this
        one nearly each time."""
        if _by_the_clock(own):
            return None
        rows = [(item, row) for item in own if len(row := self._row(item)) >= ACCOUNTS]
        times = Counter(learner for _, row in rows for learner in row)
        members = {learner for learner, n in times.items() if n >= max(FEW, MOSTLY * len(own))}
        if len(members) < ACCOUNTS:
            return None
        shares = [
            max(earlier.count(True), earlier.count(False)) / len(earlier)
            for a, b in combinations(sorted(members), 2)
            if len(earlier := [row[a] < row[b] for _, row in rows if a in row and b in row]) >= FEW
        ]
        return (
            Found(statistics.fmean(shares), len(members) - 1, tuple(item.key for item, _ in rows)) if shares else None
        )

    def _row(self, item: Sketch) -> Row:
        """Who begins the activity within AT_HAND of it; nobody where a crowd does."""
        starts, items = self._starts[item.key[0]], self._of_activity[item.key[0]]
        near = items[bisect_left(starts, item.start - AT_HAND) : bisect_right(starts, item.start + AT_HAND)]
        return {other.learner_id: other.start for other in near} if len(near) <= CROWD else {}

    def queued(self, own: list[Sketch]) -> Found | None:
        """Sessions that begin as soon as the same other account's of the activity ends, or end when it begins, in a queue of
        three accounts and more."""
        found = [item.key for item in own if (item.learner_id, item.key) in self._next]
        return Found(float(len(found)), len(own), tuple(found)) if found and not _by_the_clock(own) else None


def _by_the_clock(own: list[Sketch]) -> bool:
    times = sorted(item.start % DAY for item in own)
    times += [time + DAY for time in times]
    return any(bisect_right(times, time + HABIT) - n > len(own) / 2 for n, time in enumerate(times[: len(own)]))


def _queues(
    of_learner: Mapping[int, list[Sketch]], of_activity: Mapping[str, list[Sketch]]
) -> set[tuple[int, SessionKey]]:
    """Sessions of whoever habitually follows somebody who follows, or is followed by, another."""
    after: dict[tuple[int, int], list[tuple[Sketch, Sketch]]] = defaultdict(list)
    for items in of_activity.values():
        ended = sorted(items, key=lambda item: item.end)
        ends = [item.end for item in ended]
        for item in items:
            before = ended[bisect_left(ends, item.start - AT_HAND) : bisect_right(ends, item.start)]
            others = {other.learner_id: other for other in before if other.learner_id != item.learner_id}
            for other in others.values() if len(others) <= LEAVING else ():
                after[other.learner_id, item.learner_id].append((other, item))
    steady = {
        pair: found
        for pair, found in after.items()
        if len(found) >= max(FEW, MOSTLY * min(len(of_learner[learner]) for learner in pair))
    }
    followed, following = {a for a, _ in steady}, {b for _, b in steady}
    return {
        (item.learner_id, item.key)
        for (a, b), found in steady.items()
        if b in followed or a in following
        for both in found
        for item in both
    }
