"""The tree of organisations, and who belongs under what. Schools are many; all that stands above them is few."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, insert, or_, select, update

from lms_tracker.core.organisations import above, below
from lms_tracker.store.tables import account, cohort, enrolment, organisation_event, programme
from lms_tracker.store.tables import organisation as table


def parents_of(db: Connection) -> dict[int, int | None]:
    """What stands under what, by id; schools are left out."""
    found = select(table.c.id, table.c.parent_id).where(table.c.kind != "school")
    return {row.id: row.parent_id for row in db.execute(found)}


def programmes_of_organisations(db: Connection, organisation_ids: Collection[int]) -> set[int]:
    """The programmes that are run for one of these organisations or one under it, or whose learners' schools stand there."""
    if not organisation_ids:
        return set()
    within = below(parents_of(db), organisation_ids)
    run = select(programme.c.id).where(programme.c.organisation_id.in_(within))
    people = select(enrolment.c.programme_id).join(table, table.c.id == enrolment.c.organisation_id)
    return {*db.scalars(run), *db.scalars(people.where(_under(within)).distinct())}


def cohorts_of_organisations(db: Connection, organisation_ids: Collection[int]) -> set[int]:
    """The classes of programmes run for these or for what is under them, and those whose learners all stand under them."""
    if not organisation_ids:
        return set()
    within = below(parents_of(db), organisation_ids)
    run = select(cohort.c.id).join(programme, programme.c.id == cohort.c.programme_id)
    whole = (
        select(enrolment.c.cohort_id)
        .outerjoin(table, table.c.id == enrolment.c.organisation_id)
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


def organisation(db: Connection, organisation_id: int | None) -> Row[Any] | None:
    """Its row, or None."""
    return db.execute(select(table).where(table.c.id == organisation_id)).one_or_none()


def organisations(db: Connection, ids: Collection[int]) -> dict[int, Row[Any]]:
    """Their rows by id."""
    return {row.id: row for row in db.execute(select(table).where(table.c.id.in_(list(ids))))}


def everything(db: Connection, *, schools: bool) -> list[Row[Any]]:
    """All organisations by name, with or without schools."""
    query = select(table).order_by(table.c.name)
    return list(db.execute(query if schools else query.where(table.c.kind != "school")))


def name_of(db: Connection, organisation_id: int | None) -> str | None:
    """What it is called."""
    row = organisation(db, organisation_id)
    return None if row is None else str(row.name)


def owners_of(db: Connection, programme_id: int) -> set[int]:
    """The organisation that a programme is run for; none where there is none."""
    return set(db.scalars(select(programme.c.organisation_id).where(programme.c.id == programme_id))) - {None}


def people_by_parent(db: Connection, programme_id: int) -> list[tuple[int | None, int, int]]:
    """(what the schools stand under, how many schools with learners of the programme, how many learners)."""
    parent = table.c.parent_id
    query = (
        select(parent, func.count(func.distinct(table.c.id)), func.count())
        .join(enrolment, enrolment.c.organisation_id == table.c.id)
        .where(enrolment.c.programme_id == programme_id, enrolment.c.left_on.is_(None))
    )
    return [(row[0], row[1], row[2]) for row in db.execute(query.group_by(parent))]


def schools_under(db: Connection, parent_id: int | None, programme_id: int) -> list[Row[Any]]:
    """Schools of a branch, with `people`: learners of the programme. None: of those that stand nowhere, the ones with
    learners of the programme."""
    here = (enrolment.c.organisation_id == table.c.id, enrolment.c.programme_id == programme_id)
    people = select(func.count()).where(*here, enrolment.c.left_on.is_(None)).scalar_subquery()
    query = select(table, people.label("people")).where(table.c.kind == "school")
    if parent_id is None:
        query = query.where(table.c.parent_id.is_(None), select(enrolment.c.id).where(*here).exists())
    else:
        query = query.where(table.c.parent_id.in_(below(parents_of(db), {parent_id})))
    return list(db.execute(query.order_by(table.c.name)))


def open_under(db: Connection, organisation_id: int) -> bool:
    """Whether anything stands right under it that is not closed."""
    query = select(table.c.id).where(table.c.parent_id == organisation_id, table.c.closed_at.is_(None)).limit(1)
    return db.scalar(query) is not None


def change(tx: Connection, organisation_id: int, **values: Any) -> None:
    """A new name, place, or state."""
    tx.execute(update(table).where(table.c.id == organisation_id).values(values))


def note_event(
    tx: Connection,
    organisation_id: int,
    what: str,
    before: str | None,
    after: str | None,
    by: int | None,
    now: datetime,
) -> None:
    """What became of it, by whose hand."""
    values = {"organisation_id": organisation_id, "what": what, "before": before, "after": after}
    tx.execute(insert(organisation_event).values(values | {"made_by": by, "made_at": now}))


def events_of(db: Connection, organisation_id: int) -> list[Row[Any]]:
    """Rows (what, before, after, by, made_at), the latest first."""
    e = organisation_event.c
    query = select(organisation_event, account.c.name.label("by")).outerjoin(account, account.c.id == e.made_by)
    return list(db.execute(query.where(e.organisation_id == organisation_id).order_by(e.id.desc())))


def _tops(db: Connection, schools: Select[tuple[int | None]], *, run_for: int) -> list[frozenset[int]]:
    """What the programme is run for with all above it; then, for each place where a school stands, all above that."""
    parents = parents_of(db)
    owner = db.scalar(select(programme.c.organisation_id).where(programme.c.id == run_for))
    of = schools.subquery()
    parent = table.c.parent_id
    where = select(parent).select_from(of.outerjoin(table, table.c.id == of.c[0])).distinct()
    return [frozenset(above(parents, one)) for one in (owner, *db.scalars(where))]


def _under(within: set[int]) -> ColumnElement[bool]:
    return or_(table.c.parent_id.in_(within), table.c.id.in_(within))
