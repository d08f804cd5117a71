"""Two learners turn out to be one person: everything of the first goes to the second. `split_learner` gives it back."""

import logging
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, Row, Table

from lms_tracker.core.identities import HAND, RULE
from lms_tracker.core.typed import legible_line
from lms_tracker.store import identity_history as history
from lms_tracker.store.db import reading, writing
from lms_tracker.store.identity_history import JOIN, Event, Moved
from lms_tracker.store.people import name_learner
from lms_tracker.store.programmes import assignment_title, programme_slugs
from lms_tracker.store.tables import (
    account,
    achievement,
    assessment,
    enrolment,
    grade_override,
    mark,
    peer_pair,
    submission,
)

log = logging.getLogger(__name__)

MAX_REASON = 500


FAULTS = {
    "reason": "a reason of 1 to {most} characters is needed",
    "unknown": "there is no learner {learner}",
    "gone": "learner {learner} was joined into {into} already",
    "erased": "learner {learner} was erased: what is left is nobody's",
    "same": "both are the same learner",
    "accounts": "both log in, as {one!r} and {other!r}: close the first (`lms-tracker account disable {one}`), or join the"
    " other way round and close the second",
    "enrolments": "both are enrolled in {programme}: say that the first has left it"
    " (`lms-tracker roster leave --learner {learner} --programme {programme}`)",
    "marks": "both have a mark for {work}, {one} and {other}: give both the one that counts",
    "achievements": "both have {kind} {item} on record: withdraw the one that does not count, {one} or {other}",
    "no-identity": "learner {learner} has no identity {ifis}",
    "none-named": "no identity was named",
    "all": "these are all identities of the learner: one must stay",
    "beside": "{ifis} did not come with the others: split them off one by one, or to a new learner",
    "rule": "{why}",
    "rule-twice": "rule {rule} says so already",
}
"""Why a join, a split or a rule cannot be, and what to do."""


class Fault:
    """One of FAULTS with its values; as a text in English."""

    def __init__(self, key: str, **values: object) -> None:
        self.key, self.values = key, values

    def __str__(self) -> str:
        return FAULTS[self.key].format(**self.values)


class IdentityRefused(ValueError):
    """A join or split cannot be, for all these faults."""

    def __init__(self, *faults: Fault) -> None:
        self.faults = list(faults)
        super().__init__("; ".join(map(str, faults)))


class Joined(msgspec.Struct, frozen=True):
    """What was done: the number of the event in the history, and what it moved."""

    event_id: int
    moved: Moved


def join_learners(
    db: Engine,
    learner_id: int,
    into: int,
    *,
    reason: str,
    made_by: int | None,
    now: datetime,
    rule_id: int | None = None,
) -> Joined:
    """Identities with their statements, account, enrolments and marks go to `into`; both ledgers are settled anew.

    Nothing is joined halfway: IdentityRefused names everything that stands in the way. Statements that arrive meanwhile
    wait, and then find the learner who has the identity.
    """
    reason = checked_reason(reason)
    with writing(db) as tx:
        history.keep_writers_out(tx)
        history.hold_learners(tx, [learner_id, into, *history.joined_into(tx, learner_id)])
        moved = _plan(tx, learner_id, into)
        why = history.cause_of(JOIN, reason)
        moved.statements = history.move_identities(tx, moved.identities, into, RULE if rule_id else HAND, now)
        for table, ids in history.tables_of(moved):
            history.move_rows(tx, table, ids, into)
        moved.frozen = history.move_frozen(tx, learner_id, into, None, now, why)
        history.point_to(tx, [learner_id, *moved.joined], into)
        if moved.name is not None:
            name_learner(tx, into, moved.name)
        event_id = history.record(tx, Event(JOIN, learner_id, into, reason, rule_id, made_by, now), moved)
    log.info("learner %d joined into %d, event %d", learner_id, into, event_id)
    return Joined(event_id, moved)


def what_stands_in_the_way(db: Engine, learner_id: int, into: int) -> list[Fault]:
    """What `join_learners` would refuse for; nothing is changed."""
    with reading(db) as tx:
        try:
            _plan(tx, learner_id, into)
        except IdentityRefused as e:
            return e.faults
    return []


def checked_reason(reason: str) -> str:
    """A reason that can be written down. Raises IdentityRefused."""
    reason = legible_line(reason)
    if not reason or len(reason) > MAX_REASON:
        raise IdentityRefused(Fault("reason", most=MAX_REASON))
    return reason


