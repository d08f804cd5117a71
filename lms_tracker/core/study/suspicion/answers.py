"""Signals in how a learner answers presence checks."""

import math
import statistics
from itertools import pairwise

from lms_tracker.core.study.events import SECOND
from lms_tracker.core.study.suspicion.found import Found, keys_of, spread, wilson_lower
from lms_tracker.core.study.suspicion.openings import Opening

QUICK = 800_000
"""A person needs longer to see a question, read it and press the right button."""
ENOUGH_ANSWERS = 8
SLOW = 30.0
"""Seconds. Who takes longer is bounded by the check's own limit, which is nobody's program."""
MOST = 6.0
"""More than a millionfold says nothing more."""
LUMPY = 3.0
"""Deviations by which waits are too unevenly spread to be drawn evenly: a switch that scans answers in whole steps."""


def quick_answers(sessions: list[Opening]) -> Found | None:
    """Share of presence checks answered in less than 0.8 s, as far as so few answers prove it (Wilson, lower bound)."""
    delays = [(delay, o.key) for o in sessions for _, delay, _ in o.answers if delay is not None]
    if len(delays) < ENOUGH_ANSWERS:
        return None
    quick = sum(delay < QUICK for delay, _ in delays)
    return Found(wilson_lower(quick, len(delays)), len(delays), keys_of(key for _, key in delays))


def steady_answers(sessions: list[Opening]) -> Found | None:
    """Spread of the answers' delays (robust deviation of their logarithm), as small as so few answers prove it."""
    delays = [(delay, o.key) for o in sessions for _, delay, _ in o.answers if delay]
    if len(delays) < ENOUGH_ANSWERS:
        return None
    most = spread([math.log(delay) for delay, _ in delays]) * (1 + 1.5 / math.sqrt(len(delays)))
    return Found(most, len(delays), keys_of(key for _, key in delays))


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
    return Found(wilson_lower(sum(bare for bare, _ in found), len(found)), len(found), keys_of(key for _, key in found))


def guessed_answers(sessions: list[Opening]) -> Found | None:
    """Share of presence checks answered wrong, as far as so few answers prove it (Wilson, lower bound)."""
    answers = [(right, o.key) for o in sessions for _, _, right in o.answers]
    if len(answers) < ENOUGH_ANSWERS:
        return None
    wrong = sum(not right for right, _ in answers)
    return Found(wilson_lower(wrong, len(answers)), len(answers), keys_of(key for _, key in answers))


def drawn_answers(sessions: list[Opening]) -> Found | None:
    """How much likelier the answers' waits are if drawn evenly between two bounds, as programs draw them and polling leaves
    them, than as people's are: powers of ten.

    People's waits have a middle and a long tail: most are alike, and some take much longer. They are compared with the
    better of two such curves, the normal and the lognormal one.
    """
    told = [(delay / SECOND, o.key) for o in sessions for _, delay, _ in o.answers if delay]
    waits = sorted(wait for wait, _ in told)
    if len(waits) < ENOUGH_ANSWERS or waits[-1] > SLOW or waits[0] == waits[-1] or _lumps(waits) > LUMPY:
        return None
    count = len(waits)
    evenly = -count * math.log((waits[-1] - waits[0]) * (count + 1) / (count - 1))
    logs = [math.log(wait) for wait in waits]
    people = max(_normal(waits), _normal(logs) - sum(logs))
    return Found(min(MOST, (evenly - people) / math.log(10)), count, keys_of(key for _, key in told))


def _normal(values: list[float]) -> float:
    """Log-likelihood of the normal distribution that fits the values best."""
    return -len(values) / 2 * (math.log(2 * math.pi * statistics.pvariance(values)) + 1)


def _lumps(ordered: list[float]) -> float:
    """By how many deviations the squared gaps add up to more than evenly drawn values leave (Greenwood 1946)."""
    gaps = len(ordered) - 1
    total = sum(((b - a) / (ordered[-1] - ordered[0])) ** 2 for a, b in pairwise(ordered))
    usual = 4 * (gaps - 1) / ((gaps + 1) ** 2 * (gaps + 2) * (gaps + 3))
    return (total - 2 / (gaps + 1)) / math.sqrt(usual)
