"""People who come together: honest groups that share what a machine would share, and farms that do so for a reason."""

import random
from collections.abc import Callable
from dataclasses import replace

from lms_tracker.core.xapi import vocabulary as v
from tests.bench.idle.cheats import replay
from tests.bench.idle.people import COURSES, LENGTHS, Habit, draw_habit, hand_of, moments, study, unasked, watch
from tests.bench.idle.player import BASE, DAY_S, Learner, Player

SCOUT = "13 scout's account"
"""An account that nobody wants credited; it is in the table, and in no figure."""
Group = Callable[[list[Learner], random.Random, int], None]


def school_office(members: list[Learner], rng: random.Random, days: int) -> None:
    """Colleagues behind one address, on machines of their own, in the same free period."""
    hour = rng.uniform(8, 17)
    for who in members:
        study(who, replace(draw_habit(who.rng), hour=hour, hour_spread=0.2), days)


def computer_room(members: list[Learner], rng: random.Random, days: int) -> None:
    """A class that opens the same unit at the teacher's word."""
    habits = [draw_habit(who.rng) for who in members]
    for activity, at in zip(COURSES, moments(rng, Habit(hour=14), days), strict=False):
        for who, habit in zip(members, habits, strict=True):
            watch(who, habit, at + rng.expovariate(1 / 30), activity)


def live_lesson(members: list[Learner], rng: random.Random, days: int) -> None:
    """A broadcast that begins and ends for all at once, at the full hour, in players that start by themselves."""
    for who in members:
        unasked(who)
    for activity, at in zip(COURSES, moments(rng, Habit(hour=15, per_day=(1, 1)), days), strict=False):
        at = at // 3600 * 3600 + rng.choice([0.0, 0.3])
        for who in members:
            p = Player(who, at + rng.uniform(0, 0.8), activity, LENGTHS[activity])
            p.hand = hand_of("bursty", who.rng)
            p.open()
            p.play()
            p.run(p.length)
            p.close()


def shared_computer(members: list[Learner], rng: random.Random, days: int) -> None:
    """Two colleagues on one computer, one after the other."""
    first, second = members[:2]
    second.device = first.device
    habit, other = draw_habit(rng), draw_habit(rng)
    for activity, at in zip(COURSES, moments(rng, replace(habit, per_day=(1, 1)), days), strict=False):
        p = watch(first, habit, at, activity)
        watch(second, other, p.at + rng.uniform(30, 3600), activity)


def farm(members: list[Learner], rng: random.Random, days: int) -> None:
    """12: one operator; the accounts go the same way at fixed offsets, on one device or on a row of them."""
    one = rng.random() < 0.6
    offset, spread = rng.choice([0.0, 5.0, 60.0, 1800.0]), rng.uniform(0.1, 4.0)
    level = rng.uniform(1, 4)
    for activity, at in zip(COURSES, moments(rng, Habit(hour=rng.uniform(0, 24)), days), strict=False):
        waits = [240 + rng.expovariate(1 / 360) for _ in range(30)]
        for index, who in enumerate(members):
            who.device = members[0].device if one else who.device
            p = Player(who, at + index * offset + rng.uniform(0, spread), activity, LENGTHS[activity])
            p.present, p.hand = False, lambda s: int(rng.expovariate(1 / level))
            p.open()
            p.play()
            for wait in waits:
                left = p.length - p.position
                p.run(min(wait, left))
                if left <= wait:
                    break
                if p.style.checks:
                    p.answer(rng.lognormvariate(0, 0.5) * 4)
            p.close(completed=True)


def harvest(members: list[Learner], rng: random.Random, days: int) -> None:
    """13: one account finds out the answers, the other, minutes later on the same device, knows them all."""
    scout, owner = members[:2]
    scout.family = SCOUT
    owner.device = scout.device
    scout.style = owner.style = replace(owner.style, device=True)
    for day in range(min(days, 12)):
        at = BASE + day * DAY_S + 3600 * rng.uniform(1, 14)
        activity = COURSES[day]
        p = Player(scout, at, activity, LENGTHS[activity])
        p.present = False
        p.open()
        p.play()
        p.run(rng.uniform(20, 90))
        p.close()
        _test(scout, p.at + 5, activity, rng.uniform(60, 300), rng.uniform(0, 0.7))
        p = Player(owner, p.at + 300 + rng.uniform(20, 240), activity, LENGTHS[activity])
        p.present = False
        p.hand = lambda s: int(rng.random() < 0.4)
        p.open()
        p.play()
        p.run(rng.uniform(60, 400))
        p.close()
        _test(owner, p.at + 5, activity, rng.uniform(10, 60), rng.uniform(0.9, 1.0))


