"""Signals against what the same software tells of others: a page shows everybody the same checks, counts everybody's presses,
and beats by one timer. Who is unlike all others there does not sit before that page.
"""

import math
import re
import statistics
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable

from msgspec import Struct

from lms_tracker.core.study.events import HOUR, MINUTE
from lms_tracker.core.study.suspicion.found import Found, wilson_lower
from lms_tracker.core.study.suspicion.openings import Producer
from lms_tracker.core.study.suspicion.sketches import Sketch

MANY_PEOPLE, SHARE = 10, 1 / 3
"""So many others must show what a producer does, and so large a part of those who could: cheats are among them."""
BROWSERS, SHARE_OF_BROWSERS = "browser", 1 / 2
"""Where a platform's name is a browser's or a device's, whatever else calls itself so is taken for the same software; so large a
part must agree."""
_BROWSER = re.compile(
    r"chrom|safari|edge|firefox|opera|360|qqbrowser|ucbrowser|mozilla|webview|windows|mac ?os|\bios\b|iphone|ipad|android|harmony",
    re.IGNORECASE,
)
ENOUGH_ANSWERS, ALL_BUT, CHANCE = 12, 0.95, 0.01
FEW_ANSWERS = 8
ENOUGH_SESSIONS = 3
LOOSE, LOOSER = 0.1, 4
"""Beats vary when their waits are so far apart, and so many times as far as others'."""
STUDIED = 2 * MINUTE
ENOUGH_PAUSES, LASTING = 8, 0.6
"""Of so many pauses somebody's say how long pauses are; where no more than such a share is short, they are people's."""
ENOUGH_HOURS, RARELY = 2, 0.1
"""Of so many hours in which nothing is touched, where it is so for others in no more than such a share of theirs."""
SELDOM, ENOUGH_BLIPS = 0.5, 8
"""Times an hour that somebody's player may go on by itself."""
AT_ONCE, LESSON = 2 * MINUTE, 5
"""So soon before or after, and so many others who are not asked, make a lesson."""
MOST = 0.8


class Usual(Struct, frozen=True):
    """What a producer tells of one learner's sessions."""

    counts: bool | None
    """Whether presses that answer checks are among the inputs; None: too few answers to say, or too many inputs beside them."""
    jitter: float | None
    """How far its beats' waits vary, in the median session."""
    resumes: float | None
    """How often in an hour a pause ends at once by itself; None: too little play to say."""
    short: float | None
    """Share of its pauses without an input that are short; None: too few of them."""
    proves: bool | None
    """Whether nearly all statements of sessions with heartbeats carry proofs; None: there are no such sessions."""
    opens: bool | None
    """Whether nearly all such sessions begin with somebody who opens them or presses play."""
    bare: float | None
    """Share of the hours in which nothing was touched but to answer checks; None: too few hours tell."""
    at_home: bool | None
    """Whether all tests are taken on devices that are studied on; None: none is, or no device is named."""
    asked: bool
    """Whether presence checks come up once in an hour's play at least, as far as it tells of heartbeats."""


def studied_on(items: Iterable[Sketch]) -> set[str]:
    """Devices on which something was played, for some minutes at least."""
    return {item.device for item in items if item.mark is None and item.device and item.played_us > STUDIED}


def _usual(items: list[Sketch]) -> Usual:
    jitters = [item.jitter for item in items if item.jitter is not None]
    tests = [item for item in items if item.mark is not None and item.device]
    studied = studied_on(items)
    asked = [item for item in items if item.checks is not None]
    pauses, short = _added(item.pauses for item in items)
    statements, proofs = _added(item.proofs for item in items)
    opened = [item.opened for item in items if item.opened is not None]
    bare, told = _untouched(items)
    return Usual(
        counts=_counts(items),
        jitter=statistics.median(jitters) if jitters else None,
        resumes=sum(item.blips for item in items) / hours if (hours := _hours(items)) >= 1 else None,
        short=short / pauses if pauses >= ENOUGH_PAUSES else None,
        proves=proofs >= MOST * statements if statements else None,
        opens=sum(opened) >= MOST * len(opened) if opened else None,
        bare=bare / told if told >= 1 else None,
        at_home=all(item.device in studied for item in tests) if tests and studied else None,
        asked=0 < _hours(asked) <= sum(item.checks or 0 for item in asked),
    )


def _hours_in(shown: list[Sketch]) -> Found | None:
    if len(shown) < ENOUGH_SESSIONS:
        return None
    return Found(_hours(shown), len(shown), tuple(item.key for item in shown))


