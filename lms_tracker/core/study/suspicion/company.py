"""Signals between sessions of different learners, or of one learner at different times, from their sketches.

What honest people share is left out: an address (a school has one), a course order, a lesson that begins for all at
once, a computer used in turn, a room where everybody is examined.
"""

import statistics
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable

from lms_tracker.core.study.events import MINUTE
from lms_tracker.core.study.suspicion.devices import Devices
from lms_tracker.core.study.suspicion.found import Found
from lms_tracker.core.study.suspicion.openings import SessionKey
from lms_tracker.core.study.suspicion.pace import Timed, paced_and_quick, paced_and_still
from lms_tracker.core.study.suspicion.producers import MANY_PEOPLE, Producers, studied_on
from lms_tracker.core.study.suspicion.queues import Queues
from lms_tracker.core.study.suspicion.recordings import Recordings
from lms_tracker.core.study.suspicion.sketches import Sketch
from lms_tracker.core.study.suspicion.steps import NEAR, Together, in_step, on_same

CLONED = 30
"""A device that more accounts name is no device: machines set up from one image share its name."""
OVERLAP = 2 * MINUTE
HANDOVER = 10 * MINUTE
GOOD = 0.85
BETTER, SOONER, QUICKER = 0.15, 0.6, 0.5
FEW_QUESTIONS, SEVERAL = 3, 3
TRIED = 0.25
"""Who answers so many checks wrong looks for the answers."""
SWIFT, KEPT = 0.5, 15 * MINUTE
"""Who takes half of the time that people usually do had the answers; he may have kept them for so long."""
SOON = 60 * MINUTE
"""What has been found out on a machine is used there before it is forgotten; elsewhere within HANDOVER, for people of like
hours come within the hour of anybody."""
CROWD = 400
"""Where more begin the same at the same time, a bell rang: they are compared with their own machine only."""
OFTEN = 3
"""Who was there before, on another device, this often and mostly, is no neighbour in a queue."""


