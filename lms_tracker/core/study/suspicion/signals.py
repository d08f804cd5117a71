"""Signals in one learner's own sessions. Each is one function: a value that can be said in a sentence, or None.

None means that there is too little to tell, and is the usual answer. Values are measured so that more evidence of a
person (variety, bursts, rests) moves them away from suspicion. What honest people share with machines is left out on
purpose: a steady heartbeat (their player's timer), an exact position, a regular hour of study, no pointer, no pause.
"""

import math
import statistics
from collections.abc import Callable, Iterable
from itertools import pairwise

from msgspec import Struct

from lms_tracker.core.study.events import SECOND, Event, Kind
from lms_tracker.core.study.suspicion.openings import Opening, SessionKey

HOUR = 3600 * SECOND
DAY = 24 * HOUR
QUICK = 800_000
"""A person needs longer to see a question, read it and press the right button."""
ENOUGH_ANSWERS = 8
ENOUGH_BEATS = 40
ENOUGH_WAITS = 20
SELDOM = 240 * SECOND
"""Inputs that are further apart are nobody's rhythm: people who take notes look like that."""
BLIP = 1_500_000


class Found(Struct, frozen=True):
    """A signal's value, how many observations it rests on, and the sessions that show it."""

    value: float
    count: int
    sessions: tuple[SessionKey, ...]


Signal = Callable[[list[Opening]], Found | None]


def quick_answers(sessions: list[Opening]) -> Found | None:
    """Share of presence checks answered in less than 0.8 s, as far as so few answers prove it (Wilson, lower bound)."""
    delays = [(delay, o.key) for o in sessions for _, delay, _ in o.answers if delay is not None]
    if len(delays) < ENOUGH_ANSWERS:
        return None
    quick = sum(delay < QUICK for delay, _ in delays)
    return Found(wilson_lower(quick, len(delays)), len(delays), _keys(key for _, key in delays))


def steady_answers(sessions: list[Opening]) -> Found | None:
    """Spread of the answers' delays (robust deviation of their logarithm): people's vary by a third and more."""
    delays = [(delay, o.key) for o in sessions for _, delay, _ in o.answers if delay]
    if len(delays) < ENOUGH_ANSWERS:
        return None
    return Found(_spread([math.log(delay) for delay, _ in delays]), len(delays), _keys(key for _, key in delays))


def untouched_answers(sessions: list[Opening]) -> Found | None:
    """Share of presence checks answered although the browser reported no input, from the statement before to the next."""
    found = []
    for o in sessions:
        if not any(event.inputs is not None for event in o.events):
            continue
        for index, _, _ in o.answers:
            near = o.events[max(0, index - 1) : index + 2]
            found.append((not any(event.inputs for event in near), o.key))
    if len(found) < ENOUGH_ANSWERS:
        return None
    return Found(wilson_lower(sum(bare for bare, _ in found), len(found)), len(found), _keys(key for _, key in found))


