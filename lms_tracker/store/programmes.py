"""Reading programmes, who is enrolled in them, and their courses and assignments."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, Row, Select, func, or_, select

from lms_tracker.core.belonging import standing
from lms_tracker.store.chunks import CHUNK
from lms_tracker.store.enrolment_history import histories, names_of
from lms_tracker.store.tables import (
    account,
    activity,
    assignment,
    cohort,
    course,
    enrolment,
    enrolment_event,
    learner,
    organisation,
    programme,
)

_bureau = organisation.alias("bureau")
_programme = select(programme, _bureau.c.name.label("organisation")).select_from(
    programme.outerjoin(_bureau, _bureau.c.id == programme.c.organisation_id)
)


def programme_slugs(db: Connection, ids: Iterable[int]) -> dict[int, str]:
    """Slugs by id."""
    rows = db.execute(select(programme.c.id, programme.c.slug).where(programme.c.id.in_(list(ids))))
    return {row.id: row.slug for row in rows}


def assignment_title(db: Connection, assignment_id: int) -> str | None:
    """What a piece of work is called."""
    title: str | None = db.scalar(select(assignment.c.title).where(assignment.c.id == assignment_id))
    return title


def programme_by_slug(db: Connection, slug: str) -> Row[Any] | None:
    """(id, slug, name, policy, starts_on, ends_on, organisation_id, organisation) or None."""
    return db.execute(_programme.where(programme.c.slug == slug)).one_or_none()


def programme_by_id(db: Connection, programme_id: int) -> Row[Any] | None:
    """The same by id."""
    return db.execute(_programme.where(programme.c.id == programme_id)).one_or_none()


def programmes(db: Connection) -> list[Row[Any]]:
    """All programmes, the latest first."""
    return list(db.execute(_programme.order_by(programme.c.starts_on.desc(), programme.c.slug)))


class Counts(Struct, frozen=True):
    """How many learners and classes a programme has; learners who have left are counted apart."""

    learners: int
    left: int
    cohorts: int


def programme_counts(db: Connection, programme_id: int) -> Counts:
    """The numbers of a programme now."""
    mine = enrolment.c.programme_id == programme_id
    everybody, there = db.execute(
        select(func.count(), func.count().filter(enrolment.c.left_on.is_(None))).where(mine)
    ).one()
    classes = db.scalar(select(func.count()).where(cohort.c.programme_id == programme_id))
    return Counts(there, everybody - there, classes or 0)


class Enrolled(Struct, frozen=True):
    """An enrolment as it is, or as it was on a date. `organisation_id` is the school; `left_on`: the first day without."""

    id: int
    learner_id: int
    name: str | None
    school: str | None
    school_kind: str | None
    organisation_id: int | None
    cohort_id: int
    cohort: str
    enrolled_on: date
    left_on: date | None


def enrolments(
    db: Connection,
    programme_id: int,
    cohort_id: int | None = None,
    on: date | None = None,
    as_of: datetime | None = None,
    learner_ids: Collection[int] | None = None,
) -> list[Enrolled]:
    """The enrolments of a programme, or of one class, by cohort and learner.

    `on`: who was enrolled on that date, in the class and at the school of then. `as_of`: by what was known at that
    instant of changes. Without either, everybody who ever was, as they are now. `learner_ids`: only these.
    """
    query = _enrolled(programme_id, cohort_id)
    few = learner_ids is not None and len(learner_ids) <= CHUNK
    if few:  # nobody reads a programme of thousands for the page of one
        query = query.where(enrolment.c.learner_id.in_(learner_ids))
    found = [Enrolled(*row) for row in db.execute(query) if few or learner_ids is None or row.learner_id in learner_ids]
    if on is not None or as_of is not None:
        found = _restated(db, found, histories(db, programme_id, as_of, learner_ids if few else None), on)
    return [row for row in found if cohort_id is None or row.cohort_id == cohort_id]


def _enrolled(programme_id: int, cohort_id: int | None) -> Select[Any]:
    e = enrolment.c
    query = (
        select(e.id, e.learner_id, learner.c.name, organisation.c.name, organisation.c.school_kind)
        .add_columns(e.organisation_id, e.cohort_id, cohort.c.name, e.enrolled_on, e.left_on)
        .select_from(
            enrolment.join(learner, learner.c.id == e.learner_id)
            .join(cohort, cohort.c.id == e.cohort_id)
            .outerjoin(organisation, organisation.c.id == e.organisation_id)
        )
        .where(e.programme_id == programme_id)
        .order_by(e.cohort_id, e.learner_id)
    )
    if cohort_id is None:
        return query
    once = select(enrolment_event.c.enrolment_id).where(enrolment_event.c.cohort_id == cohort_id)
    return query.where(or_(e.cohort_id == cohort_id, e.id.in_(once)))


def _restated(
    db: Connection, rows: list[Enrolled], changes: dict[int, list[Row[Any]]], on: date | None
) -> list[Enrolled]:
    """The rows as they were; those who were not there on the date are left out."""
    then = {row.id: standing(changes[row.id], on) for row in rows if row.id in changes}
    held = [one for one in then.values() if one is not None]
    names = (
        names_of(db, {e.cohort_id for e in held}, {e.organisation_id for e in held if e.organisation_id})
        if held
        else {}
    )
    found = []
    for row in rows:
        if row.id not in changes:
            if on is None or (row.enrolled_on <= on and (row.left_on is None or row.left_on > on)):
                found.append(row)
        elif (event := then[row.id]) is not None and not (on is not None and event.what == "left"):
            found.append(_as_then(row, changes[row.id], event, names))
    return sorted(found, key=lambda row: (row.cohort_id, row.learner_id)) if held else found


def _as_then(row: Enrolled, changes: list[Row[Any]], event: Row[Any], names: Mapping[str, Any]) -> Enrolled:
    school, kind = names["schools"].get(event.organisation_id, (None, None))
    return Enrolled(
        row.id,
        row.learner_id,
        row.name,
        school,
        kind,
        event.organisation_id,
        event.cohort_id,
        names["cohorts"][event.cohort_id],
        changes[0].on,
        event.on if event.what == "left" else None,
    )


def activities(db: Connection, programme_id: int) -> list[Row[Any]]:
    """(iri, title, kind, length_us, course_id, course_title, course_kind) in the order of the catalogue."""
    return list(
        db.execute(
            select(
                activity.c.iri,
                activity.c.title,
                activity.c.kind,
                activity.c.length_us,
                course.c.id.label("course_id"),
                course.c.title.label("course_title"),
                course.c.kind.label("course_kind"),
            )
            .join_from(activity, course, course.c.id == activity.c.course_id)
            .where(course.c.programme_id == programme_id)
            .order_by(course.c.position, course.c.id, activity.c.position, activity.c.iri)
        )
    )


def assignments(db: Connection, programme_id: int) -> list[Row[Any]]:
    """(id, programme_id, component, title, due_on), by component and due date."""
    return list(
        db.execute(
            select(assignment)
            .where(assignment.c.programme_id == programme_id)
            .order_by(assignment.c.component, assignment.c.due_on, assignment.c.id)
        )
    )


def logins_of(db: Connection, programme_id: int) -> dict[int, str]:
    """Login by learner id, of the enrolled learners who have an account."""
    found = db.execute(
        select(account.c.learner_id, account.c.login)
        .join_from(account, enrolment, enrolment.c.learner_id == account.c.learner_id)
        .where(enrolment.c.programme_id == programme_id)
    )
    return {row.learner_id: row.login for row in found}
