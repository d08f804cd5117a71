"""Geometry of the picture of one day: what was claimed, what counts, and why the rest does not, along the clock.

A lane for each verdict. Lengths along the clock are percent of the width, so one picture serves a phone, a screen and
paper; heights are pixels. Colours and hatches are the style sheet's, one of each for every verdict.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from msgspec import Struct

from lms_tracker.core.instants import from_us, to_us
from lms_tracker.core.study.entries import REASONS, Entry, Interval, union

MINUTE_US = 60_000_000
LANE, AXIS = 32, 20
"""Hatches repeat within 16 pixels: every lane begins at the same point of its hatch."""
LEAST_PCT = 0.4
"""A moment is still to be seen."""
NEAR_PCT = 0.15
"""What is closer together looks like one."""
STEPS_MIN = (5, 10, 15, 30, 60, 120, 180, 240)
MOST_TICKS = 7
CLAIMED = "claimed"
PATTERNS = frozenset({CLAIMED, "credited", "held", *REASONS})


class Bar(Struct, frozen=True):
    """A piece of a lane, in percent of the width."""

    x: float
    width: float


class Lane(Struct, frozen=True):
    """`key`: claimed, credited, held or the reason; `pattern`: how it is painted (that of another engine's reason is
    "other"). `spans` are the moments on the clock as (start_us, end_us), each as long as nothing else comes between."""

    key: str
    pattern: str
    amount_us: int
    bars: tuple[Bar, ...]
    spans: tuple[tuple[int, int], ...]
    y: int


class Strip(Struct, frozen=True):
    """`ticks`: (percent of the width, instant in microseconds). `base`: where the clock is written."""

    lanes: tuple[Lane, ...]
    ticks: tuple[tuple[float, int], ...]
    base: int
    height: int
    start_us: int
    end_us: int


def day_strip(entries: Sequence[Entry], zone: ZoneInfo) -> Strip | None:
    """The picture of the entries of one local date; None where nothing is known of the moments."""
    intervals = [interval for entry in entries for interval in entry.intervals]
    if not intervals:
        return None
    first, last = min(i.start_us for i in intervals), max(i.end_us for i in intervals)
    step = next((n for n in STEPS_MIN if (last - first) / (n * MINUTE_US) <= MOST_TICKS - 2), 360)
    start, end = _clock(first, step, zone), _clock(last + step * MINUTE_US - 1, step, zone)
    end = max(end, start + step * MINUTE_US)
    width = end - start

    def along(at: int) -> float:
        return (at - start) * 100 / width

    by_verdict: dict[str, list[Interval]] = defaultdict(list)
    for interval in intervals:
        by_verdict[interval.verdict].append(interval)
    amounts = _amounts(entries)
    lanes = []
    for number, (key, amount) in enumerate(amounts.items()):
        spans = union((i.start_us, i.end_us) for i in (intervals if key == CLAIMED else by_verdict[key]))
        bars = _bars([(along(a), along(b)) for a, b in spans])
        lanes.append(Lane(key, key if key in PATTERNS else "other", amount, bars, tuple(spans), number * LANE))
    ticks = tuple((round(along(at), 3), at) for at in range(start, end + 1, step * MINUTE_US))
    base = len(lanes) * LANE
    return Strip(tuple(lanes), ticks, base, base + AXIS, start, end)


def _amounts(entries: Iterable[Entry]) -> dict[str, int]:
    """Microseconds of study time by lane, from top to bottom; claimed and credited are always there."""
    sums: dict[str, int] = defaultdict(int)
    for entry in entries:
        sums[CLAIMED] += entry.raw_us
        sums["credited"] += entry.credited_us
        sums["held"] += entry.held_us
        for reason, amount in entry.discounted.items():
            sums[reason] += amount
    known = [CLAIMED, "credited", "held", *REASONS]
    keys = [*known, *sorted(set(sums) - set(known))]
    return {key: sums[key] for key in keys if sums[key] or key in (CLAIMED, "credited")}


def _clock(at: int, step_min: int, zone: ZoneInfo) -> int:
    """The latest instant up to `at` whose local time is a multiple of the step."""
    local = from_us(at).astimezone(zone)
    minutes = local.hour * 60 + local.minute
    into = timedelta(minutes=minutes % step_min, seconds=local.second, microseconds=local.microsecond)
    return to_us(_utc(local) - into)


def _utc(local: datetime) -> datetime:
    return from_us(to_us(local))


def _bars(ends: list[tuple[float, float]]) -> tuple[Bar, ...]:
    groups: list[tuple[float, float]] = ends[:1]
    for _, (start, end) in pairwise(ends):
        if start - groups[-1][1] < NEAR_PCT:
            groups[-1] = (groups[-1][0], end)
        else:
            groups.append((start, end))
    return tuple(
        Bar(round(min(start, 100 - LEAST_PCT), 3), round(max(end - start, LEAST_PCT), 3)) for start, end in groups
    )
