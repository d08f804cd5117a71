"""Signals in the inputs that a learner's browser saw."""

import math
import statistics
from collections import defaultdict
from itertools import accumulate, pairwise
from operator import mul

from lms_tracker.core.study.events import SECOND, Kind
from lms_tracker.core.study.suspicion.found import Found, deviation, keys_of
from lms_tracker.core.study.suspicion.openings import Opening, SessionKey
from lms_tracker.core.study.suspicion.pace import SELDOM, step_of

ENOUGH_BEATS = 40
ENOUGH_WAITS = 40
CELL = 20 * SECOND
SOONEST, LATEST = 60 * SECOND, 1200 * SECOND
"""After which time an echo is looked for: from where a burst of somebody's is over."""
BEGUN = 480 * SECOND
"""Who leaves a script in charge does so within some minutes."""


def even_inputs(sessions: list[Opening]) -> Found | None:
    """Variance over mean of the inputs in spans of like length: one for chance, more for people, less for machines.

    Of whole sessions, or of what follows their first minutes, whichever is evener: somebody may begin and leave a script in
    charge.
    """
    found = [one for since in (0, BEGUN) if (one := _evenness(sessions, since)) is not None]
    return min(found, key=lambda one: one.value, default=None)


def _evenness(sessions: list[Opening], since: int) -> Found | None:
    rated = []
    for o in sessions:
        pairs = [
            (b.at - a.at, b.inputs)
            for a, b in pairwise(o.events)
            if b.kind is Kind.HEARTBEAT and a.at - o.events[0].at >= since
        ]
        beats = [(length, inputs) for length, inputs in pairs if inputs is not None and length > 0]
        beats = _in_steps(beats)
        if len(beats) >= ENOUGH_BEATS // 2 and _tells_evenness([inputs for _, inputs in beats]):
            rated.append((_dispersion(beats), len(beats), o.key))
    if sum(count for _, count, _ in rated) < ENOUGH_BEATS:
        return None
    rated.sort()
    evenest = rated[: (len(rated) + 1) // 2]  # a script that is used now and then shows
    count = sum(count for _, count, _ in evenest)
    value = sum(own * count for own, count, _ in evenest) / count
    return Found(value, count, keys_of(key for own, _, key in rated if own <= max(value * 1.5, 0.3)))


def echoing_inputs(sessions: list[Opening]) -> Found | None:
    """How far the inputs repeat what they were some minutes before (autocorrelation by time), beyond what chance may give.

    People come and go in bursts, which the next minute tells of and later ones do not; a recording that is played in a loop
    comes back, in every session after the same time. Sessions in which inputs are seldom have no rhythm to compare.
    """
    rhythms = [(o.key, *rhythm) for o in sessions if (rhythm := _rhythm(o)) is not None]
    if not rhythms:
        return None
    cell = max(
        CELL,
        round(step_of([w for *_, waits, _ in rhythms for w in waits], [b for *_, beats in rhythms for b in beats])),
    )
    products: dict[int, float] = defaultdict(float)
    pairs: dict[int, int] = defaultdict(int)
    keys = []
    for key, told, _, _ in rhythms:
        heard = _by_time(told, cell)
        if len(heard) < ENOUGH_BEATS or (variance := statistics.pvariance(heard)) < 0.02:
            continue
        mean = statistics.fmean(heard)
        apart = [value - mean for value in heard]
        for lag in range(-(-SOONEST // cell), min(LATEST // cell, len(apart) // 2) + 1):
            products[lag] += sum(map(mul, apart, apart[lag:])) / variance
            pairs[lag] += len(apart) - lag
        keys.append(key)
    echoes = [products[lag] / pairs[lag] - 4 / math.sqrt(pairs[lag]) for lag in pairs]
    return Found(max(0.0, *echoes), max(pairs.values()), keys_of(keys)) if pairs else None


Told = list[tuple[int, int, int]]
"""Inputs by time: from, until, how many."""


def _rhythm(o: Opening) -> tuple[Told, list[int], list[int]] | None:
    """What was told of inputs, the waits between statements with some, and the beats; None: too few, or too far apart, or
    silence for most of the time, which is nobody's session and as long as somebody's timestamps like."""
    told = [(a.at, b.at, b.inputs) for a, b in pairwise(o.events) if b.inputs is not None and b.at > a.at]
    touched = [end for _, end, inputs in told if inputs]
    waits = [b - a for a, b in pairwise(touched)]
    if len(waits) < 5 or statistics.fmean(waits) > SELDOM or told[-1][1] - told[0][0] > len(told) * SELDOM:
        return None
    return told, waits, [end - start for start, end, _ in told]


def _by_time(told: Told, cell: int) -> list[float]:
    """Inputs in cells of time (logarithms), each statement's spread evenly over the time it tells of."""
    first = told[0][0]
    heard = [0.0] * ((told[-1][1] - first) // cell + 1)
    for start, end, inputs in told:
        for index in range((start - first) // cell, (end - 1 - first) // cell + 1) if inputs else ():
            shared = min(end, first + (index + 1) * cell) - max(start, first + index * cell)
            heard[index] += inputs * shared / (end - start)
    return [math.log1p(count) for count in heard[:-1]]


def _in_steps(beats: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The beats, put together where inputs are told of no closer than two beats apart: by a producer that counts over a
    longer time, or by a clock. Where none counts more than one they stay: whether there was input is no number of them."""
    ends = list(accumulate(length for length, _ in beats))
    touched = [end for end, (_, inputs) in zip(ends, beats, strict=True) if inputs]
    if len(touched) < 3 or sum(inputs > 1 for _, inputs in beats) < len(touched) / 2:
        return beats
    usual = statistics.median(length for length, _ in beats)
    step = step_of([b - a for a, b in pairwise(touched)], [length for length, _ in beats])
    if step < 1.5 * usual:
        return beats
    found, length, inputs = [], 0, 0
    for own, count in beats:
        length, inputs = length + own, inputs + count
        if length >= step + usual / 2 or (count and length >= step - usual / 2):
            found.append((length, inputs))
            length, inputs = 0, 0
    return found


def _tells_evenness(counts: list[int]) -> bool:
    """Not where inputs are few, nor where the producer only says whether there were any: those vary little by nature."""
    mean, several = statistics.fmean(counts), sum(count > 1 for count in counts) / len(counts)
    return mean >= 0.5 and (several > 0.1 or mean > 0.97)


def _dispersion(beats: list[tuple[int, int]]) -> float:
    """Of the inputs, or of the inputs for their time: a machine may keep either constant."""
    counts = [inputs for _, inputs in beats]
    rate = sum(counts) / sum(length for length, _ in beats)
    for_time = statistics.fmean((inputs - rate * length) ** 2 / (rate * length) for length, inputs in beats)
    return min(statistics.pvariance(counts) / statistics.fmean(counts), for_time)


def clockwork_inputs(sessions: list[Opening]) -> Found | None:
    """Spread of the waits between inputs, relative to what chance would give; near nothing: a clock touches the mouse."""
    waits: list[int] = []
    beats: list[int] = []
    keys: list[SessionKey] = []
    for o in sessions:
        touched = [event.at for event in o.events if event.inputs]
        own = [b - a for a, b in pairwise(touched) if b > a]
        if len(own) >= 5:
            waits += own
            beats += [b.at - a.at for a, b in pairwise(o.events) if b.kind is Kind.HEARTBEAT]
            keys.append(o.key)
    if len(waits) < ENOUGH_WAITS or not beats or statistics.median(waits) > SELDOM:
        return None
    share = step_of(waits, beats) / statistics.fmean(waits)  # chance leaves waits of whole steps
    if share > 0.6:
        return None  # touched in nearly every step: their spread says nothing, even_inputs does
    # as small as so few waits prove it
    most = deviation([float(wait) for wait in waits]) / math.sqrt(1 - share) * (1 + 1.5 / math.sqrt(len(waits)))
    return Found(most, len(waits), keys_of(keys))
