"""The weeks of the programme so far: who studies what and when, and what was handed in and marked."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

import msgspec

from lms_tracker.demo.behaviour import DISHONEST, Scene, dishonest, honest
from lms_tracker.demo.cast import Learner, learners
from lms_tracker.demo.courses import LIVE_AT, WORK, Unit, units
from lms_tracker.demo.tape import Sent

ZONE = ZoneInfo("Asia/Shanghai")
CLASS_HOUR_S = 2700
SESSION_S = 2100


class Term(msgspec.Struct, frozen=True):
    """The programme's first and last day, and the instant up to which the demo knows (local midnight of its day)."""

    starts_on: date
    ends_on: date
    as_of: datetime


class Marked(msgspec.Struct, frozen=True):
    """One mark: of `WORK[work]`, by the expert with this login."""

    work: int
    learner: str
    mark: Decimal
    comment: str | None
    expert: str
    at: datetime


def term(today: date) -> Term:
    """A year that began on a 1st or 16th at least five weeks ago, so that two half months are complete."""
    latest = today - timedelta(days=35)
    starts_on = latest.replace(day=16 if latest.day >= 16 else 1)
    following = date(starts_on.year + 1, starts_on.month, starts_on.day)
    return Term(starts_on, following - timedelta(days=1), at(today, time(0)))


def at(day: date, clock: time) -> datetime:
    """The instant of a local day and time of the programme."""
    return datetime.combine(day, clock, ZONE).astimezone(UTC)


def half_months(term: Term) -> list[tuple[str, datetime]]:
    """Every complete half month of the term so far: its name (2026-03-H1) and the instant at which it ended."""
    found: list[tuple[str, datetime]] = []
    first = term.starts_on
    while True:
        if first.day == 1:
            following, name = first.replace(day=16), f"{first:%Y-%m}-H1"
        else:
            following, name = (first.replace(day=28) + timedelta(days=4)).replace(day=1), f"{first:%Y-%m}-H2"
        if at(following, time(0)) > term.as_of:
            return found
        found.append((name, at(following, time(0))))
        first = following


def evidence(seed: int, term: Term) -> list[Sent]:
    """All statements in the order in which the server got them."""
    sent = [one for who in learners() for one in _evidence_of(seed, who, term)]
    return sorted(sent, key=lambda one: (one.stored, one.statement["id"]))


def marks(seed: int, term: Term) -> list[Marked]:
    """All marks so far, oldest first."""
    return sorted(_marks(seed, term), key=lambda m: (m.at, m.learner, m.work))


def _evidence_of(seed: int, who: Learner, term: Term) -> Iterator[Sent]:
    if who.kind == "never":
        return
    rng = Random(f"{seed} {who.login} {term.starts_on}")
    shelf = _shelf(rng, who)
    finished = shelf[:1]
    reached: dict[str, float] = {}
    for n, opened in enumerate(_openings(rng, who, term)):
        budget = rng.uniform(0.7, 1.3) * SESSION_S
        cheats = who.kind in DISHONEST and rng.random() < who.share
        over, part = opened, 0
        while budget > 240 and shelf:
            unit = shelf[0]
            scene = Scene(
                who,
                unit,
                over,
                f"{seed} {who.login} {term.starts_on} {n} {part}",
                rng,
                reached.get(unit.iri, 0.0),
                budget if unit.kind == "video" else min(budget, unit.length_s - rng.uniform(5, 90)),
                shelf[1] if len(shelf) > 1 else None,
            )
            played = dishonest(scene) if cheats and unit.kind == "video" else honest(scene)
            if played.over > term.as_of:
                return
            yield from (one for one in played.sent if one.stored < term.as_of)
            budget -= max((played.over - over).total_seconds(), 300)
            if unit.kind != "video" or played.position_s >= unit.length_s - 1:
                finished.append(shelf.pop(0))
                reached.pop(unit.iri, None)
            else:
                reached[unit.iri] = played.position_s
            over, part = played.over + timedelta(seconds=rng.uniform(20, 300)), part + 1
        if who.kind == "rewatcher" and n % 4 == 3:
            shelf.insert(0, finished[-1])
    yield from _live_classes(seed, who, term)


