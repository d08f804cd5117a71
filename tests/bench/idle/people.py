"""Honest people: how they watch, and all those whom a careless judge takes for machines (adversaries.md, second list).

Every look-alike is one row of `HONEST`: a habit, and what is unusual about it. Groups of accessibility carry a name.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace

from tests.bench.idle.player import BASE, DAY_S, Hand, Learner, Player, draw_style

COURSES = [f"https://school.example/course/{n}" for n in range(96)]
LENGTHS = {iri: 900.0 + 300 * (n * 7 % 8) for n, iri in enumerate(COURSES)}


@dataclass
class Habit:
    """How somebody watches. Rates are per hour of watching, lengths in seconds."""

    hour: float = 20.0
    """Local hour (UTC+8) at which study begins, and by how many hours it varies."""
    hour_spread: float = 1.5
    per_day: tuple[int, int] = (1, 2)
    pauses: float = 1.5
    pause_s: tuple[float, float] = (20, 240)
    rewinds: float = 0.8
    rates: tuple[float, ...] = (1.0, 1.0, 1.0, 1.25)
    glances: float = 1.0
    glance_s: tuple[float, float] = (3, 40)
    answer_s: float = 5.0
    answer_spread: float = 0.5
    wrong: float = 0.01
    hands: str = "bursty"
    """Of the kinds in `hand_of`; any other word for none."""
    outage: float = 0.0
    """Share of sessions on a flaky network."""
    jumps: float = 0.05


def hand_of(kind: str, rng: random.Random) -> Hand:
    """Trusted inputs of a person: in bursts, at a steady pace, seldom, or hardly ever."""
    busy, level = False, rng.uniform(1, 6)

    def bursty(seconds: float) -> int:
        nonlocal busy
        busy = rng.random() < (0.6 if busy else 0.25)
        return 1 + int(rng.expovariate(1 / (level * 3))) if busy else 0

    def poisson(seconds: float) -> int:
        return _poisson(level * seconds / 30, rng)

    def seldom(seconds: float) -> int:
        return 1 + int(rng.random() * 3) if rng.random() < seconds / 150 else 0

    waited, limit = 0.0, rng.uniform(300, 640)

    def hardly(seconds: float) -> int:
        nonlocal waited, limit
        waited += seconds
        if waited < limit:
            return 0
        waited, limit = 0.0, rng.uniform(300, 640)
        return 1 + int(rng.random() * 4)

    def each_beat(seconds: float) -> int:
        return rng.randint(1, 4)

    def yes_or_no(seconds: float) -> int:
        return int(rng.random() < 0.6)

    kinds = {f.__name__: f for f in (bursty, poisson, seldom, hardly, each_beat, yes_or_no)}
    return kinds.get(kind, lambda _: 0)


def _poisson(mean: float, rng: random.Random) -> int:
    count, left = 0, rng.expovariate(1)
    while left < mean:
        count, left = count + 1, left + rng.expovariate(1)
    return count


def draw_habit(rng: random.Random) -> Habit:
    """Somebody, of the many who are honest."""
    return Habit(
        hour=rng.uniform(7, 21),
        hour_spread=rng.uniform(0.3, 4),
        per_day=rng.choice([(1, 1), (1, 2), (1, 3), (2, 4)]),
        pauses=rng.choice([0.0, 0.5, 1.5, 4.0]),
        rewinds=rng.choice([0.0, 0.3, 1.0, 3.0]),
        rates=rng.choice([(1.0,), (1.0,), (1.0, 1.25), (1.25, 1.5), (1.5,)]),
        glances=rng.choice([0.0, 0.5, 2.0, 5.0]),
        answer_s=rng.uniform(2.8, 9),
        answer_spread=rng.uniform(0.3, 0.7),
        wrong=rng.choice([0.0, 0.01, 0.05]),
        hands=rng.choice(["bursty", "bursty", "poisson", "seldom", "hardly"]),
    )


def unasked(who: Learner) -> None:
    """In front of a producer that knows no presence checks."""
    who.style = replace(who.style, checks=False)


def watch(who: Learner, habit: Habit, at: float, activity: str, **player: object) -> Player:
    """One honest session from start to end of a course unit (or until called away)."""
    rng, length = who.rng, LENGTHS[activity]
    at = max(at, who.truth.busy_until + 60)  # one after the other: nobody honest attends twice at once
    p = Player(who, at, activity, length, **player)  # type: ignore[arg-type]
    p.hand = hand_of(habit.hands, rng)
    p.open()
    p.run(rng.uniform(1, 6))
    rate = rng.choice(habit.rates)
    if rate != 1.0:
        p.speed(rate)
    p.play()
    if rng.random() < habit.outage:
        p.outage_until = p.at + rng.uniform(60, 600)
    next_check = p.at + 240 + rng.expovariate(1 / 360)
    ending = length if rng.random() < 0.9 else length * rng.uniform(0.3, 0.9)
    while p.position < ending - 0.5:
        p.run(min(rng.expovariate(1 / 240) + 5, max(0.5, (ending - p.position) / p.rate)))
        if p.at >= next_check and who.style.checks:
            p.answer(max(0.9, rng.lognormvariate(0, habit.answer_spread) * habit.answer_s), rng.random() >= habit.wrong)
            next_check = p.at + 240 + rng.expovariate(1 / 360)
        for chance, act in ((habit.pauses, _pause), (habit.rewinds, _rewind), (habit.glances, _glance)):
            if rng.random() < chance / 15:
                act(p, habit)
    p.close(completed=p.position >= length - 1)
    return p


def _pause(p: Player, habit: Habit) -> None:
    p.pause()
    p.run(p.rng.uniform(*habit.pause_s))
    p.play()


def _rewind(p: Player, habit: Habit) -> None:
    p.seek(p.position - p.rng.uniform(5, 60))


def _glance(p: Player, habit: Habit) -> None:
    if p.style.promises:
        p.focus(False)
        p.present = True
        p.run(p.rng.uniform(*habit.glance_s))
        p.focus(True)


def moments(rng: random.Random, habit: Habit, days: int) -> list[float]:
    """When sessions begin: seconds since 1970, in order, an hour apart at least."""
    found: list[float] = []
    for day in range(days):
        at = BASE + day * DAY_S + (habit.hour - 8 + rng.gauss(0, habit.hour_spread) / 2) * 3600
        for _ in range(rng.randint(*habit.per_day)):
            found.append(max(at, (found[-1] + 3700) if found else at) + rng.uniform(0, 300))
            at = found[-1] + 3700
    return found


def study(who: Learner, habit: Habit, days: int) -> None:
    """A learner's days: the course in order, as its units are meant to be taken."""
    for activity, at in zip(COURSES, moments(who.rng, habit, days), strict=False):
        watch(who, habit, at, activity)


