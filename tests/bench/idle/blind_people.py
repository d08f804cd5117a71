"""Honest people whom nobody had thought of when signals were made, and crude producers that honest people use.

Written before anybody looked at how signals are made. Crude producers (`CRUDE`) were known to be at risk: they may be
tuned on. Of the others blind.py says which half nobody may tune on.
"""

import random
from collections.abc import Callable
from dataclasses import replace

from lms_tracker.core.xapi import vocabulary as v
from tests.bench.idle.groups import Group
from tests.bench.idle.people import COURSES, LENGTHS, Habit, draw_habit, hand_of, moments, study, unasked, watch
from tests.bench.idle.player import BASE, DAY_S, Learner, Player, draw_style

Live = Callable[[Learner, Habit, int], None]
SHARP = {"beat": lambda: 30.0, "settle": lambda x: float(round(x)), "timer": "sharp 30"}
STILL = {"pauses": 0.0, "rewinds": 0.0, "glances": 0.0}


def crude(style: dict[str, object], **changes: object) -> Live:
    """Somebody ordinary, in front of a producer that reports so."""

    def live(who: Learner, habit: Habit, days: int) -> None:
        who.style = replace(who.style, **style)  # type: ignore[arg-type]
        study(who, replace(habit, **changes), days)  # type: ignore[arg-type]

    return live


def media_only(**changes: object) -> Live:
    """An older platform: played, paused, seeked, terminated, and no more."""

    def live(who: Learner, habit: Habit, days: int) -> None:
        who.style = draw_style(who.rng, promises=False)
        study(who, replace(habit, **changes), days)  # type: ignore[arg-type]

    return live


CRUDE: dict[str, Live] = {
    "C1 inputs in every beat": crude({}, hands="each_beat"),
    "C2 inputs in every beat, never pausing": crude({}, hands="each_beat", **STILL),
    "C3 every 30 s sharp": crude(SHARP),
    "C4 every 30 s, never pausing": crude(SHARP, **STILL),
    "C5 never pausing": crude({}, **STILL, rates=(1.0,)),
    "C6 no inputs": crude({"inputs": False, "checks": True}),
    "C7 no inputs, no checks": crude({"inputs": False, "checks": False}, pauses=6.0),
    "C8 yes or no for inputs": crude({}, hands="yes_or_no"),
    "C9 media events only": media_only(),
    "C10 media events only, never pausing": media_only(**STILL),
    "C11 every 30 s, inputs in every beat, never pausing": crude(SHARP, hands="each_beat", **STILL, rates=(1.0,)),
    "C12 inputs told of once a minute": crude({"tells_s": 60.0}),
}


def reads(who: Learner, habit: Habit, days: int) -> None:
    """Documents, up to 14 minutes each and one after the other; a page is scrolled now and then."""
    unasked(who)
    rng = who.rng
    for day, at in enumerate(moments(rng, replace(habit, per_day=(1, 1)), days)):
        for item in range(rng.randint(2, 5)):
            length = rng.uniform(180, 840)
            p = Player(who, at, f"https://school.example/text/{day}-{item}", length, kind=v.ACTIVITY_DOCUMENT)
            p.hand = hand_of(rng.choice(["seldom", "hardly"]), rng)
            p.open()
            p.play()
            p.run(length)
            p.pending += 1  # the press that closes it
            p.close(completed=True)
            at = p.at + rng.uniform(3, 60)


def called_away(who: Learner, habit: Habit, days: int) -> None:
    """A child calls: now and then nobody sits there for some minutes, and a check runs out; the rest is in earnest."""
    rng = who.rng
    who.style = replace(who.style, checks=True)
    for activity, at in zip(COURSES, moments(rng, habit, days), strict=False):
        p = Player(who, max(at, who.truth.busy_until + 60), activity, LENGTHS[activity])
        p.hand = hand_of("poisson", rng)
        p.open()
        p.play()
        while p.position < p.length - 300:
            p.run(rng.uniform(240, 700))
            if p.position < p.length - 200 and rng.random() < 0.25:
                p.pending += 1
                p.run(p.next_beat - p.at)  # a last touch, then gone
                hand, p.hand, p.present = p.hand, lambda _: 0, False
                p.miss()
                p.run(rng.uniform(5, 60))
                p.hand, p.present, p.pending = hand, True, 2
                p.run(p.next_beat - p.at)
            elif p.position < p.length - 60:
                p.answer(rng.uniform(8, 50))
        p.run(p.length - p.position)
        p.close(completed=True)


def binge(who: Learner, habit: Habit, days: int) -> None:
    """All of it on Sunday: seven hours with a lunch."""
    rng, at = who.rng, BASE + 3600.0 + who.rng.uniform(0, 3600)
    for index, activity in enumerate(COURSES[:16]):
        if at > BASE + 9 * 3600:
            break
        p = watch(who, habit, at, activity)
        at = p.at + (rng.uniform(2400, 4000) if index == 5 else rng.uniform(20, 600))


def crashes(who: Learner, habit: Habit, days: int) -> None:
    """The browser gives up every ten minutes or so; nothing says terminated; on from where it was."""
    unasked(who)
    rng = who.rng
    for activity, at in zip(COURSES, moments(rng, habit, days), strict=False):
        at, position = max(at, who.truth.busy_until + 60), 0.0
        while position < LENGTHS[activity] - 5:
            p = Player(who, at, activity, LENGTHS[activity], start=position)
            p.hand = hand_of("poisson", rng)
            p.open()
            p.play()
            p.run(min(rng.uniform(200, 900), p.length - position))
            position, at = p.position - rng.uniform(0, 4), p.at + rng.uniform(40, 200)


