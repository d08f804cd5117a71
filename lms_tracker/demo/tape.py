"""One session as a player records it: a clock, a position, and the statements that the profiles ask for.

Times are milliseconds since the session was opened; they become timestamps only in the statement.
"""

import random
import uuid
from datetime import datetime, timedelta
from typing import Any

import msgspec

from lms_tracker.core.xapi import vocabulary as v
from lms_tracker.core.xapi.timestamps import format_timestamp
from lms_tracker.demo.cast import Learner
from lms_tracker.demo.courses import BASE, PROGRAMME_IRI, Unit

IDS = uuid.UUID("5b1f6a0e-2f63-4c0b-8d53-6f5be1d1d0a7")

_TYPES = {"video": v.ACTIVITY_VIDEO, "document": v.ACTIVITY_DOCUMENT, "live": v.ACTIVITY_MEETING}
_SAYS = {
    v.VERB_INITIALIZED: ("打开", "initialized"),
    v.VERB_PLAYED: ("播放", "played"),
    v.VERB_PAUSED: ("暂停", "paused"),
    v.VERB_SEEKED: ("跳转", "seeked"),
    v.VERB_INTERACTED: ("操作", "interacted"),
    v.VERB_COMPLETED: ("完成", "completed"),
    v.VERB_TERMINATED: ("关闭", "terminated"),
    v.VERB_FOCUSED: ("回到页面", "focused"),
    v.VERB_UNFOCUSED: ("离开页面", "unfocused"),
    v.VERB_HEARTBEAT: ("仍在学习", "heartbeat"),
    v.VERB_ANSWERED: ("回答", "answered"),
    v.VERB_MISSED: ("错过", "missed"),
}
CHECK_RUNS_OUT_MS = 60_000


class Sent(msgspec.Struct, frozen=True):
    """A statement, and when the server got it."""

    stored: datetime
    statement: dict[str, Any]


