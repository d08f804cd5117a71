"""Presence checks: when one is due, how long it waits, and what simple ones ask. Draws are arguments: core has no dice.

Who guesses is right once in a hundred checks at most, in either of two tries (CHANCE), and every check asks for all the
time since the one before (core.player.sitting): so guessing brings less than 2 % of the time. A question of the bank that
offers too few answers for that has a choice beside it. A mere confirmation shows nothing of anybody, and scripts give it:
it comes only after somebody has answered better in the same session, and never twice on end.
"""

import math
from collections.abc import Sequence

from msgspec import Struct

from lms_tracker.core.player.live import SECOND, Asked, Live
from lms_tracker.core.player.policy import PlayerPolicy
from lms_tracker.core.player.tape import PLAYING, is_seen
from lms_tracker.core.study.policy import StudyPolicy

GRACE = 3 * SECOND
"""An answer may take this long on its way."""
BEFORE_IDLE = 120 * SECOND
"""Of whom nothing shows that somebody is there is asked this long before the time would be idle."""
CONFIRM, CHOICE, QUESTION = "confirm", "choice", "question"
CHANCE = 1 / 100
"""Of who answers at random, at most, each time."""
TRIES = 2
"""Answers in time; whoever is wrong so often has missed the check. A second try that is right costs nothing, but half of
the time until the next check."""
PAUSE, LONGEST_PAUSE = 5 * SECOND, 300 * SECOND
"""Who was wrong once more after that waits before the next answer: twice as long each time."""


class Words(Struct, frozen=True):
    """A text in both languages."""

    zh: str
    en: str


class Option(Struct, frozen=True):
    """One of the answers to choose from."""

    id: str
    text: Words


class Part(Struct, frozen=True):
    """One thing that is asked: so many of the options are right. Options of all parts of a check differ in their ids."""

    text: Words
    options: tuple[Option, ...]
    pick: int = 1


class Check(Struct, frozen=True):
    """What is asked, and the ids of the right options in order, which no page gets."""

    kind: str
    parts: tuple[Part, ...]
    right: str


def chance(parts: Sequence[Part]) -> float:
    """Of who answers at random."""
    return math.prod(1 / math.comb(len(part.options), part.pick) for part in parts if part.options)


def wait(policy: PlayerPolicy, draw: float, wrong: int = 0) -> int:
    """Playing time until the next check: no less than the least; from then on any moment is as likely; half of it for who
    was wrong before. `draw`: 0 to 1."""
    spread = policy.check_mean_s - policy.check_least_s
    whole = policy.check_least_s - spread * math.log(1 - min(draw, 1 - 1e-9))
    return round(whole * SECOND / (2 if wrong else 1))


def pause(wrong: int) -> int:
    """How long somebody waits who was wrong so often on end, before the next answer is judged."""
    return min(PAUSE << min(wrong - TRIES, 10), LONGEST_PAUSE) if wrong >= TRIES else 0


def is_due(live: Live, study: StudyPolicy) -> bool:
    """Whether somebody who watches just now is to be asked."""
    if live.asked is not None or not live.flags & PLAYING or not is_seen(live.flags):
        return False
    return live.due <= 0 or live.at - live.sign_at > study.idle_s * SECOND - BEFORE_IDLE


def may_confirm(live: Live) -> bool:
    """Whether a mere confirmation will do this time."""
    return live.answered and not live.confirmed and not live.wrong and not live.earlier


def deadline(asked: Asked, policy: PlayerPolicy) -> int | None:
    """When it is missed; None as long as nobody knows whether the page has got it."""
    return asked.reached_at + round(policy.check_answer_s * SECOND) if asked.reached_at else None


def left(asked: Asked, policy: PlayerPolicy, now_us: int) -> float:
    """Seconds in which it is still to be answered."""
    until = deadline(asked, policy)
    return policy.check_answer_s if until is None else max(0.0, (until - now_us) / SECOND)


def has_run_out(asked: Asked, policy: PlayerPolicy, now_us: int) -> bool:
    """Whether it waited long enough."""
    until = deadline(asked, policy)
    return until is not None and now_us > until + GRACE


