"""Statements become events: the one shape of evidence that the engine reads, whatever produced it.

Vocabulary: xAPI Video Profile 1.0 and the study-time profile (study-time.md, section 1). Producers are real: a value of
the wrong type in an extension is no evidence, never an error.
"""

import math
import re
from enum import IntEnum
from typing import Any

import msgspec
from msgspec import Struct

from lms_tracker.core.xapi import vocabulary as v
from lms_tracker.core.xapi.timestamps import parse_duration

SECOND = 1_000_000
DAY = 86400 * SECOND


class Kind(IntEnum):
    """What a statement says of its session. The order breaks ties between statements of one instant."""

    INITIALIZED = 0
    FOCUSED = 1
    HEARTBEAT = 2
    ANSWERED = 3
    MISSED = 4
    SEEKED = 5
    INTERACTED = 6
    OTHER = 7
    PAUSED = 8
    PLAYED = 9
    UNFOCUSED = 10
    COMPLETED = 11
    TERMINATED = 12


KINDS = {
    v.VERB_INITIALIZED: Kind.INITIALIZED,
    v.VERB_PLAYED: Kind.PLAYED,
    v.VERB_PAUSED: Kind.PAUSED,
    v.VERB_SEEKED: Kind.SEEKED,
    v.VERB_INTERACTED: Kind.INTERACTED,
    v.VERB_COMPLETED: Kind.COMPLETED,
    v.VERB_TERMINATED: Kind.TERMINATED,
    v.VERB_FOCUSED: Kind.FOCUSED,
    v.VERB_UNFOCUSED: Kind.UNFOCUSED,
    v.VERB_HEARTBEAT: Kind.HEARTBEAT,
}
MEDIA_KINDS = frozenset({Kind.PLAYED, Kind.PAUSED, Kind.SEEKED})
MEDIA_TYPES = frozenset({v.ACTIVITY_VIDEO, v.ACTIVITY_AUDIO, v.ACTIVITY_MEDIA})


class Event(Struct, frozen=True, gc=False, kw_only=True):
    """One statement as evidence. Instants and lengths in integer microseconds; None: the producer does not say."""

    id: str
    at: int
    """The producer's clock."""
    stored: int
    """Our clock."""
    received: bool = True
    """Whether `stored` is when it arrived, so that lateness can be judged."""
    kind: Kind
    activity: str
    registration: str = ""
    session: str = ""
    """The session id; "" when the producer names none."""
    sequence: int | None = None
    position: int | None = None
    """Where in the media it stands after the event."""
    position_before: int | None = None
    """Where it stood before; differs for seeks."""
    playing: bool | None = None
    visible: bool | None = None
    inputs: int | None = None
    rate_milli: int | None = None
    """Playback rate in thousandths."""
    success: bool | None = None
    duration: int | None = None
    length: int | None = None
    segments: tuple[tuple[int, int], ...] | None = None
    """Media played so far in this session, by `played-segments`; open ends are left out."""
    media: bool = False
    """Whether it can only come from media."""
    promises: bool = False
    """The producer promises heartbeats: silence is a gap."""
    source: str = ""
    proved: bool = False


class _Activity(Struct):
    id: str = ""


class _Definition(Struct):
    type: str = ""


class _Object(Struct):
    id: str = ""
    object_type: str = msgspec.field(name="objectType", default="Activity")
    definition: _Definition = msgspec.field(default_factory=_Definition)


class _Verb(Struct):
    id: str


class _ResultExtensions(Struct):
    time: Any = msgspec.field(name=v.EXT_TIME, default=None)
    time_from: Any = msgspec.field(name=v.EXT_TIME_FROM, default=None)
    time_to: Any = msgspec.field(name=v.EXT_TIME_TO, default=None)
    segments: Any = msgspec.field(name=v.EXT_PLAYED_SEGMENTS, default=None)
    length: Any = msgspec.field(name=v.EXT_LENGTH, default=None)


class _ContextExtensions(Struct):
    session: Any = msgspec.field(name=v.EXT_SESSION_ID, default=None)
    length: Any = msgspec.field(name=v.EXT_LENGTH, default=None)
    speed: Any = msgspec.field(name=v.EXT_SPEED, default=None)
    sequence: Any = msgspec.field(name=v.EXT_SEQUENCE, default=None)
    playing: Any = msgspec.field(name=v.EXT_PLAYING, default=None)
    visible: Any = msgspec.field(name=v.EXT_VISIBLE, default=None)
    inputs: Any = msgspec.field(name=v.EXT_INPUTS, default=None)
    rate: Any = msgspec.field(name=v.EXT_RATE, default=None)


