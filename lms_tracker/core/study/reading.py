"""Stored statements as evidence: of each only what the rules read, column by column.

Producers are real: a value of the wrong type in an extension is no evidence, never an error.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct
from msgspec.structs import astuple
from numpy.typing import NDArray

from lms_tracker.core.study.arrays import Codes, Ints
from lms_tracker.core.study.events import KINDS, MEDIA_KINDS, MEDIA_TYPES, SECOND, Kind
from lms_tracker.core.study.evidence import Evidence, Segments, SessionKey
from lms_tracker.core.xapi import vocabulary as v
from lms_tracker.core.xapi.timestamps import parse_duration

StoredStatement = tuple[int, bytes, int, int, bool, str, bool, int]
"""(learner id, UTF-8 JSON, timestamp and stored in microseconds since 1970, whether `stored` is its receipt, source,
whether it is proved, its number in the record)"""


_NO_ACTIVITIES = msgspec.Raw(b"[]")


class _Activity(Struct, gc=False):
    id: str = ""


class _Definition(Struct, gc=False):
    type: str = ""


class _Object(Struct, gc=False):
    id: str = ""
    object_type: str = msgspec.field(name="objectType", default="Activity")
    definition: _Definition = msgspec.field(default_factory=_Definition)


class _Verb(Struct, gc=False):
    id: str


class _ResultExtensions(Struct, gc=False):
    time: Any = msgspec.field(name=v.EXT_TIME, default=None)
    time_from: Any = msgspec.field(name=v.EXT_TIME_FROM, default=None)
    time_to: Any = msgspec.field(name=v.EXT_TIME_TO, default=None)
    segments: Any = msgspec.field(name=v.EXT_PLAYED_SEGMENTS, default=None)
    length: Any = msgspec.field(name=v.EXT_LENGTH, default=None)


class _ContextExtensions(Struct, gc=False):
    session: Any = msgspec.field(name=v.EXT_SESSION_ID, default=None)
    length: Any = msgspec.field(name=v.EXT_LENGTH, default=None)
    speed: Any = msgspec.field(name=v.EXT_SPEED, default=None)
    sequence: Any = msgspec.field(name=v.EXT_SEQUENCE, default=None)
    playing: Any = msgspec.field(name=v.EXT_PLAYING, default=None)
    visible: Any = msgspec.field(name=v.EXT_VISIBLE, default=None)
    inputs: Any = msgspec.field(name=v.EXT_INPUTS, default=None)
    rate: Any = msgspec.field(name=v.EXT_RATE, default=None)


class _ContextActivities(Struct, gc=False):
    parent: msgspec.Raw = _NO_ACTIVITIES
    category: msgspec.Raw = _NO_ACTIVITIES


class _Context(Struct, gc=False):
    registration: str = ""
    activities: _ContextActivities = msgspec.field(name="contextActivities", default_factory=_ContextActivities)
    extensions: _ContextExtensions = msgspec.field(default_factory=_ContextExtensions)


class _Result(Struct, gc=False):
    success: Any = None
    duration: Any = None
    extensions: _ResultExtensions = msgspec.field(default_factory=_ResultExtensions)


class _Statement(Struct, gc=False):
    id: str
    verb: _Verb
    object: _Object = msgspec.field(default_factory=_Object)
    context: _Context = msgspec.field(default_factory=_Context)
    result: _Result = msgspec.field(default_factory=_Result)


_decode = msgspec.json.Decoder(_Statement).decode
_activities = msgspec.json.Decoder(list[_Activity] | _Activity).decode  # 1.0.x allowed a single activity
_codes = {iri: int(kind) for iri, kind in KINDS.items()}
_OTHER, _MISSED, _ANSWERED = int(Kind.OTHER), int(Kind.MISSED), int(Kind.ANSWERED)


def read_statements(rows: Iterable[StoredStatement]) -> Evidence:
    """The evidence in stored statements, each of which comes once; those that are not about an activity say nothing."""
    reader = Reader()
    reader.add(rows)
    return reader.evidence()


class Reader:
    """Reads stored statements piece by piece, so that never many are in memory; their columns take little."""

    def __init__(self) -> None:
        self.count = 0
        self._keys: dict[tuple[int, str, str, str], int] = {}
        self._sources: dict[str, int] = {}
        self._pieces: list[dict[str, NDArray[Any]]] = []
        self._ids: list[str] = []
        self._segments: dict[int, Segments] = {}

    def add(self, rows: Iterable[StoredStatement]) -> None:
        """Read these statements, too; none of them was read before."""
        told: list[_Statement] = []
        facts: list[tuple[int, int, bool, bool, int, int, int, int]] = []
        sessions, sources = self._keys, self._sources
        for learner_id, raw, at, stored, received, source, proved, seq in rows:
            try:
                s = _decode(raw)
                kind, activity = _codes.get(s.verb.id, _OTHER), s.object.id
                if s.object.definition.type == v.ACTIVITY_PRESENCE_CHECK or s.verb.id == v.VERB_MISSED:
                    kind = _MISSED if s.verb.id == v.VERB_MISSED else _ANSWERED
                    activity = next(_ids(s.context.activities.parent), "")
            except msgspec.ValidationError:
                continue  # an object that is not an activity may lack what we read
            if not activity or s.object.object_type != "Activity":
                continue
            opening = s.context.extensions.session
            key = (learner_id, activity, opening if isinstance(opening, str) else "", s.context.registration)
            session = sessions.setdefault(key, len(sessions))
            told.append(s)
            facts.append((at, stored, received, proved, kind, session, sources.setdefault(source, len(sources)), seq))
        if told:
            columns = _columns(told, *zip(*facts, strict=True))
            rows_with_segments = np.flatnonzero(columns["listed"]).tolist()
            for row in rows_with_segments:
                if (segments := parse_segments(told[row].result.extensions.segments)) is not None:
                    self._segments[self.count + row] = segments
            self._pieces.append(columns)
            self._ids += [s.id for s in told]
            self.count += len(told)

    def evidence(self) -> Evidence:
        """All that was read."""
        pieces = self._pieces or [_columns([], *((),) * 8)]
        columns = {name: np.concatenate([piece[name] for piece in pieces]) for name in pieces[0]}
        keys = [SessionKey(*key) for key in self._keys]
        return Evidence(**columns, keys=keys, sources=list(self._sources), ids=self._ids, segments=self._segments)


def _columns(
    told: list[_Statement],
    at: Sequence[int],
    stored: Sequence[int],
    received: Sequence[bool],
    proved: Sequence[bool],
    kinds: Sequence[int],
    session: Sequence[int],
    source: Sequence[int],
    seq: Sequence[int],
) -> dict[str, NDArray[Any]]:
    opening = zip(*(astuple(s.context.extensions) for s in told), strict=True)
    _, claimed, speed, sequence, playing, visible, inputs, rate = opening if told else ((),) * 8
    outcome = zip(*(astuple(s.result.extensions) for s in told), strict=True)
    time, time_from, time_to, listed, length = outcome if told else ((),) * 5
    kind = np.array(kinds, np.int8)
    seeks = kind == Kind.SEEKED
    position = _micros(time)
    before = position
    if seeks.any():
        before = np.where(seeks, _micros(time_from), position)
        position = np.where(seeks, _micros(time_to), position)
    longest = _micros(claimed)
    promises = np.array([_promises(bytes(s.context.activities.category)) for s in told], np.bool_)
    definite = np.array([s.object.definition.type in MEDIA_TYPES for s in told], np.bool_)
    checks = (kind == Kind.ANSWERED) | (kind == Kind.MISSED)
    rates = [first if first is not None else second for first, second in zip(rate, speed, strict=True)]
    return {
        "session": np.array(session, np.int64),
        "at": np.array(at, np.int64),
        "stored": np.array(stored, np.int64),
        "received": np.array(received, np.bool_),
        "kind": kind,
        "sequence": _counts(sequence),
        "position": position,
        "position_before": before,
        "playing": _words(playing),
        "visible": _words(visible),
        "inputs": _counts(inputs),
        "rate_milli": _scaled([_speed(r) if isinstance(r, str) else r for r in rates], 1000, 1000),
        "success": _words([s.result.success for s in told]),
        "duration": np.where(checks, -1, _durations([s.result.duration for s in told])),
        "length": np.where(longest > 0, longest, _micros(length)),
        "media": np.isin(kind, list(MEDIA_KINDS)) | (position >= 0) | definite,
        "promises": promises,
        "source": np.array(source, np.int64),
        "proved": np.array(proved, np.bool_),
        "seq": np.array(seq, np.int64),
        # who beats is not asked what was played so far
        "listed": np.array([isinstance(value, str) for value in listed], np.bool_) & ~promises,
    }


LONGEST_S = 1e7
"""No media are longer than these seconds: four months."""
MOST_SEGMENTS = 1_000
"""Nobody plays more pieces in a session; what one statement lists beyond is not read: a text of 30 MB would list millions."""
_SEGMENT = re.compile(r"\s*(\d+(?:\.\d+)?)\s*\[\.\]\s*(\d+(?:\.\d+)?)\s*")


def parse_segments(value: Any) -> Segments | None:
    """`played-segments` ("0[.]12[,]14[.]21") as microseconds, open or broken segments left out; None when absent.

    Video Profile 1.0, 4.3.4: pairs of start and end in seconds, joined by "[,]".
    """
    if not isinstance(value, str):
        return None
    found = (_SEGMENT.fullmatch(part) for part in value.split("[,]", MOST_SEGMENTS)[:MOST_SEGMENTS])
    pairs = ((float(m[1]), float(m[2])) for m in found if m)
    spans = ((round(a * SECOND), round(b * SECOND)) for a, b in pairs if a <= LONGEST_S and b <= LONGEST_S)
    return tuple((a, b) for a, b in spans if a < b)


def _ids(activities: msgspec.Raw | bytes) -> Iterator[str]:
    found = _activities(activities)
    return (activity.id for activity in (found if isinstance(found, list) else [found]))


@lru_cache(1000)
def _promises(category: bytes) -> bool:
    """Whether heartbeats are promised. Statements of one source have their categories in common, to the byte."""
    try:
        return v.CATEGORY_STUDY_TIME in _ids(category)
    except msgspec.ValidationError:
        return False


def _numbers(values: Sequence[Any]) -> NDArray[np.float64]:
    """Finite numbers of at least 0; NaN for all else."""
    if not {int, float, type(None)}.issuperset(map(type, values)):
        values = [value if type(value) in (int, float) else None for value in values]
    try:
        numbers = np.array(values, np.float64)
    except OverflowError:  # an integer beyond all floats
        return _numbers([None if isinstance(value, int) and value > 2**63 else value for value in values])
    numbers[~(numbers >= 0) | np.isinf(numbers)] = np.nan
    return numbers


def _scaled(values: Sequence[Any], unit: int, most: float) -> Ints:
    """Numbers up to `most` in whole parts of a unit; -1 for all else."""
    numbers = _numbers(values)
    usable = numbers <= most
    return np.where(usable, np.rint(np.where(usable, numbers, 0) * unit), -1).astype(np.int64)


def _micros(values: Sequence[Any]) -> Ints:
    return _scaled(values, SECOND, LONGEST_S)


def _counts(values: Sequence[Any]) -> Ints:
    numbers = _numbers(values)
    usable = (numbers < 2**53) & (numbers == np.floor(numbers))
    return np.where(usable, numbers, -1).astype(np.int64)


def _words(values: Sequence[Any]) -> Codes:
    return np.array([1 if value is True else 0 if value is False else -1 for value in values], np.int8)


@lru_cache(1000)
def _speed(text: str) -> float | None:
    try:
        return float(text.strip().rstrip("xX×"))  # the Video Profile writes "1.25x"
    except ValueError:
        return None


def _durations(values: list[Any]) -> Ints:
    durations = np.full(len(values), -1)
    for row, value in enumerate(values):
        if isinstance(value, str):
            with suppress(ValueError):
                durations[row] = parse_duration(value)
    return durations
