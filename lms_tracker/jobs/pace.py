"""How long a thread of low rank rests between two pieces of its work: where processors are short, most of the time.

What it has others do, such as PostgreSQL, has the rank of all: giving way to what comes in means asking less often.
"""

from pathlib import Path

SHARE = 0.1
"""Of the time, where processors are short."""
MOST_REST_S = 1.0
"""So that what came last is settled in two seconds once it is quiet."""
_SCHEDULE = Path("/proc/thread-self/schedstat")
"""Of the thread that reads it: nanoseconds that it ran, and that it was ready to run and had no processor; on Linux.
https://www.kernel.org/doc/html/latest/scheduler/sched-stats.html"""


class Pace:
    """Of the thread that asks."""

    def __init__(self, schedule: Path = _SCHEDULE) -> None:
        self._schedule = schedule
        self._ran, self._waited = self._so_far()

    def rest_s(self, worked_s: float) -> float:
        """After a piece of work that took so long: nothing, unless it has waited for processors longer than it ran."""
        ran, waited = self._so_far()
        is_short = waited - self._waited > ran - self._ran
        self._ran, self._waited = ran, waited
        return min(MOST_REST_S, worked_s * (1 - SHARE) / SHARE) if is_short else 0.0

    def _so_far(self) -> tuple[int, int]:
        try:
            ran, waited, *_ = self._schedule.read_text().split()
        except (OSError, ValueError):  # another system, or a kernel that does not count
            return 0, 0
        return int(ran), int(waited)
