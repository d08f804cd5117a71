"""How long a thread of low rank rests between two pieces of its work, and how large they are: where processors are short, most of
the time, and small.

What it has others do, such as PostgreSQL, has the rank of all: giving way to what comes in means asking less often.
"""

import os
from collections.abc import Callable
from pathlib import Path

SHARE = 0.05
"""Of one processor, where processors are short."""
SHORT = 0.25
"""Where all processors are taken, whoever sleeps now and then waits about as long as it runs, for the scheduler prefers it;
where one is free, hardly ever."""
MOST_REST_S = 10.0
LOOK_S = 0.25
"""How often it looks whether it is quiet: then what came last is settled within two seconds."""
ENOUGH = 0.5
"""Processors that are idle where it is quiet."""
SYSTEM = Path("/proc")
"""Linux: `thread-self/schedstat` has nanoseconds that the thread ran, and that it was ready to run and had no processor
(https://www.kernel.org/doc/html/latest/scheduler/sched-stats.html); `stat` the idle time of all processors (man proc)."""
_TICKS = os.sysconf("SC_CLK_TCK")


class Pace:
    """Of the thread that asks, whose pieces are of `least` to `most` things each."""

    def __init__(self, least: int, most: int, system: Path = SYSTEM) -> None:
        self.size = least
        """Of the next piece. Only who is left alone takes more at a time: a piece that has begun does not give way any more."""
        self._least, self._most, self._system = least, most, system
        self._ran, self._waited = self._so_far()

    def rest(self, done: int, pause: Callable[[float], bool]) -> None:
        """After a piece of work, of `done` things: not at all, unless it has waited for processors for more than SHORT of the time that it ran; then in
        proportion to the time that it ran, for the waiting cost nobody anything.

        `pause` waits for some seconds, and says whether there is no time for that any more.
        """
        ran, waited = self._so_far()
        ran_s, waited_s = (ran - self._ran) / 1e9, (waited - self._waited) / 1e9
        left = min(MOST_REST_S, ran_s * (1 - SHARE) / SHARE) if waited_s > SHORT * ran_s else 0.0
        quiet = left == 0
        while left > 0 and not quiet:
            idle, slice_s = self._idle_s(), min(left, LOOK_S)
            if pause(slice_s):
                break
            quiet = self._idle_s() - idle > ENOUGH * slice_s
            left -= slice_s
        if not quiet:
            self.size = self._least
        elif done >= self.size:
            self.size = min(self._most, 2 * self.size)
        self._ran, self._waited = self._so_far()

    def _so_far(self) -> tuple[int, int]:
        try:
            ran, waited, *_ = (self._system / "thread-self" / "schedstat").read_text().split()
        except (OSError, ValueError):  # another system, or a kernel that does not count
            return 0, 0
        return int(ran), int(waited)

    def _idle_s(self) -> float:
        """Of all processors together; waiting for a disk is idle."""
        try:
            _, _, _, _, idle, for_disk, *_ = (self._system / "stat").read_text().split()
        except (OSError, ValueError):
            return 0.0
        return (int(idle) + int(for_disk)) / _TICKS
