"""The order in which learners see courses, and units within one."""

from typing import TypeVar

from sqlalchemy import Engine

from lms_tracker.store.db import writing
from lms_tracker.store.media import content_of, order_courses, order_units

T = TypeVar("T")


def move_unit(db: Engine, programme_id: int, iri: str, step: int) -> bool:
    """One place up (-1) or down (1) within its course; whether it moved."""
    with writing(db) as tx:
        rows = content_of(tx, programme_id)
        own = next((row for row in rows if row.iri == iri), None)
        if own is None:
            return False
        order = _moved([row.iri for row in rows if row.course_id == own.course_id], iri, step)
        order_units(tx, order or [])
        return order is not None


def move_course(db: Engine, programme_id: int, course_id: int, step: int) -> bool:
    """One place up (-1) or down (1) in its programme; whether it moved."""
    with writing(db) as tx:
        courses = list(dict.fromkeys(row.course_id for row in content_of(tx, programme_id)))
        order = _moved(courses, course_id, step)
        order_courses(tx, order or [])
        return order is not None


def _moved(order: list[T], one: T, step: int) -> list[T] | None:
    """The list with `one` that much further on; None where there is no room."""
    if one not in order or not 0 <= (to := order.index(one) + step) < len(order):
        return None
    order.remove(one)
    return [*order[:to], one, *order[to:]]