def _shelf(rng: Random, who: Learner) -> list[Unit]:
    """The units in the learner's order: required courses first, with a chosen elective after every second one."""
    simple = who.kind in ("older_platform", "rewatcher", "packet_replay")
    mine = [u for u in units() if u.kind == "video" or (u.kind == "document" and not simple)]
    required = [u for u in mine if u.course_kind == "required"]
    chosen = sorted({u.course for u in mine if u.course_kind != "required"})
    rng.shuffle(chosen)
    others = [[u for u in mine if u.course == course] for course in chosen]
    shelf: list[Unit] = []
    for n, unit in enumerate(required):
        shelf.append(unit)
        if n % 6 == 5 and others:
            shelf += others.pop()
    return shelf + [u for course in others for u in course]


def _openings(rng: Random, who: Learner, term: Term) -> list[datetime]:
    """When the learner sits down, in order."""
    days = (term.as_of.astimezone(ZONE).date() - term.starts_on).days
    wanted = max(1, round(who.hours * CLASS_HOUR_S / SESSION_S))
    first = rng.randint(0, 4)
    last = days if who.kind != "behind" else rng.randint(10, 25)  # those behind gave up some time ago
    taken = {(day, int(hour >= 18)) for day, hour in LIVE_AT.values()}
    slots = [(day, slot) for day in range(first, last) for slot in (0, 1) if (day, slot) not in taken]
    picked = sorted(rng.sample(slots, min(wanted, len(slots))))
    return [at(term.starts_on + timedelta(days=day), _clock(rng, who, slot)) for day, slot in picked]


def _clock(rng: Random, who: Learner, slot: int) -> time:
    """Lunch break or evening; the night owl begins shortly before midnight."""
    if slot == 0:
        minutes = rng.randint(12 * 60 + 5, 13 * 60)
    elif who.kind == "night_owl":
        minutes = rng.randint(22 * 60 + 50, 23 * 60 + 50)
    else:
        minutes = rng.randint(19 * 60, 20 * 60 + 40)
    return time(minutes // 60, minutes % 60, rng.randint(0, 59), rng.randint(0, 999) * 1000)


_LIVE = dict.fromkeys(DISHONEST, 0.2) | {"behind": 0.0}
"""Share of each kind that takes part in a live class, where it is not 0.6."""


def _live_classes(seed: int, who: Learner, term: Term) -> Iterator[Sent]:
    rng = Random(f"{seed} {who.login} {term.starts_on} live")
    for unit in units():
        when = next((LIVE_AT[end] for end in LIVE_AT if unit.iri.endswith(end)), None)
        if when is None or rng.random() > _LIVE.get(who.kind, 0.6):
            continue
        day, hour = when
        opened = at(term.starts_on + timedelta(days=day), time(hour)) + timedelta(seconds=rng.uniform(-240, 200))
        key = f"{seed} {who.login} {term.starts_on} {unit.iri}"
        played = honest(Scene(who, unit, opened, key, rng, 0.0, unit.length_s - rng.uniform(5, 120)))
        if played.over <= term.as_of:
            yield from (one for one in played.sent if one.stored < term.as_of)


_REMARKS = [
    "观点清楚，案例可再具体些。",
    "数据扎实，很有参考价值。",
    "建议补充实施步骤与时间表。",
    "联系本校实际，写得好。",
]


def _marks(seed: int, term: Term) -> Iterator[Marked]:
    for who in learners():
        rng = Random(f"{seed} {who.login} {term.starts_on} marks")
        for n, (_, component, due, _) in enumerate(WORK):
            missing = {"never": 1.0, "behind": 0.5}.get(who.kind, 0.1)
            skill = {"ahead": 88, "behind": 68}.get(who.kind, 80)
            handed_in = rng.random() >= max(missing, 0.6 if component == "research" else 0)
            mark = Decimal(round(min(98, max(40, rng.gauss(skill, 7))) * 2)) / 2
            day = term.starts_on + timedelta(days=due + rng.randint(2, 9))
            when = at(day, time(rng.randint(9, 17), rng.randint(0, 59)))
            comment = rng.choice(_REMARKS) if rng.random() < 0.4 else None
            if handed_in and when < term.as_of:
                yield Marked(n, who.login, mark, comment, rng.choice(["expert1", "expert2"]), when)
