"""Signals in how a learner answers presence checks. All of them look at the same answers, which are gathered once."""

import math
import statistics
from collections.abc import Callable, Iterator
from itertools import pairwise

from msgspec import Struct

from lms_tracker.core.study.events import SECOND
from lms_tracker.core.study.suspicion.found import Found, keys_of, spread, wilson_lower
from lms_tracker.core.study.suspicion.openings import Opening, SessionKey

QUICK = 800_000
"""A person needs longer to see a question, read it and press the right button."""
ENOUGH_ANSWERS = 8
SLOW = 30.0
"""Seconds. Who takes longer is bounded by the check's own limit, which is nobody's program."""
FEW = 20
"""By chance the densest three fifths of so few lie far closer together than people's answers do."""
MOST = 6.0
"""More than a millionfold says nothing more."""
LUMPY = 3.0
"""Deviations by which waits are too unevenly spread to be drawn evenly: a switch that scans answers in whole steps."""


class Answer(Struct, frozen=True, gc=False):
    """To one presence check. `touched`: whether the browser reported an input, with it or with the next statement; None:
    its producer tells of none. `still`: in a session in which nothing else was done."""

    key: SessionKey
    delay: int | None
    right: bool
    touched: bool | None
    still: bool


AnswerSignal = Callable[[list[Answer]], Found | None]


def answers_in(sessions: list[Opening]) -> list[Answer]:
    """In the order in which they were given."""
    found = []
    for o in sessions:
        if not o.answers:
            continue
        tells = any(event.inputs is not None for event in o.events)
        for index, delay, right in o.answers:
            near = o.events[index : index + 2]
            touched = any(event.inputs for event in near) if tells else None
            found.append(Answer(o.key, delay, right, touched, o.still is True))
    return found


def _parts(answers: list[Answer]) -> Iterator[list[Answer]]:
    """All answers whose delay is told; those that no input belongs to; those in sessions in which nothing else was done: a script that
    is used now and then shows in its part. Those with too few answers are left out."""
    told = [answer for answer in answers if answer.delay is not None]
    for part in (told, [a for a in told if a.touched is False], [a for a in told if a.still]):
        if len(part) >= ENOUGH_ANSWERS:
            yield part


def _found(value: float, part: list[Answer]) -> Found:
    return Found(value, len(part), keys_of(answer.key for answer in part))


def quick_answers(answers: list[Answer]) -> Found | None:
    """Share of presence checks answered in less than 0.8 s, as far as so few answers prove it (Wilson, lower bound)."""
    found = [
        _found(wilson_lower(sum((a.delay or 0) < QUICK for a in part), len(part)), part) for part in _parts(answers)
    ]
    return max(found, key=_value, default=None)


def steady_answers(answers: list[Answer]) -> Found | None:
    """Spread of the answers' delays (robust deviation of their logarithm), as small as so few answers prove it."""
    found = [
        _found(spread([math.log(max(1, a.delay or 0)) for a in part]) * (1 + FEW / len(part)), part)
        for part in _parts(answers)
    ]
    return min(found, key=_value, default=None)


def untouched_answers(answers: list[Answer]) -> Found | None:
    """Share of presence checks answered although the browser reported no input, with it or with the next statement."""
    told = [answer for answer in answers if answer.touched is not None]
    if len(told) < ENOUGH_ANSWERS:
        return None
    return _found(wilson_lower(sum(not answer.touched for answer in told), len(told)), told)


def guessed_answers(answers: list[Answer]) -> Found | None:
    """Share of presence checks answered wrong, as far as so few answers prove it (Wilson, lower bound)."""
    if len(answers) < ENOUGH_ANSWERS:
        return None
    return _found(wilson_lower(sum(not answer.right for answer in answers), len(answers)), answers)


def drawn_answers(answers: list[Answer]) -> Found | None:
    """How much likelier the answers' waits are if drawn evenly between two bounds, as programs draw them and polling leaves
    them, than as people's are: powers of ten.

    People's waits have a middle and a long tail: most are alike, and some take much longer. They are compared with the
    better of two such curves, the normal and the lognormal one.
    """
    found = [
        _found(value, part)
        for part in _parts(answers)
        if (value := _evenly_drawn(sorted((a.delay or 0) / SECOND for a in part))) is not None
    ]
    return max(found, key=_value, default=None)


def _value(found: Found) -> float:
    return found.value


def _evenly_drawn(waits: list[float]) -> float | None:
    if not 0 < waits[0] < waits[-1] <= SLOW or _lumps(waits) > LUMPY:
        return None
    count = len(waits)
    evenly = -count * math.log((waits[-1] - waits[0]) * (count + 1) / (count - 1))
    logs = [math.log(wait) for wait in waits]
    people = max(_normal(waits), _normal(logs) - sum(logs))
    return min(MOST, (evenly - people) / math.log(10))


def _normal(values: list[float]) -> float:
    """Log-likelihood of the normal distribution that fits the values best."""
    return -len(values) / 2 * (math.log(2 * math.pi * statistics.pvariance(values)) + 1)


def _lumps(ordered: list[float]) -> float:
    """By how many deviations the squared gaps add up to more than evenly drawn values leave (Greenwood 1946)."""
    gaps = len(ordered) - 1
    total = sum(((b - a) / (ordered[-1] - ordered[0])) ** 2 for a, b in pairwise(ordered))
    usual = 4 * (gaps - 1) / ((gaps + 1) ** 2 * (gaps + 2) * (gaps + 3))
    return (total - 2 / (gaps + 1)) / math.sqrt(usual)


OF_ANSWERS: dict[str, AnswerSignal] = {
    "quick_answers": quick_answers,
    "steady_answers": steady_answers,
    "drawn_answers": drawn_answers,
    "untouched_answers": untouched_answers,
    "guessed_answers": guessed_answers,
}
