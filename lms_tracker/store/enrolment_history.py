"""How enrolments came to be as they are: classes, schools, leaving and coming back, each from a date on.

The row of `enrolment` says how it is now. Only what has ever changed has a history, which begins with how it was before.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, or_, select, update

from lms_tracker.store.tables import account, cohort, enrolment, enrolment_event, organisation

_e = enrolment_event.c


def note_change(
    tx: Connection,
    before: Row[Any],
    what: str,
    on: date,
    *,
    cohort_id: int,
    organisation_id: int | None,
    reason: str,
    by: int | None,
    now: datetime,
) -> None:
    """Adds to the history of an enrolment, whose row `before` is as it stood until now."""
    if tx.scalar(select(_e.id).where(_e.enrolment_id == before.id).limit(1)) is None:
        then = {"cohort_id": before.cohort_id, "organisation_id": before.organisation_id}
        begun = {"enrolment_id": before.id, "what": "began", "on": before.enrolled_on, "reason": ""} | then
        tx.execute(insert(enrolment_event).values(begun))
        if before.left_on is not None:
            left = {"enrolment_id": before.id, "what": "left", "on": before.left_on, "reason": ""} | then
            tx.execute(insert(enrolment_event).values(left))
    values = {"cohort_id": cohort_id, "organisation_id": organisation_id, "reason": reason}
    values |= {"made_by": by, "made_at": now}
    tx.execute(insert(enrolment_event).values(enrolment_id=before.id, what=what, on=on, **values))


def last_change(db: Connection, enrolment_id: int) -> date | None:
    """The latest date in the history; None where there is none."""
    found = select(_e.on).where(_e.enrolment_id == enrolment_id).order_by(_e.on.desc(), _e.id.desc()).limit(1)
    on: date | None = db.scalar(found)
    return on


def histories(
    db: Connection, programme_id: int, as_of: datetime | None, learner_ids: Collection[int] | None = None
) -> dict[int, list[Row[Any]]]:
    """The events of a programme's enrolments (only of a few learners, when given) as far as they were known at an instant,
    by enrolment and in their order."""
    query = select(enrolment_event).join(enrolment, enrolment.c.id == _e.enrolment_id)
    query = query.where(enrolment.c.programme_id == programme_id).order_by(_e.on, _e.id)
    if learner_ids is not None:
        query = query.where(enrolment.c.learner_id.in_(learner_ids))
    if as_of is not None:
        query = query.where(or_(_e.made_at.is_(None), _e.made_at <= as_of))
    found: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in db.execute(query):
        found[row.enrolment_id].append(row)
    return found


def events_of(db: Connection, enrolment_ids: Collection[int]) -> list[Row[Any]]:
    """Rows (enrolment_id, what, on, cohort, school, reason, by, made_at) of few enrolments, in their order."""
    query = (
        select(enrolment_event, cohort.c.name.label("cohort"), organisation.c.name.label("school"))
        .add_columns(account.c.name.label("by"))
        .select_from(enrolment_event)
        .join(cohort, cohort.c.id == _e.cohort_id)
        .outerjoin(organisation, organisation.c.id == _e.organisation_id)
        .outerjoin(account, account.c.id == _e.made_by)
        .where(_e.enrolment_id.in_(list(enrolment_ids)))
    )
    return list(db.execute(query.order_by(_e.enrolment_id, _e.on, _e.id)))


def changes_in(db: Connection, programme_id: int, limit: int) -> list[Row[Any]]:
    """The latest changes of a programme: as `events_of`, and `learner_id`; what was from the beginning is left out."""
    query = (
        select(enrolment_event, cohort.c.name.label("cohort"), organisation.c.name.label("school"))
        .add_columns(account.c.name.label("by"), enrolment.c.learner_id)
        .select_from(enrolment_event)
        .join(enrolment, enrolment.c.id == _e.enrolment_id)
        .join(cohort, cohort.c.id == _e.cohort_id)
        .outerjoin(organisation, organisation.c.id == _e.organisation_id)
        .outerjoin(account, account.c.id == _e.made_by)
        .where(enrolment.c.programme_id == programme_id, _e.made_at.is_not(None))
    )
    return list(db.execute(query.order_by(_e.made_at.desc(), _e.id.desc()).limit(limit)))


def names_of(db: Connection, cohort_ids: Collection[int], organisation_ids: Collection[int]) -> Mapping[str, Any]:
    """`cohorts`: names by id; `schools`: (name, school_kind) by id."""
    named = select(cohort.c.id, cohort.c.name).where(cohort.c.id.in_(list(cohort_ids)))
    schools = select(organisation.c.id, organisation.c.name, organisation.c.school_kind)
    schools = schools.where(organisation.c.id.in_(list(organisation_ids)))
    return {
        "cohorts": {row.id: row.name for row in db.execute(named)},
        "schools": {row.id: (row.name, row.school_kind) for row in db.execute(schools)},
    }


def forget(db: Connection, learner_ids: Collection[int], now: datetime) -> None:
    """Of an erased person it stays in which class they were when, not at which school nor why; and that they left."""
    mine = select(enrolment.c.id).where(enrolment.c.learner_id.in_(learner_ids))
    db.execute(update(enrolment_event).where(_e.enrolment_id.in_(mine)).values(organisation_id=None, reason=""))
    for row in db.execute(select(enrolment).where(enrolment.c.id.in_(mine))).all():
        if last_change(db, row.id) is not None:
            values = {"cohort_id": row.cohort_id, "reason": "", "made_at": now, "on": row.left_on}
            db.execute(insert(enrolment_event).values(enrolment_id=row.id, what="left", **values))
