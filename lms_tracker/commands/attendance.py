"""`lms-tracker attendance`: who was at a meeting, from the report of its software or a list."""

from datetime import UTC, datetime
from pathlib import Path

import click

from lms_tracker.actions.import_presences import import_report, read_report
from lms_tracker.commands.options import PROGRAMME, one_titled, open_database, programme_named, reading_table
from lms_tracker.core.study.review import NotAllowed
from lms_tracker.settings import Settings
from lms_tracker.store.attendance import meetings_of
from lms_tracker.store.db import reading


@click.group()
def group() -> None:
    """Meetings of a programme, and who was there."""


@group.command("list")
@PROGRAMME
@click.pass_obj
def list_(settings: Settings, programme: str) -> None:
    """List the meetings: number, when (UTC), class, title."""
    db = open_database(settings)
    row = programme_named(db, programme)
    with reading(db) as tx:
        meetings = meetings_of(tx, row.id)
    for one in meetings:
        state = "  cancelled" if one.cancelled_at else ""
        click.echo(f"{one.id}  {one.starts_at:%Y-%m-%d %H:%M}  {one.cohort or 'all classes'}  {one.title}{state}")


@group.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@PROGRAMME
@click.option("--meeting", required=True, help="Number or title of the meeting (`attendance list`).")
@click.option("--preview", is_flag=True, help="Only say what would be kept.")
@click.pass_obj
def import_(settings: Settings, file: Path, programme: str, meeting: str, preview: bool) -> None:
    """Import who was at a meeting from FILE (CSV or XLSX).

    Reports of Tencent Meeting, Zoom and Teams are understood, and lists with 姓名/name or 登录名/login and, if known, minutes or
    times. Nothing is kept when a cell is wrong; the same file again changes nothing. Who is not in it is not made absent; rows
    that mean nobody of the class, or more than one, are named, and left to people (exit code 3).
    """
    db, now = open_database(settings), datetime.now(UTC)
    row = programme_named(db, programme)
    with reading(db) as tx:
        id = one_titled("--meeting", meeting, meetings_of(tx, row.id))
    with reading_table(file) as table:
        try:
            if preview:
                said, count = read_report(db, id, table, now), None
            else:
                said, count = import_report(db, id, table, by=None, now=now)
        except NotAllowed as e:
            raise click.ClickException(f"--meeting {meeting}: {e.why}") from e
    if preview:
        for learner_id, seen in said.seen.items():
            minutes = "" if seen.minutes is None else f", {seen.minutes} min"
            click.echo(f"{said.people[learner_id].name}: {seen.status}{minutes}")
    changes = f"{said.changes} would change" if count is None else f"{count} changed"
    click.echo(f"{said.rows} rows, {len(said.seen)} people, {changes}")
    for why, lines in (("nobody of the class", said.found.strangers), ("more than one", said.found.ambiguous)):
        for line in lines:
            click.echo(f"row {line.row}: {line.text!r} means {why}", err=True)
    if said.found.strangers or said.found.ambiguous:
        click.get_current_context().exit(3)
