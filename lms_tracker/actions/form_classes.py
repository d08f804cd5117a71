"""Dividing the learners of some classes into new ones: a proposal to look at, then done just so."""

import hashlib
import logging
from datetime import date, datetime

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Engine

from lms_tracker.actions.move_learner import earliest, note
from lms_tracker.actions.programme_policy import policy_of_programme
from lms_tracker.core.cohorts import MOST, WAYS, Learner, Way, propose
from lms_tracker.store import people, roster
from lms_tracker.store.db import reading, writing
from lms_tracker.store.members import cohorts_of, strata_of
from lms_tracker.store.programmes import programme_by_id

log = logging.getLogger(__name__)


class ClassesRefused(ValueError):
    """`code`: size | way | source | name | taken | changed."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Proposal(Struct, frozen=True):
    """New classes with who would be in them. `digest` names it: the same people divided the same way."""

    names: list[str]
    classes: list[list[Learner]]
    digest: str


def propose_classes(
    db: Engine, programme_id: int, *, sources: list[int], size: int, way: str, pattern: str
) -> Proposal:
    """How the learners of the classes `sources` would be divided. `pattern` names the new ones: {n} is their number.

    Raises ClassesRefused."""
    with reading(db) as tx:
        return _propose(tx, programme_id, sources, size, way, pattern)


def form_classes(
    db: Engine,
    programme_id: int,
    *,
    sources: list[int],
    size: int,
    way: str,
    pattern: str,
    seen: str,
    reason: str,
    by: int | None,
    now: datetime,
) -> int:
    """Does what was proposed: everybody moves today, with a history. How many moved. Raises ClassesRefused (`changed`:
    it would not be the proposal that was `seen`)."""
    with writing(db) as tx:
        plan = _propose(tx, programme_id, sources, size, way, pattern)
        if plan.digest != seen:
            raise ClassesRefused("changed")
        programme = programme_by_id(tx, programme_id)
        assert programme is not None
        today = now.astimezone(policy_of_programme(tx, programme, now).study.zone).date()
        ids = roster.add_cohorts(tx, programme_id, plan.names)
        moved = {
            one.learner_id: ids[name] for name, group in zip(plan.names, plan.classes, strict=True) for one in group
        }
        _move(tx, programme_id, moved, today, reason or "编班", by, now)
    log.info("account %s: %d learners of programme %d divided into %d classes", by, len(moved), programme_id, len(ids))
    return len(moved)


def _propose(tx: Connection, programme_id: int, sources: list[int], size: int, way: str, pattern: str) -> Proposal:
    known = {row.id: row.name for row in cohorts_of(tx, programme_id)}
    chosen: Way | None = next((one for one in WAYS if one == way), None)
    if chosen is None:
        raise ClassesRefused("way")
    if not 1 <= size <= MOST:
        raise ClassesRefused("size")
    if not sources or not set(sources) <= set(known):
        raise ClassesRefused("source")
    if "{n}" not in pattern or not pattern.isprintable() or len(pattern) > 60:
        raise ClassesRefused("name")
    rows = strata_of(tx, programme_id, sources)
    learners = [Learner(r.learner_id, r.district or "", r.school_kind or "", r.school or "") for r in rows]
    classes = propose(learners, size, chosen)
    names = [pattern.replace("{n}", str(n)) for n in range(1, len(classes) + 1)]
    if set(names) & set(known.values()):
        raise ClassesRefused("taken")
    whole = (programme_id, names, [[one.learner_id for one in group] for group in classes])
    return Proposal(names, classes, hashlib.sha256(msgspec.json.encode(whole)).hexdigest())


def _move(
    tx: Connection, programme_id: int, moved: dict[int, int], today: date, reason: str, by: int | None, now: datetime
) -> None:
    there = roster.enrolments_by_learner(tx, programme_id, moved)
    for learner_id, cohort_id in moved.items():
        row = there[learner_id]
        on = max(today, earliest(tx, row))
        note(tx, row, "moved", on, cohort_id, row.organisation_id, reason=reason, by=by, now=now)
        people.move_enrolment(tx, row.id, cohort_id, row.organisation_id)
