"""`lms-tracker exam`: results of exams from a table."""

from datetime import UTC, datetime
from pathlib import Path

import click

from lms_tracker.actions.exams import import_results, preview_results
from lms_tracker.commands.options import PROGRAMME, one_titled, open_database, programme_named, reading_table
from lms_tracker.settings import Settings
from lms_tracker.store.db import reading
from lms_tracker.store.exams import exams_of


@click.group()
def group() -> None:
    """Exams of a programme, and their results."""


@group.command("list")
@PROGRAMME
@click.pass_obj
def list_(settings: Settings, programme: str) -> None:
    """List the exams: number, day, attempt, title."""
    db = open_database(settings)
    row = programme_named(db, programme)
    with reading(db) as tx:
        exams = exams_of(tx, row.id)
    for one in exams:
        click.echo(f"{one.id}  {one.held_on}  attempt {one.attempt}  {one.title}")


@group.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@PROGRAMME
@click.option("--exam", required=True, help="Number or title of the exam (`exam list`).")
@click.option("--preview", is_flag=True, help="Only say what each row would do.")
@click.pass_obj
def import_(settings: Settings, file: Path, programme: str, exam: str, preview: bool) -> None:
    """Import the results of an exam from FILE (CSV or XLSX).

    Columns: 登录名/login or 姓名/name, 成绩/mark; optional 状态/status (正常, 缺考, 缓考, 作废), 开始时间/started, 用时/minutes,
    IP, 设备/device, 备注/remarks. Nothing is imported when anything is wrong; importing again changes nothing; another mark for
    the same person is a correction, and the one before stays on record.
    """
    db, now = open_database(settings), datetime.now(UTC)
    row = programme_named(db, programme)
    with reading(db) as tx:
        id = one_titled("--exam", exam, exams_of(tx, row.id))
    with reading_table(file) as table:
        if preview:
            plan, count = preview_results(db, id, table, now), None
        else:
            plan, count = import_results(db, id, table, by=None, now=now, reason=f"sheet:{file.name}"[:200])
    for one in plan if preview else ():
        does = "unchanged" if not one.changes else "new" if one.standing is None else "corrects"
        said = one.sitting.mark if one.sitting.status == "sat" else one.sitting.status
        click.echo(f"row {one.row}: {does}: {one.name}, {said}")
    changes = f"{sum(one.changes for one in plan)} would change" if count is None else f"{count} changed"
    click.echo(f"{len(plan)} results, {changes}")
