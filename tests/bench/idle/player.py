"""A player in front of somebody or nobody: what it states, and, apart from that, what was truly studied.

Truth is written from the contract's text (study-time.md, section 2): a second counts when a person attends to new content
at no more than 1.5 times its speed, on one device at a time. It never asks the engine.
"""

import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec

from lms_tracker.core.xapi import vocabulary as v

DAY_S = 86400
BASE = 1_772_323_200  # 2026-03-01T00:00:00Z
FASTEST = 1.5
Hand = Callable[[float], int]
"""Trusted inputs within so many seconds."""


@dataclass
class Style:
    """How a producer reports. Drawn alike for the honest and for the others: it must tell nothing about them."""

    promises: bool = True
    inputs: bool = True
    checks: bool = True
    beat: Callable[[], float] = lambda: 20.0
    """Seconds to the next heartbeat."""
    settle: Callable[[float], float] = lambda p: p
    """How a position is reported."""
    device: bool = True
    counts_answers: bool = True
    """Whether the press that answers a check is among the inputs; a screen reader's is not, for instance."""
    tells_s: float = 0.0
    """Inputs are told of this far apart at the closest; statements between say that there were none."""
    delay: Callable[[], float] = lambda: 0.2
    """Seconds from the producer to us."""
    timer: str = ""
    """What beats come by."""

    @property
    def platform(self) -> str:
        """What the producer calls itself: software that reports alike, in front of whomever. A script says the same as the player whose
        packets it sends."""
        return f"player {self.timer}{' asks' * self.checks}{' presses' * self.counts_answers} {self.tells_s:g}"


def draw_style(rng: random.Random, promises: bool = True) -> Style:
    """One of the producers there are: exact timers, throttled ones, beats at will; exact, rounded or noisy positions."""
    period = rng.choice([10.0, 15.0, 15.0, 20.0, 25.0, 30.0])
    kind = rng.choice(["exact", "timer", "timer", "loose", "spread"])
    beat: Callable[[], float] = {
        "exact": lambda: period,
        "timer": lambda: period + abs(rng.gauss(0, 0.05)),
        "loose": lambda: min(30.0, period * rng.uniform(0.9, 1.1)),
        "spread": lambda: rng.uniform(15, 30),
    }[kind]
    noise = rng.choice([0.0, 0.0, 0.05, 0.25])
    digits = rng.choice([0, 1, 3, 3])
    lag = rng.choice([0.05, 0.2, 0.6])
    return Style(
        promises=promises,
        inputs=promises,
        checks=promises and rng.random() < 0.85,
        beat=beat,
        settle=lambda p: round(max(0.0, p + (rng.gauss(0, noise) if noise else 0.0)), digits),
        device=rng.random() < 0.8,
        counts_answers=rng.random() < 0.7,
        timer=f"{kind} {period:g}",
        delay=lambda: rng.lognormvariate(0, 0.5) * lag,
    )


@dataclass
class Truth:
    """What one learner truly studied: (start, end, study seconds) in seconds since 1970, and content seen by activity."""

    spans: list[tuple[float, float, float]] = field(default_factory=list)
    seen: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    busy_until: float = 0.0
    """Until then the learner attended elsewhere; sessions are played out in the order in which they begin."""

    def study(self, start: float, end: float, activity: str, low: float, high: float) -> None:
        """Content [low, high) attended to from start to end: only what is new counts, and one place at a time."""
        if start < self.busy_until:
            if end <= self.busy_until:
                return
            low += (high - low) * (self.busy_until - start) / (end - start)
            start = self.busy_until
        old = self.seen.setdefault(activity, [])
        fresh = _without((low, high), old)
        if high > low and end > start:
            for a, b in fresh:
                scale = (end - start) / (high - low)
                self.spans.append((start + (a - low) * scale, start + (b - low) * scale, b - a))
        if old and abs(old[-1][1] - low) < 1e-6:
            old[-1] = (old[-1][0], high)  # keep the list short: it is looked through for every step
        else:
            old.append((low, high))


def _without(span: tuple[float, float], taken: list[tuple[float, float]]) -> list[tuple[float, float]]:
    left = [span]
    for a, b in taken:
        left = [(x, y) for low, high in left for x, y in ((low, min(high, a)), (max(low, b), high)) if y - x > 1e-6]
    return left


@dataclass
class Learner:
    """One simulated account, with its statements as (statement, stored) and its truth."""

    name: str
    family: str
    honest: bool
    rng: random.Random
    style: Style
    device: str
    statements: list[tuple[dict[str, Any], float]] = field(default_factory=list)
    truth: Truth = field(default_factory=Truth)
    clock_error: float = 0.0
    group: str = ""
    """Of accessibility: "" for none."""


