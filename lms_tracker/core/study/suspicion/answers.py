"""Signals in how a learner answers presence checks."""

import math

from lms_tracker.core.study.suspicion.found import Found, keys_of, spread, wilson_lower
from lms_tracker.core.study.suspicion.openings import Opening

QUICK = 800_000
"""A person needs longer to see a question, read it and press the right button."""
ENOUGH_ANSWERS = 8


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
