"""Who is in a programme: learners with class, school, district and account, as far as somebody may see them."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, or_, select

from lms_tracker.core.organisations import above, below
from lms_tracker.store.organisations import parents_of
from lms_tracker.store.tables import account, cohort, enrolment, learner, organisation, programme

_e = enrolment.c
_above = organisation.alias("above")


def run_for(db: Connection, programme_id: int) -> set[int]:
    """The organisation that a programme is run for, and all above it."""
    owner = db.scalar(select(programme.c.organisation_id).where(programme.c.id == programme_id))
    return set(above(parents_of(db), owner))


def learners_under(db: Connection, programme_id: int, organisation_ids: Collection[int]) -> set[int]:
    """The learners of a programme whose schools stand under these organisations."""
    within = below(parents_of(db), organisation_ids)
    query = select(_e.learner_id).join(organisation, organisation.c.id == _e.organisation_id)
    under = or_(organisation.c.parent_id.in_(within), organisation.c.id.in_(within))
    return set(db.scalars(query.where(_e.programme_id == programme_id, under)))


def members(
    db: Connection,
    programme_id: int,
    *,
    cohort_ids: Collection[int] | None,
    learner_ids: Collection[int],
    text: str = "",
    cohort_id: int | None = None,
    limit: int,
    offset: int,
) -> tuple[int, list[Row[Any]]]:
    """How many there are, and rows (learner_id, name, school, school_kind, district, cohort_id, cohort, enrolled_on,
    left_on, login, account_id, disabled_at) by class and name. `cohort_ids` None: of the whole programme; else of these
    classes, and these learners. `text` stands in a name, a school, or is a login."""
    where = [_e.programme_id == programme_id, learner.c.erased_at.is_(None)]
    if cohort_ids is not None:
        where.append(or_(_e.cohort_id.in_(list(cohort_ids)), _e.learner_id.in_(list(learner_ids))))
    if cohort_id is not None:
        where.append(_e.cohort_id == cohort_id)
    if text:
        where.append(_holds(text))
    query = _members().where(*where)
    count = db.scalar(select(func.count()).select_from(query.subquery())) or 0
    return count, list(
        db.execute(query.order_by(cohort.c.name, _e.left_on, learner.c.name).limit(limit).offset(offset))
    )


def member(db: Connection, programme_id: int, learner_id: int) -> Row[Any] | None:
    """One of them, with `id` of the enrolment, or None."""
    query = _members().add_columns(_e.id).where(_e.programme_id == programme_id, _e.learner_id == learner_id)
    return db.execute(query.where(learner.c.erased_at.is_(None))).one_or_none()


def cohorts_of(db: Connection, programme_id: int) -> list[Row[Any]]:
    """Rows (id, name, people) of the classes, by name."""
    there = select(func.count()).where(_e.cohort_id == cohort.c.id, _e.left_on.is_(None)).scalar_subquery()
    query = select(cohort.c.id, cohort.c.name, there.label("people")).where(cohort.c.programme_id == programme_id)
    return list(db.execute(query.order_by(cohort.c.name, cohort.c.id)))


def schools_of(db: Connection) -> list[str]:
    """Names of all schools that are open."""
    query = select(organisation.c.name).where(organisation.c.kind == "school", organisation.c.closed_at.is_(None))
    return list(db.scalars(query.order_by(organisation.c.name)))


def _holds(text: str) -> ColumnElement[bool]:
    return or_(
        learner.c.name.icontains(text, autoescape=True),
        organisation.c.name.icontains(text, autoescape=True),
        account.c.login == text,
    )


def _members() -> Select[Any]:
    return (
        select(_e.learner_id, learner.c.name, organisation.c.name.label("school"), organisation.c.school_kind)
        .add_columns(_above.c.name.label("district"), _e.cohort_id, cohort.c.name.label("cohort"))
        .add_columns(_e.enrolled_on, _e.left_on)
        .add_columns(account.c.login, account.c.id.label("account_id"), account.c.disabled_at)
        .select_from(enrolment)
        .join(learner, learner.c.id == _e.learner_id)
        .join(cohort, cohort.c.id == _e.cohort_id)
        .outerjoin(organisation, organisation.c.id == _e.organisation_id)
        .outerjoin(_above, _above.c.id == organisation.c.parent_id)
        .outerjoin(account, account.c.learner_id == _e.learner_id)
    )


def strata_of(db: Connection, programme_id: int, cohort_ids: Collection[int]) -> list[Row[Any]]:
    """Who is in these classes now: rows as in `members`."""
    there = (_e.programme_id == programme_id, _e.cohort_id.in_(list(cohort_ids)), _e.left_on.is_(None))
    return list(db.execute(_members().where(*there)))
