"""`lms-tracker grades`: export the grades of a programme."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from sqlalchemy import Engine, Row

from lms_tracker.actions.grade import grade_cohort
from lms_tracker.commands.options import INSTANT, open_database, programme_named
from lms_tracker.commands.study import settle_now
from lms_tracker.core.study.policy import PolicyErrors
from lms_tracker.reports.grades import Line, to_csv, to_jsonl, to_xlsx
from lms_tracker.settings import Settings
from lms_tracker.store.db import reading
from lms_tracker.store.find_learners import actors_of
from lms_tracker.store.programmes import enrolments, logins_of

WRITERS = {"jsonl": to_jsonl, "csv": to_csv, "xlsx": to_xlsx}


@click.group()
def group() -> None:
    """Export grades."""


@group.command()
@click.option("--programme", required=True, help="Slug of the programme.")
@click.option("--as-of", type=INSTANT, help="Grades as they stood at this instant; without it, now.")
@click.option("--format", "form", type=click.Choice(list(WRITERS)), default="jsonl", show_default=True)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="A file; without it standard output.")
@click.pass_obj
def export(settings: Settings, programme: str, as_of: datetime | None, form: str, out: Path | None) -> None:
    """Per learner: parts with weights and points, bonus, final grade, status, what is missing (Chinese and English)."""
    if form == "xlsx" and out is None:
        raise click.ClickException("--format xlsx needs --out FILE: a workbook does not belong on a terminal")
    db = open_database(settings)
    row = programme_named(db, programme)
    settle_now(db)
    try:
        data = WRITERS[form](_lines(db, row, as_of or datetime.now(UTC)))
    except (PolicyErrors, ValueError) as e:
        raise click.ClickException(str(e)) from e
    if out is None:
        sys.stdout.buffer.write(data)
    else:
        out.write_bytes(data)


def _lines(db: Engine, programme: Row[Any], as_of: datetime) -> list[Line]:
    grades = grade_cohort(db, programme.id, as_of)
    ids = [grade.learner_id for grade in grades]
    with reading(db) as tx:
        actors, logins = actors_of(tx, ids), logins_of(tx, programme.id)
        people = {row.learner_id: row for row in enrolments(tx, programme.id)}
    return [
        Line(
            grade,
            actors[grade.learner_id],
            {
                "name": people[grade.learner_id].name,
                "login": logins.get(grade.learner_id),
                "school": people[grade.learner_id].school,
                "school_kind": people[grade.learner_id].school_kind,
                "cohort": people[grade.learner_id].cohort,
            },
        )
        for grade in grades
    ]
