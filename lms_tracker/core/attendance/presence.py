"""What one presence is: by the clock at sign-in, or by the minutes that a report claims."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct

Status = Literal["present", "late", "partial", "excused", "absent"]
STATUSES: tuple[Status, ...] = ("present", "late", "partial", "excused", "absent")
ATTENDED: frozenset[Status] = frozenset({"present", "late"})
"""What counts as attended. Excused is no attendance: it only says that nobody need ask."""

How = Literal["code", "list", "import", "leave"]


class Times(Struct, frozen=True):
    """The times of a meeting, and its rules: late after so many minutes, present from so many percent of its length."""

    starts_at: datetime
    ends_at: datetime
    late_min: int = 10
    least_pct: int = 60

    def at(self, moment: datetime) -> Status:
        """The status of who signs in at a moment."""
        return "late" if moment > self.starts_at + timedelta(minutes=self.late_min) else "present"

    def after(self, minutes: int) -> Status:
        """The status of who was connected so long."""
        if not minutes:
            return "absent"
        return "present" if minutes * 100 >= self.least_pct * self.minutes else "partial"

    @property
    def minutes(self) -> int:
        """Its length."""
        return round((self.ends_at - self.starts_at).total_seconds() / 60)


class Joined(Struct, frozen=True):
    """One line of a report: somebody joined and left. Without both instants only `minutes` is known."""

    joined_at: datetime | None
    left_at: datetime | None
    minutes: int


def minutes_within(times: Times, joined: Iterable[Joined]) -> int:
    """Minutes between the meeting's beginning and end in which somebody was connected, however often they joined.

    Two devices at once count once; who waits before it begins earns nothing. Lines without instants are added up. Reports
    round to minutes: the sum is rounded, and never more than the meeting's length.
    """
    spans: list[tuple[datetime, datetime]] = []
    loose = 0
    for one in joined:
        if one.joined_at is not None and one.left_at is not None:
            begin, end = max(one.joined_at, times.starts_at), min(one.left_at, times.ends_at)
            if begin < end:
                spans.append((begin, end))
        else:
            loose += one.minutes
    total, until = timedelta(), None
    for begin, end in sorted(spans):
        begin = begin if until is None else max(begin, until)
        if begin < end:
            total += end - begin
            until = end
    return min(round(total.total_seconds() / 60) + loose, times.minutes)
