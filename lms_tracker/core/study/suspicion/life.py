"""What people do beside watching: they pause, jump, look elsewhere, change the speed, or are away for some minutes."""

from collections.abc import Iterator
from itertools import pairwise

from lms_tracker.core.study.events import SECOND, Event, Kind

LIFE = frozenset({Kind.PAUSED, Kind.SEEKED, Kind.INTERACTED, Kind.FOCUSED, Kind.UNFOCUSED})
REST = 180 * SECOND
"""As long as this without play, and somebody may have got up."""
BLIP = 1_500_000
"""A pause that ends sooner than this is nobody's: a script pressed play."""
SHORT = 6 * SECOND
"""People who pause do something else, or look for the button when the page has paused; a script looks every few seconds."""
FEW_BEATS = 15
"""In a session with fewer, nothing need happen."""


def stillness(events: list[Event]) -> bool | None:
    """Whether none of it happened in a session; None: too few beats to say."""
    beats = sum(event.kind is Kind.HEARTBEAT for event in events)
    return next(breaks(events), None) is None if beats > FEW_BEATS else None


def breaks(events: list[Event]) -> Iterator[tuple[int, int]]:
    """When somebody did something, and when nothing played. What comes before the first play or after the last beat is how a
    player begins and ends."""
    begin = next((event.at for event in events if event.kind is Kind.PLAYED or event.playing), None)
    end = max((event.at for event in events if event.kind is Kind.HEARTBEAT), default=None)
    stopped: int | None = None
    for first, last in pairwise(events):
        if last.at - first.at > REST:
            yield first.at, last.at
        elif begin is None or end is None or not begin < last.at < end:
            continue
        elif last.kind is Kind.PAUSED:
            stopped = last.at
        elif last.kind is Kind.PLAYED and stopped is not None:
            if last.at - stopped > BLIP:
                yield stopped, last.at
            stopped = None
        elif last.kind in LIFE or (first.playing is False and stopped is None):
            yield first.at, last.at


def untouched_pause(first: Event, last: Event) -> bool:
    """Whether it is a pause that ends with no input that the browser saw, at the same place."""
    if (first.kind, last.kind) != (Kind.PAUSED, Kind.PLAYED) or first.inputs or last.inputs:
        return False
    return first.position is None or last.position is None or abs(last.position - first.position) < 2 * SECOND


def blip(first: Event, last: Event) -> bool:
    """Whether such a pause ends at once."""
    return last.at - first.at <= BLIP and untouched_pause(first, last)
