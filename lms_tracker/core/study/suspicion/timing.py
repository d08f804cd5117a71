"""How a player's beats come, and whether what they tell of the position fits the clock."""

import statistics
from itertools import pairwise

from lms_tracker.core.study.events import Event, Kind
from lms_tracker.core.study.suspicion.life import FEW_BEATS


def exact(events: list[Event]) -> bool:
    """Whether the position advances with the clock to 20 ms, between every two heartbeats."""
    for a, b in pairwise(events):
        if a.kind is b.kind is Kind.HEARTBEAT and a.position is not None and b.position is not None:
            expected = (b.at - a.at) * (a.rate_milli or 1000) // 1000
            if abs(b.position - a.position - expected) > 20_000:
                return False
    return True


def jitter(events: list[Event]) -> float | None:
    """How far apart the shortest and the longest waits between heartbeats are, of the median, without the tenth at either end: of a
    timer's hardly. None: too few to say."""
    waits = sorted(b.at - a.at for a, b in pairwise(events) if a.kind is b.kind is Kind.HEARTBEAT)
    if len(waits) < FEW_BEATS:
        return None
    return (waits[len(waits) * 9 // 10] - waits[len(waits) // 10]) / max(1.0, statistics.median(waits))
