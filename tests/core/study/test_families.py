"""How people gain hours without studying, settled by invariants; numbers are those of the project's list of adversaries."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from lms_tracker.core.study.engine import settle
from lms_tracker.core.study.events import SECOND, Kind
from lms_tracker.core.study.policy import DEFAULTS, SourcePolicy, StudyPolicy
from tests.core.study.player import FALSE_AT_MOST, HONEST_AT_LEAST, HOUR, Player, shares, watched
from tests.core.study.tape import BASE, us


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
