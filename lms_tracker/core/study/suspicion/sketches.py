"""A session in a few numbers, small enough to keep and to compare with everybody else's.

A *gram* is a hash of a few consecutive things a person did: the waits between statements, or the inputs in beats. Grams
of a timer (waits that hardly differ) are left out: two honest players share those. Two sessions that share most grams are
one session, sent twice. Waits are taken at two coarsenesses and at two offsets, so that a little jitter hides nothing.
"""

import zlib
from collections.abc import Iterator
from itertools import pairwise

from msgspec import Struct

from lms_tracker.core.study.events import MINUTE, SECOND, Event, Kind
from lms_tracker.core.study.suspicion.answers import answers_in
from lms_tracker.core.study.suspicion.life import BLIP, FEW_BEATS, SHORT, untouched_pause
from lms_tracker.core.study.suspicion.openings import Opening, Producer, SessionKey
from lms_tracker.core.study.suspicion.pace import Pace, pace_of
from lms_tracker.core.study.suspicion.timing import jitter

BY_HAND = (3, 3)
"""Waits between things that people do in a gram, and how many of them must differ …"""
BY_CLOCK = (6, 4)
"""… of waits between beats, …"""
BY_COUNT = (8, 5)
"""… and of inputs, which are small numbers: a gram that anybody could leave proves nothing."""
MOST = 600
"""Grams kept of a session: those with the smallest hashes, so that of two equal sessions the same are kept."""
MADE = frozenset({Kind.PLAYED, Kind.PAUSED, Kind.SEEKED, Kind.INTERACTED, Kind.FOCUSED, Kind.UNFOCUSED, Kind.ANSWERED})
"""What people do, and timers don't."""
BEGUN = frozenset({Kind.INITIALIZED, Kind.PLAYED})


class Sketch(Struct, frozen=True):
    """One session of one learner. Instants in microseconds of our clock."""

    learner_id: int
    key: SessionKey
    device: str
    start: int
    end: int
    played_us: int
    mark: float | None
    grams: frozenset[int]
    delays: tuple[int, ...] = ()
    """How long presence checks waited for their answers, in microseconds."""
    pace: Pace | None = None
    still: bool | None = None
    """Of the opening: whether nothing but watching was done."""
    wrong: float = 0.0
    """Share of the presence checks that were answered wrong; 0 where fewer than two were."""
    jitter: float | None = None
    """Of its beats' waits; None: too few."""
    producer: Producer = ("", "", "")
    answers: tuple[int, int] = (0, 0)
    """Presence checks answered where the producer tells of inputs, and how many of them without one."""
    busy: float = 0.0
    """Share of the statements that tell of inputs which have some."""
    blips: int = 0
    """Pauses that ended at once, with no input."""
    pauses: tuple[int, int] = (0, 0)
    """Pauses with no input, and how many of them were short."""
    proofs: tuple[int, int] = (0, 0)
    """Statements of a session with heartbeats, and how many of them came with a proof of their own."""
    opened: bool | None = None
    """Whether somebody opened it or pressed play, as far as it is told; None: too few heartbeats to say."""
    touched: bool | None = None
    """Whether anything was done or touched but to answer checks, once it had begun; None: it does not tell of inputs, or is too short."""
    checks: int | None = None
    """Presence checks answered or missed; None: no heartbeats were promised, or too few to say."""


def sketch(learner_id: int, opening: Opening, sparse: int = 1) -> Sketch:
    """The session's sketch. `sparse`: of so many grams one is kept, of equal sessions the same (for many learners)."""
    grams = sorted(gram for gram in set(_grams(opening.events)) if gram % sparse == 0)[:MOST]
    pauses = [last.at - first.at for first, last in pairwise(opening.events) if untouched_pause(first, last)]
    # enough heartbeats to say what a session lacks
    beats = sum(event.kind is Kind.HEARTBEAT for event in opening.events) >= FEW_BEATS
    return Sketch(
        learner_id,
        opening.key,
        opening.device,
        opening.start,
        opening.end,
        opening.played_us,
        opening.mark,
        frozenset(grams),
        tuple(delay for _, delay, _ in opening.answers if delay),
        pace_of(opening),
        opening.still,
        _wrong(opening),
        jitter(opening.events),
        opening.producer,
        _untouched(opening),
        _busy(opening.events),
        sum(wait <= BLIP for wait in pauses),
        (len(pauses), sum(wait < SHORT for wait in pauses)),
        (len(opening.events), opening.proofs) if beats else (0, 0),
        any(event.kind in BEGUN for event in opening.events) if beats else None,
        _touched(opening),
        sum(event.kind in (Kind.ANSWERED, Kind.MISSED) for event in opening.events) if beats else None,
    )


def _untouched(opening: Opening) -> tuple[int, int]:
    told = [answer.touched for answer in answers_in([opening]) if answer.touched is not None]
    return len(told), told.count(False)


def _busy(events: list[Event]) -> float:
    told = [event.inputs for event in events if event.inputs is not None]
    return sum(map(bool, told)) / len(told) if told else 0.0


def _touched(opening: Opening) -> bool | None:
    events = opening.events
    if opening.still is None or all(event.inputs is None for event in events):
        return None
    begun, ended = events[0].at + MINUTE, max(event.at for event in events if event.kind is Kind.HEARTBEAT)
    return not opening.still or any(
        event.inputs and begun < event.at <= ended and event.kind not in (Kind.ANSWERED, Kind.MISSED)
        for event in events
    )


def _wrong(opening: Opening) -> float:
    wrong = sum(not right for _, _, right in opening.answers)
    return wrong / len(opening.answers) if wrong >= 2 else 0.0


OF_HANDS = (1, 2, 3)
"""The ways of looking at what people do."""
COARSE = (2, 3)
"""The ways of looking that people in one room share, who stop when the others stop."""


def salt_of(gram: int) -> int:
    """By which way of looking at a session the gram was made."""
    return gram >> 32


def _grams(events: list[Event]) -> Iterator[int]:
    """Hashes; each way of looking has its own salt."""
    made = [event for event in events if event.kind in MADE]
    waits = [b.at - a.at for a, b in pairwise(made)]
    # A fifth of a second tells copies, four seconds tell them with jitter.
    for salt, coarse, offset in ((1, SECOND // 5, 0), (2, SECOND * 4, 0), (3, SECOND * 4, SECOND * 2)):
        yield from _runs(salt, [(wait + offset) // coarse for wait in waits], *BY_HAND)
    beats = [b.at - a.at for a, b in pairwise(events)]
    yield from _runs(4, [beat * 20 // SECOND for beat in beats], *BY_CLOCK)
    yield from _runs(5, [event.inputs for event in events if event.inputs is not None], *BY_COUNT)


def _runs(salt: int, values: list[int], length: int, distinct: int) -> Iterator[int]:
    for at in range(len(values) - length + 1):
        run = values[at : at + length]
        if len(set(run)) >= distinct:
            yield zlib.crc32(repr(run).encode(), salt) | salt << 32
