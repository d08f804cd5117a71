"""How people study, and how some do not: each kind plays one session on a tape.

The dishonest kinds are families of what is known from public scripts for such platforms: a tab left playing, a hidden
page kept alive, packets replayed without a player, completion claimed at once, parallel play, playback sped up, and a
script that clicks: by the rules its time counts, so that a person has to look at it.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

import msgspec

from lms_tracker.demo.cast import Learner
from lms_tracker.demo.courses import Unit
from lms_tracker.demo.tape import Sent, Tape


class Scene(msgspec.Struct):
    """One opening of one unit: who, what, when, from which second of the media, and for how many seconds."""

    who: Learner
    unit: Unit
    opened: datetime
    key: str
    rng: Random
    position_s: float
    budget_s: float
    other: Unit | None = None
    """For parallel play: the next unit."""


class Played(msgspec.Struct):
    """What came of a scene: the statements, when it was over, and the position reached."""

    sent: list[Sent]
    over: datetime
    position_s: float


def honest(scene: Scene) -> Played:
    """The learner's own way of honest study."""
    if scene.unit.kind == "live":  # live classes are on one platform for all, and nobody rewinds them
        return _steady(scene)
    return _HONEST.get(scene.who.kind, _steady)(scene)


def dishonest(scene: Scene) -> Played:
    """The learner's way of gaining hours without studying."""
    return _DISHONEST[scene.who.kind](scene)


DISHONEST = ("auto_clicker", "tab_left", "keep_alive", "packet_replay", "one_shot", "parallel", "speed_up")


def _tape(scene: Scene, part: str = "", **facts: object) -> Tape:
    facts = {"position_s": scene.position_s, **facts}
    return Tape(scene.who, scene.unit, scene.opened, scene.key + part, scene.rng, **facts)  # type: ignore[arg-type]


def _done(*tapes: Tape) -> Played:
    sent = [s for tape in tapes for s in tape.sent]
    over = max(tape.opened + timedelta(milliseconds=tape.now) for tape in tapes)
    return Played(sent, over, tapes[-1].position / 1000)


def _study(tape: Tape, budget_s: float, *, pauses: float = 0.3, glances: float = 0.25) -> None:
    """Watch or read with the small interruptions of a working day, until the budget or the media end."""
    rng = tape.rng
    until = tape.now + budget_s * 1000
    tape.open()
    if tape.is_media:
        tape.play()
    while tape.now < until and not tape.at_end:
        tape.run(min(rng.uniform(300, 840), (until - tape.now) / 1000 + 0.001))
        if tape.at_end or tape.now >= until:
            break
        chance = rng.random()
        if chance < pauses and tape.is_media:
            tape.pause()
            tape.run(rng.uniform(15, 200))
            if tape.now < until:
                tape.play()
        elif chance < pauses + glances and tape.beats:  # a short look at another window
            tape.leave()
            tape.run(rng.uniform(8, 40))
            tape.come_back()
    tape.close()


def _steady(scene: Scene) -> Played:
    tape = _tape(scene)
    _study(tape, scene.budget_s)
    return _done(tape)


def _note_taker(scene: Scene) -> Played:
    tape = _tape(scene, input_gap_s=700)
    _study(tape, scene.budget_s, pauses=0.1, glances=0)
    return _done(tape)


def _flaky(scene: Scene) -> Played:
    """A bus with a poor network: statements wait and arrive in bursts, out of order; once in a while too late."""
    played = _steady(scene)
    rng, waiting, sent = scene.rng, [], []
    wait_until = scene.opened
    for one in played.sent:
        if one.stored >= wait_until:
            wait_until = one.stored + timedelta(seconds=rng.choices([0, 90, 240, 480, 1380], [30, 30, 20, 18, 2])[0])
        arrival = max(one.stored, wait_until) + timedelta(milliseconds=rng.randint(0, 4000))
        waiting.append(arrival)
        sent.append(msgspec.structs.replace(one, stored=arrival))
    return msgspec.structs.replace(played, sent=sent)


def _rewatcher(scene: Scene) -> Played:
    tape = _tape(scene)
    tape.open()
    tape.play()
    until = tape.now + scene.budget_s * 1000
    while tape.now < until and not tape.at_end:
        tape.run(scene.rng.uniform(300, 600))
        if not tape.at_end and scene.rng.random() < 0.5:
            tape.seek(tape.position / 1000 - scene.rng.uniform(40, 150))
    tape.close()
    return _done(tape)


