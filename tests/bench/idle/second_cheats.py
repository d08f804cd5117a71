"""A judge's families of cheats: written in one go by somebody who had read no signal and no other family of cheats.

From adversaries.md and from what public scripts do: userscripts that press play and dialogs' buttons (`setInterval` of 0.2 to
30 s, or an observer), protocol clients (`sleep(uniform(a, b))`, account lists in threads), robots of mouse and phone that move and
click at random waits, recorders of packets and of mice, browser agents that look at pictures. Nobody studies in any of them.
"""

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from tests.bench.idle.people import COURSES, LENGTHS, draw_habit, moments, watch
from tests.bench.idle.player import BASE, DAY_S, Hand, Learner, Player, Style, Truth

Days = Callable[[Learner, int], None]


def nobody(_: float) -> int:
    """No trusted input."""
    return 0


@dataclass
class Script:
    """What runs in a learner's place. Times in seconds."""

    answer: Callable[[], float] | None
    """How long a check waits for its answer; None: it runs out."""
    hand: Hand = nobody
    right: float = 1.0
    presses: int = 0
    """Trusted inputs that an answer takes: none where the page's own code presses."""
    stops: float = 0.0
    """How often an hour the player stands still: by the platform, or because the script feigns a person."""
    rests: Callable[[], float] = lambda: 1.0
    """How long until it is played on."""
    rate: float = 1.0
    turns: Callable[[], float] = lambda: 5.0
    """From the end of a unit to the next one."""


def play(who: Learner, at: float, activity: str, script: Script, device: str | None = None) -> Player:
    """One unit from its start to its end, with nobody there."""
    rng = who.rng
    p = Player(who, at, activity, LENGTHS[activity], device=device)
    p.present, p.hand = False, script.hand
    p.open()
    p.run(rng.uniform(0.3, 4))
    if script.rate != 1.0:
        p.speed(script.rate)
    p.play()
    check = p.at + 240 + rng.expovariate(1 / 360)
    stop = p.at + rng.expovariate(script.stops / 3600) if script.stops else 1e12
    while p.position < p.length - 0.5:
        p.run(max(0.1, min(check, stop, p.at + (p.length - p.position) / p.rate) - p.at))
        if p.at >= stop:
            p.pause()
            p.run(script.rests())
            p.play()
            stop = p.at + rng.expovariate(script.stops / 3600)
        if p.at >= check:
            if who.style.checks and p.position < p.length - 1:
                _meet(p, script)
            check = p.at + 240 + rng.expovariate(1 / 360)
    p.close(completed=True)
    return p


def _meet(p: Player, script: Script) -> None:
    if script.answer is None:
        p.miss()
    else:
        p.pending += script.presses
        p.answer(script.answer(), p.rng.random() < script.right)


def stretches(rng: random.Random, days: int) -> Iterator[tuple[float, float]]:
    """When it is left to run, (start, end): over the evening or the night, at work, or whenever; most days, some hours."""
    hour, most = rng.choice([rng.uniform(17, 24), rng.uniform(20, 25), rng.uniform(7, 15)]), rng.uniform(1.0, 7.0)
    for day in range(days):
        if rng.random() < 0.85:
            at = BASE + day * DAY_S + (hour - 8 + rng.gauss(0, 0.7)) * 3600
            yield at, at + rng.uniform(0.5, 1.0) * most * 3600


def leave(who: Learner, script: Script, days: int) -> None:
    """A course's units one after the other, as long as it runs."""
    run_through(who, script, stretches(who.rng, days), COURSES)


def run_through(who: Learner, script: Script, times: Iterable[tuple[float, float]], units: Iterable[str]) -> None:
    """Unit after unit within those times; until there are none left."""
    todo = iter(units)
    for at, end in times:
        while at < end and (unit := next(todo, None)):
            at = play(who, at, unit, script).at + script.turns()


def every(period: float, rng: random.Random, low: int, high: int, spread: float = 0.0) -> Hand:
    """Trusted inputs from a timer: `low` to `high` each time."""
    left = period

    def hand(seconds: float) -> int:
        nonlocal left
        count, left = 0, left - seconds
        while left <= 0:
            count += rng.randint(low, high)
            left += period + rng.uniform(-spread, spread) * period
        return count

    return hand


def keeps_alive(who: Learner, days: int) -> None:
    """2: a userscript that plays on at its next poll. Some press the dialog's button, too; some click as extensions can."""
    rng, poll = who.rng, who.rng.choice([1.0, 1.0, 2.0, 3.0, 5.0, 10.0])
    clicks = rng.random() < 0.4
    leave(
        who,
        Script(
            answer=(lambda: rng.uniform(0.05, poll)) if rng.random() < 0.6 else None,
            hand=every(rng.choice([5.0, 10.0, 30.0, 60.0]), rng, 1, rng.choice([1, 2, 3])) if clicks else nobody,
            stops=rng.uniform(1, 10),
            rests=lambda: rng.uniform(0.02, poll),
            rate=rng.choice([1.0, 1.0, 1.0, 1.5]),
            turns=lambda: rng.uniform(1, 2 + poll),
        ),
        days,
    )


