"""The tree of organisations, and who belongs under what. Schools are many; all that stands above them is few."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, Connection, Select, func, or_, select

from lms_tracker.core.organisations import above, below
from lms_tracker.store.tables import cohort, enrolment, organisation, programme


def parents_of(db: Connection) -> dict[int, int | None]:
    """What stands under what, by id; schools are left out."""
    found = select(organisation.c.id, organisation.c.parent_id).where(organisation.c.kind != "school")
    return {row.id: row.parent_id for row in db.execute(found)}


def programmes_of_organisations(db: Connection, organisation_ids: Collection[int]) -> set[int]:
    """The programmes that are run for one of these organisations or one under it, or whose learners' schools stand there."""
    if not organisation_ids:
        return set()
    within = below(parents_of(db), organisation_ids)
    run = select(programme.c.id).where(programme.c.organisation_id.in_(within))
    people = select(enrolment.c.programme_id).join(organisation, organisation.c.id == enrolment.c.organisation_id)
    return {*db.scalars(run), *db.scalars(people.where(_under(within)).distinct())}


def cohorts_of_organisations(db: Connection, organisation_ids: Collection[int]) -> set[int]:
    """The classes of programmes run for these or for what is under them, and those whose learners all stand under them."""
    if not organisation_ids:
        return set()
    within = below(parents_of(db), organisation_ids)
    run = select(cohort.c.id).join(programme, programme.c.id == cohort.c.programme_id)
    whole = (
        select(enrolment.c.cohort_id)
        .outerjoin(organisation, organisation.c.id == enrolment.c.organisation_id)
        .where(enrolment.c.left_on.is_(None))
        .group_by(enrolment.c.cohort_id)
        .having(func.count() == func.count().filter(_under(within)))
    )
    return {*db.scalars(run.where(programme.c.organisation_id.in_(within))), *db.scalars(whole)}


def over_somebody(db: Connection, programme_id: int) -> frozenset[int]:
    """Every organisation with a learner of the programme under it, and those that the programme is run for."""
    schools = select(enrolment.c.organisation_id).where(enrolment.c.programme_id == programme_id)
    tops = _tops(db, schools, run_for=programme_id)
    return frozenset().union(*tops)


def over_everybody(db: Connection, programme_id: int, enrolled: Select[tuple[int | None]]) -> frozenset[int]:
    """The organisations that have all of these learners under them, and those that the programme is run for.

    `enrolled` selects the schools of the learners."""
    run_for, *each = _tops(db, enrolled, run_for=programme_id)
    return run_for.union(frozenset.intersection(*each)) if each else run_for


def _tops(db: Connection, schools: Select[tuple[int | None]], *, run_for: int) -> list[frozenset[int]]:
    """What the programme is run for with all above it; then, for each place where a school stands, all above that."""
    parents = parents_of(db)
    owner = db.scalar(select(programme.c.organisation_id).where(programme.c.id == run_for))
    of = schools.subquery()
    parent = organisation.c.parent_id
    where = select(parent).select_from(of.outerjoin(organisation, organisation.c.id == of.c[0])).distinct()
    return [frozenset(above(parents, one)) for one in (owner, *db.scalars(where))]


def _under(within: set[int]) -> ColumnElement[bool]:
    return or_(organisation.c.parent_id.in_(within), organisation.c.id.in_(within))
