"""Keeping step: sessions of two accounts that begin and end at one distance from each other.

Left out are a bell, a trainer's word, and two people of regular habits.
"""

import statistics
from collections.abc import Iterable
from operator import itemgetter

from lms_tracker.core.study.events import MINUTE, SECOND
from lms_tracker.core.study.suspicion.found import Found
from lms_tracker.core.study.suspicion.sketches import Sketch

STEP = 5 * SECOND
"""Accounts in step keep their distance to within this …"""
AT_ONCE = 10 * SECOND
"""… and when they are no further apart than this, on different devices, a bell rang, or they sit in one room."""
LEADER = 60 * MINUTE
NEAR = 35 * MINUTE
"""On different devices, accounts further apart are two people of regular habits."""
ROOM = 60 * SECOND
MANY_IN_ROOM, MOST_IN_ROOM = 5, 2 / 3
"""Of so many who begin within a minute, some keep a distance by chance: then most of them must."""
BELL = 2.8
"""What keeping step may be worth, at most, where a bell may be the reason."""
Together = list[tuple[Sketch, Sketch]]
"""Own sessions, each with another account's nearest of the same activity."""
Kept = tuple[float, list[Sketch]]
"""What keeping a distance is worth, and the own sessions that do."""


def in_step(others: list[Together]) -> Found | None:
    """Sessions that begin and end at the same distance from another account's sessions of the same activities; `others` are those who
    were beside this one's."""
    on_one_device = [part for together in others if (part := _on_one_device(together))]
    if len(on_one_device) >= MANY_IN_ROOM:  # machines that a room calls the same
        on_one_device = []
    kept = [*_kept_distances(others), *_kept_distances(on_one_device)]
    value, items = max(kept, key=itemgetter(0), default=(0.0, []))
    return Found(value, len(others), tuple(item.key for item in items)) if items else None


def on_same(item: Sketch, other: Sketch) -> bool:
    """Whether both sessions name one device."""
    return bool(item.device) and item.device == other.device


def _on_one_device(together: Together) -> Together:
    """Those of the sessions that both had on one device; none if all were, for they are compared already. Who studies at home as
    well, by himself, is no less in step."""
    same = [(item, other) for item, other in together if on_same(item, other)]
    return same if len(same) < len(together) else []


def _kept_distances(others: Iterable[Together]) -> list[Kept]:
    """Of each of those who were beside somebody. Of many who begin within a minute most must keep it."""
    near: list[Kept] = []
    apart: list[Kept] = []
    for together in others:
        lag = statistics.median(item.start - other.start for item, other in together)
        (near if abs(lag) <= ROOM else apart).append(_kept_distance(together, lag))
    if len(near) >= MANY_IN_ROOM and sum(bool(items) for _, items in near) < MOST_IN_ROOM * len(near):
        near = []
    return near + apart


def _kept_distance(together: Together, lag: float) -> Kept:
    """How many sessions keep the distance to the other's, which begin `lag` earlier in the median, and which."""
    lags = [item.start - other.start for item, other in together]
    ends = [item.end - other.end for item, other in together]
    end = statistics.median(ends)
    kept = [
        item
        for (item, _), a, b in zip(together, lags, ends, strict=True)
        if abs(a - lag) <= STEP and abs(b - end) <= STEP
    ]
    if len(kept) < 3 or len(kept) < 0.6 * len(together):
        return 0.0, []
    if lag < -LEADER:
        return 0.0, []  # the earlier of two that are far apart may not know of the other
    if all(on_same(item, other) for item, other in together):
        return float(len(kept)), kept
    if abs(lag) > NEAR:
        return 0.0, []
    exact = max(abs(a - lag) for a in lags) < SECOND // 10 and abs(lag + 30 * SECOND) % MINUTE - 30 * SECOND < SECOND
    by_the_bell = abs(lag) <= AT_ONCE or exact
    return min(float(len(kept)), BELL) if by_the_bell else float(len(kept)), kept
