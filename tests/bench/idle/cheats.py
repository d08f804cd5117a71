"""Ways to gain hours without studying (adversaries.md, first list). Parameters are drawn widely: the family matters.

Each row of `ALONE` is one account's way; a share of its sessions is honest. Nobody attends the others: their truth is empty.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace

from lms_tracker.core.xapi import vocabulary as v
from tests.bench.idle.people import COURSES, LENGTHS, Habit, moments, watch
from tests.bench.idle.player import BASE, Hand, Learner, Player

Way = Callable[[Learner, float, str], None]
"""A session at an instant on an activity."""


def _nobody(who: Learner, at: float, activity: str, hand: Hand = lambda _: 0) -> Player:
    p = Player(who, at, activity, LENGTHS[activity])
    p.present, p.hand = False, hand
    return p


def _checks(p: Player, answered: Callable[[], float | None], until: float | None = None) -> None:
    """Play to the end, with checks that are answered after so long or, for None, run out."""
    rng, end = p.rng, min(p.length, until or p.length)
    check = p.at + 240 + rng.expovariate(1 / 360)
    while p.position < end - 0.5:
        left = max(0.5, (end - p.position) / p.rate)
        if not p.style.checks or check - p.at >= left:
            p.run(left)
        else:
            p.run(max(0.1, check - p.at))
            delay = answered()
            p.miss() if delay is None else p.answer(delay)
            check = p.at + 240 + rng.expovariate(1 / 360)


def tab_left(who: Learner, at: float, activity: str) -> None:
    """1: left playing."""
    p = _nobody(who, at, activity)
    p.open()
    p.play()
    if who.rng.random() < 0.5:
        p.run(who.rng.uniform(5, 200))
        p.focus(False)
    _checks(p, lambda: None)
    p.close(completed=True)


@dataclass
class _Script:
    """What a script's author chose, once for an account."""

    period: float
    hand: Hand
    answer: Callable[[], float]


def _robot_hand(rng: random.Random) -> Hand:
    """Inputs of a machine: so many each time, every so often."""
    kind = rng.choice(["same", "same", "every", "few"])
    count, low = rng.randint(1, 4), rng.randint(1, 3)
    waited, period = 0.0, rng.uniform(40, 240)

    def same(seconds: float) -> int:
        return count if seconds > 5 else 0

    def every(seconds: float) -> int:
        nonlocal waited
        waited += seconds
        if waited < period:
            return 0
        waited -= period
        return count

    def few(seconds: float) -> int:
        return rng.randint(low, low + 1) if seconds > 5 else 0

    return {"same": same, "every": every, "few": few}[kind]


def _script(who: Learner) -> _Script:
    rng = random.Random(who.name)
    poll, floor = rng.uniform(0.3, 5.0), rng.uniform(0.02, 0.5)
    fixed = rng.uniform(0.5, 6.0)
    answer = rng.choice([lambda: floor + who.rng.random() * poll, lambda: fixed + who.rng.uniform(0, 0.15)])
    return _Script(rng.uniform(4, 120), _robot_hand(rng), answer)


def keep_alive(who: Learner, at: float, activity: str) -> None:
    """2: presses play every few seconds when the player stopped; moves the mouse; never hidden."""
    script = _script(who)
    p = _nobody(who, at, activity, script.hand if random.Random(who.name).random() < 0.5 else lambda _: 0)
    p.open()
    p.play()
    while p.position < p.length - 1:
        p.run(min(script.period, p.length - p.position))
        p.pause()
        p.run(who.rng.uniform(0.02, 0.9))
        p.play()
    p.close(completed=True)


def auto_click(who: Learner, at: float, activity: str) -> None:
    """3: the dialog is polled for and clicked away, at any hour."""
    script = _script(who)
    p = _nobody(who, at, activity)
    p.style = replace(who.style, checks=True)
    p.open()
    p.play()
    _checks(p, script.answer)
    p.close(completed=True)