def _hours(items: Iterable[Sketch]) -> float:
    return sum(item.played_us for item in items) / HOUR


def _untouched(items: Iterable[Sketch]) -> tuple[float, float]:
    """Hours in which nothing was touched but to answer checks, of how many that tell."""
    told = [item for item in items if item.touched is not None]
    return _hours(item for item in told if not item.touched), _hours(told)


def _added(pairs: Iterable[tuple[int, int]]) -> tuple[int, int]:
    """Each of both, of all pairs together."""
    first = second = 0
    for one, other in pairs:
        first, second = first + one, second + other
    return first, second


def _counts(items: list[Sketch]) -> bool | None:
    told, untouched = _added(item.answers for item in items)
    if told < ENOUGH_ANSWERS:
        return None
    if untouched > (1 - ALL_BUT) * told:
        return False
    busy = sum(item.busy * item.answers[0] for item in items) / told
    by_chance = (1 - (1 - busy) ** 2) ** told  # an answer and the statement after it
    return True if by_chance < CHANCE else None


class _Told:
    """Of one producer: what it tells of everybody, ready to be asked about all but one."""

    def __init__(self, learners: dict[int, list[Sketch]], share: float) -> None:
        self.share = share
        self.of = {learner: _usual(items) for learner, items in learners.items()}
        self.values = {
            name: sorted(value for one in self.of.values() if (value := getattr(one, name)) is not None)
            for name in Usual.__struct_fields__
        }

    def says(self, name: str, but: int) -> bool:
        """Whether it holds of enough others."""
        values, own = self.values[name], getattr(self.of[but], name)
        return self._enough(len(values) - bisect_left(values, True) - bool(own), len(values) - (own is not None))

    def at_most(self, name: str, most: float, but: int) -> bool:
        """Whether enough others have no more of it."""
        values, own = self.values[name], getattr(self.of[but], name)
        few = bisect_right(values, most) - (own is not None and own <= most)
        return self._enough(few, len(values) - (own is not None))

    def _enough(self, people: int, of: int) -> bool:
        return people >= MANY_PEOPLE and people >= self.share * of


class _Asked:
    """Of one activity and producer: how often people are asked, of those who are asked anywhere."""

    def __init__(self, items: list[Sketch], asked: dict[int, Usual]) -> None:
        self.people: dict[int, tuple[int, int]] = {}
        for item in items:
            if asked[item.learner_id].asked:
                checks, played = self.people.get(item.learner_id, (0, 0))
                self.people[item.learner_id] = checks + (item.checks or 0), played + item.played_us
        self.checks = sum(checks for checks, _ in self.people.values())
        self.played = sum(played for _, played in self.people.values())

    def rate(self, item: Sketch) -> float:
        """Checks an hour of the others; 0 where too few are asked."""
        checks, played = self.people.get(item.learner_id, (0, 0))
        others = len(self.people) - (item.learner_id in self.people)
        if others < MANY_PEOPLE or self.played <= played:
            return 0.0
        return (self.checks - checks) * HOUR / (self.played - played)


class _Lessons:
    """Of one activity, whatever tells of it: where several begin at once and nobody is asked, it is a lesson that asks nobody."""

    def __init__(self, items: list[Sketch]) -> None:
        self.items, self.starts = items, [item.start for item in items]

    def has(self, item: Sketch) -> bool:
        first, last = bisect_left(self.starts, item.start - AT_ONCE), bisect_right(self.starts, item.start + AT_ONCE)
        beside = [one for one in self.items[first:last] if one.learner_id != item.learner_id]
        return sum(not one.checks for one in beside) >= max(LESSON, len(beside) * MOST)


def _called(producer: Producer) -> Producer:
    """By which name to know it: what is called by browsers and devices is one software, before whatever people have."""
    source, platform, host = producer
    return (source, BROWSERS, host) if _BROWSER.search(platform) else producer


