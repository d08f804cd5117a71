"""Hands that keep a pace, in sessions whose checks are answered quicker than people do: two signs in one, and neither alone.

People come and go: there are minutes with much and minutes with nothing, so that over minutes the inputs vary more than
chance would have it. A script that waits so many seconds, drawn within bounds, varies less, however it draws them. That
alone proves nothing: somebody may turn pages, or a producer may tell of inputs by a timer of its own. Nor does it that
somebody answers quickly. Both have nothing to do with each other, unless one script does both.
"""

import math
import statistics
from itertools import accumulate, pairwise

from msgspec import Struct

from lms_tracker.core.study.events import SECOND
from lms_tracker.core.study.suspicion.found import Found, keys_of
from lms_tracker.core.study.suspicion.openings import SILENCE, Opening, SessionKey

WINDOW = 180 * SECOND
"""Long enough for several inputs, and short enough for a dozen in a session."""
SELDOM = 120 * SECOND
"""Inputs that are further apart are nobody's rhythm: people who take notes look like that."""
FEW_BEATS, ENOUGH_WINDOWS = 20, 20
ENOUGH_ANSWERS = 8
SPARSE, FILLED = 0.8, 0.95
"""Where nearly every beat has an input, there are no waits to look at."""


class Pace(Struct, frozen=True, gc=False):
    """Of one session: variance of the beats with inputs in windows, against chance (1), and how many windows there were."""

    evenness: float
    windows: float
    filled: float = 0.0
    """Share of the places where inputs could be told of that have some."""


def step_of(waits: list[int], beats: list[int]) -> float:
    """How far apart the producer tells of inputs at the closest: a beat, or several, where it counts over a longer time."""
    return max(statistics.median(beats), sorted(waits)[len(waits) // 10])


def pace_of(o: Opening) -> Pace | None:
    """The session's pace; None: too short, or inputs too seldom or too often to have one."""
    beats = [
        (b.at - a.at, bool(b.inputs))
        for a, b in pairwise(o.events)
        if b.inputs is not None and 0 < b.at - a.at <= SILENCE
    ]
    touched = [event.at for event in o.events if event.inputs]
    if len(beats) < FEW_BEATS or len(touched) < FEW_BEATS // 4:
        return None
    played, share = sum(length for length, _ in beats), statistics.fmean(touch for _, touch in beats)
    step = step_of([b - a for a, b in pairwise(touched)], [length for length, _ in beats])
    every = played / len(beats) / share if share else math.inf
    width = max(2, round(WINDOW * len(beats) / played))
    if every > SELDOM or step / every > FILLED or len(beats) < 2 * width:
        return None
    sums = [0.0, *accumulate(touch - share for _, touch in beats)]
    varied = statistics.fmean((b - a) ** 2 for a, b in zip(sums, sums[width:], strict=False))
    chance = width * share * (1 - step / every) * (1 - width / len(beats))
    return Pace(varied / chance, len(beats) / width, step / every)


class Timed(Struct, frozen=True):
    """One session as `paced_and_quick` looks at it: its pace, and how long its checks took against what is usual."""

    key: SessionKey
    pace: Pace
    delays: list[float]


def paced_and_still(still: list[tuple[SessionKey, Pace]]) -> Found | None:
    """How far inputs vary by the minute, against chance, in sessions in which nothing else was done; as large as so little
    evidence allows, of the evener half. Where inputs fill most places they could be told at, they vary little by nature."""
    ordered = sorted((pace.evenness, key, pace.windows) for key, pace in still if pace.filled <= SPARSE)
    half = ordered[: (len(ordered) + 1) // 2]
    windows = sum(count for *_, count in half)
    if windows < ENOUGH_WINDOWS:
        return None
    even = sum(evenness * count for evenness, _, count in half) / windows * (1 + 1.5 / math.sqrt(windows))
    return Found(even, len(half), keys_of(key for _, key, _ in half))


def paced_and_quick(sessions: list[Timed]) -> Found | None:
    """The larger of two shares: how far inputs vary by the minute, against chance; how long answers take, against others'.

    Of the evener half of the sessions, for a script may be used now and then. Both are as large as so little evidence
    allows: the variance times 1 + 1.5/√n of windows, the upper bound of the median (95 %, one-sided, by ranks) of delays.
    """
    ordered = sorted(sessions, key=lambda one: (one.pace.evenness, one.key))
    half = ordered[: (len(ordered) + 1) // 2]
    windows = sum(one.pace.windows for one in half)
    delays = sorted(delay for one in half for delay in one.delays)
    if windows < ENOUGH_WINDOWS or len(delays) < ENOUGH_ANSWERS:
        return None
    even = sum(one.pace.evenness * one.pace.windows for one in half) / windows * (1 + 1.5 / math.sqrt(windows))
    rank = math.ceil(len(delays) / 2 + 0.8225 * math.sqrt(len(delays)))
    value = max(even, delays[min(rank, len(delays)) - 1])
    return Found(value, len(half), keys_of(one.key for one in half))
