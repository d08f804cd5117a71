"""Stored statements as evidence: of each only what the rules read, column by column."""

import re
import struct
from collections.abc import Callable, Hashable, Iterable, Sequence
from contextlib import suppress
from functools import lru_cache
from itertools import repeat
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from lms_tracker.core.study.arrays import Codes, Ints, runs
from lms_tracker.core.study.beats import Outcomes, StoredBeats, believed, read_beats
from lms_tracker.core.study.events import KINDS, MEDIA_KINDS, MEDIA_TYPES, SECOND, Kind
from lms_tracker.core.study.evidence import Evidence, Segments, SessionKey, gather
from lms_tracker.core.study.shapes import UNSAID, Facts, ids_of, parse_together
from lms_tracker.core.xapi import vocabulary as v
from lms_tracker.core.xapi.timestamps import parse_duration

StoredStatement = tuple[int, bytes, int, int, bool, str, bool, int]
"""(learner id, UTF-8 JSON, timestamp and stored in microseconds since 1970, whether `stored` is its receipt, source,
whether it is proved, its number in the record)"""
Columns = dict[str, NDArray[Any]]
Column = Sequence[Any]
Name = TypeVar("Name", bound=Hashable)

_codes = {iri: int(kind) for iri, kind in KINDS.items()}
_OTHER, _MISSED, _ANSWERED, _SEEKED = map(int, (Kind.OTHER, Kind.MISSED, Kind.ANSWERED, Kind.SEEKED))
_IS_MEDIA = np.array([kind in MEDIA_KINDS for kind in Kind], np.bool_)
_WORDS = {True: 1, False: 0, None: -1}
TOGETHER = 20_000
"""Statements whose numbers are worked out in one go: arrays pay by the thousand, and what they are worked out from takes room."""


class Origin(NamedTuple):
    """How a statement came into the record, as in StoredStatement. Those that came together have one in common."""

    received: bool
    source: str
    proved: bool


class Told(NamedTuple):
    """Stored statements side by side, and what the record knows of each, one item a statement, as in StoredStatement."""

    statements: bytes | memoryview
    """Their JSON, one after the other."""
    learner_id: Sequence[int]
    at: Sequence[int]
    stored: Sequence[int]
    origin: Sequence[Origin]
    seq: Sequence[int]


def read_statements(rows: Iterable[StoredStatement], beats: Iterable[StoredBeats] = ()) -> Evidence:
    """The evidence in stored statements, each of which comes once; those that are not about an activity say nothing.
    And in beats, of each session all."""
    reader = Reader()
    if columns := list(zip(*rows, strict=True)):
        learner_id, raw, at, stored, *origin, seq = columns
        reader.add(Told(b"".join(raw), learner_id, at, stored, list(map(Origin, *origin)), seq))
    reader.add_beats(beats)
    return reader.evidence()


