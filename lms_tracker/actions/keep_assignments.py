"""What assignments want done in time: peers' reviews handed out and passed on, marks put in force. Harmless when repeated."""

import logging
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, Engine, Row

from lms_tracker.actions.settle_marks import post_marks, released, reviewing_to_post, to_post
from lms_tracker.actions.standing import Standings, standings
from lms_tracker.core.assignments.allocation import Pair, Work, allocate
from lms_tracker.store import assessments
from lms_tracker.store import assignments as store
from lms_tracker.store.assignments import Setting
from lms_tracker.store.db import reading, writing

log = logging.getLogger(__name__)

LOOK_BACK = timedelta(days=30)
PASS_ON_AFTER = 2 / 3
"""Of the time for reviewing: who has done none of theirs by then is not waited for."""


class Plan(Struct, frozen=True):
    """Pairs to be made, and ids of pairs that end."""

    new: list[Pair]
    ended: list[int]


def keep_assignments(db: Engine, now: datetime) -> int:
    """For all assignments: how many pairs and marks are new."""
    with reading(db) as tx:
        wanting = [one for one in store.settings_of(tx) if _wants(tx, one, now)]
    return sum(_keep(db, one.id, now) for one in wanting)


def pass_on(db: Engine, assignment_id: int, now: datetime) -> int:
    """At somebody's order: reviews that were not done go to those who have done theirs. How many pairs are new."""
    with writing(db) as tx:
        store.hold_assignment(tx, assignment_id)
        setting = store.setting_of(tx, assignment_id)
        return 0 if setting is None else _allocate(tx, setting, standings(tx, setting, now), now, True)


def _wants(tx: Connection, setting: Setting, now: datetime) -> bool:
    """Cheap where nothing is to come: what a marker's finding changes, the finding itself puts in force."""
    moments = [setting.terms.release_at, setting.terms.peer.due_at if setting.terms.peer else None]
    last = max((at for at in moments if at is not None), default=None)
    if last is None or now > last + LOOK_BACK:
        return False
    all = standings(tx, setting, now)
    plan = _plan(tx, setting, all, now, False)
    if plan.new or plan.ended or reviewing_to_post(tx, all, now):
        return True
    return released(setting, now) and bool(to_post(tx, all, now))


def _keep(db: Engine, assignment_id: int, now: datetime) -> int:
    with writing(db) as tx:
        store.hold_assignment(tx, assignment_id)
        setting = store.setting_of(tx, assignment_id)
        if setting is None:
            return 0
        pairs = _allocate(tx, setting, standings(tx, setting, now), now, False)
        return pairs + post_marks(tx, setting, now)


def _allocate(tx: Connection, setting: Setting, all: Standings, now: datetime, at_once: bool) -> int:
    plan = _plan(tx, setting, all, now, at_once)
    assessments.end_pairs(tx, plan.ended, now)
    assessments.add_pairs(tx, setting.id, plan.new, now)
    if plan.new or plan.ended:
        log.info("assignment %d: %d reviews handed out, %d passed on", setting.id, len(plan.new), len(plan.ended))
    return len(plan.new)


def _plan(tx: Connection, setting: Setting, all: Standings, now: datetime, at_once: bool) -> Plan:
    """Between the deadline and the end of reviewing. Late works join as they come in."""
    terms, peer = setting.terms, setting.terms.peer
    if peer is None or terms.due_at is None or not terms.due_at < now <= peer.due_at:
        return Plan([], [])
    here = {one.work.learner_id: one.work for one in all.works if one.work.left_on is None}
    groups = {"nobody": None, "school": "organisation_id", "cohort": "cohort_id"}
    by = groups[peer.apart]
    works = [Work(who, who, None if by is None else _group(getattr(row, by))) for who, row in here.items()]
    rows = assessments.pairs_of(tx, setting.id)
    done = {(review.reviewer, review.work) for review in all.reviews}
    patience = PASS_ON_AFTER * (peer.due_at - terms.due_at)
    idle = _idle(rows, done, now if at_once else now - patience)
    ended = [
        row.id
        for row in rows
        if row.ended_at is None
        and (row.learner_id, row.author) not in done
        and (row.learner_id not in here or row.author not in here or row.learner_id in idle)
    ]
    standing = {(row.learner_id, row.author) for row in rows if row.ended_at is None and row.id not in ended}
    barred = {(row.learner_id, row.author) for row in rows} - standing
    ready = set(here) - idle - {who for who, author in barred if author in here}
    new = allocate(works, ready, peer.reviews, setting.seed, standing, barred)
    return Plan([(who, here[author].id) for who, author in new], ended)


def _idle(rows: Sequence[Row[Any]], done: set[Pair], since: datetime) -> set[int]:
    """Who has done nothing of what they were all asked for by an instant."""
    asked: dict[int, list[bool]] = defaultdict(list)
    for row in rows:
        if row.ended_at is None:
            waits = row.made_at <= since and (row.learner_id, row.author) not in done
            asked[row.learner_id].append(waits)
    return {who for who, waits in asked.items() if all(waits)}


def _group(value: int | None) -> str | None:
    return None if value is None else str(value)
