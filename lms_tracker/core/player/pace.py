"""How often pages tell: as often as the policy says, and less often while the server is busy.

Busy is what a page notices: how long a request takes until it is answered, smoothed over WINDOW in each process. Up to
QUICK the policy's interval stands; beyond it grows in proportion, up to LONGEST, which stays below what is a gap (`gap_s`,
90 s) and below a lease (`lease_s`, 75 s). So a server that cannot follow is asked less, by all its pages, within one
interval, and more again as soon as it answers quickly.

It costs an honest person nothing: state changes are told at once whatever the interval, and beats that come seldom count
as much. Only who vanishes without a last word (a power cut) loses up to one interval, 60 s instead of 30.
"""

from msgspec import Struct

from lms_tracker.core.player.policy import PlayerPolicy

QUICK, LONGEST, WINDOW = 0.2, 60.0, 10.0
"""Seconds."""


class Pace(Struct):
    """How long requests take until they are answered, as of an instant; in seconds, on any clock that runs evenly."""

    takes: float = 0.0
    at: float = 0.0

    def note(self, took: float, at: float) -> None:
        """One more was answered."""
        self.takes += (took - self.takes) * min(1.0, (at - self.at) / WINDOW)
        self.at = at


def interval(policy: PlayerPolicy, takes_s: float) -> tuple[float, float]:
    """Seconds between beats, at least and at most."""
    factor = max(1.0, takes_s / QUICK)
    least, most = (
        max(base, min(LONGEST, float(round(base * factor)))) for base in (policy.beat_from_s, policy.beat_to_s)
    )
    return least, most