def suppressed(who: Learner, at: float, activity: str) -> None:
    """4: the dialog never appears; the server knows that it asked."""
    p = _nobody(who, at, activity)
    p.style = replace(who.style, checks=True)
    p.open()
    p.play()
    _checks(p, lambda: None)
    p.close(completed=True)


def packets(who: Learner, at: float, activity: str) -> None:
    """5: one request a minute, and no player."""
    p = _nobody(who, at, activity)
    cadence = random.Random(who.name).uniform(20, 60)
    p.style = replace(who.style, beat=lambda: cadence, checks=False, inputs=True)
    p.play()
    p.run(p.length)
    p.close(completed=True)


def jittered(who: Learner, at: float, activity: str) -> None:
    """6: like 5, with random waits, invented inputs and answers."""
    own = random.Random(who.name)
    low = own.uniform(5, 20)
    high = low + own.uniform(5, 25)
    few = own.randint(1, 3)
    p = _nobody(who, at, activity, lambda _: who.rng.randint(1, 1 + few))
    p.style = replace(who.style, beat=lambda: who.rng.uniform(low, high), settle=lambda x: round(x, 3))
    p.open()
    p.play()
    quick, slow = own.uniform(0.5, 3), own.uniform(3.5, 6)
    _checks(p, lambda: who.rng.uniform(quick, slow))
    p.close(completed=True)


def one_shot(who: Learner, at: float, activity: str) -> None:
    """7: all of it claimed at once."""
    p = _nobody(who, at, activity)
    p.open()
    p.play()
    p.run(who.rng.uniform(0.5, 8))
    p.position = p.length
    p.close(completed=True)


def parallel(who: Learner, at: float, activity: str) -> None:
    """8: several courses at once; the first of them is truly studied, and checks are answered until its student leaves."""
    start = COURSES.index(activity)
    # Without pauses: whether somebody studies the second course while the first one waits, no text decides.
    studied = watch(who, Habit(pauses=0, rewinds=0, rates=(1.0,)), at, activity)
    for offset in range(1, who.rng.randint(2, 5)):
        other = COURSES[(start + 6 * offset) % len(COURSES)]
        p = _nobody(who, at + who.rng.uniform(5, 90), other)
        p.open()
        p.play()
        _checks(p, lambda: who.rng.uniform(2, 9) if p.at < studied.at else None, until=LENGTHS[activity] - 120)  # noqa: B023
        p.close()


def speeding(who: Learner, at: float, activity: str) -> None:
    """9: at up to 16 times the speed, or dragged to the end."""
    p = _nobody(who, at, activity, lambda _: who.rng.randint(0, 3))
    p.open()
    p.play()
    if who.rng.random() < 0.5:
        p.run(3)
        p.speed(who.rng.choice([2.0, 3.0, 4.0, 8.0, 16.0]))
        p.run((p.length - p.position) / p.rate)
    else:
        while p.position < p.length - 30:
            p.run(who.rng.uniform(0.5, 4))
            p.seek(p.position + who.rng.uniform(100, 600))
    p.close(completed=True)


def bypassed(who: Learner, at: float, activity: str) -> None:
    """11: an answer to another check than the one that was asked: the server calls it wrong, and asked in vain."""
    p = _nobody(who, at, activity)
    p.style = replace(who.style, checks=True)
    p.open()
    p.play()
    while p.position < p.length - 1:
        p.run(min(who.rng.uniform(240, 700), p.length - p.position))
        p.answer(who.rng.uniform(0.5, 5), right=False)
        p.miss()
    p.close(completed=True)


def driven(who: Learner, at: float, activity: str) -> None:
    """10: a browser by remote control: trusted inputs, the same each time; constant dwell; answers after a steady wait."""
    own = random.Random(who.name)
    wait, spread = own.uniform(1, 7), own.uniform(0.01, 0.12)
    p = _nobody(who, at, activity, _robot_hand(own))
    p.open()
    p.run(own.uniform(1, 5))
    p.play()
    _checks(p, lambda: wait * who.rng.lognormvariate(0, spread))
    p.close(completed=True)


