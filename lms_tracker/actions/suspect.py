"""Look for automation in what was lately credited, and hold it for a person. Never part of settling, and never in its way.

Of learners whose ledger changed, all windows of `window_days` that hold something new are scored; each is compared with
everybody who studied in the same weeks. Reads only, but for holds, which are transactions of their own: a run that is
broken off or comes twice does no harm. Logs say how many, never who.
"""

import logging
from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine

from lms_tracker.actions.hold_study import hold
from lms_tracker.actions.policies import text_of
from lms_tracker.core.instants import to_us
from lms_tracker.core.study.decisions import Signal, windows_of
from lms_tracker.core.study.suspicion.company import Company
from lms_tracker.core.study.suspicion.found import Found
from lms_tracker.core.study.suspicion.model import FILE, Model, Suspicion, parse_model, weigh
from lms_tracker.core.study.suspicion.openings import Opening, openings, read_signs
from lms_tracker.core.study.suspicion.signals import own_signals
from lms_tracker.core.study.suspicion.sketches import Sketch, sketch
from lms_tracker.core.study.suspicion.words import SENTENCES, say
from lms_tracker.paths import resource
from lms_tracker.store.beats import stored_beats
from lms_tracker.store.db import reading, writing
from lms_tracker.store.evidence import stored_statements
from lms_tracker.store.ledger import entries_in_force
from lms_tracker.store.suspicion import COMMAND, WORKER, last_looks, posted_since, record_look, studied_between

log = logging.getLogger(__name__)

RECENT = timedelta(hours=3)
"""The job runs every hour, and looks again at what was posted so long before the last look: others may have followed. Harmless."""
LONG_AGO = datetime(1970, 1, 2, tzinfo=UTC)
MANY = 1000
"""Learners from whom on sketches are thinned, so that memory stays in bounds: one gram in eight is kept."""
SPARSE = 8
DAY_US = 86_400_000_000
Window = tuple[int, int]
"""Microseconds since 1970: from, until."""
Stamp = tuple[datetime, date, int]
"""When a learner's newest entry was posted, the last local date with one, and how thin the sketches are."""


class Kept(NamedTuple):
    """A learner's sketches of sessions from a local date on, while the stamp stays the same."""

    first: date
    stamp: Stamp
    sketches: list[Sketch]


_kept: WeakKeyDictionary[Engine, dict[int, Kept]] = WeakKeyDictionary()
"""What the worker saw an hour ago: most learners did nothing since, and need not be read again to be compared with."""


def load_model() -> Model:
    """The model in force, `config/suspicion.toml`. Raises PolicyErrors with every fault."""
    return _parse(text_of(resource("config") / "suspicion.toml", FILE), FILE)


def find_model(path: Path) -> Model:
    """The model in a file anywhere. Raises PolicyErrors with every fault."""
    return _parse(text_of(path, str(path)), str(path))


@lru_cache(maxsize=4)
def _parse(text: str, file: str) -> Model:
    return parse_model(text, frozenset(SENTENCES), file)


def look(db: Engine, now: datetime, by: str = WORKER) -> int:
    """Look at what was posted since somebody last did; of how many learners something is held. A worker's first look
    leaves what was there before it alone, a command's first does not."""
    with reading(db) as tx:
        looks = last_looks(tx)
    never = now if by == WORKER else LONG_AGO + RECENT
    held = suspect(db, now, max(looks.values(), default=never) - RECENT)
    with writing(db) as tx:
        record_look(tx, by, now)
    return held


def look_where_nobody_does(db: Engine, now: datetime) -> int:
    """A command's look, where no worker did in the last hours."""
    with reading(db) as tx:
        by_worker = last_looks(tx).get(WORKER)
    return 0 if by_worker and by_worker > now - RECENT else look(db, now, COMMAND)


