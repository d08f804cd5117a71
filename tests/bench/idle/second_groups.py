"""A judge's families of cheats that take several accounts; see second_cheats.py. Nobody studies in any of them."""

import copy
import random
import uuid
from dataclasses import replace

from lms_tracker.core.xapi import vocabulary as v
from tests.bench.idle.groups import Group
from tests.bench.idle.people import COURSES, LENGTHS, Habit, draw_habit, moments, watch
from tests.bench.idle.player import BASE, Learner, Player, Truth, draw_style, instant
from tests.bench.idle.second_cheats import Script, every, packets, play, robot, run_through, stretches


def farm(members: list[Learner], rng: random.Random, days: int) -> None:
    """12: a list of accounts and one program: packets or a robot, on one machine or behind as many proxies, all in one order."""
    style, wired = draw_style(rng), rng.random() < 0.5
    stagger, lanes = rng.choice([0.5, 5.0, 60.0, 300.0]), rng.choice([2, 3, len(members)])
    one_machine, units = rng.random() < 0.5, COURSES[rng.randrange(8) :]
    script = robot(rng)
    if wired:
        style, script = packets(rng, style)
    begins = list(stretches(rng, days))
    for index, who in enumerate(members):
        who.style, who.device = style, members[0].device if one_machine else who.device
        turn = index // lanes  # when the lanes are taken, the next ones run once the first are through
        late = [((end - start) * turn + rng.uniform(0, stagger), start, end) for start, end in begins]
        run_through(who, script, [(start + by, end + by) for by, start, end in late], units)


SCOUT = "J6 second account"


def harvests(members: list[Learner], rng: random.Random, days: int) -> None:
    """13: a second account finds out what is asked and what is right; then the unit runs for the first, answered by the list."""
    master, scout = members[0], members[-1]
    scout.family, scout.style = SCOUT, replace(master.style, checks=True)
    master.style = replace(master.style, checks=True)
    scout.device = rng.choice([master.device, master.device, scout.device])
    knows, units = rng.uniform(1.2, 3.5), iter(COURSES)
    script = Script(
        answer=lambda: max(0.8, rng.lognormvariate(0, 0.3) * knows),
        hand=every(rng.uniform(200, 700), rng, 1, 3, 0.6),  # somebody is about, at something else
        presses=1,
        rate=rng.choice([1.0, 1.25, 1.5]),
        turns=lambda: rng.uniform(60, 900),
    )
    for at, end in stretches(rng, days):
        while at < end and (unit := next(units, None)):
            after = _asks(scout, at, unit)
            at = play(master, after + rng.uniform(20, 600), unit, script).at + script.turns()


def _asks(scout: Learner, at: float, unit: str) -> float:
    """Skips through a unit and tries what is offered until it is right."""
    p = Player(scout, at, unit, LENGTHS[unit])
    p.present, p.hand = False, every(8.0, scout.rng, 1, 4, 0.8)
    p.open()
    p.play()
    while p.position < p.length * 0.9:
        p.run(scout.rng.uniform(3, 20))
        while scout.rng.random() < 0.6:
            p.answer(scout.rng.uniform(0.8, 3), right=False)
        p.answer(scout.rng.uniform(0.8, 3))
        p.seek(p.position + scout.rng.uniform(200, 500))
    p.close()
    return p.at


def recorded(members: list[Learner], rng: random.Random, days: int) -> None:
    """14: a session is recorded once and sent again: everybody an own one (or two, in turn), or all a colleague's."""
    shared, keeps_device = rng.random() < 0.5, rng.random() < 0.5
    noise, scale = rng.choice([0.0, 0.0, 0.02, 0.5]), rng.choice([1.0, 1.0, 1.0, rng.uniform(0.95, 1.05)])
    common = [_record(members[0], rng)]
    for who in members:
        tapes = common if shared else [_record(who, rng) for _ in range(rng.choice([1, 1, 2]))]
        device = None if shared and keeps_device else who.device
        for index, (unit, at) in enumerate(zip(COURSES, moments(rng, Habit(), days), strict=False)):
            _send(who, tapes[index % len(tapes)], at, unit, device, noise, scale)


def _record(who: Learner, rng: random.Random) -> Learner:
    tape = replace(who, statements=[], truth=Truth())
    watch(tape, draw_habit(rng), float(BASE), rng.choice(COURSES[:7]))
    return tape


def _send(who: Learner, tape: Learner, at: float, unit: str, device: str | None, noise: float, scale: float) -> None:
    rng, began, now = who.rng, min(stored for _, stored in tape.statements), 0.0
    fresh = {key: str(uuid.UUID(int=rng.getrandbits(128), version=4)) for key in ("session", "registration")}
    actor = {"account": {"homePage": "https://school.example", "name": who.name}}
    for told, stored in sorted(tape.statements, key=lambda pair: pair[1]):
        line = copy.deepcopy(told)
        if line.get("result", {}).get("extensions", {}).get(v.EXT_TIME, 0.0) > LENGTHS[unit]:
            continue  # the unit is shorter than the recorded one
        now = max(now, at + (stored - began) * scale + (rng.uniform(0, noise) if noise else 0.0))
        line |= {"id": str(uuid.UUID(int=rng.getrandbits(128), version=4)), "actor": actor, "timestamp": instant(now)}
        line["context"]["registration"] = fresh["registration"]
        extensions = line["context"]["extensions"]
        extensions |= {v.EXT_SESSION_ID: fresh["session"], v.EXT_LENGTH: LENGTHS[unit]}
        if device and v.EXT_DEVICE in extensions:
            extensions[v.EXT_DEVICE] = device
        check = "parent" in line["context"]["contextActivities"]
        if check:
            line["context"]["contextActivities"]["parent"] = [{"id": unit}]
        line["object"] = line["object"] | {"id": f"{unit}/check" if check else unit}
        who.statements.append((line, now + who.style.delay()))


def on_duty(members: list[Learner], rng: random.Random, days: int) -> None:
    """Not named: one colleague walks from machine to machine, starts the same unit on each, and answers for all who are away."""
    units, begins, quick = iter(COURSES), list(stretches(rng, days)), rng.uniform(4, 9)
    script = Script(
        answer=lambda: rng.lognormvariate(0, 0.4) * quick + (rng.uniform(5, 25) if rng.random() < 0.2 else 0.0),
        hand=every(rng.uniform(300, 700), rng, 1, 4, 0.5),
        presses=1,
    )
    for who in members:
        who.style = replace(members[0].style, checks=True)
    for at, end in begins:
        while at < end and (unit := next(units, None)):
            ends = at
            for who in members:
                at += rng.uniform(6, 25)
                ends = max(ends, play(who, at, unit, script).at)
            at = ends + rng.uniform(10, 120)


SECOND_CHEAT_GROUPS: dict[str, tuple[int, Group]] = {
    "J5 accounts of a list": (6, farm),
    "J6 answers harvested": (2, harvests),
    "J7 session sent again": (4, recorded),
    "J10 one on duty for all": (4, on_duty),
}
