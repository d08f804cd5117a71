"""Ways to cheat that were written before anybody looked at how signals are made: from what public scripts do.

Sources are public scripts for Chinese course platforms and the threads of their users (userscripts that press play and answer,
reporters with random intervals and speeds, phone robots, pointer macros); each docstring says what the script does. All but
`LIMITS` count; blind.py says which half of them nobody may tune on.
"""

import random
from collections.abc import Callable
from dataclasses import replace

from tests.bench.idle.cheats import Way, _checks, _nobody
from tests.bench.idle.groups import Group
from tests.bench.idle.people import COURSES, LENGTHS, Habit, draw_habit, hand_of, moments, watch
from tests.bench.idle.player import BASE, DAY_S, Hand, Learner, Player

Days = Callable[[Learner, int], None]
"""All days of one account."""


def by_session(way: Way, share: tuple[float, float] = (0.6, 1.0)) -> Days:
    """Mostly that way, the rest honestly."""

    def days_of(who: Learner, days: int) -> None:
        habit, part = draw_habit(who.rng), who.rng.uniform(*share)
        for activity, at in zip(COURSES, moments(who.rng, habit, days), strict=False):
            if who.rng.random() < part:
                way(who, at, activity)
            else:
                watch(who, habit, at, activity)

    return days_of


def reporter(who: Learner, at: float, activity: str) -> None:
    """Reports 30 s apart, give or take 5; the speed wavers by 0.15; now and then it "pauses"; a few inputs are made up."""
    rng = who.rng
    p = _nobody(who, at, activity, lambda _: rng.randint(0, 2))
    p.style = replace(who.style, beat=lambda: 30 + rng.randint(-5, 0), settle=lambda x: float(round(x)), checks=False)
    p.open()
    p.play()
    while p.position < p.length - 1:
        p.rate = 1.0 + rng.uniform(-0.15, 0.15)
        p.run(min(30.0, (p.length - p.position) / p.rate))
        if rng.random() < 0.0035 * 30:
            p.pause()
            p.run(rng.uniform(5, 40))
            p.play()
    p.close(completed=True)


def watchdog(who: Learner, at: float, activity: str) -> None:
    """A driver looks every 2 s whether the video stopped, every 0.7 s for a dialog, and clicks its first two choices."""
    rng = who.rng
    p = _nobody(who, at, activity)
    p.style = replace(who.style, checks=True)
    p.open()
    p.run(rng.uniform(2, 4))
    p.play()
    _checks(p, lambda: rng.uniform(0, 0.7) + rng.uniform(0.25, 0.45))
    p.close(completed=True)


def waited_out(who: Learner, at: float, activity: str) -> None:
    """Says played, sleeps for the unit's length, says completed: a source without heartbeats, nobody there."""
    p = _nobody(who, at, activity)
    p.style = replace(who.style, promises=False, inputs=False, checks=False)
    p.play()
    p.run(p.length)
    p.close(completed=True)


def three_streams(who: Learner, at: float, activity: str) -> None:
    """Three units at a time, a heartbeat every few seconds for each, and nothing else; inputs are 0 or not mentioned."""
    own, first = random.Random(who.name), COURSES.index(activity)
    period, mentions = own.uniform(5, 30), own.random() < 0.5
    for index in range(3):
        other = COURSES[(3 * first + index) % len(COURSES)]
        p = _nobody(who, at + who.rng.uniform(0, 2), other)
        p.style = replace(who.style, beat=lambda: period, checks=False, inputs=mentions)
        p.play()
        p.run(p.length)
        p.close(completed=True)


def phone_robot(who: Learner, days: int) -> None:
    """A robot on a phone: two dozen short items every morning, a minute or so each, one swipe to come and one to go."""
    rng, hour = who.rng, who.rng.uniform(5, 9)
    for day in range(days):
        at = BASE + day * DAY_S + (hour - 8) * 3600 + DAY_S + rng.uniform(0, 30)
        for item in range(24):
            p = Player(who, at, f"https://school.example/clip/{day}-{item}", 90.0)
            p.present = False
            p.pending = 1
            p.open()
            p.play()
            p.run(rng.uniform(60, 90))
            p.pending += 1
            p.close()
            at = p.at + rng.uniform(4, 6)


