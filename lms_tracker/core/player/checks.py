"""Presence checks: when one is due, how long it waits, and what simple ones ask. Draws are arguments: core has no dice."""

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


class Words(Struct, frozen=True):
    """A text in both languages."""

    zh: str
    en: str


class Option(Struct, frozen=True):
    """One of the answers to choose from."""

    id: str
    text: Words


class Check(Struct, frozen=True):
    """What is asked, and the id of the right answer, which no page gets."""

    kind: str
    text: Words
    options: tuple[Option, ...]
    right: str


def wait(policy: PlayerPolicy, draw: float) -> int:
    """Playing time until the next check: no less than the least; from then on any moment is as likely. `draw`: 0 to 1."""
    spread = policy.check_mean_s - policy.check_least_s
    return round((policy.check_least_s - spread * math.log(1 - min(draw, 1 - 1e-9))) * SECOND)


def is_due(live: Live, study: StudyPolicy) -> bool:
    """Whether somebody who watches just now is to be asked."""
    if live.asked is not None or not live.flags & PLAYING or not is_seen(live.flags):
        return False
    return live.due <= 0 or live.at - live.sign_at > study.idle_s * SECOND - BEFORE_IDLE


def deadline(asked: Asked, policy: PlayerPolicy) -> int | None:
    """When it is missed; None as long as nobody knows whether the page has got it."""
    return asked.reached_at + round(policy.check_answer_s * SECOND) if asked.reached_at else None


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
        Words("下面哪一样是水果？", "Which of these is a fruit?"),
        Words("请选出能吃的水果。", "Choose the one that grows on a plant and is eaten as fruit."),
    ),
    "animal": (
        Words("下面哪一样是动物？", "Which of these is an animal?"),
        Words("请选出有生命、会自己活动的那一样。", "Choose the one that is alive and moves by itself."),
    ),
    "stationery": (
        Words("下面哪一样是文具？", "Which of these do pupils write or draw with?"),
        Words("请选出书包里常用来写字画画的那一样。", "Choose what belongs in a school bag for writing."),
    ),
    "vehicle": (
        Words("下面哪一样是交通工具？", "Which of these is a means of transport?"),
        Words("请选出人们乘坐着出行的那一样。", "Choose what people travel in or on."),
    ),
}
_CONFIRMS = (
    Words("您还在学习吗？请点按钮继续。", "Are you still studying? Press the button to go on."),
    Words("请确认您正在看。", "Please confirm that you are watching."),
)
_HERE = Words("我在", "I am here")
CHOICES = 6
"""Answers to choose from."""


def confirm(draws: Sequence[float]) -> Check:
    """A simple confirmation. `draws`: at least one number of 0 to 1."""
    return Check(CONFIRM, _CONFIRMS[int(draws[0] * len(_CONFIRMS))], (Option("present", _HERE),), "present")


def choice(draws: Sequence[float]) -> Check:
    """A choice that must be read, or heard. `draws`: as many numbers of 0 to 1 as there are things, and three more."""
    kinds = sorted(_ASKS)
    kind = kinds[int(draws[0] * len(kinds))]
    asks = _ASKS[kind][int(draws[1] * len(_ASKS[kind]))]
    mixed = [thing for _, thing in sorted(zip(draws[3:], _THINGS, strict=False), key=lambda pair: pair[0])]
    right = next(thing for thing in mixed if thing[1] == kind)
    wrong = [thing for thing in mixed if thing[1] != kind][: CHOICES - 1]
    place = int(draws[2] * CHOICES)
    shown = [*wrong[:place], right, *wrong[place:]]
    options = tuple(Option("abcdef"[number], words) for number, (words, _) in enumerate(shown))
    return Check(CHOICE, asks, options, "abcdef"[place])


def mixed(text: Words, right: Words, wrong: Sequence[Words], draws: Sequence[float]) -> Check:
    """A question of the bank, with its answers in another order each time. `draws`: one for each answer."""
    answers = [(right, True), *((words, False) for words in wrong)]
    order = [answer for _, answer in sorted(zip(draws, answers, strict=False), key=lambda pair: pair[0])]
    options = tuple(Option("abcdefghij"[number], words) for number, (words, _) in enumerate(order))
    return Check(QUESTION, text, options, next("abcdefghij"[i] for i, (_, is_right) in enumerate(order) if is_right))


DRAWS = len(_THINGS) + 3
"""Numbers that any of these takes, at most."""
