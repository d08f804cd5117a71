"""Hours on end without a rest: few sit through unit after unit for an evening and never pause, jump or look away.

A single quiet unit is everybody's; so is a long lecture. What counts is what lies beyond two hours of several units on
end, for people get up, and what they do meanwhile shows: they pause, or there are some minutes between two units. Where a
platform plays the next unit by itself, it need not show: this alone proves nothing.
"""

from msgspec import Struct

from lms_tracker.core.study.events import HOUR
from lms_tracker.core.study.suspicion.found import Found, keys_of
from lms_tracker.core.study.suspicion.life import REST, breaks
from lms_tracker.core.study.suspicion.openings import Opening, SessionKey

USUAL = 2 * HOUR
"""So long people may well sit still."""
UNITS = 3
"""Fewer than so many on end may be one long lecture, or a live lesson in two parts, which nobody can pause."""


class Stretch(Struct):
    """Play from an instant until another, without a rest."""

    start: int
    end: int
    keys: list[SessionKey]


def unbroken(sessions: list[Opening]) -> Found | None:
    """Hours beyond the second of stretches in which one unit follows the other, without a pause, a jump, a look elsewhere,
    a change of speed or three minutes between them."""
    long = [one for one in _stretches(sessions) if one.end - one.start > USUAL and len(one.keys) >= UNITS]
    if not long:
        return None
    hours = sum(one.end - one.start - USUAL for one in long) / HOUR
    return Found(hours, len(long), keys_of(key for one in long for key in one.keys))


def _stretches(sessions: list[Opening]) -> list[Stretch]:
    """In the order in which they begin. Producers without heartbeats cannot tell whether it played all the time."""
    found: list[Stretch] = []
    for o in sessions:
        if not any(event.promises for event in o.events):
            continue
        if not found or o.start - found[-1].end > REST:
            found.append(Stretch(o.start, o.start, []))
        shift = o.start - o.events[0].at
        found[-1].keys.append(o.key)
        for start, end in breaks(o.events):
            found[-1].end = max(found[-1].end, start + shift)
            found.append(Stretch(end + shift, end + shift, [o.key]))
        found[-1].end = max(found[-1].end, o.end)
    return found
