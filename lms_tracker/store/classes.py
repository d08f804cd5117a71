"""Classes (班级) and what their pages ask of the database."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, Row, func, or_, select

from lms_tracker.store.accounts import in_force
from lms_tracker.store.organisations import programmes_of_organisations
from lms_tracker.store.tables import account, cohort, enrolment, learner, organisation, programme, role


def cohorts_within(db: Connection, programme_ids: Collection[int], cohort_ids: Collection[int]) -> list[Row]:
    """Rows (id, name, programme_id, programme_name, people) of these classes and of all classes of these programmes."""
    people = (
        select(func.count(enrolment.c.id)).where(enrolment.c.cohort_id == cohort.c.id, enrolment.c.left_on.is_(None))
    ).scalar_subquery()
    found = (
        select(
            cohort.c.id,
            cohort.c.name,
            cohort.c.programme_id,
            programme.c.name.label("programme_name"),
            people.label("people"),
        )
        .join(programme, programme.c.id == cohort.c.programme_id)
        .where(or_(cohort.c.programme_id.in_(programme_ids), cohort.c.id.in_(cohort_ids)))
        .order_by(programme.c.starts_on.desc(), cohort.c.name, cohort.c.id)
    )
    return list(db.execute(found))


def cohort_row(db: Connection, cohort_id: int) -> Row:
    """Row (id, name, programme_id) of a class that exists."""
    return db.execute(select(cohort.c.id, cohort.c.name, cohort.c.programme_id).where(cohort.c.id == cohort_id)).one()


def programme_row(db: Connection, programme_id: int) -> Row:
    """The row of a programme that exists."""
    return db.execute(select(programme).where(programme.c.id == programme_id)).one()


def programmes_reached(
    db: Connection, programme_ids: Collection[int], cohort_ids: Collection[int], organisation_ids: Collection[int]
) -> set[int]:
    """These programmes, those of these classes, and those of these organisations: run for them, or with people of theirs."""
    of_classes = select(cohort.c.programme_id).where(cohort.c.id.in_(cohort_ids))
    return {*programme_ids, *db.scalars(of_classes), *programmes_of_organisations(db, organisation_ids)}


def enrolments_of(db: Connection, learner_id: int) -> list[Row]:
    """Rows (programme_id, programme_name, cohort_id, cohort_name, learner_name, school, enrolled_on, left_on, starts_on,
    ends_on), the latest programme first. None of who was erased: what is left is shown to nobody."""
    found = (
        select(
            enrolment.c.programme_id,
            programme.c.name.label("programme_name"),
            enrolment.c.cohort_id,
            cohort.c.name.label("cohort_name"),
            learner.c.name.label("learner_name"),
            organisation.c.name.label("school"),
            enrolment.c.enrolled_on,
            enrolment.c.left_on,
            programme.c.starts_on,
            programme.c.ends_on,
        )
        .join(programme, programme.c.id == enrolment.c.programme_id)
        .join(cohort, cohort.c.id == enrolment.c.cohort_id)
        .join(learner, learner.c.id == enrolment.c.learner_id)
        .outerjoin(organisation, organisation.c.id == enrolment.c.organisation_id)
        .where(enrolment.c.learner_id == learner_id, learner.c.erased_at.is_(None))
        .order_by(programme.c.starts_on.desc(), programme.c.id.desc())
    )
    return list(db.execute(found))


def people_of_role(db: Connection, cohort_id: int, names: Collection[str], at: datetime) -> list[Row]:
    """Rows (role, name, learner_id) of the accounts that hold one of these roles in the class at an instant."""
    found = (
        select(role.c.role, account.c.name, account.c.learner_id)
        .join(account, account.c.id == role.c.account_id)
        .where(role.c.cohort_id == cohort_id, role.c.role.in_(names), account.c.disabled_at.is_(None), in_force(at))
        .order_by(role.c.id)
    )
    return list(db.execute(found))
