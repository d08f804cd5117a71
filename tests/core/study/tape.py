"""Sessions for tests, written as a tape of statements at seconds after 2026-03-02 08:00 in Shanghai."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from lms_tracker.core.study.events import SECOND, Event, Kind

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