class Reader:
    """Reads stored statements piece by piece, so that never many are in memory; their columns take little."""

    def __init__(self) -> None:
        self._waiting: list[Columns] = []
        self._count = 0
        self._keys: dict[tuple[int, str, str, str], int] = {}
        self._origins: dict[Origin, int] = {}
        self._pieces: list[Columns] = []
        self._ids: list[str] = []
        self._segments: dict[int, Segments] = {}

    def add(self, told: Told) -> None:
        """Read these statements, too; none of them was read before."""
        which, facts = parse_together(told.statements)
        if facts is None:
            return
        if len(which) < len(told.seq):
            told = Told(b"", *(among(column, which) for column in told[1:]))
        kinds, activities = _about(facts)
        columns = _recorded(told) | _said(facts, kinds)
        session, registration = [one.session for one in facts.opening], [one.registration for one in facts.contexts]
        names: Sequence[Column] = (told.learner_id, activities, session, registration)
        ids, origins, outcome = [one.id for one in facts.statements], told.origin, facts.outcome
        if not all(activities):
            about = [row for row, activity in enumerate(activities) if activity]
            if not about:
                return
            columns = {name: column[about] for name, column in columns.items()}
            *names, ids, origins, outcome = (among(column, about) for column in (*names, ids, origins, outcome))
        columns["origin"] = _numbered(origins, self._origins)
        columns["session"] = _numbered(list(zip(*names, strict=True)), self._keys)
        stops: dict[int, float] = {}
        for row in np.flatnonzero(columns["listed"]).tolist():
            segments = parse_segments(outcome[row].segments, outcome[row].time)
            if segments is not None:
                self._segments[len(self._ids) + row] = segments
            if segments and np.isnan(columns["time"][row]):
                stops[row] = segments[-1][1] / SECOND
        columns["time"] = _stopped(columns, stops)
        self._ids += ids
        self._waiting.append(columns)
        self._count += len(ids)
        if self._count >= TOGETHER:
            self._keep()

    def add_beats(self, stored: Iterable[StoredBeats]) -> None:
        """Read these beats, too; of each session all, or none."""
        self._keep()
        found = read_beats(stored)
        if found is None:
            return
        size, told = len(found.ids), found.columns
        columns: Columns = {name: told[name] for name in ("at", "stored", "position", "position_before", "inputs")}
        columns |= {name: told[name] for name in ("rate_milli", "length", "seq")}
        columns |= {name: told[name].astype(np.int8) for name in ("kind", "playing", "visible")}
        columns |= {name: np.full(size, -1) for name in ("sequence", "duration")}
        columns |= {"success": np.full(size, -1, np.int8), "listed": np.zeros(size, np.bool_)}
        columns["promises"] = np.ones(size, np.bool_)
        columns["media"] = told["media"].astype(np.bool_)
        origins = {source: Origin(True, source, True) for source in set(found.sources)}
        columns["origin"] = _numbered([origins[source] for source in found.sources], self._origins)
        columns["session"] = _numbered(found.keys, self._keys)
        self._pieces.append(columns)
        self._ids += found.ids

    def _keep(self) -> None:
        """Work out what was read since."""
        if self._waiting:
            self._pieces.append(_worked_out(_one_after_the_other(self._waiting)))
            self._waiting, self._count = [], 0

    def evidence(self) -> Evidence:
        """All that was read."""
        self._keep()
        if not self._pieces:
            return gather(())
        columns = dict(_one_after_the_other(self._pieces))
        answers = columns["kind"] == Kind.ANSWERED
        wrong = answers & (columns["success"] == 0)
        inputs, seq, session, at = (columns[name] for name in ("inputs", "seq", "session", "at"))
        checks = Outcomes(answers & ~wrong, wrong, columns["kind"] == Kind.MISSED)
        received, source, proved = zip(*self._origins, strict=True)
        keys, sources = [SessionKey(*key) for key in self._keys], list(dict.fromkeys(source))
        came = {"received": received, "proved": proved, "source": list(map(sources.index, source))}
        origin = columns.pop("origin")
        columns |= {name: np.array(values)[origin] for name, values in came.items()}
        columns["inputs"] = believed(inputs, seq, session, at, checks)
        return Evidence(**columns, keys=keys, sources=sources, ids=self._ids, segments=self._segments)


_STOPS = (Kind.PAUSED, Kind.COMPLETED, Kind.TERMINATED)


def _stopped(columns: Columns, stops: dict[int, float]) -> NDArray[np.float64]:
    """Where the media stand, in seconds; `stops`: where the latest segment ends of statements that do not say. It is where media
    stand that play no more."""
    rows = [row for row in stops if columns["kind"][row] in _STOPS]
    if not rows:
        return columns["time"]
    time = columns["time"].copy()
    time[rows] = [stops[row] for row in rows]
    return time


def _one_after_the_other(pieces: Sequence[Columns]) -> Columns:
    if len(pieces) == 1:
        return pieces[0]
    return {name: np.concatenate([piece[name] for piece in pieces]) for name in pieces[0]}


def among(column: Column, rows: Sequence[int]) -> list[Any]:
    """Some items of a column."""
    return [column[row] for row in rows]


