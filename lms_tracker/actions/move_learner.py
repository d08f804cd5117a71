"""A learner comes into another class or school, leaves a programme, or comes back: each from a date on, with a history.

Figures of an earlier date or instant stay as they were: they use the class and the school of then.
"""

import logging
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row

from lms_tracker.actions.create_programme import ProgrammeError
from lms_tracker.actions.programme_policy import policy_of_programme
from lms_tracker.core.typed import legible
from lms_tracker.store import people, roles
from lms_tracker.store.db import writing
from lms_tracker.store.enrolment_history import last_change, note_change
from lms_tracker.store.programmes import programme_by_id

log = logging.getLogger(__name__)

MAX_REASON = 500


class MoveError(ProgrammeError):
    """It is refused, and nothing was changed. `code` says why to programs: unknown | left | there | class | same | early |
    late | reason | school."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def move_learner(
    db: Engine,
    learner_id: int,
    programme_id: int,
    *,
    cohort_id: int | None = None,
    school: str | None = None,
    on: date,
    reason: str,
    by: int | None,
    now: datetime,
) -> None:
    """From `on` on in another class, at another school (by name), or both. A monitor who moves is monitor no more.

    Raises MoveError."""
    with writing(db) as tx:
        row = _enrolled(tx, learner_id, programme_id)
        if row.left_on is not None:
            raise MoveError("left", f"the learner left on {row.left_on}")
        where = _where(tx, row, cohort_id, school)
        if where == (row.cohort_id, row.organisation_id):
            raise MoveError("same", "the learner is in that class and at that school already")
        _check(tx, row, on, reason, now)
        note(tx, row, "moved", on, *where, reason=reason, by=by, now=now)
        people.move_enrolment(tx, row.id, *where)
        if where[0] != row.cohort_id:
            _no_monitor_any_more(tx, learner_id, row.cohort_id, by, now)
    log.info("account %s: learner %d moved in programme %d from %s on", by, learner_id, programme_id, on)


def return_to_programme(
    db: Engine,
    learner_id: int,
    programme_id: int,
    *,
    cohort_id: int | None = None,
    on: date,
    reason: str,
    by: int | None,
    now: datetime,
) -> None:
    """A learner who had left is back from `on` on, in the class of before or another one. Raises MoveError."""
    with writing(db) as tx:
        row = _enrolled(tx, learner_id, programme_id)
        if row.left_on is None:
            raise MoveError("there", "the learner has not left")
        where = _where(tx, row, cohort_id, None)
        _check(tx, row, on, reason, now)
        note(tx, row, "returned", on, *where, reason=reason, by=by, now=now)
        people.move_enrolment(tx, row.id, *where)
    log.info("account %s: learner %d back in programme %d from %s on", by, learner_id, programme_id, on)


def note(
    tx: Connection,
    row: Row[Any],
    what: str,
    on: date,
    cohort_id: int,
    organisation_id: int | None,
    *,
    reason: str,
    by: int | None,
    now: datetime,
) -> None:
    """Adds to the history of an enrolment, whose row still is as it was before."""
    values: dict[str, Any] = {"reason": reason, "by": by, "now": now}
    note_change(tx, row, what, on, cohort_id=cohort_id, organisation_id=organisation_id, **values)


def earliest(tx: Connection, row: Row[Any]) -> date:
    """The first date from which an enrolment may change: the history is only ever added to at its end."""
    first: date = last_change(tx, row.id) or max(row.enrolled_on, row.left_on or row.enrolled_on)
    return first


def _enrolled(tx: Connection, learner_id: int, programme_id: int) -> Row[Any]:
    row = people.enrolment_of(tx, programme_id, learner_id)
    if row is None:
        raise MoveError("unknown", "the learner is not enrolled")
    return row


def _where(tx: Connection, row: Row[Any], cohort_id: int | None, school: str | None) -> tuple[int, int | None]:
    if cohort_id is not None and people.programme_of_cohort(tx, cohort_id) != row.programme_id:
        raise MoveError("class", "the programme has no such class")
    if not school:
        return cohort_id or row.cohort_id, row.organisation_id
    known = people.organisation_named(tx, school)
    if known is None or known.kind != "school" or known.closed_at is not None:
        raise MoveError("school", f"no open school is called {school!r}")
    return cohort_id or row.cohort_id, known.id


def _check(tx: Connection, row: Row[Any], on: date, reason: str, now: datetime) -> None:
    programme = programme_by_id(tx, row.programme_id)
    assert programme is not None
    today = now.astimezone(policy_of_programme(tx, programme, now).study.zone).date()
    if on > today:
        raise MoveError("late", f"{on} is still to come: say it on that day")
    if on < (first := earliest(tx, row)):
        raise MoveError("early", f"it cannot be before {first}, when the enrolment changed last")
    if not legible(reason) or len(reason) > MAX_REASON:
        raise MoveError("reason", f"a reason is needed, of at most {MAX_REASON} characters")


def _no_monitor_any_more(tx: Connection, learner_id: int, cohort_id: int, by: int | None, now: datetime) -> None:
    account = people.account_of_learner(tx, learner_id)
    for role_id in roles.roles_held(tx, account.id, "monitor", now, cohort_id) if account is not None else []:
        roles.end_role(tx, role_id, now)
        roles.note_role(tx, role_id, "ended", "转班", by, now)
