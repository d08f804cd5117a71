"""Stored beats of our own player as evidence: the same columns that statements fill (core.study.reading).

A session's statements say what became of it, its beats what happened in between. Numbers in the record below 0 mean
beats: -17 stands for all beats of the player's session 17, which are always read together.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from lms_tracker.core.player.tape import (
    BEAT,
    END,
    HIDE,
    PAUSE,
    PLAY,
    PLAYING,
    RATE,
    SEEK,
    SHOW,
    UNDER_CHECK,
    is_seen,
    unpack,
)
from lms_tracker.core.study.arrays import Flags, Ints, changes
from lms_tracker.core.study.events import Kind

_KINDS = {
    BEAT: Kind.HEARTBEAT,
    PLAY: Kind.PLAYED,
    PAUSE: Kind.PAUSED,
    SEEK: Kind.SEEKED,
    RATE: Kind.INTERACTED,
    HIDE: Kind.UNFOCUSED,
    SHOW: Kind.FOCUSED,
    END: Kind.TERMINATED,
}


class StoredBeats(NamedTuple):
    """What one accepted request told, with its session."""

    learner_id: int
    activity: str
    session: str
    registration: str
    media: bool
    length_us: int
    """-1: not known."""
    source: str
    session_id: int
    n: int
    at: int
    told: bytes


class Rows(NamedTuple):
    """Beats one by one, side by side with what names their sessions."""

    keys: list[tuple[int, str, str, str]]
    sources: list[str]
    ids: list[str]
    columns: dict[str, Ints]


_NUMBERS = (
    "at",
    "stored",
    "kind",
    "position",
    "position_before",
    "playing",
    "visible",
    "inputs",
    "rate_milli",
    "length",
    "media",
    "seq",
)


def read_beats(stored: Iterable[StoredBeats]) -> Rows | None:
    """The beats in what requests told; None where there are none."""
    keys, sources, ids, facts = [], [], [], []
    for request in stored:
        key = (request.learner_id, request.activity, request.session, request.registration)
        for id, fact in _beats(request):
            keys.append(key)
            sources.append(request.source)
            ids.append(id)
            facts.append(fact)
    if not facts:
        return None
    table = np.array(facts, np.int64).T
    return Rows(keys, sources, ids, dict(zip(_NUMBERS, table, strict=True)))


def _beats(request: StoredBeats) -> Iterator[tuple[str, tuple[int, ...]]]:
    prefix = request.session.replace("-", "")[:20] + f"{request.n:08x}"
    for place, one in enumerate(unpack(request.told)):
        position = one.position_ms * 1000 if one.position_ms >= 0 else -1
        before = one.before_ms * 1000 if one.kind == SEEK and one.before_ms >= 0 else position
        fact = (
            request.at - one.age_ms * 1000,
            request.at,
            _kind(one.kind, one.flags, media=request.media),
            position,
            before,
            int(bool(one.flags & PLAYING)),
            int(is_seen(one.flags)),
            0 if one.flags & UNDER_CHECK else sum(one.inputs),
            one.rate_pct * 10,
            request.length_us,
            int(request.media),
            -request.session_id,
        )
        yield _id(prefix, place), fact


def _kind(kind: int, flags: int, *, media: bool) -> Kind:
    if media or kind in (END, HIDE, SHOW):
        return _KINDS[kind]
    # A document is open or not; nothing plays.
    return Kind.HEARTBEAT if flags & PLAYING else Kind.TERMINATED


def _id(prefix: str, place: int) -> str:
    # Stands in ledgers as the statement behind an interval: session, request and place can be read in it. Never changed.
    h = f"{prefix}{place:04x}"
    return f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}"


class Outcomes(NamedTuple):
    """What became of presence checks, one item a row of the evidence."""

    right: Flags
    wrong: Flags
    missed: Flags


def believed(inputs: Ints, seq: Ints, session: Ints, at: Ints, checks: Outcomes) -> Ints:
    """Inputs that are signs of presence. Whether a browser's are somebody's the server cannot see: those of beats count
    in sessions in which a presence check was answered rightly, and there not between two right answers where a check was
    missed and an answer wrong: who guesses vouches for nothing."""
    beats = seq < 0
    if not beats.any():
        return inputs
    vouched = np.zeros(int(session.max()) + 1, np.bool_)
    vouched[session[checks.right]] = True
    idle = beats & ~vouched[session] & (inputs > 0)
    if (checks.wrong & vouched[session]).any():
        idle |= beats & (inputs > 0) & _guessed(session, at, checks)
    return np.where(idle, 0, inputs)


def _guessed(session: Ints, at: Ints, checks: Outcomes) -> Flags:
    """Rows between two right answers of their session (or its beginning, or end) with a missed check and a wrong answer."""
    rows = np.flatnonzero(np.isin(session, np.unique(session[checks.wrong])))
    rows = rows[np.lexsort((at[rows], session[rows]))]
    between = np.cumsum(checks.right[rows] | changes(session[rows]))
    wrong, missed = (np.zeros(int(between[-1]) + 1, np.bool_) for _ in range(2))
    wrong[between[checks.wrong[rows]]] = True
    missed[between[checks.missed[rows]]] = True
    found = np.zeros(len(session), np.bool_)
    found[rows[(wrong & missed)[between]]] = True
    return found