def _about(facts: Facts) -> tuple[list[int], list[str]]:
    """What each statement says of its session, and which activity is studied; "" for what is not about any."""
    verbs, activities = [one.verb.id for one in facts.statements], facts.activity
    kinds = list(map(_codes.get, verbs, repeat(_OTHER)))
    if set(facts.object_type) != {"Activity"}:
        activities = [
            name if kind == "Activity" else "" for name, kind in zip(activities, facts.object_type, strict=True)
        ]
    if v.ACTIVITY_PRESENCE_CHECK in facts.type or v.VERB_MISSED in verbs:
        for row, (type, verb) in enumerate(zip(facts.type, verbs, strict=True)):
            if type == v.ACTIVITY_PRESENCE_CHECK or verb == v.VERB_MISSED:
                kinds[row] = _MISSED if verb == v.VERB_MISSED else _ANSWERED
                activities[row] = activities[row] and next(iter(ids_of(facts.parent[row])), "")
    return kinds, activities


def _numbered(names: Sequence[Name], numbers: dict[Name, int]) -> Ints:
    """Each name's number; those that are new get the next ones."""
    # What is stored together mostly is of one session: its name is compared with the last one, and looked up once.
    begin, counts = runs(names)
    found = [numbers.setdefault(names[row], len(numbers)) for row in begin]
    return np.repeat(found, counts) if len(found) > 1 else np.full(len(names), found[0])


def _recorded(told: Told) -> Columns:
    """What the record knows, but for names and origins."""
    return {name: np.array(getattr(told, name), np.int64) for name in ("at", "stored", "seq")}


def _said(facts: Facts, kinds: list[int]) -> Columns:
    """What the statements say, but for names and segments, as they say it."""
    # A pass for each column: the interpreter does this faster than anything that goes through a statement's fields at once.
    opening, results, outcome = facts.opening, facts.results, facts.outcome
    unsaid, seeks = np.full(len(kinds), UNSAID), _SEEKED in kinds
    promises = _of_each(facts.category, _promises, np.bool_)
    played = [one.segments is not None for one in outcome] if not promises.all() else False  # who beats is not asked
    return {
        "kind": np.array(kinds, np.int8),
        "sequence": _numbers([one.sequence for one in opening]),
        "time": _numbers([one.time for one in outcome]),
        "time_from": _numbers([one.time_from for one in outcome]) if seeks else unsaid,
        "time_to": _numbers([one.time_to for one in outcome]) if seeks else unsaid,
        "playing": _words([one.playing for one in opening]),
        "visible": _words([one.visible for one in opening]),
        "inputs": _numbers([one.inputs for one in opening]),
        "rate_milli": _of_each([one.speed if one.rate is None else one.rate for one in opening], _milli, np.int64),
        "success": _words([one.success for one in results]),
        "duration": _of_each([one.duration for one in results], _duration, np.int64),
        "length": _numbers([one.length for one in outcome]),
        "claimed_length": _numbers([one.length for one in opening]),  # where the Video Profile wants it
        "definite": _of_each(facts.type, MEDIA_TYPES.__contains__, np.bool_),
        "promises": promises,
        "listed": np.logical_and(played, ~promises),
    }


def _worked_out(said: Columns) -> Columns:
    """Columns of Evidence."""
    kind = said["kind"]
    time, time_from, time_to, longest, length = (
        _micros(said.pop(name)) for name in ("time", "time_from", "time_to", "claimed_length", "length")
    )
    seeks, checks = kind == Kind.SEEKED, (kind == Kind.ANSWERED) | (kind == Kind.MISSED)
    position = np.where(seeks, time_to, time)
    media = _IS_MEDIA[kind] | (position >= 0) | said.pop("definite")
    return said | {
        "sequence": _counts(said["sequence"]),
        "position": position,
        "position_before": np.where(seeks, time_from, time),
        "inputs": _counts(said["inputs"]),
        "duration": np.where(checks, -1, said["duration"]),
        "length": np.where(longest > 0, longest, length),
        "media": media,
    }