def scroller(who: Learner, at: float, activity: str) -> None:
    """Scrolls after 2 to 60 s, again and again; every second or two looks for a dialog and clicks it."""
    rng, left = who.rng, 0.0

    def hand(seconds: float) -> int:
        nonlocal left
        left -= seconds
        count = 0
        while left < 0:
            count, left = count + 1, left + rng.uniform(2, 60)
        return count

    p = _nobody(who, at, activity, hand)
    p.open()
    p.play()
    _checks(p, lambda: rng.uniform(1, 2) + rng.uniform(0, 1))
    p.close(completed=True)


def ghost_cursor(who: Learner, at: float, activity: str) -> None:
    """A pointer drawn along curves after 20 to 90 s, some dozen events each; a language model answers within seconds."""
    rng, left = who.rng, 0.0

    def hand(seconds: float) -> int:
        nonlocal left
        left -= seconds
        if left > 0:
            return 0
        left = rng.uniform(20, 90)
        return rng.randint(10, 25)

    p = _nobody(who, at, activity, hand)
    p.open()
    p.run(rng.uniform(1, 3))
    p.play()
    _checks(p, lambda: 0.8 + rng.gammavariate(4, 0.35))
    p.close(completed=True)


def macro(who: Learner, at: float, activity: str) -> None:
    """A minute or more of somebody's real inputs, recorded once and played in a loop; a check waits for the loop's click."""
    own = random.Random(who.name)
    loop = own.uniform(60, 240)
    presses = sorted(own.uniform(0, loop) for _ in range(own.randint(4, 25)))
    clock = 0.0

    def hand(seconds: float) -> int:
        nonlocal clock
        before, clock = clock, clock + seconds
        laps = range(int(before // loop), int(clock // loop) + 1)
        return sum(before <= lap * loop + press < clock for lap in laps for press in presses)

    p = _nobody(who, at, activity, hand)
    p.open()
    p.play()
    _checks(p, lambda: (d if (d := presses[-1] - clock % loop) > 0 else d + loop) % 58 + 0.2)
    p.close(completed=True)


def leaves_soon(who: Learner, at: float, activity: str) -> None:
    """Somebody begins in earnest, and leaves a script in charge after some minutes."""
    rng = who.rng
    p = Player(who, at, activity, LENGTHS[activity])
    p.hand = hand_of("bursty", rng)
    p.open()
    p.run(rng.uniform(1, 6))
    p.play()
    p.run(rng.uniform(120, 400))
    p.present, p.hand = False, lambda s: 1 if s > 5 else 0
    _checks(p, lambda: 0.3 + rng.uniform(0, 2))
    p.close(completed=True)


def overnight(who: Learner, days: int) -> None:
    """The playlist from ten in the evening to six, every night; dialogs are clicked after a random wait."""
    rng, units = who.rng, iter(COURSES)
    for day in range(min(days, 4)):
        at = BASE + day * DAY_S + (22 - 8) * 3600 + rng.uniform(0, 1800)
        end = at + 8 * 3600
        while at < end and (activity := next(units, None)):
            p = _nobody(who, at, activity, lambda s: int(rng.random() < 0.3))
            p.open()
            p.play()
            _checks(p, lambda: rng.uniform(2, 8))
            p.close(completed=True)
            at = p.at + rng.uniform(3, 20)


def again_and_again(who: Learner, days: int) -> None:
    """One unit studied in earnest, and then played five more times."""
    for day in range(0, days, 2):
        habit, activity = draw_habit(who.rng), COURSES[day]
        at = BASE + day * DAY_S + 3600
        for _lap in range(6):
            p = watch(who, replace(habit, rewinds=0, outage=0), at, activity)
            at = p.at + 120


def silent_jumps(who: Learner, at: float, activity: str) -> None:
    """Somebody watches, while a script moves the position on between two heartbeats, without a word."""
    rng = who.rng
    p = Player(who, at, activity, LENGTHS[activity])
    p.hand = hand_of("poisson", rng)
    p.open()
    p.play()
    while p.position < p.length - 120:
        p.run(rng.uniform(15, 120))
        p.position = min(p.length, p.position + rng.uniform(20, 90))
    p.close(completed=True)


def hurried_clock(who: Learner, at: float, activity: str) -> None:
    """The machine's clock is made to run two to four times too fast; what is stated arrives at the true time."""
    begun, quick = len(who.statements), who.rng.uniform(2, 4)
    p = _nobody(who, at, activity, hand_of("poisson", who.rng))
    p.open()
    p.play()
    p.run(p.length)
    p.close(completed=True)
    told = who.statements[begun:]
    who.statements[begun:] = [(statement, at + (stored - at) / quick) for statement, stored in told]


def relabelled(who: Learner, days: int) -> None:
    """Once a day a list of units is reported, each as studied within the last hour, two seconds apart."""
    rng = who.rng
    for day in range(days):
        posted = BASE + day * DAY_S + rng.uniform(3, 14) * 3600
        for index in range(rng.randint(5, 8)):
            begun = len(who.statements)
            p = _nobody(who, posted - 3600 + 2 * index, COURSES[(8 * day + index) % len(COURSES)])
            p.style = replace(who.style, checks=False, inputs=False)
            p.play()
            p.run(p.length)
            p.close(completed=True)
            told = [statement for statement, _ in who.statements[begun:]]
            who.statements[begun:] = [(statement, posted + 2 * index) for statement in told]


def short_units(who: Learner, days: int) -> None:
    """Units of 4 to 14 minutes that follow one another by themselves, for hours; nobody there, no check, no input."""
    for day in range(days):
        at = BASE + day * DAY_S + who.rng.uniform(0, 14) * 3600
        for item in range(who.rng.randint(6, 14)):
            length = float(who.rng.randint(240, 840))
            p = Player(who, at, f"https://school.example/short/{day}-{item}", length)
            p.style, p.present = replace(who.style, checks=False), False
            p.open()
            p.play()
            p.run(length)
            p.close(completed=True)
            at = p.at + who.rng.uniform(1, 5)


def bell(who: Learner, at: float, activity: str) -> None:
    """A bell calls somebody from another room for each check: nobody studies, and only people act."""
    rng = who.rng
    p = _nobody(who, at, activity)
    p.style = replace(who.style, checks=True, counts_answers=True)
    p.open()
    p.play()
    _checks(p, lambda: min(55.0, 6 + rng.expovariate(1 / 12)))
    p.close(completed=True)


def one_hand(members: list[Learner], rng: random.Random, days: int) -> None:
    """One person keeps four accounts going on four machines, and goes round to answer one check after the other."""
    hand: Hand = lambda _: int(rng.random() < 0.05)
    for activity, at in zip(COURSES, moments(rng, Habit(hour=rng.uniform(8, 20)), days), strict=False):
        for index, who in enumerate(members):
            p = _nobody(who, at + index * rng.uniform(8, 30), activity, hand)
            p.style = replace(who.style, checks=True)
            p.open()
            p.play()
            _checks(p, lambda: min(55.0, rng.lognormvariate(0, 0.4) * rng.uniform(4, 16)))
            p.close(completed=True)


BLIND_INVARIANT: dict[str, Days] = {
    "B4 three streams": by_session(three_streams, (1.0, 1.0)),
    "B10 again and again": again_and_again,
    "B11 silent jumps": by_session(silent_jumps),
    "B12 hurried clock": by_session(hurried_clock),
    "B14 relabelled hours": relabelled,
    "B15 short units in a row": short_units,
}
BLIND_SUSPICION: dict[str, Days] = {
    "B1 wavering reporter": by_session(reporter),
    "B2 watchdog": by_session(watchdog),
    "B3 waited out": by_session(waited_out),
    "B5 phone robot": phone_robot,
    "B6 scroller": by_session(scroller),
    "B7 ghost cursor": by_session(ghost_cursor),
    "B9 overnight": overnight,
    "B16 macro loop": by_session(macro),
    "B17 leaves soon": by_session(leaves_soon),
}
BLIND_GROUPS: dict[str, tuple[int, Group]] = {"B8 one hand for four": (4, one_hand)}
LIMITS: dict[str, Days] = {"B13 called by a bell": by_session(bell)}
"""In no figure: nothing tells it from a note-taker but a camera."""