def even_inputs(sessions: list[Opening]) -> Found | None:
    """Variance over mean of the inputs in spans of like length: one for chance, more for people, less for machines."""
    rated = []
    for o in sessions:
        pairs = [(b.at - a.at, b.inputs) for a, b in pairwise(o.events) if b.kind is Kind.HEARTBEAT]
        beats = [(length, inputs) for length, inputs in pairs if inputs is not None and length > 0]
        if len(beats) >= ENOUGH_BEATS // 2 and _tells_evenness([inputs for _, inputs in beats]):
            rated.append((_dispersion(beats), len(beats), o.key))
    if sum(count for _, count, _ in rated) < ENOUGH_BEATS:
        return None
    rated.sort()
    evenest = rated[: (len(rated) + 1) // 2]  # a script that is used now and then shows
    count = sum(count for _, count, _ in evenest)
    value = sum(own * count for own, count, _ in evenest) / count
    return Found(value, count, _keys(key for own, _, key in rated if own <= max(value * 1.5, 0.3)))


def _tells_evenness(counts: list[int]) -> bool:
    """Not where inputs are few, nor where the producer only says whether there were any: those vary little by nature."""
    mean = statistics.fmean(counts)
    return mean >= 0.5 and (max(counts) > 1 or mean > 0.97)


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
    return Found(_deviation(waits) / math.sqrt(1 - share), len(waits), _keys(keys))


def keep_alive(sessions: list[Opening]) -> Found | None:
    """Pauses that end within 1.5 s, at the same place, per hour played: a script that presses play again."""
    times, keys, played = 0, [], 0
    for o in sessions:
        blips = sum(_blip(a, b) for a, b in pairwise(o.events))
        if blips >= 3:
            times += blips
            played += o.played_us
            keys.append(o.key)
    if times < 8 or not played:
        return None
    return Found(times / max(played / HOUR, 0.25), times, _keys(keys))


def _blip(first: Event, last: Event) -> bool:
    if (first.kind, last.kind) != (Kind.PAUSED, Kind.PLAYED) or last.at - first.at > BLIP:
        return False
    return first.position is None or last.position is None or abs(last.position - first.position) < 2 * SECOND


def no_rest(sessions: list[Opening]) -> Found | None:
    """Most hours played within any 24, sessions at the same time counted once."""
    spans = _union(span for o in sessions for span in o.plays)
    if not spans:
        return None
    played, first, sums = 0, 0, []
    for start, end in spans:
        played += end - start
        while spans[first][1] <= end - DAY:
            played -= spans[first][1] - spans[first][0]
            first += 1
        sums.append((played - max(0, end - DAY - spans[first][0]), end))
    most = max(sums)[0]
    bad = [end for total, end in sums if total >= 0.85 * most]
    keys = _keys(o.key for o in sessions if any(end - DAY < o.end and o.start < end for end in bad))
    return Found(most / HOUR, len(spans), keys)


LIFE = frozenset({Kind.PAUSED, Kind.SEEKED, Kind.INTERACTED, Kind.FOCUSED, Kind.UNFOCUSED})


def lifeless(sessions: list[Opening]) -> Found | None:
    """Hours of play with waits that look drawn by lot, positions exact to the clock, and never a pause, seek or glance."""
    played, beats, keys = 0, 0, []
    for o in sessions:
        gaps = [b.at - a.at for a, b in pairwise(o.events) if a.kind is b.kind is Kind.HEARTBEAT]
        if len(gaps) < 15 or any(event.kind in LIFE for event in o.events):
            continue
        if _deviation([float(gap) for gap in gaps]) > 0.08 and _exact(o.events):
            played += o.played_us
            beats += len(gaps)
            keys.append(o.key)
    return Found(played / HOUR, beats, _keys(keys)) if keys else None


def _exact(events: list[Event]) -> bool:
    """Whether the position advances with the clock to 20 ms, between every two heartbeats."""
    for a, b in pairwise(events):
        if a.kind is b.kind is Kind.HEARTBEAT and a.position is not None and b.position is not None:
            expected = (b.at - a.at) * (a.rate_milli or 1000) // 1000
            if abs(b.position - a.position - expected) > 20_000:
                return False
    return True


OWN: dict[str, Signal] = {
    "quick_answers": quick_answers,
    "steady_answers": steady_answers,
    "untouched_answers": untouched_answers,
    "even_inputs": even_inputs,
    "clockwork_inputs": clockwork_inputs,
    "keep_alive": keep_alive,
    "no_rest": no_rest,
    "lifeless": lifeless,
}


def own_signals(sessions: list[Opening]) -> dict[str, Found]:
    """Every signal that a learner's sessions are enough for."""
    return {name: found for name, signal in OWN.items() if (found := signal(sessions)) is not None}


def wilson_lower(hits: int, of: int, z: float = 1.645) -> float:
    """The share that so many hits prove, at 95 % one-sided (Wilson 1927)."""
    share, shrink = hits / of, 1 + z * z / of
    middle = share + z * z / (2 * of)
    return max(0.0, (middle - z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))) / shrink)


def _spread(values: list[float]) -> float:
    """Deviation of the densest three fifths, as of a normal distribution: a script that is used now and then shows."""
    values = sorted(values)
    inner = math.ceil(len(values) * 0.6)
    return min(b - a for a, b in zip(values, values[inner - 1 :], strict=False)) / 1.683


def _deviation(values: list[float]) -> float:
    return statistics.pstdev(values) / statistics.fmean(values)


def _keys(keys: Iterable[SessionKey]) -> tuple[SessionKey, ...]:
    return tuple(dict.fromkeys(keys))


def _union(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    out: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], end))
        else:
            out.append((start, end))
    return out