def jiggler(who: Learner, at: float, activity: str) -> None:
    """Not on the list: a device under the mouse, and a script for the checks."""
    own = random.Random(who.name)
    floor, poll = own.uniform(0.1, 0.6), own.uniform(0.5, 3)
    rate = own.randint(20, 60)
    p = _nobody(who, at, activity, lambda s: max(0, round(rate * s / 20 + who.rng.gauss(0, 1))))
    p.open()
    p.play()
    _checks(p, lambda: floor + poll * who.rng.random())
    p.close(completed=True)


def round_the_clock(who: Learner, at: float, activity: str) -> None:
    """Not on the list: people who are paid take turns on one account; each minute looks human."""
    watch(who, Habit(hands="bursty"), at, activity)
    who.truth.spans.clear()


ALONE: dict[str, Way] = {
    "1 tab left playing": tab_left,
    "2 keep-alive script": keep_alive,
    "3 auto-click": auto_click,
    "4 suppressed checks": suppressed,
    "5 packet replay": packets,
    "6 jittered replay": jittered,
    "7 one shot": one_shot,
    "8 parallel play": parallel,
    "9 speeding": speeding,
    "10 driven browser": driven,
    "11 bypassed check": bypassed,
    "U1 mouse jiggler": jiggler,
    "U2 account in shifts": round_the_clock,
}
INVARIANT = ("1 ", "4 ", "5 ", "7 ", "8 ", "9 ", "11 ")


def cheat(way: Way, who: Learner, habit: Habit, days: int) -> None:
    """A cheat's days: mostly by that way, sometimes honestly."""
    share = random.Random(who.name + "share").uniform(0.6, 1.0)
    if way is round_the_clock:
        at, day = BASE + 3600.0, 86400 * min(days, 3)
        for activity in COURSES:
            if at > BASE + day:
                break
            way(who, at, activity)
            at = max(at + 900, max(s for _, s in who.statements) + who.rng.uniform(60, 1500))
        return
    step = 4 if way is parallel else 1
    for activity, at in zip(COURSES[::step], moments(who.rng, habit, days), strict=False):
        if who.rng.random() < share:
            way(who, at, activity)
        else:
            watch(who, habit, at, activity)


def replay(who: Learner, source: list[tuple[dict, float]], shift: float, jitter: float) -> None:  # type: ignore[type-arg]
    """14: recorded statements sent again under one's own name, with other ids, later, for another activity."""
    from tests.bench.idle.player import instant

    rng = who.rng
    sessions = {s["context"]["extensions"][v.EXT_SESSION_ID] for s, _ in source}
    names = {name: f"{rng.getrandbits(64):016x}" for name in sorted(sessions)}
    registration = f"{rng.getrandbits(32):08x}-0000-4000-8000-{rng.getrandbits(48):012x}"
    for statement, stored in source:
        late = shift + rng.uniform(-jitter, jitter)
        context = statement["context"]
        extensions = dict(context["extensions"])
        extensions[v.EXT_SESSION_ID] = names[extensions[v.EXT_SESSION_ID]]
        extensions.pop(v.EXT_DEVICE, None)
        if who.style.device:
            extensions[v.EXT_DEVICE] = who.device
        at = _seconds(statement["timestamp"]) + late
        copy = statement | {
            "id": f"{rng.getrandbits(32):08x}-0000-4000-8000-{rng.getrandbits(48):012x}",
            "actor": {"account": {"homePage": "https://school.example", "name": who.name}},
            "context": context | {"extensions": extensions, "registration": registration},
            "timestamp": instant(at),
        }
        who.statements.append((copy, stored + late))


def _seconds(text: str) -> float:
    from datetime import datetime

    return datetime.fromisoformat(text).timestamp()
