"""Events -> sessions: grouped, put in order, the producer's clock corrected, the state told between any two events.

A session is one opening of one activity (study-time.md, section 1). Between its consecutive statements lie *steps*;
each rule of `rules.py` speaks about steps.
"""

import itertools
from collections import defaultdict
from collections.abc import Iterable

import msgspec
from msgspec import Struct

from lms_tracker.core.study.events import SECOND, Event, Kind
from lms_tracker.core.study.policy import SourcePolicy, StudyPolicy

SessionKey = tuple[str, str, str]
"""(activity, session id, registration)"""

PLAYS = {Kind.PLAYED: True, Kind.PAUSED: False, Kind.INITIALIZED: False, Kind.TERMINATED: False}
"""What a statement says of playing; the others leave it as it was, unless they carry `playing`."""
SEES = {Kind.FOCUSED: True, Kind.UNFOCUSED: False}
STEADY = 5 * SECOND
"""How much the delay of live evidence varies, at most, where the network does not delay it."""
OPENS = frozenset(Kind) - {Kind.TERMINATED, Kind.COMPLETED, Kind.OTHER}
"""Statements that say that the activity is open on somebody's screen."""


class Step(Struct, gc=False):
    """The time between two consecutive statements of a session, and what the first of them says of it."""

    start: int
    end: int
    playing: bool
    open: bool
    visible: bool
    rate_milli: int
    first: Event
    last: Event
    backwards_until: int
    """Up to here the time was already told of by an earlier statement: the clock went backwards."""


class Session(Struct):
    """One opening of one activity by one learner. Times are corrected; `events` are in the order they happened."""

    key: SessionKey
    events: list[Event]
    steps: list[Step]
    media: bool
    promises: bool
    source: SourcePolicy
    proved: bool
    reports_presence: bool

    @property
    def start(self) -> int:
        return self.events[0].at


def split_sessions(events: Iterable[Event]) -> dict[SessionKey, list[Event]]:
    """Events by session, each statement once, in no particular order."""
    groups: dict[SessionKey, dict[str, Event]] = defaultdict(dict)
    for event in events:
        groups[event.activity, event.session, event.registration][event.id] = event
    return {key: list(group.values()) for key, group in groups.items()}


def open_session(key: SessionKey, events: list[Event], media: bool | None, policy: StudyPolicy) -> Session:
    """One session from its events, in any order. `media` None: the catalogue does not know, the events tell."""
    # One session comes from one producer; should it not, the least trusted speaks for it (names settle ties).
    source = min(
        (policy.source(name) for name in sorted({event.source for event in events})), key=lambda s: s.declared_share
    )
    ordered = in_order(events if source.reports_late else corrected(events, policy))
    if media is None:
        media = any(event.media for event in ordered)
    promises = any(event.promises for event in ordered)
    return Session(
        key=key,
        events=ordered,
        steps=_steps(ordered, plays_while_open=promises and _silent_on_playing(ordered)),
        media=media,
        promises=promises,
        source=source,
        proved=all(event.proved for event in ordered),
        reports_presence=any(
            event.inputs is not None or event.kind in (Kind.ANSWERED, Kind.MISSED) for event in ordered
        ),
    )


def in_order(events: Iterable[Event]) -> list[Event]:
    """By sequence number where every statement has one, else by time; ids settle what is left."""
    events = list(events)
    if all(event.sequence is not None for event in events):
        return sorted(events, key=lambda e: (e.sequence or 0, e.at, e.kind, e.id))
    return sorted(events, key=lambda e: (e.at, e.kind, e.id))


def corrected(events: list[Event], policy: StudyPolicy) -> list[Event]:
    """The events with a constant error of the producer's clock taken off.

    Live evidence from a wrong clock arrives at a constant distance from its timestamps, or later on a slow network;
    evidence sent together after the fact does not. So the smallest distance is the clock's error when three statements
    or more keep to it within a few seconds, over half of the time in which all arrived, and it exceeds what the policy
    lets pass unnoticed.
    """
    received = [event for event in events if event.received]
    if not received:
        return events
    error = min(event.stored - event.at for event in received)
    steady = [event.stored for event in received if event.stored - event.at - error <= STEADY]
    arrived = [event.stored for event in received]
    span = max(2 * STEADY, (max(arrived) - min(arrived)) // 2)
    live = len(steady) >= 3 and max(steady) - min(steady) >= span
    if not live or abs(error) <= policy.clock_error_s * SECOND:
        return events
    return [msgspec.structs.replace(event, at=event.at + error) for event in events]


def _silent_on_playing(events: list[Event]) -> bool:
    kinds = {event.kind for event in events}
    spoken = kinds & {Kind.PLAYED, Kind.PAUSED} or any(event.playing is not None for event in events)
    return Kind.HEARTBEAT in kinds and not spoken


def _steps(events: list[Event], plays_while_open: bool) -> list[Step]:
    """`plays_while_open`: a producer whose heartbeats never speak of playing is taken to play; its positions tell."""
    steps = []
    playing, is_open, visible, rate, newest = False, False, True, 1000, events[0].at
    for first, last in itertools.pairwise(events):
        playing = _plays(first, playing)
        visible = first.visible if first.visible is not None else SEES.get(first.kind, visible)
        rate = first.rate_milli if first.rate_milli is not None else rate
        is_open = first.kind in OPENS or (is_open and first.kind is not Kind.TERMINATED)
        newest = max(newest, first.at)
        plays = is_open if plays_while_open else playing
        steps.append(Step(first.at, last.at, plays, is_open, visible, rate, first, last, newest))
    return steps


def _plays(event: Event, playing: bool) -> bool:
    if event.kind is Kind.TERMINATED:
        return False
    if event.playing is not None:
        return event.playing
    if event.kind is Kind.COMPLETED and event.position is not None and event.length is not None:
        return playing and event.position < event.length - 2 * SECOND
    return PLAYS.get(event.kind, playing)
