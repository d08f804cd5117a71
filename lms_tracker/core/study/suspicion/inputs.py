"""Signals in the inputs that a learner's browser saw."""

import math
import statistics
from collections import defaultdict
from itertools import pairwise
from operator import mul

from lms_tracker.core.study.events import SECOND, Kind
from lms_tracker.core.study.suspicion.found import Found, deviation, keys_of
from lms_tracker.core.study.suspicion.openings import Opening, SessionKey

ENOUGH_BEATS = 40
ENOUGH_WAITS = 40
NEXT_BEATS, LOOP_BEATS = 3, 60
"""Beats after which an echo is looked for: from where a burst of somebody's is over."""
BEGUN = 480 * SECOND
"""Who leaves a script in charge does so within some minutes."""
SELDOM = 120 * SECOND
"""Inputs that are further apart are nobody's rhythm: people who take notes look like that."""


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
    """How far the inputs in beats repeat what they were some beats before (autocorrelation), beyond what chance may give.

    People come and go in bursts, which the next beats tell of and later ones do not; a recording that is played in a loop
    comes back, in every session after the same time.
    """
    products: dict[int, float] = defaultdict(float)
    pairs: dict[int, int] = defaultdict(int)
    keys = []
    for o in sessions:
        heard = [math.log1p(e.inputs) for e in o.events if e.kind is Kind.HEARTBEAT and e.inputs is not None]
        if len(heard) < ENOUGH_BEATS or (variance := statistics.pvariance(heard)) < 0.02:
            continue
        mean = statistics.fmean(heard)
        apart = [value - mean for value in heard]
        for lag in range(NEXT_BEATS, min(LOOP_BEATS, len(apart) // 2) + 1):
            products[lag] += sum(map(mul, apart, apart[lag:])) / variance
            pairs[lag] += len(apart) - lag
        keys.append(o.key)
    echoes = [products[lag] / pairs[lag] - 4 / math.sqrt(pairs[lag]) for lag in pairs]
    return Found(max(0.0, *echoes), max(pairs.values()), keys_of(keys)) if pairs else None


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
    waits: list[float] = []
    beats: list[float] = []
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
    share = statistics.median(beats) / statistics.fmean(waits)
    if share > 0.6:
        return None  # touched in nearly every beat: their spread says nothing, even_inputs does
    # as small as so few waits prove it
    most = deviation(waits) / math.sqrt(1 - share) * (1 + 1.5 / math.sqrt(len(waits)))
    return Found(most, len(waits), keys_of(keys))