class Tape:
    """A session under way. `key` makes its ids; `position_s` is where an earlier session of the attempt left off.

    `input_gap_s`: longest time between two inputs (they come at random within it), None: there are none.
    `answers`: whether presence checks are answered. `beats`: whether the producer sends heartbeats at all.
    `clicks`: a script makes the inputs, six in each beat, and answers checks as soon as it looks for them.
    """

    def __init__(
        self,
        who: Learner,
        unit: Unit,
        opened: datetime,
        key: str,
        rng: random.Random,
        *,
        position_s: float = 0,
        device: str = "desktop",
        platform: str = "青禾教师网",
        beats: bool = True,
        input_gap_s: float | None = 240,
        answers: bool = True,
        clicks: bool = False,
        clock_error: timedelta = timedelta(0),
        programme: str = PROGRAMME_IRI,
    ) -> None:
        self.unit, self.opened, self.key, self.rng = unit, opened, key, rng
        self.beats, self.answers, self.clicks, self.clock_error = beats, answers, clicks, clock_error
        self.input_gap_ms = None if input_gap_s is None else int(input_gap_s * 1000)
        self.length = unit.length_s * 1000
        self.now, self.position = 0, round(position_s * 1000)
        self.playing, self.visible, self.rate = False, True, 1.0
        self.inputs, self.sequence, self.spoke_at = 0, 0, 0
        self.segments: list[list[int]] = []
        self.next_input, self.next_check = self._draw_input(), self._draw_check()
        self.sent: list[Sent] = []
        self._prepare(who, device, platform, programme)

    @property
    def is_media(self) -> bool:
        return self.unit.kind == "video"

    @property
    def at_end(self) -> bool:
        return self.is_media and self.position >= self.length

    def open(self) -> None:
        self._say(v.VERB_INITIALIZED)
        self._pass(self.rng.randint(700, 2500))

    def play(self) -> None:
        self.playing = True
        self.segments.append([self.position, self.position])
        self._say(v.VERB_PLAYED, {v.EXT_TIME: self._time()})

    def pause(self) -> None:
        self.playing = False
        self._say(v.VERB_PAUSED, self._where())

    def seek(self, to_s: float) -> None:
        start = self._time()
        self.position = min(max(round(to_s * 1000), 0), self.length)
        if self.playing:
            self.segments.append([self.position, self.position])
        self._say(v.VERB_SEEKED, {v.EXT_TIME_FROM: start, v.EXT_TIME_TO: self._time()})

    def set_rate(self, rate: float) -> None:
        self.rate = rate
        self._context[v.EXT_SPEED] = f"{rate:g}x"
        self._say(v.VERB_INTERACTED, {v.EXT_TIME: self._time()})

    def leave(self) -> None:
        self.visible = False
        self._say(v.VERB_UNFOCUSED)

    def come_back(self) -> None:
        self.visible = True
        self.next_check = max(self.next_check, self.now)
        self.inputs += 1
        self._say(v.VERB_FOCUSED)

    def close(self) -> None:
        """Stop, say that the media were completed when they were, and end the session."""
        if self.playing:
            self.pause()
        if self.at_end:
            self._say(v.VERB_COMPLETED, self._where(), completion=True)
        self._pass(self.rng.randint(200, 900))
        self._say(v.VERB_TERMINATED, self._where() if self.is_media else None)

    def run(self, seconds: float, beat_ms: tuple[int, int] = (25_000, 29_000)) -> None:
        """Let time pass: heartbeats, inputs and presence checks happen. Ends early at the end of the media."""
        end = self.now + int(seconds * 1000)
        beat = self.spoke_at + self.rng.randint(*beat_ms)
        while self.now < end and not (self.playing and self.at_end):
            due, what = min((end, 2), (beat, 0) if self.beats else (end, 2), self._check_due())
            self._pass(due - self.now)
            if self.playing and self.at_end:
                return
            if what == 1:
                self._check()
            elif what == 0:
                self.beat()
            beat = self.spoke_at + self.rng.randint(*beat_ms)

    def beat(self) -> None:
        if self.clicks:
            self.inputs = 6
        self._say(v.VERB_HEARTBEAT, {v.EXT_TIME: self._time()} if self.is_media else None)

    def claim_all(self) -> None:
        """What nobody played: the whole length at once."""
        self.playing, self.position, self.segments = False, self.length, [[0, self.length]]
        self._say(v.VERB_COMPLETED, self._where(), completion=True, duration=f"PT{self.unit.length_s}S")

    def _check_due(self) -> tuple[int, int]:
        if self.answers and not self.visible:
            return self.now + 10**9, 1  # waits for the person to come back, who is not away for long
        return self.next_check + (self._answer_after if self.answers else CHECK_RUNS_OUT_MS), 1

    def _check(self) -> None:
        if self.answers:
            self.inputs += 1
        if self.beats:
            self._say_check(self.answers, self._answer_after)
        self.next_check = self._draw_check()

    def _pass(self, ms: int) -> None:
        ms = max(ms, 0)
        if self.playing:
            left = self.length - self.position
            ms = min(ms, -int(-left // self.rate))
            self.position = min(self.length, self.position + int(ms * self.rate))
            self.segments[-1][1] = self.position
        self.now += ms
        while self.next_input is not None and self.next_input <= self.now:
            if self.visible:
                self.inputs += self.rng.randint(1, 4)
            self.next_input = self._draw_input(self.next_input)

    def _draw_input(self, since: int = 0) -> int | None:
        if self.input_gap_ms is None:
            return None
        return since + int(self.input_gap_ms * self.rng.uniform(0.05, 1))

    def _draw_check(self) -> int:
        self._answer_after = 1500 + min(int(self.rng.lognormvariate(1.8, 0.5) * 1000), 45_000)
        if self.clicks:
            self._answer_after = 1950 + self._answer_after % 100
        return self.now + int(min(240 + self.rng.expovariate(1 / 360), 840) * 1000)

    def _time(self) -> float:
        return self.position / 1000

    def _where(self) -> dict[str, Any]:
        played = [s for s in self.segments if s[1] > s[0]]
        seen, until = 0, 0
        for start, end in sorted(played):
            seen += max(0, end - max(start, until))
            until = max(until, end)
        return {
            v.EXT_TIME: self._time(),
            v.EXT_PROGRESS: round(seen / self.length, 3),
            v.EXT_PLAYED_SEGMENTS: "[,]".join(f"{a / 1000}[.]{b / 1000}" for a, b in played),
        }

    def _prepare(self, who: Learner, device: str, platform: str, programme: str) -> None:
        unit, iri = self.unit, self.unit.iri
        self.actor = {
            "objectType": "Agent",
            "name": who.name,
            "account": {"homePage": BASE, "name": who.login},
        }
        definition = {"type": _TYPES[unit.kind], "name": {"zh-CN": unit.title}}
        self.object = {"objectType": "Activity", "id": iri, "definition": definition}
        self.registration = str(uuid.uuid5(IDS, f"{who.login} {iri}"))
        self.session = str(uuid.uuid5(IDS, self.key))
        course_type = {"type": v.ACTIVITY_COURSE, "name": {"zh-CN": unit.course}}
        course = {"objectType": "Activity", "id": unit.course_iri, "definition": course_type}
        categories = [{"id": v.CATEGORY_VIDEO}] if self.is_media else []
        if self.beats:
            categories.append({"id": v.CATEGORY_STUDY_TIME})
        self._activities: dict[str, Any] = {"parent": [course], "grouping": [{"id": programme}]}
        if categories:
            self._activities["category"] = categories
        self._context: dict[str, Any] = {v.EXT_SESSION_ID: self.session}
        if self.is_media:
            self._context |= {v.EXT_LENGTH: unit.length_s, v.EXT_SPEED: "1x", v.EXT_VOLUME: 0.8}
        if self.beats:
            self._context[v.EXT_DEVICE] = f"{who.login}-{device}"
        self._platform = platform

    def _say(self, verb: str, extensions: dict[str, Any] | None = None, **result: Any) -> None:
        if extensions:
            result["extensions"] = extensions
        self._send(verb, self.object, self._activities, result)

    def _say_check(self, answered: bool, after_ms: int) -> None:
        check = {
            "objectType": "Activity",
            "id": f"{self.unit.iri}/presence-check",
            "definition": {"type": v.ACTIVITY_PRESENCE_CHECK, "name": {"zh-CN": "在场确认", "en-US": "Presence check"}},
        }
        activities = {**self._activities, "parent": [self.object]}
        if answered:
            self._send(v.VERB_ANSWERED, check, activities, {"success": True, "duration": f"PT{after_ms / 1000:g}S"})
        else:
            self._send(v.VERB_MISSED, check, activities, {})

    def _send(self, verb: str, thing: dict[str, Any], activities: dict[str, Any], result: dict[str, Any]) -> None:
        extensions = dict(self._context)
        if self.beats:
            extensions |= {v.EXT_SEQUENCE: self.sequence, v.EXT_VISIBLE: self.visible, v.EXT_INPUTS: self.inputs}
            if self.is_media:
                extensions |= {v.EXT_PLAYING: self.playing, v.EXT_RATE: self.rate}
        zh, en = _SAYS[verb]
        at = self.opened + timedelta(milliseconds=self.now)
        statement: dict[str, Any] = {
            "id": str(uuid.uuid5(IDS, f"{self.key} {self.sequence}")),
            "actor": self.actor,
            "verb": {"id": verb, "display": {"zh-CN": zh, "en-US": en}},
            "object": thing,
            "context": {
                "registration": self.registration,
                "platform": self._platform,
                "language": "zh-CN",
                "contextActivities": activities,
                "extensions": extensions,
            },
            "timestamp": format_timestamp(at + self.clock_error),
        }
        if result:
            statement["result"] = result
        self.sent.append(Sent(at + timedelta(milliseconds=self.rng.randint(60, 900)), statement))
        self.sequence += 1
        self.inputs = 0
        self.spoke_at = self.now
