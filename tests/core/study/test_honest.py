"""Honest people who look like cheats: their study is credited."""

import random
from collections.abc import Callable

import msgspec
import pytest

from lms_tracker.core.study.engine import settle
from lms_tracker.core.study.events import SECOND
from lms_tracker.core.study.policy import DEFAULTS
from tests.core.study.player import FALSE_AT_MOST, HONEST_AT_LEAST, HOUR, Player, moved, shares, watched
from tests.core.study.tape import BASE, us


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
