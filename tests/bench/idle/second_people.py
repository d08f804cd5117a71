"""The honest whom a judge would set beside second_cheats.py: each looks like one of them in something, and studies all the same."""

import random
from collections.abc import Callable
from dataclasses import replace

from tests.bench.idle.groups import Group
from tests.bench.idle.people import COURSES, LENGTHS, Habit, draw_habit, hand_of, moments, study, watch
from tests.bench.idle.player import BASE, DAY_S, Hand, Learner, Player, draw_style

Live = Callable[[Learner, Habit, int], None]


def sit(
    who: Learner, at: float, activity: str, hand: Hand, habit: Habit, plays: float = 1e9, rests: float = 300.0
) -> Player:
    """One unit in earnest, played for so long at a time, with rests between."""
    rng = who.rng
    p = Player(who, max(at, who.truth.busy_until + 2), activity, LENGTHS[activity])
    p.hand = hand
    p.open()
    p.run(rng.uniform(1, 4))
    p.play()
    check, rest = p.at + 240 + rng.expovariate(1 / 360), p.at + plays
    while p.position < p.length - 0.5:
        p.run(max(0.1, min(check, rest, p.at + p.length - p.position) - p.at))
        if p.at >= rest:
            p.pause()
            p.run(rests + rng.uniform(-4, 4))
            p.play()
            rest = p.at + plays + rng.uniform(-4, 4)
        if p.at >= check:
            if who.style.checks and p.position < p.length - 1:
                p.answer(
                    max(0.9, rng.lognormvariate(0, habit.answer_spread) * habit.answer_s), rng.random() >= habit.wrong
                )
            check = p.at + 240 + rng.expovariate(1 / 360)
    p.close(completed=True)
    return p


def new_computer(who: Learner, habit: Habit, days: int) -> None:
    """A new machine in the middle of the week, and other hours with it (beside the stand-in)."""
    rng, since = who.rng, BASE + who.rng.randint(1, max(1, days - 2)) * DAY_S
    later = replace(habit, hour=rng.uniform(7, 21), hands=rng.choice(["bursty", "poisson", "seldom"]))
    device = f"{rng.getrandbits(64):016x}"
    before = [at for at in moments(rng, habit, days) if at < since]
    after = [at for at in moments(rng, later, days) if at >= since]
    for activity, at in zip(COURSES, before + after, strict=False):
        new = at >= since
        watch(who, later if new else habit, at, activity, device=device if new else who.device)


def by_the_timer(who: Learner, habit: Habit, days: int) -> None:
    """An alarm at the same minute every day, and a kitchen timer: 25 minutes, then 5 of rest (beside whatever runs by a timer)."""
    rng, hour = who.rng, who.rng.uniform(6, 21)
    for day in range(days):
        at = BASE + day * DAY_S + (hour - 8) * 3600 + rng.uniform(0, 45)
        for unit in range(2):
            hand = hand_of(habit.hands, rng)
            at = sit(who, at, COURSES[2 * day + unit], hand, habit, plays=1500.0).at + 300 + rng.uniform(-10, 10)


def drifting_mouse(who: Learner, habit: Habit, days: int) -> None:
    """A mouse on a glass table: the pointer trembles all the time, and whoever it belongs to is there (beside the jigglers)."""
    rng, level = who.rng, who.rng.uniform(0.3, 4)
    for activity, at in zip(COURSES, moments(rng, habit, days), strict=False):
        sit(who, at, activity, lambda seconds: max(1, round(rng.gauss(1, 0.3) * level * seconds)), habit)


def plays_the_next(who: Learner, habit: Habit, days: int) -> None:
    """The player goes on to the next unit by itself, and so does the learner, for hours (beside scripts that press next)."""
    rng = who.rng
    units = iter(COURSES)
    for day in range(days):
        at = BASE + day * DAY_S + (habit.hour - 8 + rng.gauss(0, 0.5)) * 3600
        for _ in range(rng.randint(2, 6)):
            at = sit(who, at, next(units), hand_of(habit.hands, rng), habit).at + rng.uniform(4, 8)


def ways(style: dict[str, object] | None = None, **changes: object) -> Live:
    """Somebody ordinary, but for that."""

    def live(who: Learner, habit: Habit, days: int) -> None:
        who.style = replace(who.style, **(style or {}))  # type: ignore[arg-type]
        study(who, replace(habit, **changes), days)  # type: ignore[arg-type]

    return live


def throttled(who: Learner, habit: Habit, days: int) -> None:
    """The browser lets a covered window's timers run once a minute (beside one request a minute)."""
    who.style = replace(who.style, beat=lambda: 60.0 + abs(who.rng.gauss(0, 0.2)), timer="minute")
    study(who, habit, days)


def computer_room(members: list[Learner], rng: random.Random, days: int) -> None:
    """A training day: a dozen machines of one image, started at the trainer's word, stopped for the discussion (beside the farm)."""
    style, one_image = draw_style(rng), rng.random() < 0.5
    habits = [draw_habit(who.rng) for who in members]
    units = iter(COURSES)
    for day in sorted(rng.sample(range(days), min(2, days))):
        at = BASE + day * DAY_S + (rng.uniform(8, 9) - 8) * 3600
        for _ in range(rng.randint(3, 5)):
            unit, plays, talks = next(units), rng.uniform(300, 900), rng.uniform(60, 400)
            ends = at
            for who, habit in zip(members, habits, strict=True):
                who.style, who.device = style, members[0].device if one_image else who.device
                hand = hand_of(habit.hands, who.rng)
                p = sit(who, at + who.rng.uniform(0, 25), unit, hand, habit, plays, talks)
                ends = max(ends, p.at)
            at = ends + rng.uniform(120, 900)


def couple(members: list[Learner], rng: random.Random, days: int) -> None:
    """Husband and wife, both teachers: one computer, one course, one after the other; the second knows what is asked.

    Beside harvested answers, and beside a paid stand-in.
    """
    habits = [draw_habit(who.rng) for who in members]
    habits[1] = replace(habits[1], answer_s=habits[1].answer_s * 0.6, wrong=0.0)
    for unit, at in zip(COURSES, moments(rng, replace(habits[0], per_day=(1, 1)), days), strict=False):
        for who, habit in zip(members, habits, strict=True):
            who.style, who.device = members[0].style, members[0].device
            at = watch(who, habit, at, unit).at + rng.uniform(60, 1500)


SECOND_HONEST: dict[str, Live] = {
    "K1 new computer": new_computer,
    "K2 by the kitchen timer": by_the_timer,
    "K3 drifting mouse": drifting_mouse,
    "K4 plays the next": plays_the_next,
    "K5 hands in the dough": ways({"checks": True}, hands="hardly", answer_s=22.0, answer_spread=0.4, pauses=0.5),
    "K6 copies from the screen": ways(pauses=25.0, pause_s=(4, 25), rewinds=6.0),
    "K7 covered window": throttled,
}
SECOND_HONEST_GROUPS: dict[str, tuple[int, Group]] = {
    "K8 computer room": (12, computer_room),
    "K9 couple at one computer": (2, couple),
}
