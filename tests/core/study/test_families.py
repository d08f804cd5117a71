"""How people gain hours without studying, and the honest people who look like it: small streams, truth by the second.

A `Player` walks through a session second by second. It tells what a player would tell, and notes for each second how
much study it claims and whether somebody studied. What the ledger credits in those seconds is then held against that.
"""

import random
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from lms_tracker.core.study.engine import settle
from lms_tracker.core.study.events import SECOND, Event, Kind
from lms_tracker.core.study.policy import DEFAULTS, SourcePolicy, StudyPolicy
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


# --- families settled by invariants; numbers are those of the project's list of adversaries ------------------------------


def left_in_the_background() -> Player:  # 1
    player = Player(checks=False)
    player.play()
    player.look(False)
    player.run(2700, studies=False)
    player.close()
    return player


def left_visible_with_checks_missed() -> Player:  # 1
    player = Player()
    player.play()
    player.run(2700, studies=False)
    player.close()
    return player


def left_visible_without_checks() -> Player:  # 1
    player = Player(checks=False)
    player.play()
    player.run(2700, studies=False)
    player.close()
    return player


def left_open_document() -> Player:  # 1
    player = Player(activity="doc/1", media=False)
    player.run(2700, studies=False)
    player.close()
    return player


def keep_alive(every: int, checks: bool) -> Player:  # 2: untrusted clicks, visibility faked
    player = Player(checks=checks)
    player.play()
    for _ in range(2700 // every):
        player.run(every, studies=False)
        player.pause()
        player.now += 1
        player.play()
    player.close()
    return player


def checks_suppressed() -> Player:  # 4: the server says that they ran out; the page goes on
    player = Player()
    player.play()
    player.run(120, studies=True, hands=60)
    player.run(2700, studies=False)
    player.close()
    return player


def completed_at_once(beats: bool) -> Player:  # 7
    player = Player(beats=beats)
    player.play()
    player.truth = {0: (2700.0, False)}
    player.now, player.position = 2, 2700.0
    player.say(Kind.COMPLETED, length=us(2700), duration=us(2700), segments=((0, us(2700)),))
    player.close()
    return player


def claimed_faster_than_the_clock(beats: bool) -> Player:  # 7: every minute of 45 claimed within a minute
    player = Player(beats=beats)
    for _ in range(45):
        player.play()
        player.run(1, studies=False, speed=60.0)
        player.pause()
    return player


def sixteen_times(says_so: bool) -> Player:  # 9
    player = Player()
    player.rate = 16.0 if says_so else 1.0
    player.play()
    player.run(300, studies=False, hands=60, speed=16.0, answers="right")
    player.close()
    return player


def twice_as_fast() -> Player:  # 9
    player = Player()
    player.rate = 2.0
    player.play()
    player.run(1350, studies=False, hands=60, answers="right")
    player.close()
    return player


def progress_under_an_open_check() -> Player:  # 11
    player = Player()
    player.play()
    player.run(2700, studies=False, answers="missed")
    player.close()
    return player


def answers_to_another_check() -> Player:  # 11
    player = Player()
    player.play()
    player.run(2700, studies=False, answers="wrong")
    player.close()
    return player


FALSE: dict[str, Callable[[], Player]] = {
    "1 left in the background": left_in_the_background,
    "1 left visible, checks missed": left_visible_with_checks_missed,
    "1 left visible, no checks": left_visible_without_checks,
    "1 document left open": left_open_document,
    "2 keep-alive every 5 s": lambda: keep_alive(5, checks=True),
    "2 keep-alive every 5 s, no checks": lambda: keep_alive(5, checks=False),
    "2 keep-alive every 240 s": lambda: keep_alive(240, checks=True),
    "4 checks suppressed": checks_suppressed,
    "7 completed at once": lambda: completed_at_once(True),
    "7 completed at once, older platform": lambda: completed_at_once(False),
    "7 faster than the clock": lambda: claimed_faster_than_the_clock(True),
    "7 faster than the clock, older platform": lambda: claimed_faster_than_the_clock(False),
    "9 sixteen times": lambda: sixteen_times(True),
    "9 sixteen times, not said": lambda: sixteen_times(False),
    "9 twice": twice_as_fast,
    "11 progress under an open check": progress_under_an_open_check,
    "11 answers to another check": answers_to_another_check,
}


@pytest.mark.parametrize("family", FALSE)
def test_false_time_is_not_credited(family: str) -> None:
    assert shares(FALSE[family]())[1] <= FALSE_AT_MOST


def test_time_after_somebody_left_is_false_and_the_time_before_is_kept() -> None:  # 1
    player = Player()
    player.play()
    player.run(1500, studies=True, hands=20)
    player.look(False)
    player.run(2700, studies=False)
    player.close()
    honest, false = shares(player)
    assert honest >= HONEST_AT_LEAST
    assert false <= FALSE_AT_MOST


@pytest.mark.parametrize("every", [30, 60])
@pytest.mark.parametrize("replays_played", [True, False])
def test_packets_without_a_player_have_no_proof_and_count_nothing_for_a_source_that_must_have_it(
    every: int, replays_played: bool
) -> None:  # 5
    player = Player(checks=False, reports_inputs=False, source="player")
    player.playing = True
    for _ in range(2700 // every):
        player.spoke = player.now + every  # no heartbeat of its own
        player.run(every, studies=False)
        player.say(Kind.PLAYED if replays_played else Kind.HEARTBEAT)
    policy = StudyPolicy(sources={"player": SourcePolicy(declared_share=0)})
    assert shares(player, policy=policy)[1] <= FALSE_AT_MOST
    proved = [msgspec.structs.replace(event, proved=True) for event in player.events[:-20]]
    assert shares(player, events=proved + player.events[-20:], policy=policy)[1] <= FALSE_AT_MOST


@pytest.mark.parametrize("posted", [0, 2700])
def test_a_session_posted_in_one_moment_is_worth_no_more_than_the_offline_buffer(posted: int) -> None:  # 7
    player = watched()
    player.truth = {second: (claim, False) for second, (claim, _) in player.truth.items()}
    events = [msgspec.structs.replace(event, stored=BASE + us(posted)) for event in player.events]
    late = DEFAULTS.source("").late_s if posted else DEFAULTS.clock_error_s
    assert shares(player, events=events)[1] * 2700 <= late


@pytest.mark.parametrize("courses", [2, 5])
@pytest.mark.parametrize("beats", [True, False])
def test_of_parallel_courses_one_counts(courses: int, beats: bool) -> None:  # 8
    players = [watched(1700, session="s0", activity="video/0", beats=beats)]
    for n in range(1, courses):
        player = watched(1700 - 40 * n, session=f"s{n}", activity=f"video/{n}", start=20 * n, beats=beats)
        player.truth = {second: (claim, False) for second, (claim, _) in player.truth.items()}
        players.append(player)
    honest, false = shares(*players)
    assert honest >= HONEST_AT_LEAST
    assert false <= FALSE_AT_MOST


def test_more_than_a_day_a_day_does_not_exist() -> None:  # 8
    players = [watched(HOUR, session=f"s{n}", activity=f"video/{n}", start=n * 1200) for n in range(45)]
    assert sum(claim for player in players for claim, _ in player.truth.values()) == 45 * HOUR  # within 16 hours
    entries = settle([event for player in players for event in player.events], DEFAULTS)
    assert all(credited <= 8 * HOUR * SECOND for credited in by_date(entries).values())


def by_date(entries: list[Any]) -> dict[Any, int]:
    out: dict[Any, int] = defaultdict(int)
    for entry in entries:
        out[entry.date] += entry.credited_us
    return out


@pytest.mark.parametrize("beats", [True, False])
def test_dragging_to_the_end_earns_the_seconds_that_were_played(beats: bool) -> None:  # 9
    player = Player(beats=beats)
    player.play()
    player.run(600, studies=True, hands=60)
    player.truth[player.now] = (1900.0, False)  # what the drag would claim
    player.seek(2500)
    player.now += 1
    player.run(100, studies=True, hands=60)
    player.say(Kind.COMPLETED, length=us(2600), segments=((0, us(2600)),))
    honest, false = shares(player)
    assert honest >= HONEST_AT_LEAST
    assert false <= FALSE_AT_MOST


# --- honest people who look like it ---------------------------------------------------------------------------------------


def note_taker() -> list[Player]:
    """Does not touch the mouse for ten minutes and more, but answers checks."""
    player = Player()
    player.play()
    for _ in range(3):
        player.run(700, studies=True)
        player.run(30, studies=True, hands=5)
    player.close()
    return [player]


def screen_reader() -> list[Player]:
    """No pointer at all: no input that a page could count, and the checks are answered."""
    player = Player()
    player.play()
    player.run(3000, studies=True)
    player.close()
    return [player]


def keyboard_only() -> list[Player]:
    player = Player()
    player.play()
    player.run(2700, studies=True, hands=61)
    player.close()
    return [player]


def very_regular() -> list[Player]:
    """Every evening at the same time, a pause every ten minutes to the second, a key every minute to the second."""
    players = []
    for evening in range(5):
        player = Player(f"s{evening}", f"video/{evening}", evening * 24 * HOUR)
        for _ in range(4):
            player.play()
            player.run(600, studies=True, hands=60)
            player.pause()
            player.run(60, studies=True)
        player.close()
        players.append(player)
    return players


def night_owl() -> list[Player]:
    """From 23:30 to 02:30 in Shanghai, over midnight."""
    return [watched(2 * HOUR, start=15 * HOUR + 1800), watched(HOUR, session="t", activity="video/2", start=18 * HOUR)]


def two_monitors(away: int) -> list[Player]:
    """Every now and then a click into the other window: for notes, for a message."""
    player = Player()
    player.play()
    for _ in range(18):
        player.run(100, studies=True, hands=13)
        player.look(False)
        player.run(away, studies=True)
        player.look(True)
    player.close()
    return [player]


def phone_that_locks() -> list[Player]:
    """The screen goes dark: the video stops, the page is frozen and says nothing; then it goes on."""
    player = Player()
    player.play()
    for pause in (8, 40, 200):
        player.run(500, studies=True, hands=31)
        player.look(False)
        player.now += pause
        player.look(True)
    player.run(500, studies=True, hands=31)
    player.close()
    return [player]


def phone_call() -> list[Player]:
    player = Player()
    player.play()
    player.run(900, studies=True, hands=47)
    player.pause()
    player.run(1300, studies=True)
    player.play()
    player.run(900, studies=True, hands=47)
    player.close()
    return [player]


def changes_device() -> list[Player]:
    phone = watched(900, session="phone")
    desk = watched(1800, session="desk", start=1100, position=900.0)
    return [phone, desk]


def rewatches() -> list[Player]:
    """Goes back for a passage: the new part counts, the part seen before does not (the player's truth says so)."""
    player = Player()
    player.play()
    for _ in range(4):
        player.run(600, studies=True, hands=53)
        player.seek(player.position - 120)
    player.run(600, studies=True, hands=53)
    player.close()
    return [player]


def brisk() -> list[Player]:
    player = Player()
    player.rate = 1.5
    player.play()
    player.run(1800, studies=True, hands=53)
    player.close()
    return [player]


def slow() -> list[Player]:
    player = Player()
    player.rate = 0.75
    player.play()
    player.run(2400, studies=True, hands=53)
    player.close()
    return [player]


def reads_a_document() -> list[Player]:
    player = Player(activity="doc/1", media=False)
    player.run(2700, studies=True, hands=70)
    player.close()
    return [player]


def older_platform() -> list[Player]:
    """Events of media and nothing more, with pauses, a lost `paused` and a session that is never closed."""
    player = Player(beats=False)
    for length in (700, 1500, 400):
        player.play()
        player.run(length, studies=True)
        if length != 1500:
            player.pause()
            player.now += 30
    player.pause()
    return [player]


HONEST: dict[str, Callable[[], list[Player]]] = {
    "note-taker": note_taker,
    "screen reader": screen_reader,
    "keyboard only": keyboard_only,
    "very regular": very_regular,
    "night owl, over midnight": night_owl,
    "two monitors": lambda: two_monitors(40),
    "second window for notes": lambda: two_monitors(15),
    "phone that locks": phone_that_locks,
    "phone call": phone_call,
    "changes device": changes_device,
    "rewatches": rewatches,
    "brisk": brisk,
    "slow": slow,
    "document": reads_a_document,
    "older platform": older_platform,
}


@pytest.mark.parametrize("who", HONEST)
def test_honest_study_is_credited(who: str) -> None:
    honest, false = shares(*HONEST[who]())
    assert honest >= HONEST_AT_LEAST
    assert false <= FALSE_AT_MOST


@pytest.mark.parametrize("numbered", [True, False])
@pytest.mark.parametrize("wait", [120, 600, 840])
def test_a_bus_ride_with_a_flaky_network_costs_nothing(numbered: bool, wait: int) -> None:
    player = watched(numbered=numbered)
    chance = random.Random(wait)
    events = []
    for event in player.events:
        seconds = (event.at - BASE) / SECOND
        sent = (seconds // wait + 1) * wait if seconds // wait % 2 else seconds  # every other stretch waits for its end
        arrives = BASE + us(sent + chance.uniform(0, 5))
        events.append(msgspec.structs.replace(event, stored=max(arrives, event.at)))
    chance.shuffle(events)
    assert shares(player, events=events)[0] >= HONEST_AT_LEAST


def test_one_statement_that_comes_hours_late_costs_nothing() -> None:
    player = watched()
    events = [moved([e], stored=7200)[0] if n % 20 == 10 else e for n, e in enumerate(player.events)]
    assert shares(player, events=events)[0] >= HONEST_AT_LEAST


@pytest.mark.parametrize("numbered", [True, False])
@pytest.mark.parametrize("error", [-8 * HOUR, -1200, -90, -45, 45, 90, 1200, 8 * HOUR])
def test_a_clock_wrong_by_minutes_or_a_time_zone_costs_nothing(error: int, numbered: bool) -> None:
    player = watched(start=5 * HOUR, numbered=numbered)
    events = moved(player.events, at=error)
    settled = settle(events, DEFAULTS)
    assert sum(entry.credited_us for entry in settled) >= us(2700 * HONEST_AT_LEAST)
    if abs(error) > DEFAULTS.clock_error_s:  # and the ledger tells the right time
        assert shares(player, events=events)[0] >= HONEST_AT_LEAST


@pytest.mark.parametrize(
    ("zone", "hour"),  # the local night of a change of clocks, or a midnight; hours after 2026-03-02 08:00 in Shanghai
    [("Europe/Berlin", 27 * 24), ("America/New_York", 6 * 24 + 6), ("Asia/Shanghai", 15.5), ("Pacific/Chatham", 10)],
)
def test_changes_of_the_clocks_and_midnights_cost_nothing(zone: str, hour: float) -> None:
    player = watched(2 * HOUR, start=round(hour * HOUR))
    policy = msgspec.structs.replace(DEFAULTS, timezone=zone)
    assert shares(player, policy=policy)[0] >= HONEST_AT_LEAST


def test_colleagues_at_one_computer_or_address_cost_each_other_nothing() -> None:
    """Ledgers are one learner's each: the same device and hours of others do not enter."""
    alone = watched()
    forty = [watched(session=f"s{n}", start=n) for n in range(40)]
    assert all(shares(player)[0] == shares(alone)[0] == 1.0 for player in forty)
