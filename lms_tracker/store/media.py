"""Units and their media as rows."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, func, insert, or_, select, update

from lms_tracker.store.tables import activity, course, enrolment, ledger, medium, unit

_in_force = and_(medium.c.unit_id == unit.c.id, medium.c.replaced_at.is_(None))
_of_unit = (
    unit.c.id,
    unit.c.activity,
    unit.c.chapters,
    unit.c.opened_at,
    activity.c.title,
    activity.c.kind,
    activity.c.length_us,
    course.c.id.label("course_id"),
    course.c.title.label("course_title"),
    course.c.kind.label("course_kind"),
    course.c.programme_id,
)
_units = unit.join(activity, activity.c.iri == unit.c.activity).join(course, course.c.id == activity.c.course_id)


def unit_by_id(db: Connection, unit_id: int) -> Row[Any] | None:
    """(id, activity, chapters, opened_at, title, kind, length_us, course_id, course_title, course_kind, programme_id)."""
    return db.execute(select(*_of_unit).select_from(_units).where(unit.c.id == unit_id)).first()


def unit_of_activity(db: Connection, iri: str) -> Row[Any] | None:
    """The same by the activity."""
    return db.execute(select(*_of_unit).select_from(_units).where(unit.c.activity == iri)).first()


def medium_in_force(db: Connection, unit_id: int) -> Row[Any] | None:
    """The medium that the unit shows now."""
    return db.execute(select(medium).where(medium.c.unit_id == unit_id, medium.c.replaced_at.is_(None))).first()


def medium_of_activity(db: Connection, iri: str) -> Row[Any] | None:
    """The medium that the activity's unit shows now."""
    return db.execute(select(medium).select_from(unit.join(medium, _in_force)).where(unit.c.activity == iri)).first()


def medium_by_id(db: Connection, medium_id: int) -> Row[Any] | None:
    """The row, with the unit's `programme_id` and `opened_at`."""
    query = select(medium, course.c.programme_id, unit.c.opened_at).select_from(
        _units.join(medium, medium.c.unit_id == unit.c.id)
    )
    return db.execute(query.where(medium.c.id == medium_id)).first()


def ensure_unit(tx: Connection, iri: str) -> int:
    """The id of the activity's unit, which is made where there is none."""
    found = tx.scalar(select(unit.c.id).where(unit.c.activity == iri))
    if found is None:
        found = tx.execute(insert(unit).values(activity=iri).returning(unit.c.id)).scalar_one()
    return int(found)


def add_medium(tx: Connection, unit_id: int, now: datetime, **values: Any) -> int:
    """In the place of the one in force, if there is one."""
    old = (medium.c.unit_id == unit_id) & medium.c.replaced_at.is_(None)
    tx.execute(update(medium).where(old).values(replaced_at=now))
    added = insert(medium).values(unit_id=unit_id, added_at=now, **values).returning(medium.c.id)
    return int(tx.execute(added).scalar_one())


def set_unit(tx: Connection, unit_id: int, **values: Any) -> None:
    """`chapters`, or `opened_at` with `opened_by`."""
    tx.execute(update(unit).where(unit.c.id == unit_id).values(**values))


def content_of(db: Connection, programme_id: int) -> list[Row[Any]]:
    """Every activity of the programme, in the order of the catalogue, with its unit and medium where it has them:
    (iri, title, kind, length_us, position, course_id, course_title, course_kind, unit_id, opened_at, medium_id, form,
    place, name, size_bytes, added_at)."""
    return list(
        db.execute(
            select(
                activity.c.iri,
                activity.c.title,
                activity.c.kind,
                activity.c.length_us,
                activity.c.position,
                course.c.id.label("course_id"),
                course.c.title.label("course_title"),
                course.c.kind.label("course_kind"),
                unit.c.id.label("unit_id"),
                unit.c.opened_at,
                medium.c.id.label("medium_id"),
                medium.c.form,
                medium.c.place,
                medium.c.name,
                medium.c.size_bytes,
                medium.c.added_at,
            )
            .select_from(
                activity.join(course, course.c.id == activity.c.course_id)
                .outerjoin(unit, unit.c.activity == activity.c.iri)
                .outerjoin(medium, _in_force)
            )
            .where(course.c.programme_id == programme_id)
            .order_by(course.c.position, course.c.id, activity.c.position, activity.c.iri)
        )
    )


def order_units(tx: Connection, iris: Iterable[str]) -> None:
    """The units of one course, in this order."""
    for position, iri in enumerate(iris, 1):
        tx.execute(update(activity).where(activity.c.iri == iri).values(position=position))


def order_courses(tx: Connection, ids: Iterable[int]) -> None:
    """The courses of one programme, in this order."""
    for position, course_id in enumerate(ids, 1):
        tx.execute(update(course).where(course.c.id == course_id).values(position=position))


def studies(db: Connection, learner_id: int, programme_id: int, on: date) -> bool:
    """Whether the learner is in the programme on that day, and it runs or has run."""
    c = enrolment.c
    here = select(c.id).where(
        c.learner_id == learner_id,
        c.programme_id == programme_id,
        c.enrolled_on <= on,
        or_(c.left_on.is_(None), c.left_on > on),
    )
    return db.scalar(here) is not None


def studied_of(db: Connection, learner_id: int, iris: Iterable[str]) -> dict[str, Row[Any]]:
    """What the ledger says of each activity: rows (activity, credited_us, held_us, last_on)."""
    c = ledger.c
    rows = db.execute(
        select(
            c.activity,
            func.sum(c.credited_us).label("credited_us"),
            func.sum(c.held_us).label("held_us"),
            func.max(c.date).label("last_on"),
        )
        .where(c.learner_id == learner_id, c.reversed_at.is_(None), c.activity.in_(list(iris)))
        .group_by(c.activity)
    )
    return {row.activity: row for row in rows}