class Producers:
    """What each producer tells of everybody. `sketches` in the order of time."""

    def __init__(self, sketches: Iterable[Sketch]) -> None:
        by: dict[Producer, dict[int, list[Sketch]]] = defaultdict(lambda: defaultdict(list))
        asked: dict[tuple[Producer, str], list[Sketch]] = defaultdict(list)
        activities: dict[str, list[Sketch]] = defaultdict(list)
        for item in sketches:
            producer = _called(item.producer)
            by[producer][item.learner_id].append(item)
            if item.checks is not None:
                asked[producer, item.key[0]].append(item)
                activities[item.key[0]].append(item)
        self._of = {
            producer: _Told(learners, SHARE_OF_BROWSERS if producer[1] == BROWSERS else SHARE)
            for producer, learners in by.items()
        }
        self._asked = {key: _Asked(items, self._of[key[0]].of) for key, items in asked.items()}
        self._lessons = {activity: _Lessons(items) for activity, items in activities.items()}

    def _told(self, item: Sketch) -> "_Told":
        return self._of[_called(item.producer)]

    def examines_at_home(self, item: Sketch) -> bool:
        """Whether others take their tests on devices on which they study."""
        return self._told(item).says("at_home", item.learner_id)

    def bare_answers(self, own: list[Sketch]) -> Found | None:
        """Share of presence checks answered without an input, as far as so few prove it (Wilson, lower bound), where other people's
        answers come with one."""
        shown = [item for item in own if item.answers[0] and self._told(item).says("counts", item.learner_id)]
        told, untouched = _added(item.answers for item in shown)
        if told < FEW_ANSWERS:
            return None
        return Found(wilson_lower(untouched, told), told, tuple(item.key for item in shown if item.answers[1]))

    def drawn_beats(self, own: list[Sketch]) -> Found | None:
        """Hours in sessions with nothing but watching whose beats come as if drawn by lot, where others' keep time."""
        shown = [
            item
            for item in own
            if item.still
            and (item.jitter or 0) >= LOOSE
            and self._told(item).at_most("jitter", (item.jitter or 0) / LOOSER, item.learner_id)
        ]
        return _hours_in(shown)

    def resumed(self, own: list[Sketch]) -> Found | None:
        """How often in an hour pauses end at once by themselves, in sessions in which they do, where others' players stay paused."""
        shown = [
            item for item in own if item.blips > 1 and self._told(item).at_most("resumes", SELDOM, item.learner_id)
        ]
        blips = sum(item.blips for item in shown)
        if blips < ENOUGH_BLIPS or len(shown) < ENOUGH_SESSIONS:
            return None
        return Found(blips / max(_hours(shown), 0.25), blips, tuple(item.key for item in shown))

    def short_pauses(self, own: list[Sketch]) -> Found | None:
        """Share of pauses without an input that end within seconds, as far as so few prove it (Wilson, lower bound), where other
        people's last."""
        shown = [item for item in own if item.pauses[0] and self._told(item).at_most("short", LASTING, item.learner_id)]
        pauses, short = _added(item.pauses for item in shown)
        if pauses < ENOUGH_PAUSES or len(shown) < ENOUGH_SESSIONS:
            return None
        return Found(wilson_lower(short, pauses), pauses, tuple(item.key for item in shown if item.pauses[1]))

    def only_answers(self, own: list[Sketch]) -> Found | None:
        """Share of the study in which nothing was touched but to answer checks, of hours of it, where others' hands are seen."""
        shown = [
            item for item in own if item.touched is False and self._told(item).at_most("bare", RARELY, item.learner_id)
        ]
        bare, told = _hours(shown), _untouched(own)[1]
        if len(shown) < ENOUGH_SESSIONS or bare < ENOUGH_HOURS:
            return None
        return Found(bare / told, len(shown), tuple(item.key for item in shown))

    def unproved(self, own: list[Sketch]) -> Found | None:
        """Hours in sessions half of whose statements and more carry no proof, or one that was sent before, where others' carry one
        of their own each."""
        shown = [
            item
            for item in own
            if item.proofs[1] * 2 < item.proofs[0] and self._told(item).says("proves", item.learner_id)
        ]
        return _hours_in(shown)

    def unopened(self, own: list[Sketch]) -> Found | None:
        """Hours in sessions with heartbeats that nobody opened, where others' are opened."""
        return _hours_in(
            [item for item in own if item.opened is False and self._told(item).says("opens", item.learner_id)]
        )

    def unasked(self, own: list[Sketch]) -> Found | None:
        """How many presence checks are missing in sessions without any, by how often others are asked: beyond what chance
        leaves out (three deviations)."""
        missing = usually = variance = 0.0
        shown = []
        for item in own:
            if item.checks is None or self._lessons[item.key[0]].has(item):
                continue
            due = self._asked[_called(item.producer), item.key[0]].rate(item) * item.played_us / HOUR
            none = math.exp(-due)
            usually += due * none
            variance += due * due * none * (1 - none)
            if due and not item.checks:
                missing += due
                shown.append(item.key)
        if len(shown) < ENOUGH_SESSIONS:
            return None
        return Found(missing - usually - 3 * math.sqrt(variance), len(shown), tuple(shown))
