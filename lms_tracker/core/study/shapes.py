"""What is read of a statement's JSON: its shape, and many statements parsed together.

Producers are real: a value of the wrong type in an extension is no evidence, never an error. So extensions' values may be
anything here, and whoever makes columns of them looks at their types.
"""

from collections.abc import Iterator, Sequence
from operator import attrgetter
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct
from msgspec.structs import astuple

from lms_tracker.core.xapi import vocabulary as v

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
_decode_all = msgspec.json.Decoder(list[_Statement]).decode
_apart = msgspec.json.Decoder(list[msgspec.Raw]).decode
_activities = msgspec.json.Decoder(list[_Activity] | _Activity).decode  # 1.0.x allowed a single activity

Column = Sequence[Any]


class Facts(NamedTuple):
    """What statements say, one item a statement; None, or "" for names, where one says nothing."""

    id: Column
    verb: Column
    activity: Column
    object_type: Column
    type: Column
    registration: Column
    parent: Column
    """JSON of activities that is not looked into; so is `category`."""
    category: Column
    success: Column
    duration: Column
    opening: Column
    """Extensions of the context; see `extensions`."""
    outcome: Column
    """Extensions of the result."""


# All at once, in C: looked up one after the other, these would cost more than parsing.
_facts = attrgetter(
    "id",
    "verb.id",
    "object.id",
    "object.object_type",
    "object.definition.type",
    "context.registration",
    "context.activities.parent",
    "context.activities.category",
    "result.success",
    "result.duration",
    "context.extensions",
    "result.extensions",
)


def parse_together(array: bytes | memoryview) -> tuple[list[int], Facts | None]:
    """What the statements in a JSON array say, and which of them these are; None if none is left.

    A statement about something else than an activity may lack what is read here: it is left out.
    """
    try:
        found = _decode_all(array)
        which = list(range(len(found)))
    except msgspec.ValidationError:
        singly = list(map(_parsed, _apart(array)))
        found = [one for one in singly if one is not None]
        which = [row for row, one in enumerate(singly) if one is not None]
    return which, Facts(*zip(*map(_facts, found), strict=True)) if found else None


def _parsed(raw: msgspec.Raw) -> _Statement | None:
    try:
        return _decode(raw)
    except msgspec.ValidationError:
        return None


def extensions(of: Column) -> Iterator[Column]:
    """The fields of `Facts.opening` or `Facts.outcome`, in the order in which they are declared above."""
    return zip(*map(astuple, of), strict=True)


def ids_of(activities: msgspec.Raw | bytes) -> list[str]:
    """Ids in a JSON list of activities, or of the single one. Nothing where it is something else."""
    try:
        found = _activities(activities)
    except msgspec.ValidationError:
        return []
    return [activity.id for activity in (found if isinstance(found, list) else [found])]