def _of_each(values: Sequence[Name], what: Callable[[Name], int | bool], kind: type[np.generic]) -> NDArray[Any]:
    """`what` of each value; asked once for each that occurs. Mostly all are one."""
    if values.count(values[0]) == len(values):
        return np.full(len(values), what(values[0]), kind)
    known = {value: what(value) for value in set(values)}
    return np.fromiter(map(known.__getitem__, values), kind, len(values))


LONGEST_S = 1e7
"""No media are longer than these seconds: four months."""
MOST_SEGMENTS = 1_000
"""Nobody plays more pieces in a session; what one statement lists beyond is not read: a text of 30 MB would list millions."""
_SEGMENT = re.compile(r"\s*(\d+(?:\.\d+)?)\s*\[\.\]\s*(\d+(?:\.\d+)?)\s*")
_OPEN = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(?:\[\.\]\s*)?")


def parse_segments(value: str | None, time: float | None = None) -> Segments | None:
    """`played-segments` ("0[.]12[,]14[.]21") as microseconds; None when absent.

    Video Profile 1.0, 4.3.4: pairs of start and end in seconds, joined by "[,]". One that is left open at the end is
    closed by where the media stand (`time`, seconds); without that it is left out, as broken ones are.
    """
    if value is None:
        return None
    parts = value.split("[,]", MOST_SEGMENTS)[:MOST_SEGMENTS]
    pairs = [(float(m[1]), float(m[2])) for m in map(_SEGMENT.fullmatch, parts) if m]
    if time is not None and (left := _OPEN.fullmatch(parts[-1])):
        pairs.append((float(left[1]), time))
    spans = ((round(a * SECOND), round(b * SECOND)) for a, b in pairs if a <= LONGEST_S and b <= LONGEST_S)
    return tuple((a, b) for a, b in spans if a < b)


@lru_cache(1000)
def _promises(category: bytes) -> bool:
    """Whether heartbeats are promised. Statements of one source have their categories in common, to the byte."""
    return v.CATEGORY_STUDY_TIME in ids_of(category)


def _words(values: Sequence[bool | None]) -> Codes:
    """1, 0, and -1 for what is not said."""
    if None in values:
        return _of_each(values, _WORDS.__getitem__, np.int8)
    return np.frombuffer(bytes(values), np.int8)  # type: ignore[arg-type]


def _numbers(values: Sequence[float | None]) -> NDArray[np.float64]:
    """NaN for what is none."""
    if values[0] is UNSAID and values.count(UNSAID) == len(values):  # most columns of most producers, and soon seen
        return np.full(len(values), UNSAID)
    with suppress(struct.error):  # a third of the time
        return np.frombuffer(struct.pack(f"{len(values)}d", *values))
    return np.array(values, np.float64)


def _micros(numbers: NDArray[np.float64]) -> Ints:
    """Seconds up to LONGEST_S in whole microseconds; -1 for all else."""
    usable = (numbers >= 0) & (numbers <= LONGEST_S)
    return np.where(usable, np.rint(np.where(usable, numbers, 0) * SECOND), -1).astype(np.int64)


def _counts(numbers: NDArray[np.float64]) -> Ints:
    """Whole numbers; -1 for all else."""
    usable = (numbers >= 0) & (numbers < 2**53) & (numbers == np.floor(numbers))
    return np.where(usable, numbers, -1).astype(np.int64)


def _milli(rate: float | str | None) -> int:
    """Thousandths, -1 for what is no rate."""
    if isinstance(rate, str):
        rate = _speed(rate)
    return -1 if rate is None or not 0 <= rate <= 1000 else round(rate * 1000)


@lru_cache(1000)
def _speed(text: str) -> float | None:
    try:
        return float(text.strip().rstrip("xX×"))  # the Video Profile writes "1.25x"
    except ValueError:
        return None


def _duration(text: str | None) -> int:
    """Microseconds; -1 for what is no duration."""
    with suppress(ValueError):
        return -1 if text is None else parse_duration(text)
    return -1