def honest_tests(members: list[Learner], rng: random.Random, days: int) -> None:
    """Two colleagues on one computer who learn and are examined in turn."""
    first, second = members[:2]
    second.device = first.device
    first.style, second.style = (replace(m.style, device=True) for m in (first, second))
    habit, other = draw_habit(rng), draw_habit(rng)
    for activity, at in zip(COURSES, moments(rng, replace(habit, per_day=(1, 1)), days), strict=False):
        p = watch(first, habit, at, activity)
        _test(first, p.at + 60, activity, rng.uniform(100, 600), rng.uniform(0.5, 1.0), own=True)
        q = watch(second, other, p.at + 700 + rng.uniform(30, 3600), activity)
        _test(second, q.at + 60, activity, rng.uniform(100, 600), rng.uniform(0.5, 1.0), own=True)


def stand_in(members: list[Learner], rng: random.Random, days: int) -> None:
    """15: they study themselves; somebody else sits their tests, on his device and at his pace."""
    expert = f"expert-{rng.getrandbits(32):08x}"
    for who in members:
        who.style = replace(who.style, device=True)
        habit = draw_habit(who.rng)
        for index, (activity, at) in enumerate(zip(COURSES, moments(who.rng, habit, days), strict=False)):
            p = watch(who, habit, at, activity)
            mine = index < 2
            _test(
                who, p.at + 120 if mine else p.at + rng.uniform(3600, 9000), activity,
                rng.uniform(200, 900) if mine else rng.uniform(30, 90),
                rng.uniform(0.3, 0.7) if mine else rng.uniform(0.9, 1.0), device=who.device if mine else expert, own=mine,
            )  # fmt: skip


def copies(members: list[Learner], rng: random.Random, days: int) -> None:
    """14: one honest recording, sent again by the others and by its owner."""
    source = members[0]
    source.family, source.honest = "recorded by another", True
    study(source, draw_habit(rng), max(2, days // 2))
    recorded, jitter = list(source.statements), rng.choice([0.0, 0.0, 0.05, 0.3])
    for index, who in enumerate(members[1:]):
        who.style = replace(who.style, device=source.style.device)
        replay(who, recorded, DAY_S * rng.randint(0, 3) + 3600 * (index + 1) + rng.uniform(0, 900), jitter)


def _test(
    who: Learner, at: float, activity: str, takes: float, score: float, device: str | None = None, own: bool = False
) -> None:
    """An exam about a unit: opened, scored, closed. `own`: by the learner's own work, which counts by the clock."""
    if own:
        who.truth.study(at, at + takes, f"{activity}/test", 0, takes)
    p = Player(who, at, f"{activity}/test", 900.0, device=device)
    target = {"id": p.activity, "definition": {"type": v.ACTIVITY_ASSESSMENT}}
    extensions = {v.EXT_SESSION_ID: p.session}
    if who.style.device:
        extensions[v.EXT_DEVICE] = p.device
    context = {"registration": p.registration, "extensions": extensions}
    p.state(v.VERB_INITIALIZED, target, context, {})
    p.at += takes
    result = {"score": {"scaled": round(score, 2)}, "success": score >= 0.6, "duration": f"PT{takes:.1f}S"}
    p.state(v.VERB_PASSED if score >= 0.6 else v.VERB_FAILED, target, context, result)
    p.state(v.VERB_TERMINATED, target, context, {})


HONEST_GROUPS: dict[str, tuple[int, Group]] = {
    "school office": (10, school_office),
    "computer room": (8, computer_room),
    "live lesson": (8, live_lesson),
    "shared computer": (2, shared_computer),
    "examined in turn": (2, honest_tests),
}
CHEAT_GROUPS: dict[str, tuple[int, Group]] = {
    "12 farm": (4, farm),
    "13 answer harvest": (2, harvest),
    "14 replayed session": (3, copies),
    "15 stand-in": (3, stand_in),
}
