"""What the detector reads: a learner's recent sessions, with what only it looks at (device, answers' delays, marks)."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

import msgspec
from msgspec import Struct

from lms_tracker.core.study.beats import StoredBeats
from lms_tracker.core.study.events import SECOND, Event, Kind
from lms_tracker.core.study.evidence import events_of
from lms_tracker.core.study.reading import StoredStatement, read_statements
from lms_tracker.core.study.suspicion.life import stillness
from lms_tracker.core.xapi import vocabulary as v
from lms_tracker.core.xapi.timestamps import parse_duration

SessionKey = tuple[str, str, str]
"""(activity, session id, registration)"""
Producer = tuple[str, str, str]
"""Whose software told of a session: the source of its statements, what calls itself their platform, and where the activity lies."""
SILENCE = 120 * SECOND
"""Between two statements no more than this is taken as playing, where heartbeats are promised …"""
STRETCH = 1800 * SECOND
"""… and this where they are not."""
NEAR = 900 * SECOND
"""After a sign of presence, this long it is taken to last."""
CLOCK = 60 * SECOND
"""A producer's clock that is off by more is corrected for before learners are compared."""


class Sign(Struct, frozen=True, gc=False):
    """One statement as the detector reads it: the event, and what the engine has no use for."""

    event: Event
    device: str = ""
    answer_us: int | None = None
    """How long a presence check waited for its answer."""
    mark: float | None = None
    """A scaled score, 0 to 1."""
    platform: str = ""
    """What the producer calls itself."""
    check: str = ""
    """Which presence check was answered or missed."""
    proof: str = ""
    """What our server gave the producer to send with it."""


class Opening(Struct, frozen=True):
    """One session. `events` are in the order of time; instants in microseconds of our clock."""

    key: SessionKey
    events: list[Event]
    device: str
    answers: list[tuple[int, int | None, bool]]
    """Of presence checks: (index in `events`, delay in microseconds, right)."""
    mark: float | None
    """The best mark stated in it; None: it is no test. What a single question was worth is no mark."""
    start: int
    end: int
    plays: list[tuple[int, int]]
    """When it played, with somebody near as far as the producer tells."""
    still: bool | None = None
    """Whether nothing but watching was done; None: too short to say."""
    producer: Producer = ("", "", "")
    checks: list[str] = []
    """Which presence checks were answered or missed, in the order of those events."""
    proofs: int = 0
    """Statements that carry a proof which the learner sent never before."""

    @property
    def played_us(self) -> int:
        return sum(end - start for start, end in self.plays)


class _Context(Struct):
    extensions: dict[str, Any] = {}
    platform: Any = None


class _Score(Struct):
    scaled: Any = None


class _Result(Struct):
    duration: Any = None
    score: _Score | None = None


class _Verb(Struct):
    id: Any = None


class _Object(Struct):
    id: Any = None


class _Statement(Struct):
    id: str
    object: _Object = msgspec.field(default_factory=_Object)
    verb: _Verb = msgspec.field(default_factory=_Verb)
    context: _Context = msgspec.field(default_factory=_Context)
    result: _Result = msgspec.field(default_factory=_Result)


_decode = msgspec.json.Decoder(_Statement).decode


def read_signs(rows: Iterable[StoredStatement], beats: Iterable[StoredBeats] = ()) -> Iterator[Sign]:
    """One learner's stored statements and beats as signs, each of which comes once; those that say nothing of study are
    left out."""
    kept = list(rows)
    told = {s.id: s for s in map(_read, (raw for _, raw, *_ in kept)) if s is not None}
    for event in events_of(read_statements(kept, beats)):
        yield _sign(told.get(event.id), event)


def _read(raw: bytes) -> "_Statement | None":
    try:
        return _decode(raw)
    except msgspec.ValidationError:  # a value of the wrong type is no evidence, never an error
        return None


