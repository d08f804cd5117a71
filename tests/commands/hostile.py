"""Statements as nobody should send them: numbers on and beside every bound, clocks that jump, any time zone, producers that
change within a session, words for numbers, recordings played again under other ids, sources that claim whole nights."""

import copy
import random
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from lms_tracker.core.xapi import vocabulary as v

BEGIN = datetime(2026, 3, 27, 14, tzinfo=UTC)  # two days before summer time begins in Europe
UNITS = (
    "https://c.example/v1",
    "https://c.example/v2",
    "https://c.example/doc",
    "https://c.example/v1?x=%E4%B8%AD",
    "urn:x:y",
)
GAPS_S = (
    0,
    0.001,
    2,
    29.999,
    60,
    60.001,
    89.999,
    90,
    90.001,
    900,
    900.001,
    1800,
    1800.001,
    31 * 86400,
    32 * 86400,
    -1,
    -3600,
)
ZONES_MIN = (0, 0, 480, -690, 840)
STUDY = v.CATEGORY_STUDY_TIME
VIDEO = "https://w3id.org/xapi/video"
HEARTBEAT, PLAYED = f"{STUDY}/verbs/heartbeat", f"{VIDEO}/verbs/played"
OTHERS = (
    *(f"{VIDEO}/verbs/{name}" for name in ("played", "paused", "seeked")),
    *(f"http://adlnet.gov/expapi/verbs/{name}" for name in ("initialized", "interacted", "completed", "terminated")),
    *(f"http://id.tincanapi.com/verb/{name}" for name in ("focused", "unfocused")),
    "http://x.example/odd",
)
Statement = dict[str, Any]


class Liar:
    """One learner's statements. `wild`: the share of values that are not what an honest producer would say."""

    def __init__(self, name: str, seed: int, wild: float) -> None:
        self.random, self.wild = random.Random(f"{seed}/{name}"), wild
        self.actor = {"objectType": "Agent", "account": {"homePage": "https://x.example", "name": name}}

    def says(self) -> Iterator[Statement]:
        """Sessions, some of them once more under other ids, and bare claims."""
        for number in range(self.random.randrange(2, 8)):
            said = list(self._session(number))
            yield from said
            if self.random.random() < 0.3:
                for one in copy.deepcopy(said):
                    one["id"], one["context"]["registration"] = self._id(), str(uuid.UUID(int=number, version=4))
                    yield one
        for _ in range(self.random.randrange(3)):
            claim = self._statement(
                BEGIN + timedelta(seconds=self.random.random() * 86400), "http://x.example/was-there", {}
            )
            yield claim | {"result": {"duration": self.random.choice(("PT8H", "PT9999H"))}}

    def _session(self, number: int) -> Iterator[Statement]:
        at = BEGIN + timedelta(hours=self.random.choice((0, 0, self.random.randrange(72))))
        unit, position, promises = self.random.choice(UNITS), 0.0, self.random.random() < 0.6
        name, registration = self.random.choice(("s", f"s{number}", "")), self._id()
        for sequence in range(self.random.randrange(2, 60)):
            gap = self._or(self.random.choice((15, 30)), *GAPS_S)
            at += timedelta(seconds=gap)
            position = max(0.0, position + gap * self._or(1, 0, 0.97, 1.500001, 16))
            verb = PLAYED if sequence < 2 else self._or(HEARTBEAT if promises else PLAYED, *OTHERS, weight=2)
            one = self._statement(at, verb, {v.EXT_TIME: self._or(position, -1, "x", 1e7 + 1)})
            one["object"] = {"id": unit, "definition": {"type": self._or(v.ACTIVITY_VIDEO, "http://x.example/page")}}
            one["context"] = {"registration": registration, "extensions": self._told(name, sequence)}
            if self._or(promises, not promises):
                one["context"]["contextActivities"] = {"category": [{"id": STUDY}]}
            if self.random.random() < self.wild:
                one["result"]["extensions"][v.EXT_PLAYED_SEGMENTS] = self.random.choice(
                    ("0[.]600", "[,]176.4", "0[.]99999999")
                )
            yield one

    def _told(self, name: str, sequence: int) -> dict[str, Any]:
        return {
            v.EXT_SESSION_ID: self._or(name, 7, None),
            v.EXT_SEQUENCE: self._or(sequence, sequence - 1, 2**60, "7", 1.5),
            v.EXT_PLAYING: self._or(True, False, "yes", 1),
            v.EXT_VISIBLE: self._or(True, False, None),
            v.EXT_INPUTS: self._or(1, 10**9, -4, 2.5, True),
            v.EXT_RATE: self._or(1, "1.25x", 0, -1, 1e300, "NaN"),
            v.EXT_LENGTH: self._or(2700, 0, -5, 1e8, "600"),
        }

    def _statement(self, at: datetime, verb: str, told: dict[str, Any]) -> Statement:
        late_s = self._or(0.2, 5, 899, 901, 20 * 86400, -30, -3600)
        zone = timezone(timedelta(minutes=self.random.choice(ZONES_MIN)))
        return {
            "id": self._id(),
            "actor": self.actor,
            "verb": {"id": verb},
            "object": {"id": self.random.choice(UNITS)},
            "result": {"extensions": told},
            "timestamp": at.astimezone(zone).isoformat(),
            "stored": (at + timedelta(seconds=late_s)).isoformat(),
        }

    def _or(self, honest: Any, *wild: Any, weight: float = 1) -> Any:
        return self.random.choice(wild) if self.random.random() < self.wild * weight else honest

    def _id(self) -> str:
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))
