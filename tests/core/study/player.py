"""Small streams of statements with the truth by the second, for tests of how people gain hours without studying.

A `Player` walks through a session second by second. It tells what a player would tell, and notes for each second how
much study it claims and whether somebody studied. What the ledger credits in those seconds is then held against that.
"""

from collections import defaultdict
from typing import Any

import msgspec

from lms_tracker.core.study.engine import settle
from lms_tracker.core.study.events import SECOND, Event, Kind
from lms_tracker.core.study.policy import DEFAULTS, StudyPolicy
from lms_tracker.core.study.sessions import CatalogueItem
from tests.core.study.tape import BASE, us

FALSE_AT_MOST, HONEST_AT_LEAST = 0.02, 0.98


BEAT, CHECK = 25, 480
"""Seconds between heartbeats, and between presence checks; a check runs out after 60 s."""


HOUR = 3600


class Player:
    """One opening of one activity. `beats=False`: an older platform that tells media events and nothing more."""

    def __init__(self, session: str = "s", activity: str = "video/1", start: int = 0, **facts: Any) -> None:
        self.session, self.activity, self.now = session, activity, start
        self.beats: bool = facts.pop("beats", True)
        self.checks: bool = facts.pop("checks", self.beats)
        self.reports_inputs: bool = facts.pop("reports_inputs", self.beats)
        self.media: bool = facts.pop("media", True)
        self.numbered: bool = facts.pop("numbered", False)
        self.position: float = facts.pop("position", 0.0)
        self.facts: dict[str, Any] = facts
        self.playing, self.visible, self.rate = False, True, 1.0
        self.spoke, self.inputs, self.next_check = start, 0, start + CHECK
        self.seen: set[int] = set()
        self.events: list[Event] = []
        self.truth: dict[int, tuple[float, bool]] = {}
        """Second -> (study claimed, whether somebody studied)."""
        self.say(Kind.INITIALIZED)

    def say(self, kind: Kind, **more: Any) -> None:
        at = BASE + us(self.now)
        more.setdefault("position", us(self.position) if self.media else None)
        more.setdefault("position_before", more["position"])
        if self.beats:
            more |= {"playing": self.playing, "visible": self.visible, "rate_milli": round(self.rate * 1000)}
        if self.reports_inputs:
            more["inputs"] = self.inputs
        number = len(self.events)
        more |= {"sequence": number if self.numbered else None, "media": self.media, "promises": self.beats}
        identity = {"id": f"{self.session}-{number:05d}", "session": self.session, "activity": self.activity}
        self.events.append(Event(at=at, stored=at + us(0.2), kind=kind, **(identity | more | self.facts)))
        self.spoke, self.inputs = self.now, 0

    def play(self) -> None:
        self.playing = True
        self.say(Kind.PLAYED)

    def pause(self) -> None:
        self.playing = False
        self.say(Kind.PAUSED)

    def seek(self, to: float) -> None:
        before, self.position = self.position, to
        self.say(Kind.SEEKED, position_before=us(before))

    def look(self, visible: bool) -> None:
        self.visible = visible
        self.say(Kind.FOCUSED if visible else Kind.UNFOCUSED)

    def close(self) -> None:
        self.playing = False
        self.say(Kind.TERMINATED)

    def run(self, seconds: int, *, studies: bool, hands: int | None = None, **how: Any) -> None:
        """Time goes by. `hands`: an input every so many seconds; `answers`: what becomes of checks (default: right when
        somebody studies, else missed); `speed`: content per second when it is not what the rate says."""
        answers = how.get("answers", "right" if studies else "missed")
        speed: float = how.get("speed", self.rate)
        for _ in range(seconds):
            if self.playing or not self.media:
                content = range(round(self.position), round(self.position + speed))
                new = not self.media or not content or not self.seen.issuperset(content)
                self.truth[self.now] = (speed if self.media else 1.0, studies and new)
                self.seen.update(content)
                self.position += speed
            self.now += 1
            if hands and self.now % hands == 0:
                self.inputs += 1
            if self.checks and self.now >= self.next_check + (60 if answers == "missed" else 5):
                self.next_check = self.now + CHECK
                verdict = Kind.MISSED if answers == "missed" else Kind.ANSWERED
                self.say(verdict, success={"right": True, "wrong": False}.get(answers), position=None)
            elif self.beats and self.now - self.spoke >= BEAT:
                self.say(Kind.HEARTBEAT)


def shares(*players: Player, events: list[Event] | None = None, policy: StudyPolicy = DEFAULTS) -> tuple[float, float]:
    """Share of the honest study that is credited, and share of the false claims that is, second by second."""
    heard = events if events is not None else [event for player in players for event in player.events]
    credited: dict[tuple[str, int], float] = defaultdict(float)
    for entry in settle(heard, policy, {"doc/1": CatalogueItem(False, us(4 * HOUR))}):
        for i in entry.intervals:
            if i.verdict == "credited":
                start, end = (i.start_us - BASE) / SECOND, (i.end_us - BASE) / SECOND
                for second in range(int(start // 1), int(-(-end // 1))):
                    width = min(end, second + 1) - max(start, second)
                    credited[entry.session, second] += i.amount_us / SECOND * width / (end - start)
    honest = false = honest_credited = false_credited = 0.0
    for player in players:
        for second, (claimed, studied) in player.truth.items():
            got = credited.pop((player.session, second), 0.0)
            if studied:
                honest, honest_credited = honest + claimed, honest_credited + min(got, claimed)
            else:
                false, false_credited = false + claimed, false_credited + got
    stray = sum(credited.values())  # credited at a time in which nothing was claimed
    return honest_credited / (honest or 1), (false_credited + max(0.0, stray - 1)) / (false or 1)


def watched(seconds: int = 2700, **facts: Any) -> Player:
    """Somebody who watches attentively."""
    player = Player(**facts)
    player.play()
    player.run(seconds, studies=True, hands=97)
    player.pause()
    return player


def moved(events: list[Event], **by: float) -> list[Event]:
    """The events with timestamps or receipts some seconds off."""
    return [
        msgspec.structs.replace(event, **{name: getattr(event, name) + us(off) for name, off in by.items()})
        for event in events
    ]