_THINGS = (
    (Words("苹果", "an apple"), "fruit"),
    (Words("香蕉", "a banana"), "fruit"),
    (Words("葡萄", "grapes"), "fruit"),
    (Words("梨", "a pear"), "fruit"),
    (Words("老虎", "a tiger"), "animal"),
    (Words("兔子", "a rabbit"), "animal"),
    (Words("燕子", "a swallow"), "animal"),
    (Words("鲤鱼", "a carp"), "animal"),
    (Words("铅笔", "a pencil"), "stationery"),
    (Words("橡皮", "an eraser"), "stationery"),
    (Words("尺子", "a ruler"), "stationery"),
    (Words("练习本", "an exercise book"), "stationery"),
    (Words("公共汽车", "a bus"), "vehicle"),
    (Words("自行车", "a bicycle"), "vehicle"),
    (Words("轮船", "a ship"), "vehicle"),
    (Words("火车", "a train"), "vehicle"),
)
_ASKS = {
    "fruit": (
        Words("请选出 {n} 样水果。", "Choose the {n} fruits."),
        Words(
            "下面有 {n} 样是能吃的水果，请选出来。", "{n} of these grow on plants and are eaten as fruit: choose them."
        ),
    ),
    "animal": (
        Words("请选出 {n} 种动物。", "Choose the {n} animals."),
        Words(
            "下面有 {n} 样是有生命、会自己活动的，请选出来。",
            "{n} of these are alive and move by themselves: choose them.",
        ),
    ),
    "stationery": (
        Words("请选出 {n} 样文具。", "Choose the {n} things that pupils write or draw with."),
        Words(
            "下面有 {n} 样是书包里写字画画用的，请选出来。",
            "{n} of these belong in a school bag for writing: choose them.",
        ),
    ),
    "vehicle": (
        Words("请选出 {n} 种交通工具。", "Choose the {n} means of transport."),
        Words(
            "下面有 {n} 样是人们乘坐着出行的，请选出来。", "{n} of these are what people travel in or on: choose them."
        ),
    ),
}
_CONFIRMS = (
    Words("您还在学习吗？请点按钮继续。", "Are you still studying? Press the button to go on."),
    Words("请确认您正在看。", "Please confirm that you are watching."),
)
_HERE = "present"
_IDS = "abcdefghijklmnopqrstuvwxyz"
FULL, LIGHT = (3, 10), (2, 8)
"""So many right ones among so many: 1 of 120, and 1 of 28 beside a question."""


def confirm(draws: Sequence[float]) -> Check:
    """A simple confirmation. `draws`: at least one number of 0 to 1."""
    return Check(CONFIRM, (Part(_CONFIRMS[int(draws[0] * len(_CONFIRMS))], ()),), _HERE)


def choice(draws: Sequence[float]) -> Check:
    """A choice that must be read, or heard. `draws`: DRAWS numbers of 0 to 1."""
    part, right = _choice(draws, FULL)
    return Check(CHOICE, (part,), right)


def mixed(text: Words, right: Words, wrong: Sequence[Words], draws: Sequence[float]) -> Check:
    """A question of the bank, with its answers in another order each time; and a choice where there are so few that
    guessing would do. `draws`: one for each answer, then DRAWS."""
    answers = [(right, True), *((words, False) for words in wrong)]
    order = [answer for _, answer in sorted(zip(draws, answers, strict=False), key=lambda pair: pair[0])]
    options = tuple(Option(_IDS[number], words) for number, (words, _) in enumerate(order))
    is_right = next(_IDS[i] for i, (_, is_right) in enumerate(order) if is_right)
    question = Part(text, options)
    if chance([question]) <= CHANCE:
        return Check(QUESTION, (question,), is_right)
    for size in (LIGHT, FULL):
        beside, chosen = _choice(draws[len(answers) :], size, len(answers))
        if chance([question, beside]) <= CHANCE:
            break
    return Check(QUESTION, (question, beside), is_right + chosen)


def _choice(draws: Sequence[float], size: tuple[int, int], first: int = 0) -> tuple[Part, str]:
    """Some things of one kind among others, and the ids of the former; ids begin with the `first` letter."""
    pick, of = size
    kinds = sorted(_ASKS)
    kind = kinds[int(draws[0] * len(kinds))]
    asks = _ASKS[kind][int(draws[1] * len(_ASKS[kind]))]
    things = [thing for _, thing in sorted(zip(draws[2:], _THINGS, strict=False), key=lambda pair: pair[0])]
    chosen = [thing for thing in things if thing[1] == kind][:pick]
    others = [thing for thing in things if thing[1] != kind][: of - pick]
    places = sorted(zip(draws[2 + len(_THINGS) :], chosen + others, strict=False), key=lambda pair: pair[0])
    options = tuple(Option(_IDS[first + i], words) for i, (_, (words, _)) in enumerate(places))
    right = "".join(_IDS[first + i] for i, (_, thing) in enumerate(places) if thing[1] == kind)
    return Part(Words(asks.zh.format(n=pick), asks.en.format(n=pick)), options, pick), right


DRAWS = 2 + len(_THINGS) + FULL[1]
"""Numbers that a choice takes."""
