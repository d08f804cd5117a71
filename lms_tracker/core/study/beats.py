"""Stored beats of our own player as evidence: the same columns that statements fill (core.study.reading).

A session's statements say what became of it, its beats what happened in between. Numbers in the record below 0 mean
beats: -17 stands for all beats of the player's session 17, which are always read together.
"""

from collections.abc import Iterable
from functools import lru_cache
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

_KIND_OF = {
    BEAT: Kind.HEARTBEAT,
    PLAY: Kind.PLAYED,
    PAUSE: Kind.PAUSED,
    SEEK: Kind.SEEKED,
    RATE: Kind.INTERACTED,
    HIDE: Kind.UNFOCUSED,
    SHOW: Kind.FOCUSED,
    END: Kind.TERMINATED,
}
_KINDS = np.array([_KIND_OF[kind] for kind in range(len(_KIND_OF))], np.int64)
"""By the number that stands on the tape."""


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


def read_beats(stored: Iterable[StoredBeats]) -> Rows | None:
    """The beats in what requests told; None where there are none."""
    keys: list[tuple[int, str, str, str]] = []
    sources: list[str] = []
    ids: list[str] = []
    facts: list[int] = []
    for request in stored:
        learner_id, activity, session, registration, media, length, source, session_id, n, at, packed = request
        key, prefix = (learner_id, activity, session, registration), _prefix(session)
        for place, one in enumerate(unpack(packed)):
            keys.append(key)
            sources.append(source)
            ids.append(f"{prefix}-{n:08x}{place:04x}")
            facts += (at, one.age_ms, one.kind, one.flags, one.position_ms, one.before_ms)
            facts += (sum(one.inputs), one.rate_pct, length, media, session_id)
    if not facts:
        return None
    return Rows(keys, sources, ids, _columns(np.array(facts, np.int64).reshape(len(ids), -1).T))


@lru_cache(10_000)
def _prefix(session: str) -> str:
    # With the number of the request and the place in it, it stands in ledgers as the statement behind an interval: session,
    # request and place can be read in it. Never changed.
    h = session.replace("-", "")[:20]
    return f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}"


def _columns(facts: Ints) -> dict[str, Ints]:
    at, age_ms, kind, flags, position_ms, before_ms, inputs, rate_pct, length, media, session_id = facts
    playing = flags & PLAYING != 0
    position = np.where(position_ms >= 0, position_ms * 1000, -1)
    return {
        "at": at - age_ms * 1000,
        "stored": at,
        "kind": _kinds(kind, playing, media != 0),
        "position": position,
        "position_before": np.where((kind == SEEK) & (before_ms >= 0), before_ms * 1000, position),
        "playing": playing.astype(np.int64),
        "visible": is_seen(flags).astype(np.int64),
        "inputs": np.where(flags & UNDER_CHECK, 0, inputs),
        "rate_milli": rate_pct * 10,
        "length": length,
        "media": media,
        "seq": -session_id,
    }


def _kinds(kind: Ints, playing: Flags, media: Flags) -> Ints:
    # A document is open or not; nothing plays.
    of_document = np.where(playing, Kind.HEARTBEAT, Kind.TERMINATED)
    return np.where(media | np.isin(kind, (END, HIDE, SHOW)), _KINDS[kind], of_document)


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