def clicks_dialogs(who: Learner, days: int) -> None:
    """3: the dialog is looked for every so often (or seen at once), and answered, at times after a wait for looks."""
    rng = who.rng
    who.style = replace(who.style, checks=True)
    poll = rng.choice([0.1, 0.2, 0.5, 1.0, 1.0, 2.0, 2.0, 3.0, 5.0, 10.0, 30.0])
    low = rng.choice([0.0, 0.0, 0.5, 1.0, 2.0])
    high = low * rng.uniform(1.2, 3)
    jiggles = rng.random() < 0.25
    leave(
        who,
        Script(
            answer=lambda: 0.05 + rng.uniform(0, poll) + rng.uniform(low, high),
            hand=every(rng.choice([20.0, 30.0, 60.0, 120.0]), rng, 1, 2) if jiggles else nobody,
            right=rng.choice([1.0, 1.0, 1.0, 0.95, 0.5, 0.33]),
            turns=lambda: rng.uniform(1, 3 + poll),
        ),
        days,
    )


def packets(rng: random.Random, style: Style) -> tuple[Style, Script]:
    """A protocol client with random waits: its beats, positions and counts are what its author made up."""
    base, spread, most = rng.choice([10.0, 15.0, 20.0, 25.0]), rng.uniform(0.05, 0.4), rng.choice([1, 2, 3, 5, 10])
    low = rng.uniform(1, 4)
    high = low + rng.uniform(1, 8)
    made_up = rng.choice(["none", "some", "always", "same"])
    digits, least = rng.choice([0, 0, 1, 3]), {"some": 0, "always": 1, "same": most}.get(made_up, 0)
    feigns = rng.random() < 0.3
    style = replace(
        style,
        beat=lambda: base * rng.uniform(1 - spread, 1 + spread),
        settle=lambda p: round(p, digits),
        delay=lambda: rng.lognormvariate(0, 0.3) * 0.08,
    )
    script = Script(
        answer=lambda: rng.uniform(low, high),
        hand=nobody if made_up == "none" else lambda _: rng.randint(least, most),
        right=rng.choice([1.0, 1.0, 0.9, 0.8]),
        stops=rng.uniform(2, 8) if feigns else 0.0,
        rests=lambda: rng.uniform(5, 60),
        rate=rng.choice([1.0, 1.0, 1.25, 1.5]),
        turns=lambda: rng.uniform(2, 30),
    )
    return style, script


def replays_with_jitter(who: Learner, days: int) -> None:
    """6: packets at random waits."""
    who.style, script = packets(who.rng, who.style)
    leave(who, script, days)


def robot(rng: random.Random) -> Script:
    """A robot of mouse or phone: moves at random waits; finds the dialog's picture, moves there, and clicks something."""
    wait, spread = rng.choice([5.0, 10.0, 20.0, 30.0, 60.0, 120.0]), rng.choice([0.0, 0.1, 0.3, 0.5, 0.8])
    least = rng.choice([1, 1, 2, 5])
    looks, moves = rng.choice([0.5, 1.0, 2.0, 5.0]), rng.choice([0.0, 0.2, 0.5, 2.0])
    return Script(
        answer=lambda: 0.1 + rng.uniform(0, looks) + rng.uniform(0.5, 1) * moves + rng.choice([0.0, 0.5]),
        hand=every(wait, rng, least, least * rng.choice([1, 3, 8]), spread),
        right=rng.choice([1.0, 1.0, 0.5, 0.33, 0.25]),
        presses=rng.randint(1, 3),
        turns=lambda: rng.uniform(2, 6 + looks),
    )


def drives(who: Learner, days: int) -> None:
    """10: real clicks from a robot."""
    leave(who, robot(who.rng), days)


def agent(who: Learner, days: int) -> None:
    """Not named: a model that looks at a picture of the page every few seconds, thinks, and clicks; mostly right."""
    rng, looks, thinks = who.rng, who.rng.choice([3.0, 5.0, 10.0, 15.0]), who.rng.uniform(2, 7)
    leave(
        who,
        Script(
            answer=lambda: rng.uniform(0, looks) + rng.lognormvariate(0, 0.35) * thinks,
            hand=every(rng.uniform(240, 800), rng, 1, 4, 0.4),
            right=rng.uniform(0.9, 1.0),
            presses=rng.randint(1, 3),
            turns=lambda: looks + rng.lognormvariate(0, 0.4) * thinks * 2,
        ),
        days,
    )


def stands_in(who: Learner, days: int) -> None:
    """15: some days by the learner, the others by somebody else on a machine of theirs, at their hours and their pace."""
    rng, device = who.rng, f"{who.rng.getrandbits(64):016x}"
    by = {False: draw_habit(rng), True: draw_habit(rng)}
    own_days = rng.randint(1, max(1, days - 2))
    times = [(at, other) for other in (False, True) for at in moments(rng, by[other], days)]
    times = sorted((at, other) for at, other in times if (at >= BASE + own_days * DAY_S) == other)
    own = who.truth
    for activity, (at, other) in zip(COURSES, times, strict=False):
        who.truth = Truth(busy_until=own.busy_until) if other else own  # what somebody else learns is not the learner's
        watch(who, by[other], at, activity, device=device if other else who.device)
        own.busy_until = who.truth.busy_until
    who.truth = own


SECOND_CHEATS: dict[str, Days] = {
    "J1 keep-alive userscript": keeps_alive,
    "J2 dialog pressed by a script": clicks_dialogs,
    "J3 packets at random waits": replays_with_jitter,
    "J4 robot of mouse or phone": drives,
    "J8 stand-in at home": stands_in,
    "J9 agent that sees the page": agent,
}
