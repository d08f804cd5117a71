"""How a player's beats come, and whether what they tell of the position fits the clock."""

import statistics
from itertools import pairwise

from lms_tracker.core.study.events import Event, Kind
from lms_tracker.core.study.suspicion.life import FEW_BEATS

TIMED, DRAWN = 0.75, 0.5
"""Of a timer's waits, however loose, so many are alike; of waits that are drawn fewer than this."""


def exact(events: list[Event]) -> bool:
    """Whether the position advances with the clock to 20 ms, between every two heartbeats."""
    for a, b in pairwise(events):
        if a.kind is b.kind is Kind.HEARTBEAT and a.position is not None and b.position is not None:
            expected = (b.at - a.at) * (a.rate_milli or 1000) // 1000
            if abs(b.position - a.position - expected) > 20_000:
                return False
    return True


def keeps_time(events: list[Event]) -> bool | None:
    """Whether the waits between heartbeats are a timer's; False: they are as if drawn by lot, by the sender: a network that delays
    them would put the positions out of step. None: neither, or too few to say."""
    waits = [b.at - a.at for a, b in pairwise(events) if a.kind is b.kind is Kind.HEARTBEAT]
    if len(waits) < FEW_BEATS:
        return None
    usual = statistics.median(waits)
    alike = sum(abs(wait - usual) * 10 <= usual for wait in waits) / len(waits)
    if alike >= TIMED:
        return True
    return False if alike < DRAWN and exact(events) else None