def _sign(s: "_Statement | None", event: Event) -> Sign:
    if s is None:
        return Sign(event)
    device, proof = (s.context.extensions.get(name) for name in (v.EXT_DEVICE, v.EXT_PROOF))
    scaled = s.result.score.scaled if s.result.score and s.verb.id != v.VERB_ANSWERED else None
    mark = float(scaled) if isinstance(scaled, int | float) and not isinstance(scaled, bool) else None
    return Sign(
        event,
        device if isinstance(device, str) else "",
        _duration(s.result.duration) if event.kind is Kind.ANSWERED else None,
        mark,
        s.context.platform if isinstance(s.context.platform, str) else "",
        s.object.id if event.kind in (Kind.ANSWERED, Kind.MISSED) and isinstance(s.object.id, str) else "",
        proof if isinstance(proof, str) else "",
    )


def _duration(value: Any) -> int | None:
    if not isinstance(value, str):
        return None
    try:
        return parse_duration(value)
    except ValueError:
        return None


def openings(signs: Iterable[Sign]) -> list[Opening]:
    """A learner's sessions in the order in which they began, whatever the order of the signs. Each statement once."""
    groups: dict[SessionKey, dict[str, Sign]] = defaultdict(dict)
    for sign in signs:
        event = sign.event
        groups[event.activity, event.session, event.registration][event.id] = sign
    fresh = _fresh(sign for group in groups.values() for sign in group.values())
    return sorted(
        (_open(key, list(group.values()), fresh) for key, group in groups.items()), key=lambda o: (o.start, o.key)
    )


def _fresh(signs: Iterable[Sign]) -> set[str]:
    """The statements that came first with the proof that they carry."""
    first: dict[str, tuple[int, str]] = {}
    for sign in signs:
        if sign.proof:
            came = sign.event.at, sign.event.id
            first[sign.proof] = min(came, first.get(sign.proof, came))
    return {id for _, id in first.values()}


def _open(key: SessionKey, signs: list[Sign], fresh: set[str]) -> Opening:
    signs.sort(key=lambda s: (s.event.at, s.event.kind, s.event.id))
    signs = signs[:1] + [again for first, again in pairwise(signs) if not _said_twice(first.event, again.event)]
    events = [sign.event for sign in signs]
    error = min((e.stored - e.at for e in events if e.received), default=0)
    shift = error if abs(error) > CLOCK else 0
    marks = [sign.mark for sign in signs if sign.mark is not None]
    return Opening(
        key=key,
        events=events,
        device=next((sign.device for sign in signs if sign.device), ""),
        answers=[
            (index, sign.answer_us, sign.event.success is not False)
            for index, sign in enumerate(signs)
            if sign.event.kind is Kind.ANSWERED
        ],
        mark=max(marks, default=None),
        start=events[0].at + shift,
        end=events[-1].at + shift,
        plays=[(a + shift, b + shift) for a, b in _plays(events)],
        still=stillness(events),
        checks=[sign.check for sign in signs if sign.event.kind in (Kind.ANSWERED, Kind.MISSED)],
        proofs=sum(event.id in fresh for event in events),
        producer=(events[0].source, next((sign.platform for sign in signs if sign.platform), ""), _host(key[0])),
    )


def _host(activity: str) -> str:
    return "/".join(activity.split("/", 3)[:3])


def _said_twice(first: Event, again: Event) -> bool:
    """A bridge that states everything again under a new id says nothing new."""
    return (first.at, first.kind, first.position, first.inputs) == (again.at, again.kind, again.position, again.inputs)


def _plays(events: list[Event]) -> Iterator[tuple[int, int]]:
    """Spans that play, of producers that tell of presence only those that somebody is near: a tab left open is no study."""
    playing = False
    limit = SILENCE if any(event.promises for event in events) else STRETCH
    tells = any(event.inputs is not None for event in events)
    seen = events[0].at
    for first, last in pairwise(events):
        if first.inputs or first.kind is Kind.ANSWERED:
            seen = first.at
        if first.playing is not None:
            playing = first.playing
        elif first.kind in (Kind.PLAYED, Kind.PAUSED, Kind.TERMINATED, Kind.COMPLETED):
            playing = first.kind is Kind.PLAYED
        if playing and last.at > first.at and not (tells and first.at - seen > NEAR):
            yield first.at, min(last.at, first.at + limit)
