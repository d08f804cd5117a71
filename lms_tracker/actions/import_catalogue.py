"""Bringing a programme's courses and units in from a table. Again with the same table changes nothing."""

from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine

from lms_tracker.actions.create_programme import ProgrammeError
from lms_tracker.actions.read_table import read_table
from lms_tracker.core.catalogue import Catalogue, Unit, parse_catalogue
from lms_tracker.core.sheet import SheetFaults
from lms_tracker.store.db import writing
from lms_tracker.store.people import (
    activity_with_iri,
    add_activity,
    add_course,
    change_activity,
    change_course,
    course_titled,
    learners_on,
)
from lms_tracker.store.programmes import programme_by_slug
from lms_tracker.store.settling import mark_unsettled


class CatalogueResult(msgspec.Struct):
    """How many units came in new, changed, or stood there as they are."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0


def import_catalogue(db: Engine, file: Path, programme_slug: str, *, now: datetime) -> CatalogueResult:
    """Import a catalogue file (see `import_units` for what happens). Raises UnreadableTable too."""
    return import_units(db, parse_catalogue(read_table(file)), programme_slug, now=now)


def import_units(db: Engine, catalogue: Catalogue, programme_slug: str, *, now: datetime) -> CatalogueResult:
    """Add or change courses and units, all or nothing. Units that the table does not name stay.

    Learners with evidence on a unit that came in or changed are settled anew: its length bounds what counts.
    Raises SheetFaults, and ProgrammeError when there is no such programme.
    """
    result = CatalogueResult()
    with writing(db) as tx:
        programme = programme_by_slug(tx, programme_slug)
        if programme is None:
            raise ProgrammeError(f"no programme has the slug {programme_slug!r}")
        courses = _import_courses(tx, programme.id, catalogue.units)
        touched = [
            unit.iri for n, unit in enumerate(catalogue.units) if _import_unit(tx, n, unit, courses, catalogue, result)
        ]
        if catalogue.sheet.faults:
            raise SheetFaults(catalogue.sheet.faults)
        for start in range(0, len(touched), 500):  # SQLite bounds the number of parameters
            mark_unsettled(tx, learners_on(tx, touched[start : start + 500]), now)
    return result


def _import_courses(tx: Connection, programme_id: int, units: list[Unit]) -> dict[str, Any]:
    courses: dict[str, Any] = {}
    for unit in units:
        if unit.course in courses:
            continue
        position = len(courses) + 1
        known = course_titled(tx, programme_id, unit.course)
        if known is None:
            add_course(tx, programme_id, unit.course, unit.course_kind, position)
        elif (known.kind, known.position) != (unit.course_kind, position):
            change_course(tx, known.id, unit.course_kind, position)
        courses[unit.course] = course_titled(tx, programme_id, unit.course)
    return courses


def _import_unit(
    tx: Connection, n: int, unit: Unit, courses: dict[str, Any], catalogue: Catalogue, result: CatalogueResult
) -> bool:
    course = courses[unit.course]
    position = n - next(i for i, other in enumerate(catalogue.units) if other.course == unit.course) + 1
    values = {
        "course_id": course.id,
        "title": unit.title,
        "kind": unit.kind,
        "length_us": unit.length_us,
        "position": position,
    }
    known = activity_with_iri(tx, unit.iri)
    if known is None:
        add_activity(tx, unit.iri, **values)
        result.added += 1
        return True
    if known.programme_id != course.programme_id:
        catalogue.sheet.fault(unit.row, "iri", "belongs to a course of another programme")
        return False
    if all(getattr(known, key) == value for key, value in values.items()):
        result.unchanged += 1
        return False
    change_activity(tx, unit.iri, **values)
    result.changed += 1
    return True