class Player:
    """One session. Drive it by its verbs; `present` says whether a person attends."""

    def __init__(
        self,
        who: Learner,
        at: float,
        activity: str,
        length: float,
        *,
        start: float = 0.0,
        device: str | None = None,
        kind: str = v.ACTIVITY_VIDEO,
    ) -> None:
        self.who, self.at, self.activity, self.length, self.position = who, at, activity, length, start
        self.kind = kind
        self.rng, self.style = who.rng, who.style
        self.device = device or who.device
        self.session = str(uuid.UUID(int=self.rng.getrandbits(128), version=4))
        self.registration = str(uuid.UUID(int=who.rng.getrandbits(128), version=4))
        self.playing, self.visible, self.rate, self.present = False, True, 1.0, True
        self.pending, self.next_told = 0, 0.0
        self.sequence, self.next_beat = 0, 0.0
        self.hand: Hand = lambda _: 0
        self.outage_until = 0.0
        self.segments: list[tuple[float, float]] = []

    def open(self) -> None:
        self.say(v.VERB_INITIALIZED)

    def play(self) -> None:
        self.playing = True
        self.say(v.VERB_PLAYED)

    def pause(self) -> None:
        self.playing = False
        self.say(v.VERB_PAUSED)

    def seek(self, to: float) -> None:
        before, self.position = self.position, max(0.0, min(to, self.length))
        ends = {v.EXT_TIME_FROM: round(before, 3), v.EXT_TIME_TO: round(self.position, 3)}
        self.say(v.VERB_SEEKED, result=ends)

    def speed(self, rate: float) -> None:
        self.rate = rate
        self.say(v.VERB_INTERACTED)

    def focus(self, visible: bool) -> None:
        self.visible = visible
        self.say(v.VERB_FOCUSED if visible else v.VERB_UNFOCUSED)

    def answer(self, delay: float, right: bool = True) -> None:
        """A presence check comes up and is answered after so long."""
        self.run(delay)
        self.pending += int(self.present and self.style.counts_answers)
        self.say(v.VERB_ANSWERED, check=True, success=right, duration=delay)

    def miss(self, limit: float = 60.0) -> None:
        self.run(limit)
        self.say(v.VERB_MISSED, check=True)

    def close(self, completed: bool = False) -> None:
        self.playing = False
        if completed:
            self.say(v.VERB_COMPLETED)
        self.say(v.VERB_TERMINATED)

    def run(self, seconds: float) -> None:
        """Time passes; heartbeats are stated where the producer promises them, by a timer that nothing else sets back."""
        end = self.at + seconds
        if not self.style.promises:
            self._pass(seconds)
            return
        while self.at < end - 1e-9:
            if self.next_beat <= self.at:
                self.next_beat = self.at + self.style.beat()
            self._pass(min(self.next_beat, end) - self.at)
            if self.at >= self.next_beat - 1e-9:
                self.say(v.VERB_HEARTBEAT)
                self.next_beat = self.at + self.style.beat()

    def _pass(self, seconds: float) -> None:
        start = self.at
        self.at += seconds
        self.pending += self.hand(seconds)
        if not self.playing:
            return
        advance = min(seconds * self.rate, self.length - self.position)
        if advance <= 0:
            return
        low, self.position = self.position, self.position + advance
        self.segments.append((low, self.position))
        if self.present and self.rate <= FASTEST:  # a glance elsewhere by somebody who is there is still study
            self.who.truth.study(start, start + advance / self.rate, self.activity, low, self.position)
            self.who.truth.busy_until = max(self.who.truth.busy_until, self.at)

    def say(
        self,
        verb: str,
        *,
        check: bool = False,
        result: dict[str, Any] | None = None,
        success: bool | None = None,
        duration: float | None = None,
    ) -> None:
        """State it: by the producer's clock; received a little later, or when the network is back."""
        context: dict[str, Any] = {v.EXT_SESSION_ID: self.session}
        media = self.kind == v.ACTIVITY_VIDEO
        if media:
            context[v.EXT_LENGTH] = self.length
        if self.style.promises:
            context |= {v.EXT_SEQUENCE: self.sequence, v.EXT_PLAYING: self.playing, v.EXT_VISIBLE: self.visible}
            context[v.EXT_RATE] = self.rate
            if self.style.inputs:
                context[v.EXT_INPUTS] = self.pending if self.at >= self.next_told else 0
                if self.at >= self.next_told:
                    self.pending, self.next_told = 0, self.at + self.style.tells_s
        elif self.rate != 1.0:
            context[v.EXT_SPEED] = f"{self.rate:g}x"
        if self.style.device:
            context[v.EXT_DEVICE] = self.device
        self.sequence += 1
        outcome: dict[str, Any] = {}
        if media and not check:
            outcome["extensions"] = result or {v.EXT_TIME: self.style.settle(self.position)}
        if success is not None:
            outcome |= {"success": success, "duration": f"PT{duration:.3f}S"}
        body: dict[str, Any] = {
            "registration": self.registration,
            "platform": self.style.platform,
            "extensions": context,
            "contextActivities": {},
        }
        if self.style.promises:
            body["contextActivities"]["category"] = [{"id": v.CATEGORY_STUDY_TIME}]
        target: dict[str, Any] = {"id": self.activity, "definition": {"type": self.kind}}
        if check:
            body["contextActivities"]["parent"] = [{"id": self.activity}]
            target = {"id": f"{self.activity}/check", "definition": {"type": v.ACTIVITY_PRESENCE_CHECK}}
        self.state(verb, target, body, outcome)

    def state(self, verb: str, target: dict[str, Any], context: dict[str, Any], result: dict[str, Any]) -> None:
        """Any statement at this moment."""
        statement = {
            "id": str(uuid.UUID(int=self.rng.getrandbits(128), version=4)),
            "actor": {"account": {"homePage": "https://school.example", "name": self.who.name}},
            "verb": {"id": verb},
            "object": target,
            "context": context,
            "timestamp": instant(self.at + self.who.clock_error),
        }
        if result:
            statement["result"] = result
        self.who.statements.append((statement, max(self.at, self.outage_until) + self.style.delay()))


def instant(at: float) -> str:
    """As producers write it, to the millisecond."""
    return datetime.fromtimestamp(round(at, 3), UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def lines(who: Learner) -> list[bytes]:
    """The statements as lines of a file for `statements import --keep-stored`, in the order in which they arrived."""
    ordered = sorted(who.statements, key=lambda item: item[1])
    return [msgspec.json.encode(statement | {"stored": instant(stored)}) for statement, stored in ordered]
