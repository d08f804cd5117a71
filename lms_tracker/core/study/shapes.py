"""What is read of a statement's JSON: its shape, and many statements parsed together.

Producers are real: a value of the wrong type in an extension is no evidence, never an error. Such a statement is mended
first (`_mended`), so that whoever makes columns of the values need not look at their types.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import chain, repeat
from typing import Any, NamedTuple, TypeVar

import msgspec
from msgspec import Struct

from lms_tracker.core.study.arrays import runs
from lms_tracker.core.xapi import vocabulary as v

_NO_ACTIVITIES = msgspec.Raw(b"[]")
_NOTHING = msgspec.Raw(b"{}")
UNSAID = float("nan")
"""A number that a statement does not say."""


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
    time: float | None = msgspec.field(name=v.EXT_TIME, default=UNSAID)
    time_from: float | None = msgspec.field(name=v.EXT_TIME_FROM, default=UNSAID)
    time_to: float | None = msgspec.field(name=v.EXT_TIME_TO, default=UNSAID)
    segments: str | None = msgspec.field(name=v.EXT_PLAYED_SEGMENTS, default=None)
    length: float | None = msgspec.field(name=v.EXT_LENGTH, default=UNSAID)


class _ContextExtensions(Struct, gc=False):
    session: str = msgspec.field(name=v.EXT_SESSION_ID, default="")
    length: float | None = msgspec.field(name=v.EXT_LENGTH, default=UNSAID)
    speed: float | str | None = msgspec.field(name=v.EXT_SPEED, default=None)
    sequence: float | None = msgspec.field(name=v.EXT_SEQUENCE, default=UNSAID)
    playing: bool | None = msgspec.field(name=v.EXT_PLAYING, default=None)
    visible: bool | None = msgspec.field(name=v.EXT_VISIBLE, default=None)
    inputs: float | None = msgspec.field(name=v.EXT_INPUTS, default=UNSAID)
    rate: float | str | None = msgspec.field(name=v.EXT_RATE, default=None)


class _ContextActivities(Struct, gc=False):
    parent: msgspec.Raw = _NO_ACTIVITIES
    category: msgspec.Raw = _NO_ACTIVITIES


class _Context(Struct, gc=False):
    registration: str = ""
    activities: msgspec.Raw = msgspec.field(name="contextActivities", default=_NOTHING)
    extensions: _ContextExtensions = msgspec.field(default_factory=_ContextExtensions)


class _Result(Struct, gc=False):
    success: bool | None = None
    duration: str | None = None
    extensions: _ResultExtensions = msgspec.field(default_factory=_ResultExtensions)


class _Statement(Struct, gc=False):
    id: str
    verb: _Verb
    object: msgspec.Raw = _NOTHING
    context: _Context = msgspec.field(default_factory=_Context)
    result: _Result = msgspec.field(default_factory=_Result)


_decode = msgspec.json.Decoder(_Statement).decode
_decode_all = msgspec.json.Decoder(_Statement).decode_lines  # with or without ends of lines between
_objects = msgspec.json.Decoder(list[_Object]).decode
_context_activities = msgspec.json.Decoder(list[_ContextActivities]).decode
_apart = msgspec.json.Decoder(msgspec.Raw).decode_lines
_anything = msgspec.json.Decoder().decode
_activities = msgspec.json.Decoder(list[_Activity] | _Activity).decode  # 1.0.x allowed a single activity

Part = TypeVar("Part")


class Facts(NamedTuple):
    """What statements say, one item a statement. Where one says nothing: of names "", of numbers UNSAID, of all else None."""

    statements: list[_Statement]
    contexts: list[_Context]
    opening: list[_ContextExtensions]
    results: list[_Result]
    outcome: list[_ResultExtensions]
    activity: list[str]
    object_type: list[str]
    type: list[str]
    parent: list[bytes]
    """JSON of activities that is not looked into; so is `category`."""
    category: list[bytes]


def _facts(said: list[_Statement]) -> Facts:
    """Raises msgspec.ValidationError where a part that is read here is of the wrong type."""
    contexts, results = [s.context for s in said], [s.result for s in said]
    objects, spread_object = _runs([s.object for s in said], _objects)
    activities, spread_activities = _runs([context.activities for context in contexts], _context_activities)
    return Facts(
        said,
        contexts,
        [context.extensions for context in contexts],
        results,
        [result.extensions for result in results],
        activity=spread_object([one.id for one in objects]),
        object_type=spread_object([one.object_type for one in objects]),
        type=spread_object([one.definition.type for one in objects]),
        parent=spread_activities([bytes(one.parent) for one in activities]),
        category=spread_activities([bytes(one.category) for one in activities]),
    )


def _runs(
    raws: list[msgspec.Raw], read: Callable[[bytes], list[Part]]
) -> tuple[list[Part], Callable[[list[Any]], list[Any]]]:
    """What is read of each run of equal parts; and what spreads one value a run over its statements."""
    begin, counts = runs(raws)
    found = read(b"[" + b",".join([raws[row] for row in begin]) + b"]")
    return found, lambda values: list(chain.from_iterable(map(repeat, values, counts)))


def parse_together(statements: bytes | memoryview) -> tuple[Sequence[int], Facts | None]:
    """What statements say, whose JSON stands one after the other, and which of them these are; None if none is left.

    A statement about something else than an activity may lack what is read here: it is left out.
    """
    try:
        found = _decode_all(statements)
        return range(len(found)), _facts(found) if found else None
    except msgspec.ValidationError:
        kept = {row: raw for row, raw in enumerate(map(_usable, _apart(statements))) if raw is not None}
        return list(kept), _facts(_decode_all(b"".join(kept.values()))) if kept else None


def _usable(raw: msgspec.Raw) -> msgspec.Raw | bytes | None:
    """The statement, mended if need be; None where that does not help."""
    if _is_read(raw):
        return raw
    mended = msgspec.json.encode(_mended(_anything(raw)))
    return mended if _is_read(mended) else None


def _is_read(raw: msgspec.Raw | bytes) -> bool:
    try:
        _facts([_decode(raw)])
    except msgspec.ValidationError:
        return False
    return True


def _mended(said: Any) -> Any:
    """A statement without the values that are of the wrong type, where producers may put anything."""
    result, context = (_part(said, name) for name in ("result", "context"))
    _mend(result, _OF_RESULT)
    for part, ways in ((result, _OF_OUTCOME), (context, _OF_OPENING)):
        _mend(_part(part, "extensions"), ways)
    return said


def _part(of: Any, name: str) -> dict[str, Any]:
    found = of.get(name) if isinstance(of, dict) else None
    return found if isinstance(found, dict) else {}


def _mend(values: dict[str, Any], ways: Mapping[str, Callable[[Any], Any]]) -> None:
    for name in values.keys() & ways.keys():
        kept = ways[name](values.pop(name))
        if kept is not None:
            values[name] = kept


def _number(value: Any) -> int | float | None:
    """-1, which is none, for anything else."""
    is_one = type(value) is float or (type(value) is int and abs(value) < 2**63)
    return value if is_one or value is None else -1


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _word(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _pace(value: Any) -> int | float | str | None:
    return value if isinstance(value, str) else _number(value)


_OF_RESULT = {"success": _word, "duration": _text}
_OF_OUTCOME = {v.EXT_PLAYED_SEGMENTS: _text} | dict.fromkeys(
    (v.EXT_TIME, v.EXT_TIME_FROM, v.EXT_TIME_TO, v.EXT_LENGTH), _number
)
_OF_OPENING = {
    v.EXT_SESSION_ID: _text,
    v.EXT_PLAYING: _word,
    v.EXT_VISIBLE: _word,
    v.EXT_SPEED: _pace,
    v.EXT_RATE: _pace,
}
_OF_OPENING |= dict.fromkeys((v.EXT_LENGTH, v.EXT_SEQUENCE, v.EXT_INPUTS), _number)


def ids_of(activities: msgspec.Raw | bytes) -> list[str]:
    """Ids in a JSON list of activities, or of the single one. Nothing where it is something else."""
    try:
        found = _activities(activities)
    except msgspec.ValidationError:
        return []
    return [activity.id for activity in (found if isinstance(found, list) else [found])]
