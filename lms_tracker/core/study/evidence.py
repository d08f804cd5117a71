"""Evidence in columns: the events of any number of learners side by side, as the rules read them.

One event is a row. What a rule does not need (the ids of statements, played segments) stays in lists and is looked up
by row when somebody asks.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from msgspec import Struct

from lms_tracker.core.study.arrays import Codes, Flags, Ints
from lms_tracker.core.study.events import Event, Kind

Segments = tuple[tuple[int, int], ...]
_PLAIN = ("at", "stored", "received", "media", "promises", "proved")
_WORDS = ("playing", "visible", "success")
_NUMBERS = ("sequence", "position", "position_before", "inputs", "rate_milli", "duration", "length")


class SessionKey(Struct, frozen=True, order=True, gc=False):
    """Which opening, by whom."""

    learner_id: int
    activity: str
    session: str
    registration: str


class Evidence(Struct, frozen=True):
    """Columns of events; numbers that a producer does not say are -1. Instants and lengths in microseconds."""

    session: Ints
    """Index into `keys`."""
    at: Ints
    stored: Ints
    received: Flags
    kind: Codes
    sequence: Ints
    position: Ints
    position_before: Ints
    playing: Codes
    visible: Codes
    inputs: Ints
    rate_milli: Ints
    success: Codes
    duration: Ints
    length: Ints
    media: Flags
    promises: Flags
    source: Ints
    """Index into `sources`."""
    proved: Flags
    listed: Flags
    """Whether it lists what was played so far; see `segments`."""
    seq: Ints
    """Its number in the record, by which a session's evidence is found again; 0 when it is in none."""
    keys: list[SessionKey]
    sources: list[str]
    ids: list[str]
    """Statement id of each row."""
    segments: dict[int, Segments]
    """Played segments of those rows that carry any."""


def gather(learners: Iterable[tuple[int, Iterable[Event]]]) -> Evidence:
    """The events of learners (id, events in any order) as columns. Each statement of a session counts once."""
    rows: list[Event] = []
    session: list[int] = []
    keys: dict[tuple[int, str, str, str], int] = {}
    for learner_id, events in learners:
        told: dict[tuple[int, str], Event] = {}
        for event in events:
            key = (learner_id, event.activity, event.session, event.registration)
            told[keys.setdefault(key, len(keys)), event.id] = event
        rows += told.values()
        session += [number for number, _ in told]
    sources: dict[str, int] = {}
    source = [sources.setdefault(event.source, len(sources)) for event in rows]
    return Evidence(
        session=np.array(session, np.int64),
        at=_ints(event.at for event in rows),
        stored=_ints(event.stored for event in rows),
        received=_flags(event.received for event in rows),
        kind=_codes(event.kind for event in rows),
        sequence=_ints(_said(event.sequence) for event in rows),
        position=_ints(_said(event.position) for event in rows),
        position_before=_ints(_said(event.position_before) for event in rows),
        playing=_codes(_said(event.playing) for event in rows),
        visible=_codes(_said(event.visible) for event in rows),
        inputs=_ints(_said(event.inputs) for event in rows),
        rate_milli=_ints(_said(event.rate_milli) for event in rows),
        success=_codes(_said(event.success) for event in rows),
        duration=_ints(_said(event.duration) for event in rows),
        length=_ints(_said(event.length) for event in rows),
        media=_flags(event.media for event in rows),
        promises=_flags(event.promises for event in rows),
        source=np.array(source, np.int64),
        proved=_flags(event.proved for event in rows),
        listed=_flags(event.segments is not None for event in rows),
        seq=np.zeros(len(rows), np.int64),
        keys=[SessionKey(*key) for key in keys],
        sources=list(sources),
        ids=[event.id for event in rows],
        segments={row: event.segments for row, event in enumerate(rows) if event.segments is not None},
    )


def numbers_by_session(evidence: Evidence) -> dict[SessionKey, list[int]]:
    """Numbers in the record of each session's statements, ascending."""
    order = np.lexsort((evidence.seq, evidence.session))
    counts = np.bincount(evidence.session, minlength=len(evidence.keys))
    parts = np.split(evidence.seq[order], np.cumsum(counts)[:-1])
    return {key: part.tolist() for key, part in zip(evidence.keys, parts, strict=False)}  # of nothing there is one part


def events_of(evidence: Evidence) -> Iterator[Event]:
    """The events in the columns, row by row: what `gather` was given, for whoever looks at one after the other."""
    columns: dict[str, list[Any]] = {name: getattr(evidence, name).tolist() for name in _PLAIN}
    columns |= {name: _unsaid(getattr(evidence, name).tolist(), int) for name in _NUMBERS}
    columns |= {name: _unsaid(getattr(evidence, name).tolist(), bool) for name in _WORDS}
    owners = zip(evidence.session.tolist(), evidence.source.tolist(), evidence.kind.tolist(), strict=True)
    for row, ((session, source, kind), values) in enumerate(
        zip(owners, zip(*columns.values(), strict=True), strict=True)
    ):
        key = evidence.keys[session]
        yield Event(
            id=evidence.ids[row],
            kind=Kind(kind),
            activity=key.activity,
            registration=key.registration,
            session=key.session,
            segments=evidence.segments.get(row),
            source=evidence.sources[source],
            **dict(zip(columns, values, strict=True)),
        )


def _unsaid(values: list[int], kind: type[int]) -> list[int | None]:
    return [None if value < 0 else kind(value) for value in values]


def _said(value: int | None) -> int:
    return -1 if value is None else value


def _ints(values: Iterable[int]) -> Ints:
    return np.fromiter(values, np.int64)


def _flags(values: Iterable[bool]) -> Flags:
    return np.fromiter(values, np.bool_)


def _codes(values: Iterable[int]) -> Codes:
    return np.fromiter(values, np.int8)
