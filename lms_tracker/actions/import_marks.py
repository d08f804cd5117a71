"""Bringing marks in from a table: all of them, or none and every fault at its cell."""

from datetime import datetime
from pathlib import Path

from msgspec import Struct
from sqlalchemy import Connection, Engine

from lms_tracker.actions.create_assignment import weigh_assignment
from lms_tracker.actions.programme_policy import policy_of_programme
from lms_tracker.actions.read_table import read_table
from lms_tracker.actions.record_mark import MarkRefused, put_mark
from lms_tracker.core.marks_sheet import MarksSheet, parse_marks
from lms_tracker.core.sheet import SheetFaults
from lms_tracker.store.db import reading, writing
from lms_tracker.store.find_learners import find_learners
from lms_tracker.store.programmes import assignments, enrolments, programme_by_slug


class MarksResult(Struct):
    """How many marks came in, and how many stood there as they are; how many assignments weigh something else from now on.
    `ignored`: columns that were not used."""

    recorded: int = 0
    unchanged: int = 0
    weighed: int = 0
    ignored: list[str] = []


def import_marks(
    db: Engine, file: Path, programme_slug: str, *, marked_by: int | None = None, now: datetime
) -> MarksResult:
    """Record the marks of a CSV or XLSX file in one transaction; the same file again changes nothing.

    Raises UnreadableTable, SheetFaults, PolicyErrors, and LookupError when there is no such programme.
    """
    with reading(db) as tx:
        programme = programme_by_slug(tx, programme_slug)
        if programme is None:
            raise LookupError(f"no programme has the slug {programme_slug!r}")
        zone = policy_of_programme(tx, programme, now).study.zone
    marks = parse_marks(read_table(file), zone, now)
    with writing(db) as tx:
        result = _record(tx, marks, programme.id, marked_by, now)
        if marks.sheet.faults:
            raise SheetFaults(marks.sheet.faults)
    return result


def _record(tx: Connection, marks: MarksSheet, programme_id: int, marked_by: int | None, now: datetime) -> MarksResult:
    result = MarksResult(ignored=marks.sheet.ignored)
    works = {row.title: row.id for row in assignments(tx, programme_id)}
    enrolled = {row.learner_id for row in enrolments(tx, programme_id)}
    known: dict[str, list[int]] = {}
    weights = {row.assignment: row.weight for row in marks.rows if row.weight is not None and row.assignment in works}
    for title, weight in weights.items():
        result.weighed += weigh_assignment(tx, works[title], weight, by=marked_by, now=now)
    for row in marks.rows:
        if row.learner not in known:
            known[row.learner] = [found for found in find_learners(tx, row.learner) if found in enrolled]
        people, work = known[row.learner], works.get(row.assignment)
        if work is None:
            there = ", ".join(works) or "none"
            marks.sheet.fault(row.row, "assignment", f"no assignment is called {row.assignment!r} (there are: {there})")
        if len(people) != 1:
            message = "nobody enrolled is called" if not people else f"{len(people)} people are called"
            marks.sheet.fault(row.row, "learner", f"{message} {row.learner!r}; give the login or the xAPI identifier")
        if work is None or len(people) != 1:
            continue
        try:
            at = row.marked_at or now
            new = put_mark(tx, work, people[0], row.mark, marked_by=marked_by, comment=row.comment, marked_at=at)
        except MarkRefused as e:
            marks.sheet.fault(row.row, "mark", str(e))
            continue
        if new:
            result.recorded += 1
        else:
            result.unchanged += 1
    return result