def _two_devices(scene: Scene) -> Played:
    """Begins on the phone in the bus and goes on at the desk."""
    phone = _tape(scene, " phone", device="phone", input_gap_s=500)
    _study(phone, scene.budget_s * 0.4, pauses=0.1)
    if phone.at_end:
        return _done(phone)
    later = scene.opened + timedelta(milliseconds=phone.now, minutes=scene.rng.uniform(2, 9))
    desk = msgspec.structs.replace(scene, opened=later, position_s=phone.position / 1000)
    tape = _tape(desk, " desk")
    _study(tape, scene.budget_s * 0.6)
    return _done(phone, tape)


def _wrong_clock(scene: Scene) -> Played:
    minutes = 7 if int(scene.who.login[1:]) % 2 else -11
    tape = _tape(scene, clock_error=timedelta(minutes=minutes, seconds=13))
    _study(tape, scene.budget_s)
    return _done(tape)


def _older_platform(scene: Scene) -> Played:
    """The video profile and nothing more: no heartbeats, no checks. It stops to ask now and then."""
    tape = _tape(scene, beats=False, platform="云讲堂 2.1")
    _study(tape, scene.budget_s, pauses=0.9)
    return _done(tape)


def _auto_clicker(scene: Scene) -> Played:
    """A script in a page that is in front: it moves the mouse in every beat, and answers whatever is asked after 2 s."""
    tape = _tape(scene, input_gap_s=None, clicks=True)
    _study(tape, scene.budget_s, pauses=0, glances=0)
    return _done(tape)


def _tab_left(scene: Scene) -> Played:
    """Presses play and goes home: no input, checks run out; another window covers the page before long."""
    tape = _tape(scene, input_gap_s=None, answers=False)
    tape.open()
    tape.play()
    tape.run(scene.rng.uniform(240, 700))
    if scene.rng.random() < 0.6:
        tape.leave()
    tape.run(3 * 3600)
    tape.run(scene.rng.uniform(200, 400))
    tape.close()
    return _done(tape)


def _keep_alive(scene: Scene) -> Played:
    """A script in a hidden page presses play again whenever the player stops itself."""
    tape = _tape(scene, input_gap_s=None, answers=False)
    tape.open()
    tape.play()
    tape.leave()
    while not tape.at_end:
        tape.run(100)
        if not tape.at_end:
            tape.pause()
            tape.run(0.4)
            tape.play()
    tape.close()
    return _done(tape)


def _packet_replay(scene: Scene) -> Played:
    """No player at all: one packet a minute, to the millisecond, says that it plays."""
    tape = _tape(scene, input_gap_s=None, answers=False, position_s=0)
    tape.playing = True
    tape.segments = [[0, 0]]
    tape.next_check = 10**12  # nothing is there to draw one
    tape.beat()
    while not tape.at_end:
        tape.run(60, (60_000, 60_000))
    return _done(tape)


def _one_shot(scene: Scene) -> Played:
    """Two requests: it plays, and a moment later the whole length was watched."""
    tape = _tape(scene, beats=False, platform="云讲堂 2.1", position_s=0)
    tape.open()
    tape.play()
    tape.now += scene.rng.randint(2000, 5000)
    tape.claim_all()
    return _done(tape)


def _parallel(scene: Scene) -> Played:
    """Two courses side by side on two devices."""
    tape = _tape(scene, " a")
    _study(tape, scene.budget_s, pauses=0, glances=0)
    if scene.other is None or scene.other.kind != "video":
        return _done(tape)
    beside = msgspec.structs.replace(scene, unit=scene.other, opened=scene.opened + timedelta(seconds=25), position_s=0)
    second = _tape(beside, " b", device="phone")
    _study(second, tape.now / 1000 - 60, pauses=0, glances=0)
    return _done(second, tape)


def _speed_up(scene: Scene) -> Played:
    """Twice the speed, sixteen times, or dragged to the end."""
    tape = _tape(scene)
    tape.open()
    tape.play()
    tape.run(scene.rng.uniform(40, 90))
    way = scene.rng.choice(["2x", "16x", "drag"])
    if way == "drag" and not tape.at_end:
        tape.seek(scene.unit.length_s - 20)
    elif not tape.at_end:
        tape.set_rate(float(way.removesuffix("x")) if way != "drag" else 2)
    tape.run(3600)
    tape.close()
    return _done(tape)


_HONEST: dict[str, Callable[[Scene], Played]] = {
    "note_taker": _note_taker,
    "flaky": _flaky,
    "rewatcher": _rewatcher,
    "two_devices": _two_devices,
    "wrong_clock": _wrong_clock,
    "older_platform": _older_platform,
}
_DISHONEST: dict[str, Callable[[Scene], Played]] = {
    "auto_clicker": _auto_clicker,
    "tab_left": _tab_left,
    "keep_alive": _keep_alive,
    "packet_replay": _packet_replay,
    "one_shot": _one_shot,
    "parallel": _parallel,
    "speed_up": _speed_up,
}
