"""Reading programmes, who is enrolled in them, and their courses and assignments."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, Row, func, or_, select

from lms_tracker.store.tables import (
    account,
    activity,
    assignment,
    cohort,
    course,
    enrolment,
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


def enrolments(
    db: Connection, programme_id: int, cohort_id: int | None = None, on: date | None = None
) -> list[Row[Any]]:
    """(learner_id, name, school, school_kind, organisation_id, cohort_id, cohort, enrolled_on, left_on), by cohort and
    learner. `on`: only who is enrolled on that date (the day of leaving is the first day without)."""
    query = (
        select(
            enrolment.c.learner_id,
            learner.c.name,
            organisation.c.name.label("school"),
            organisation.c.school_kind,
            enrolment.c.organisation_id,
            enrolment.c.cohort_id,
            cohort.c.name.label("cohort"),
            enrolment.c.enrolled_on,
            enrolment.c.left_on,
        )
        .select_from(
            enrolment.join(learner, learner.c.id == enrolment.c.learner_id)
            .join(cohort, cohort.c.id == enrolment.c.cohort_id)
            .outerjoin(organisation, organisation.c.id == enrolment.c.organisation_id)
        )
        .where(enrolment.c.programme_id == programme_id)
        .order_by(enrolment.c.cohort_id, enrolment.c.learner_id)
    )
    if cohort_id is not None:
        query = query.where(enrolment.c.cohort_id == cohort_id)
    if on is not None:
        query = query.where(enrolment.c.enrolled_on <= on, or_(enrolment.c.left_on.is_(None), enrolment.c.left_on > on))
    return list(db.execute(query))


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