class Company:
    """Everybody's recent sketches, found by what they may share."""

    def __init__(self, sketches: Iterable[Sketch]) -> None:
        self.of_learner: dict[int, list[Sketch]] = defaultdict(list)
        of_device: dict[str, list[Sketch]] = defaultdict(list)
        self.of_activity: dict[str, list[Sketch]] = defaultdict(list)
        ordered = sorted(sketches, key=lambda s: (s.start, s.learner_id, s.key))
        self.producers = Producers(ordered)
        for item in ordered:
            self.of_learner[item.learner_id].append(item)
            self.of_activity[item.key[0]].append(item)
            if item.device:
                of_device[item.device].append(item)
        self.usual: dict[str, float | None] = {}
        self.of_machine = {d: all_ for d, all_ in of_device.items() if len({s.learner_id for s in all_}) <= CLONED}
        self.devices = Devices(self.of_machine)
        self.recordings = Recordings(ordered)
        self.queues = Queues(self.of_learner, self.of_activity)

    def signals(self, learner_id: int, start: int | None = None, end: int | None = None) -> dict[str, Found]:
        """Every signal in this learner's relation to others, of sessions that begin from `start` until `end`."""
        own = self.of_learner.get(learner_id, [])
        if start is not None and end is not None:
            own = [item for item in own if start <= item.start < end]
        rules = {
            "replay": self.recordings.replay,
            "copies": self.recordings.copies,
            "in_step": self._in_step,
            "in_order": self.queues.in_order,
            "queued": self.queues.queued,
            "crowded_device": self._crowded,
            "relay": self.devices.relay,
            "shadowed": self.devices.shadowed,
            "volley": self.devices.volley,
            "handed_over": self._handed_over,
            "tried_before": self._tried_before,
            "stand_in": self._stand_in,
            "bare_answers": self.producers.bare_answers,
            "drawn_beats": self.producers.drawn_beats,
            "unasked": self.producers.unasked,
            "only_answers": self.producers.only_answers,
            "unproved": self.producers.unproved,
            "unopened": self.producers.unopened,
            "resumed": self.producers.resumed,
            "short_pauses": self.producers.short_pauses,
            "paced_and_quick": self._paced_and_quick,
            "paced_and_still": _paced_and_still,
        }
        return {name: found for name, rule in rules.items() if (found := rule(own)) is not None}

    def _in_step(self, own: list[Sketch]) -> Found | None:
        return in_step(self._accompanied(own))

    def _accompanied(self, own: list[Sketch]) -> list[Together]:
        """Everybody who was beside this learner three times: own sessions, each with the other's nearest of the same activity."""
        mine = {item.key[0] for item in own}
        beside = Counter(learner for item in own for learner in self._beside(item))
        found = (self._together(mine, own, learner) for learner, times in beside.items() if times >= 3)
        return [together for together in found if together]

    def _beside(self, item: Sketch) -> set[int]:
        """Who else took the activity within NEAR of it, or on the same device; nobody by time where a crowd did."""
        others = self._of_same_activity(item, item.start - NEAR, item.start + NEAR + 1)
        return {other.learner_id for other in others} - {item.learner_id}

    def _of_same_activity(self, item: Sketch, since: int, until: int) -> list[Sketch]:
        """Sessions that begin from `since` on and before `until`, none of them where a crowd's do; and all on the same device."""
        others = self.of_activity[item.key[0]]
        first, last = bisect_left(others, since, key=_start), bisect_left(others, until, key=_start)
        near = others[first:last] if last - first <= CROWD else []
        return near + [other for other in self.of_machine.get(item.device, ()) if other.key[0] == item.key[0]]

    def _together(self, mine: Collection[str], own: list[Sketch], learner: int) -> Together:
        """Each own session with the other's nearest one of the same activity."""
        theirs: dict[str, list[Sketch]] = defaultdict(list)
        for other in self.of_learner[learner]:
            if other.key[0] in mine:
                theirs[other.key[0]].append(other)
        return [
            (item, min(others, key=lambda other: abs(other.start - item.start)))
            for item in own
            if (others := theirs.get(item.key[0]))
        ]

    def _crowded(self, own: list[Sketch]) -> Found | None:
        """Other accounts that played on this learner's device while he did, three times or more."""
        times: Counter[int] = Counter()
        shown = []
        for item in own:
            others = {
                other.learner_id
                for other in self.of_machine.get(item.device, ())
                if other.learner_id != item.learner_id
                and min(other.end, item.end) - max(other.start, item.start) > OVERLAP
                and min(other.played_us, item.played_us) > OVERLAP
            }
            times.update(others)
            if others:
                shown.append(item.key)
        crowd = sum(count >= 3 for count in times.values())
        return Found(float(crowd), len(shown), tuple(shown)) if crowd else None

    def _handed_over(self, own: list[Sketch]) -> Found | None:
        """Tests passed well within minutes of another account's attempt, with little study: on the same device, or each time, or
        nearly, after the same account's, which did worse.

        Of somebody who studies otherwise those count that come without study of their own after the same account's, in three
        sittings: of one that does worse and hardly studies at all. And three and more that take half of the usual time after
        the same account's, which did worse.
        """
        tests = [item for item in own if item.mark is not None]
        by: dict[tuple[int, bool], Together] = defaultdict(list)
        swift: dict[int, Together] = defaultdict(list)
        for item in tests:
            for other in self._attempts_before(item):
                if item.start - other.end <= HANDOVER:
                    by[other.learner_id, on_same(item, other)].append((item, other))
                if (other.mark or 0) < (item.mark or 0) and self._is_swift(item):
                    swift[other.learner_id].append((item, other))
        if sum(item.played_us for item in own) <= len(tests) * HANDOVER:
            found = [
                items
                for (_, same), items in by.items()
                if same or (len(items) >= OFTEN and len(items) * 2 > len(tests))
            ]
        else:
            sittings = _unstudied_sittings(own)
            found = [self._scouted(learner, items, sittings) for (learner, _), items in by.items()]
        found += [items for items in swift.values() if len(items) >= OFTEN]
        taken = {item.key: item for items in found for item, _ in items}
        if not taken:
            return None
        shown = [item.key for item in own if any(abs(item.end - test.start) < HANDOVER * 2 for test in taken.values())]
        return Found(float(len(taken)), len(tests), tuple(shown))

    def _scouted(self, learner: int, attempts: Together, sittings: dict[SessionKey, int]) -> Together:
        """Of tests after another's attempts those in sittings without study, if the other did worse, and hardly studies at all."""
        theirs = self.of_learner[learner]
        if sum(item.played_us for item in theirs) > HANDOVER * sum(item.mark is not None for item in theirs):
            return []
        found = [
            (item, other) for item, other in attempts if (other.mark or 0) < (item.mark or 0) and item.key in sittings
        ]
        return found if len({sittings[item.key] for item, _ in found}) >= OFTEN else []

    def _attempts_before(self, item: Sketch) -> list[Sketch]:
        """Others' attempts at the test shortly before it was passed well; on other devices only those that did worse."""
        mark = item.mark or 0.0
        found: dict[tuple[int, bool], Sketch] = {}
        for other in self._of_same_activity(item, item.start - 2 * SOON, item.start + 1) if mark >= GOOD else ():
            same = on_same(item, other)
            worse = other.mark is not None and (same or other.mark < mark)
            if worse and other.learner_id != item.learner_id and 0 <= item.start - other.end <= KEPT:
                found[other.learner_id, same] = other
        return list(found.values())

    def _tried_before(self, own: list[Sketch]) -> Found | None:
        """Sessions with answers that begin soon after another account's, always the same one's, in which the same
        activity's checks were tried, and many missed, with less than half of the play.

        On the same device within an hour; elsewhere within ten minutes, and only where most of the study is such.
        """
        asked = [item for item in own if item.delays and item.mark is None and item.wrong < TRIED]
        by: dict[tuple[int, bool], Together] = defaultdict(list)
        for item in asked:
            for key, other in self._visits_before(item).items():
                by[key].append((item, other))
        found = [
            [item for item, _ in visits]
            for (_, same), visits in by.items()
            if statistics.fmean(other.wrong for _, other in visits) >= TRIED and (same or len(visits) * 2 > len(asked))
        ]
        most = max(found, key=len, default=[])
        return Found(float(len(most)), len(asked), tuple(item.key for item in most)) if most else None

    def _visits_before(self, item: Sketch) -> dict[tuple[int, bool], Sketch]:
        """Who came to the activity shortly before and played little of it, and whether on the same device; elsewhere nobody in a
        crowd."""
        return {
            (other.learner_id, on_same(item, other)): other
            for other in self._of_same_activity(item, item.start - 2 * SOON, item.start)
            if (other.delays or other.wrong) and _visited_for(other, item)
        }

    def _stand_in(self, own: list[Sketch]) -> Found | None:
        """In how many ways tests passed well on devices on which the learner never studies are unlike him: far quicker than his own; and,
        where others are examined on the devices on which they study, far better than his own, far sooner than others', and on a
        device on which several are examined who do not study on it."""
        tests = [item for item in own if item.mark is not None and item.device]
        studies = studied_on(own)
        home = [item for item in tests if item.device in studies]
        away = [item for item in tests if item.device not in studies and (item.mark or 0) >= GOOD]
        if not away or not studies:
            return None
        odd = {item.key: ways for item in away if (ways := self._unlike(item, home, own))}
        return Found(float(sum(odd.values())), len(odd), tuple(odd)) if odd else None

    def _unlike(self, item: Sketch, home: list[Sketch], own: list[Sketch]) -> int:
        took = item.end - item.start
        ways = took * 3 < statistics.median([one.end - one.start for one in home] or [0])
        pace, paces = _per_question(item, own), [one for test in home if (one := _per_question(test, own))]
        ways |= bool(paces) and 0 < pace < QUICKER * statistics.median(paces)
        if not self.producers.examines_at_home(item):
            return int(ways)
        room = {one.learner_id for one in self.of_machine.get(item.device, ()) if one.mark is not None}
        strangers = [one for one in room if item.device not in studied_on(self.of_learner[one])]
        better = bool(home) and (item.mark or 0) - statistics.median(one.mark or 0.0 for one in home) >= BETTER
        sooner = took < SOONER * self._usual_time(item)
        return ways + better + sooner + (len(strangers) >= SEVERAL)

    def _is_swift(self, item: Sketch) -> bool:
        return item.end - item.start < SWIFT * self._usual_time(item)

    def _usual_time(self, item: Sketch) -> float:
        """How long others take for a test; 0 where too few took it."""
        others = [one for one in self.of_activity[item.key[0]] if one.mark is not None]
        times = [one.end - one.start for one in others if one.learner_id != item.learner_id]
        return statistics.median(times) if len(times) >= MANY_PEOPLE else 0.0

    def _paced_and_quick(self, own: list[Sketch]) -> Found | None:
        """Sessions with a pace, and how long their checks took against what people usually take for the same activity's."""
        return paced_and_quick(
            [
                Timed(item.key, item.pace, [delay / usual for delay in item.delays])
                for item in own
                if item.pace is not None and (usual := self._usual(item.key[0])) is not None
            ]
        )

    def _usual(self, activity: str) -> float | None:
        """How long the median person takes to answer the activity's checks; None: too few people did."""
        if activity not in self.usual:
            delays: dict[int, list[int]] = defaultdict(list)
            for item in self.of_activity[activity]:
                delays[item.learner_id] += item.delays
            people = [statistics.median(own) for own in delays.values() if own]
            self.usual[activity] = statistics.median(people) if len(people) > MANY_PEOPLE else None
        return self.usual[activity]