def double_press(who: Learner, habit: Habit, days: int) -> None:
    """A loose key or a jealous phone: the player stops and plays again within a second, many times."""
    unasked(who)
    rng = who.rng
    for activity, at in zip(COURSES, moments(rng, habit, days), strict=False):
        p = Player(who, max(at, who.truth.busy_until + 60), activity, LENGTHS[activity])
        p.hand = hand_of("bursty", rng)
        p.open()
        p.play()
        while p.position < p.length - 1:
            p.run(min(rng.expovariate(1 / 300) + 2, p.length - p.position))
            p.pending += 2
            p.pause()
            p.run(rng.uniform(0.15, 0.9))
            p.play()
        p.close(completed=True)


def buffers(who: Learner, habit: Habit, days: int) -> None:
    """The line is slow: it plays, and stands for 2 to 25 s again and again, while the player calls itself playing."""
    unasked(who)
    rng = who.rng
    for activity, at in zip(COURSES, moments(rng, habit, days), strict=False):
        p = Player(who, max(at, who.truth.busy_until + 60), activity, LENGTHS[activity])
        p.hand = hand_of("bursty", rng)
        p.open()
        p.play()
        while p.position < p.length - 1:
            p.run(min(rng.uniform(40, 400), p.length - p.position))
            p.rate, rate = 0.0, p.rate
            p.run(rng.uniform(2, 25))
            p.rate = rate
        p.close(completed=True)


def commuter(who: Learner, habit: Habit, days: int) -> None:
    """The same train every day: begins at the same minute, never touches the speed, stops at the same station."""
    unasked(who)
    rng, hour = who.rng, who.rng.uniform(6, 8)
    for day in range(days):
        at = BASE + day * DAY_S + (hour - 8) * 3600 + DAY_S + rng.uniform(0, 40)
        p = Player(who, at, COURSES[day], LENGTHS[COURSES[day]])
        p.hand = hand_of("seldom", rng)
        p.open()
        p.play()
        p.run(min(p.length, 1320 + rng.uniform(-20, 20)))
        p.close()


def switch_user(who: Learner, habit: Habit, days: int) -> None:
    """A switch that scans the screen: each answer takes a whole number of its steps; inputs are few."""
    rng, step = who.rng, who.rng.uniform(1.5, 2.5)
    who.style = replace(who.style, checks=True)
    for activity, at in zip(COURSES, moments(rng, habit, days), strict=False):
        p = Player(who, max(at, who.truth.busy_until + 60), activity, LENGTHS[activity])
        p.hand = hand_of("seldom", rng)
        p.open()
        p.play()
        while p.position < p.length - 300:
            p.run(rng.uniform(240, 700))
            if p.position < p.length - 60:
                p.answer(step * rng.randint(2, 5) + rng.uniform(0.1, 0.5))
        p.run(p.length - p.position)
        p.close(completed=True)


def told_twice(who: Learner, habit: Habit, days: int) -> None:
    """A bridge that states everything again under a new id, a moment later."""
    study(who, habit, days)
    copies = [(s | {"id": f"{who.rng.getrandbits(32):08x}-0000-4000-8000-{who.rng.getrandbits(48):012x}"}, t + 1.0)
              for s, t in who.statements]  # fmt: skip
    who.statements += copies


def ways(**changes: object) -> Live:
    """Somebody ordinary, but for that."""
    return lambda who, habit, days: study(who, replace(habit, **changes), days)  # type: ignore[arg-type]


BLIND_HONEST: dict[str, Live] = {
    "H1 reads documents": reads,
    "H2 called away": called_away,
    "H3 answers at once": ways(answer_s=1.7, answer_spread=0.22, wrong=0.0),
    "H4 seven hours on Sunday": binge,
    "H5 always offline for a while": ways(outage=1.0),
    "H6 crashing browser": crashes,
    "H7 double press": double_press,
    "H8 slow line": buffers,
    "H9 commuter": commuter,
    "H10 night watch": ways(hour=24.5, hour_spread=1.0, per_day=(4, 6), hands="seldom"),
    "H11 switch scanning": switch_user,
    "H12 told twice": told_twice,
    "H13 fast and still": ways(rates=(1.5,), **STILL, hands="hardly"),
}


def circle(members: list[Learner], rng: random.Random, days: int) -> None:
    """A study circle in one room, each on an own machine: they start together, and stop together to talk."""
    for who in members:
        unasked(who)
    for activity, at in zip(COURSES, moments(rng, Habit(hour=15), days), strict=False):
        length, script = LENGTHS[activity], []
        left = length
        while left > 0:
            script.append((min(left, rng.uniform(200, 600)), rng.uniform(30, 300)))
            left -= script[-1][0]
        for who in members:
            p = Player(who, at + rng.uniform(0, 4), activity, length)
            p.hand = hand_of("bursty", who.rng)
            p.open()
            p.play()
            for plays, talks in script:
                p.run(plays + rng.uniform(-1.5, 1.5))
                p.pause()
                p.run(talks + rng.uniform(-1.5, 1.5))
                p.play()
            p.close()


def one_model(members: list[Learner], rng: random.Random, days: int) -> None:
    """An app that gives the model's name for a device: people all over the county have the same."""
    model = f"pad-{members[0].device[:4]}"
    for who in members:
        who.device, who.style = model, replace(who.style, device=True)
        study(who, draw_habit(who.rng), days)


BLIND_HONEST_GROUPS: dict[str, tuple[int, Group]] = {"H14 study circle": (3, circle), "H15 same model": (6, one_model)}