class _ContextActivities(Struct):
    parent: list[_Activity] | _Activity = []
    category: list[_Activity] | _Activity = []


class _Context(Struct):
    registration: str = ""
    activities: _ContextActivities = msgspec.field(name="contextActivities", default_factory=_ContextActivities)
    extensions: _ContextExtensions = msgspec.field(default_factory=_ContextExtensions)


class _Result(Struct):
    success: Any = None
    duration: Any = None
    extensions: _ResultExtensions = msgspec.field(default_factory=_ResultExtensions)


class _Statement(Struct):
    id: str
    verb: _Verb
    timestamp: str
    object: _Object = msgspec.field(default_factory=_Object)
    context: _Context = msgspec.field(default_factory=_Context)
    result: _Result = msgspec.field(default_factory=_Result)


_decode = msgspec.json.Decoder(_Statement).decode


def read_event(
    raw: bytes, *, at: int, stored: int, received: bool = True, source: str = "", proved: bool = False
) -> Event | None:
    """The event in a stored statement (UTF-8 JSON); None when it is not about an activity.

    `at` and `stored` are the statement's timestamp and stored in microseconds since 1970.
    """
    try:
        s = _decode(raw)
    except msgspec.ValidationError:
        return None  # an object that is not an activity may lack what we read
    if s.object.object_type != "Activity" or not s.object.id:
        return None
    kind = KINDS.get(s.verb.id, Kind.OTHER)
    activity = s.object.id
    context, result = s.context.extensions, s.result.extensions
    if s.object.definition.type == v.ACTIVITY_PRESENCE_CHECK or s.verb.id == v.VERB_MISSED:
        parents = _list(s.context.activities.parent)
        if not parents:
            return None
        kind = Kind.MISSED if s.verb.id == v.VERB_MISSED else Kind.ANSWERED
        activity = parents[0].id
    position = _micros(result.time)
    before = position
    if kind is Kind.SEEKED:
        before, position = _micros(result.time_from), _micros(result.time_to)
    return Event(
        id=s.id,
        at=at,
        stored=stored,
        received=received,
        kind=kind,
        activity=activity,
        registration=s.context.registration,
        session=context.session if isinstance(context.session, str) else "",
        sequence=_count(context.sequence),
        position=position,
        position_before=before,
        playing=_flag(context.playing),
        visible=_flag(context.visible),
        inputs=_count(context.inputs),
        rate_milli=_rate(context.rate if context.rate is not None else context.speed),
        success=_flag(s.result.success),
        duration=_duration(s.result.duration) if kind not in (Kind.ANSWERED, Kind.MISSED) else None,
        length=_micros(context.length) or _micros(result.length),
        segments=parse_segments(result.segments),
        media=kind in MEDIA_KINDS or position is not None or s.object.definition.type in MEDIA_TYPES,
        promises=any(c.id == v.CATEGORY_STUDY_TIME for c in _list(s.context.activities.category)),
        source=source,
        proved=proved,
    )


_SEGMENT = re.compile(r"\s*(\d+(?:\.\d+)?)\s*\[\.\]\s*(\d+(?:\.\d+)?)\s*")


def parse_segments(value: Any) -> tuple[tuple[int, int], ...] | None:
    """`played-segments` ("0[.]12[,]14[.]21") as microseconds, open or broken segments left out; None when absent.

    Video Profile 1.0, 4.3.4: pairs of start and end in seconds, joined by "[,]".
    """
    if not isinstance(value, str):
        return None
    found = (_SEGMENT.fullmatch(part) for part in value.split("[,]"))
    pairs = ((_micros(float(m[1])), _micros(float(m[2]))) for m in found if m)
    return tuple((a, b) for a, b in pairs if a is not None and b is not None and a < b)


def _list(value: list[_Activity] | _Activity) -> list[_Activity]:
    return value if isinstance(value, list) else [value]  # 1.0.x allowed a single activity


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if math.isfinite(value) and value >= 0 else None


def _micros(value: Any) -> int | None:
    number = _number(value)
    return round(number * SECOND) if number is not None and number <= 1e7 else None


def _count(value: Any) -> int | None:
    number = _number(value)
    return int(number) if number is not None and number == int(number) and number < 2**53 else None


def _flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _rate(value: Any) -> int | None:
    if isinstance(value, str):  # the Video Profile writes "1.25x"
        try:
            value = float(value.strip().rstrip("xX×"))
        except ValueError:
            return None
    number = _number(value)
    return round(number * 1000) if number is not None and number <= 1000 else None


def _duration(value: Any) -> int | None:
    if not isinstance(value, str):
        return None
    try:
        return parse_duration(value)
    except ValueError:
        return None
