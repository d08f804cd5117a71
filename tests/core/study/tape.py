"""Sessions for tests, written as a tape of statements at seconds after 2026-03-02 08:00 in Shanghai."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import msgspec

from lms_tracker.core.study.engine import settle
from lms_tracker.core.study.entries import Entry
from lms_tracker.core.study.events import KINDS, SECOND, Event, Kind
from lms_tracker.core.study.policy import DEFAULTS
from lms_tracker.core.xapi import vocabulary as v
from lms_tracker.core.xapi.timestamps import format_timestamp

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

BASE = round(datetime(2026, 3, 2, 0, 0, tzinfo=UTC).timestamp()) * SECOND
VIDEO = "https://lms.example.edu/video/1"


def us(seconds: float) -> int:
    return round(seconds * SECOND)


@dataclass
class Tape:
    """One session. Each call adds a statement at `t` seconds."""

    session: str = "s1"
    activity: str = VIDEO
    promises: bool = True
    media: bool = True
    start: float = 0.0
    delay: float = 0.2
    """Seconds from timestamp to receipt."""
    source: str = ""
    events: list[Event] = field(default_factory=list)

    def add(self, kind: Kind, t: float, position: float | None = None, **more: Any) -> "Tape":
        at = BASE + us(self.start + t)
        before = more.pop("position_before", position)
        delay = more.pop("delay", self.delay)
        self.events.append(
            Event(
                id=f"{self.session}-{len(self.events):04d}",
                at=at,
                stored=at + us(delay),
                kind=kind,
                activity=self.activity,
                session=self.session,
                registration="r1",
                position=None if position is None else us(position),
                position_before=None if before is None else us(before),
                media=self.media,
                promises=self.promises,
                source=self.source,
                **more,
            )
        )
        return self

    def play(self, t: float, position: float = 0.0, **more: Any) -> "Tape":
        return self.add(Kind.PLAYED, t, position, **more)

    def pause(self, t: float, position: float, **more: Any) -> "Tape":
        return self.add(Kind.PAUSED, t, position, **more)

    def seek(self, t: float, before: float, after: float) -> "Tape":
        return self.add(Kind.SEEKED, t, after, position_before=before)

    def beats(
        self, since: float, until: float, position: float = 0.0, speed: float = 1.0, every: float = 30.0, **more: Any
    ) -> "Tape":
        """Heartbeats after `since` up to and including `until`, the position advancing at `speed`."""
        t = since + every
        while t <= until:
            self.add(Kind.HEARTBEAT, t, position + (t - since) * speed, **more)
            t += every
        return self

    def watch(self, length: float, position: float = 0.0, **more: Any) -> "Tape":
        """Plays for `length` seconds from the session's start, with heartbeats, then pauses."""
        more.setdefault("inputs", 1)
        self.play(0, position, **more)
        self.beats(0, length - 1, position, **more)
        return self.pause(length, position + length, **more)


VERBS = {kind: iri for iri, kind in KINDS.items()} | {
    Kind.ANSWERED: v.VERB_ANSWERED,
    Kind.MISSED: v.VERB_MISSED,
    Kind.OTHER: v.VERB_EXPERIENCED,
}


def statement(event: Event, learner: str = "ann") -> dict[str, Any]:
    """The event as an xAPI statement of a learner; `read_statements` reads the same event back."""
    context: dict[str, Any] = {v.EXT_SESSION_ID: event.session or None, v.EXT_SEQUENCE: event.sequence}
    context |= {v.EXT_PLAYING: event.playing, v.EXT_VISIBLE: event.visible, v.EXT_INPUTS: event.inputs}
    context |= {v.EXT_RATE: _per(event.rate_milli, 1000), v.EXT_LENGTH: _per(event.length, SECOND)}
    result: dict[str, Any] = {v.EXT_TIME: _per(event.position, SECOND)}
    if event.kind is Kind.SEEKED:
        result = {v.EXT_TIME_FROM: _per(event.position_before, SECOND), v.EXT_TIME_TO: _per(event.position, SECOND)}
    if event.segments is not None:
        result[v.EXT_PLAYED_SEGMENTS] = "[,]".join(f"{a / SECOND}[.]{b / SECOND}" for a, b in event.segments)
    activities: dict[str, Any] = {"category": [{"id": v.CATEGORY_STUDY_TIME}]} if event.promises else {}
    target: dict[str, Any] = {"id": event.activity}
    if event.kind in (Kind.ANSWERED, Kind.MISSED):
        activities["parent"] = [target]
        target = {"id": event.activity + "/check", "definition": {"type": v.ACTIVITY_PRESENCE_CHECK}}
    elif event.media:
        target["definition"] = {"type": v.ACTIVITY_VIDEO}
    outcome: dict[str, Any] = {"extensions": {key: value for key, value in result.items() if value is not None}}
    if event.success is not None:
        outcome["success"] = event.success
    if event.duration is not None:
        outcome["duration"] = f"PT{event.duration / SECOND}S"
    said: dict[str, Any] = {
        "extensions": {key: value for key, value in context.items() if value is not None},
        "contextActivities": activities,
    }
    if event.registration:
        said["registration"] = event.registration
    return {
        "id": event.id,
        "actor": {"account": {"homePage": "https://lms.example.edu", "name": learner}},
        "verb": {"id": VERBS[event.kind]},
        "object": target,
        "result": outcome,
        "context": said,
        "timestamp": format_timestamp(EPOCH + timedelta(microseconds=event.at)),
    }


def real(event: Event) -> Event:
    """The same event with ids that a record store takes."""
    names = {"id": str(uuid5(NAMESPACE_URL, event.id)), "registration": str(uuid5(NAMESPACE_URL, event.registration))}
    return msgspec.structs.replace(event, **names)


def _per(value: int | None, unit: int) -> float | None:
    return None if value is None else value / unit


def totals(entries: list[Entry]) -> dict[str, float]:
    """Seconds by verdict over all entries, and the raw total."""
    out: dict[str, float] = {"raw": sum(e.raw_us for e in entries) / SECOND}
    for entry in entries:
        for interval in entry.intervals:
            out[interval.verdict] = out.get(interval.verdict, 0) + interval.amount_us / SECOND
    return out


def judge(*tapes: Tape, **policy: Any) -> dict[str, float]:
    """What these sessions of one learner come to, under the default policy but for what is named."""
    events = [event for tape in tapes for event in tape.events]
    return totals(settle(events, msgspec.structs.replace(DEFAULTS, **policy)))