def _plain(who: Learner, habit: Habit, days: int) -> None:
    study(who, habit, days)


def _regular(who: Learner, habit: Habit, days: int) -> None:
    steady = replace(habit, hour=19.0, hour_spread=0.05, per_day=(1, 1), pauses=0, rewinds=0, glances=0)
    study(who, replace(steady, rates=(1.0,), answer_spread=0.3), days)


def _old_platform(who: Learner, habit: Habit, days: int) -> None:
    who.style = draw_style(who.rng, promises=False)
    study(who, replace(habit, pauses=max(3.0, habit.pauses)), days)


def _wrong_clock(who: Learner, habit: Habit, days: int) -> None:
    who.clock_error = who.rng.choice([-28800, 3600, -3600, 300, -420, 130]) + who.rng.uniform(-20, 20)
    study(who, habit, days)


def _rewatches(who: Learner, habit: Habit, days: int) -> None:
    times = moments(who.rng, replace(habit, per_day=(2, 2)), days)
    for index, at in enumerate(times):
        watch(who, habit, at, COURSES[index // 2])


def _two_devices(who: Learner, habit: Habit, days: int) -> None:
    for index, (activity, at) in enumerate(zip(COURSES, moments(who.rng, habit, days), strict=False)):
        first = watch(who, replace(habit, rewinds=0), at, activity, device=who.device)
        if first.position < first.length - 60:
            p = first.at + who.rng.uniform(20, 300)
            watch(who, habit, p, activity, device=f"{who.device}-phone{index % 1}", start=first.position)


def _ways(**changes: object) -> Callable[[Learner, Habit, int], None]:
    return lambda who, habit, days: study(who, replace(habit, **changes), days)  # type: ignore[arg-type]


HONEST: dict[str, Callable[[Learner, Habit, int], None]] = {
    "ordinary": _plain,
    "note-taker": _ways(hands="hardly", pauses=0.5, rewinds=0.0, glances=0.0),
    "night owl": _ways(hour=25.5, hour_spread=3.0, per_day=(2, 4)),
    "very regular": _regular,
    "keyboard only": _ways(hands="seldom", glances=0.3),
    "screen reader": _ways(hands="seldom", answer_s=13.0, answer_spread=0.35, rewinds=2.0, glances=0.0),
    "two monitors": _ways(glances=8.0, glance_s=(2, 55)),
    "second window for notes": _ways(glances=10.0, glance_s=(2, 50), hands="bursty"),
    "phone that locks": _ways(glances=3.0, glance_s=(2, 20), hands="seldom"),
    "bus ride": _ways(outage=0.7, hands="seldom"),
    "rewatches": _rewatches,
    "phone calls": _ways(pauses=5.0, pause_s=(60, 900)),
    "wrong clock": _wrong_clock,
    "midnight": _ways(hour=23.6, hour_spread=0.4),
    "older platform": _old_platform,
    "changes device": _two_devices,
}
ACCESSIBILITY = {"keyboard only": "keyboard", "screen reader": "screen reader"}