def suspect(db: Engine, now: datetime, since: datetime | None = None, only: Collection[int] | None = None) -> int:
    """Score whoever was credited something since then (by default lately); how many learners something was held of.

    `only`: these learners, in the company of everybody.
    """
    model = load_model()
    with reading(db) as tx:
        changed = posted_since(tx, since or now - RECENT)
    if only is not None:
        changed = {learner_id: dates for learner_id, dates in changed.items() if learner_id in only}
    if not changed:
        return 0
    first = min(dates[0] for dates in changed.values()) - timedelta(days=model.window_days)
    last = max(dates[1] for dates in changed.values()) + timedelta(days=1)
    found, company = _look(db, changed, first, last, model)
    held = set()
    for (learner_id, window), own in found.items():
        suspicion = weigh(own | company.signals(learner_id, *window), model)
        if model.holds(suspicion) and _hold(db, learner_id, suspicion, model, now):
            held.add(learner_id)
    log.info("%d learners looked at for automation, of %d something is held", len(changed), len(held))
    return len(held)


def _look(
    db: Engine, changed: dict[int, tuple[date, date]], first: date, last: date, model: Model
) -> tuple[dict[tuple[int, Window], dict[str, Found]], Company]:
    """What the windows of those who changed show by themselves, and everybody in whose company they studied."""
    with reading(db) as tx:
        everybody = studied_between(tx, first, last)
    sparse = SPARSE if len(everybody) > MANY else 1
    kept = _kept.setdefault(db, {})
    for gone in kept.keys() - everybody.keys():
        del kept[gone]
    found: dict[tuple[int, Window], dict[str, Found]] = {}
    for learner_id, (posted, day) in everybody.items():
        stamp = (posted, day, sparse)
        if learner_id not in changed and _still_holds(kept.get(learner_id), first, stamp):
            continue
        with reading(db) as tx:  # one short look at each: nobody waits for the whole
            opened = _openings(tx, learner_id, first, day + timedelta(days=1))
        kept[learner_id] = Kept(first, stamp, [sketch(learner_id, opening, sparse) for opening in opened])
        if learner_id in changed:
            for window in windows(changed[learner_id], opened, model.window_days):
                found[learner_id, window] = own_signals([o for o in opened if window[0] <= o.start < window[1]])
    begin = to_us(datetime.combine(first, time(), UTC)) - DAY_US
    return found, Company(item for one in kept.values() for item in one.sketches if item.start >= begin)


def _still_holds(kept: "Kept | None", first: date, stamp: Stamp) -> bool:
    return kept is not None and kept.stamp == stamp and kept.first <= first


def windows(changed: tuple[date, date], opened: list[Opening], days: int) -> Iterator[Window]:
    """Spans of so many days, each half a span after the one before, that between them see every change in company.

    The last ends with the learner's last session, so that who cheats from today on is seen by tonight.
    """
    if not opened:
        return
    end = opened[-1].start + 1
    begin = min(end, to_us(datetime.combine(changed[0], time(), UTC)) - DAY_US)
    while True:
        if any(end - days * DAY_US <= opening.start < end for opening in opened):
            yield end - days * DAY_US, end
        if end - days * DAY_US <= begin:
            return
        end -= days * DAY_US // 2


def _openings(db: Connection, learner_id: int, first: date, last: date) -> list[Opening]:
    start = datetime.combine(first, time(), UTC) - timedelta(days=1)  # local dates begin earlier than those of UTC
    end = datetime.combine(last, time(), UTC) + timedelta(days=1)
    statements = list(stored_statements(db, [learner_id], between=(start, end)))
    return openings(read_signs(statements, stored_beats(db, [learner_id], between=(start, end))))


def _hold(db: Engine, learner_id: int, suspicion: Suspicion, model: Model, now: datetime) -> bool:
    """Hold what is credited of the sessions that show the signals. False: nothing new to hold."""
    shown = set(suspicion.sessions)
    with reading(db) as tx:
        parts = [part for part in windows_of(entries_in_force(tx, [learner_id])) if part.key in shown]
    signals = [
        Signal(key=name, zh=say(name, found, "zh"), en=say(name, found, "en"), weight=round(points, 1))
        for name, points, found in suspicion.moved
    ]
    return bool(parts) and bool(hold(db, learner_id, parts, signals, model.id, now))