def _paced_and_still(own: list[Sketch]) -> Found | None:
    """Inputs with a pace in sessions without anything else, where these are at least half of the study."""
    told = [item for item in own if item.still is not None]
    still = [item for item in told if item.still]
    if sum(item.played_us for item in still) * 2 < sum(item.played_us for item in told):
        return None
    return paced_and_still([(item.key, item.pace) for item in still if item.pace is not None])


def _per_question(test: Sketch, own: list[Sketch]) -> float:
    """How long a question of the test took, by what the learner answered in its time; 0: too few questions told."""
    answered = sum(test.start < item.start <= test.end and item.start == item.end for item in own)
    return (test.end - test.start) / answered if answered >= FEW_QUESTIONS else 0.0


def _start(item: Sketch) -> int:
    return item.start


def _unstudied_sittings(own: list[Sketch]) -> dict[SessionKey, int]:
    """Tests in whose sitting, and since the one before, hardly anything was played; with the sitting's number. Tests that follow
    each other closely are one: whoever is examined in everything on one day has studied before."""
    tests = [item for item in own if item.mark is not None]
    found: dict[SessionKey, int] = {}
    since = 0
    for first, sitting in enumerate(_sittings(tests)):
        end = max(item.end for item in sitting)
        if sum(item.played_us for item in own if since <= item.start < end) < HANDOVER * len(sitting):
            found |= {item.key: first for item in sitting}
        since = end
    return found


def _sittings(tests: list[Sketch]) -> list[list[Sketch]]:
    """In the order in which they begin; less than NEAR lies between those of one."""
    found: list[list[Sketch]] = []
    for item in tests:
        if not found or item.start - found[-1][-1].end > NEAR:
            found.append([])
        found[-1].append(item)
    return found


def _visited_for(other: Sketch, item: Sketch) -> bool:
    """Whether another account looked in with little play, and this one came soon after."""
    return (
        other.learner_id != item.learner_id
        and 0 <= item.start - other.end <= (SOON if on_same(item, other) else HANDOVER)
        and other.played_us * 2 < item.played_us
    )
