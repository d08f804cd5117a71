"""What the pages of experts ask of the database; writing marks is `store.marks`."""

from collections.abc import Collection

from sqlalchemy import Connection, Row, and_, func, select

from lms_tracker.store.tables import account, assignment, cohort, enrolment, learner, mark, organisation, programme


def assignments_within(db: Connection, programme_ids: Collection[int]) -> list[Row]:
    """Rows (id, title, component, due_on, programme_name, marked, people) of all assignments of these programmes.

    `marked` counts people enrolled now who have a mark in force, `people` all who are enrolled now.
    """
    now_enrolled = enrolment.c.left_on.is_(None)
    people = select(func.count(enrolment.c.id)).where(enrolment.c.programme_id == programme.c.id, now_enrolled)
    marked = (
        select(func.count(mark.c.id))
        .join(enrolment, enrolment.c.learner_id == mark.c.learner_id)
        .where(
            mark.c.assignment_id == assignment.c.id,
            mark.c.replaced_at.is_(None),
            enrolment.c.programme_id == assignment.c.programme_id,
            now_enrolled,
        )
    )
    found = (
        select(
            assignment.c.id,
            assignment.c.title,
            assignment.c.component,
            assignment.c.due_on,
            assignment.c.programme_id,
            programme.c.name.label("programme_name"),
            programme.c.policy,
            marked.scalar_subquery().label("marked"),
            people.scalar_subquery().label("people"),
        )
        .join(programme, programme.c.id == assignment.c.programme_id)
        .where(assignment.c.programme_id.in_(programme_ids))
        .order_by(programme.c.starts_on.desc(), assignment.c.component, assignment.c.due_on, assignment.c.id)
    )
    return list(db.execute(found))


def people_with_marks(db: Connection, assignment_id: int) -> list[Row]:
    """Rows (learner_id, name, school, cohort, mark, comment, marked_at, marked_by) of everybody enrolled now, with the
    mark in force or nulls."""
    found = (
        select(
            learner.c.id.label("learner_id"),
            learner.c.name,
            organisation.c.name.label("school"),
            cohort.c.name.label("cohort"),
            mark.c.mark,
            mark.c.comment,
            mark.c.marked_at,
            account.c.name.label("marked_by"),
        )
        .select_from(assignment)
        .join(enrolment, enrolment.c.programme_id == assignment.c.programme_id)
        .join(learner, learner.c.id == enrolment.c.learner_id)
        .join(cohort, cohort.c.id == enrolment.c.cohort_id)
        .outerjoin(organisation, organisation.c.id == enrolment.c.organisation_id)
        .outerjoin(
            mark,
            and_(
                mark.c.assignment_id == assignment.c.id,
                mark.c.learner_id == learner.c.id,
                mark.c.replaced_at.is_(None),
            ),
        )
        .outerjoin(account, account.c.id == mark.c.marked_by)
        .where(assignment.c.id == assignment_id, enrolment.c.left_on.is_(None))
        .order_by(cohort.c.name, learner.c.id)
    )
    return list(db.execute(found))


def remarks_of(db: Connection, learner_id: int) -> dict[str, str]:
    """Remarks on a learner's marks in force, by the reference that a grade's sources carry ("mark:<id>")."""
    found = select(mark.c.id, mark.c.comment).where(mark.c.learner_id == learner_id, mark.c.replaced_at.is_(None))
    return {f"mark:{row.id}": row.comment for row in db.execute(found) if row.comment}


def count_enrolled(db: Connection, programme_id: int) -> int:
    """How many people are enrolled now."""
    now_enrolled = (enrolment.c.programme_id == programme_id) & enrolment.c.left_on.is_(None)
    return db.scalar(select(func.count(enrolment.c.id)).where(now_enrolled)) or 0