def _plan(tx: Connection, learner_id: int, into: int) -> Moved:
    names = []
    for one in (learner_id, into):
        row = history.learner_row(tx, one)
        if row is None:
            raise IdentityRefused(Fault("unknown", learner=one))
        if row.erased_at is not None:
            raise IdentityRefused(Fault("erased", learner=one))
        if row.joined_into is not None:
            raise IdentityRefused(Fault("gone", learner=one, into=row.joined_into))
        names.append(row.name)
    if learner_id == into:
        raise IdentityRefused(Fault("same"))
    faults: list[Fault] = []
    moved = Moved(
        identities=[row.ifi for row in history.identities_of(tx, [learner_id])],
        accounts=_accounts(tx, learner_id, into, faults),
        enrolments=_enrolments(tx, learner_id, into, faults),
        marks=_marks(tx, learner_id, into, faults),
        achievements=_achievements(tx, learner_id, into, faults),
        overrides=_overrides(tx, learner_id, into),
        submissions=_unless_there(tx, submission, "assignment_id", learner_id, into),
        pairs=_unless_there(tx, peer_pair, "submission_id", learner_id, into),
        assessments=_unless_there(tx, assessment, "submission_id", learner_id, into),
        joined=history.joined_into(tx, learner_id),
        name=names[0] if names[1] is None else None,
    )
    if faults:
        raise IdentityRefused(*faults)
    return moved


def _accounts(tx: Connection, learner_id: int, into: int, faults: list[Fault]) -> list[int]:
    """One person logs in with one account; a closed one stays where it is."""
    mine, theirs = history.rows_of(tx, account, learner_id), history.rows_of(tx, account, into)
    if not theirs:
        return [row.id for row in mine]
    if any(row.disabled_at is None for row in mine):
        faults.append(Fault("accounts", one=mine[0].login, other=theirs[0].login))
    return []


def _enrolments(tx: Connection, learner_id: int, into: int, faults: list[Fault]) -> list[int]:
    """One person is enrolled once in a programme; one that was left stays where it is."""
    theirs = {row.programme_id for row in history.rows_of(tx, enrolment, into)}
    mine = history.rows_of(tx, enrolment, learner_id)
    both = sorted(row.programme_id for row in mine if row.programme_id in theirs and row.left_on is None)
    for slug in programme_slugs(tx, both).values():
        faults.append(Fault("enrolments", programme=slug, learner=learner_id))
    return [row.id for row in mine if row.programme_id not in theirs]


def _marks(tx: Connection, learner_id: int, into: int, faults: list[Fault]) -> list[int]:
    """One person has one mark for a piece of work; the same mark twice stays where it is."""
    mine = history.rows_of(tx, mark, learner_id)
    theirs = {row.assignment_id: row.mark for row in history.rows_of(tx, mark, into) if row.replaced_at is None}
    for row in mine:
        if row.replaced_at is None and theirs.get(row.assignment_id, row.mark) != row.mark:
            work = assignment_title(tx, row.assignment_id)
            faults.append(Fault("marks", work=work, one=row.mark, other=theirs[row.assignment_id]))
    return [row.id for row in mine if row.assignment_id not in theirs]


def _achievements(tx: Connection, learner_id: int, into: int, faults: list[Fault]) -> list[int]:
    """One person has one achievement of a kind, item and attempt; the same twice stays where it is."""
    mine = history.rows_of(tx, achievement, learner_id)
    theirs = {_thing(row): row for row in history.rows_of(tx, achievement, into) if row.replaced_at is None}
    for row in mine:
        other = theirs.get(_thing(row))
        if row.replaced_at is None and other is not None and (row.value, row.level) != (other.value, other.level):
            faults.append(Fault("achievements", kind=row.kind, item=row.item, one=row.id, other=other.id))
    return [row.id for row in mine if _thing(row) not in theirs]


def _thing(row: Row[Any]) -> tuple[int, str, str, int]:
    return row.programme_id, row.kind, row.item, row.attempt


def _overrides(tx: Connection, learner_id: int, into: int) -> list[int]:
    """What was set by hand goes along, but not over what was set for the other."""
    theirs = {(row.programme_id, row.part, row.period) for row in history.rows_of(tx, grade_override, into)}
    mine = history.rows_of(tx, grade_override, learner_id)
    return [row.id for row in mine if (row.programme_id, row.part, row.period) not in theirs]


def _unless_there(tx: Connection, table: Table, key: str, learner_id: int, into: int) -> list[int]:
    """Work on assignments, and reviews: where both have some for one thing, each stays where it is."""
    theirs = {getattr(row, key) for row in history.rows_of(tx, table, into)}
    return [row.id for row in history.rows_of(tx, table, learner_id) if getattr(row, key) not in theirs]
