"""`lms-tracker questions`: the bank of questions that presence checks draw from."""

from datetime import UTC, datetime
from pathlib import Path

import click

from lms_tracker.actions.import_questions import import_questions
from lms_tracker.actions.read_table import UnreadableTable, read_table
from lms_tracker.commands.options import open_database, programme_named
from lms_tracker.core.sheet import SheetFaults
from lms_tracker.settings import Settings
from lms_tracker.store.checks import question_counts
from lms_tracker.store.db import reading


@click.group()
def group() -> None:
    """Questions on what media show, for presence checks."""


@group.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--programme", help="Slug of a programme: only units of its courses.")
@click.pass_obj
def import_(settings: Settings, file: Path, programme: str | None) -> None:
    """Import questions from FILE (CSV or XLSX), one row a question.

    Columns: 活动标识/activity, 开始/from, 结束/until (12:30), 问题/question, 正确答案/right, 错误答案1/wrong 1 to 5; each text
    may have an English one (英文问题/question en, …). A file holds all questions of the activities that it names.
    """
    db = open_database(settings)
    programme_id = None if programme is None else programme_named(db, programme).id
    try:
        result = import_questions(db, read_table(file), programme_id=programme_id, now=datetime.now(UTC))
    except SheetFaults as e:
        raise click.ClickException(f"{file}: nothing was imported; {len(e.faults)} fault(s):\n{e}") from e
    except UnreadableTable as e:
        raise click.ClickException(str(e)) from e
    if result.ignored:
        click.echo(f"columns not used: {', '.join(result.ignored)}")
    click.echo(f"{result.added} questions added, {result.retired} retired, {result.unchanged} activities unchanged")


@group.command("list")
@click.pass_obj
def list_(settings: Settings) -> None:
    """How many questions each activity has."""
    with reading(open_database(settings)) as tx:
        for row in question_counts(tx):
            click.echo(f"{row.count:6d}  {row.activity}")
