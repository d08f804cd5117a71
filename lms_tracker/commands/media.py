"""`lms-tracker media import`: media of many units at once."""

from datetime import UTC, datetime
from pathlib import Path

import click

from lms_tracker.actions.import_media import import_media
from lms_tracker.actions.read_table import UnreadableTable
from lms_tracker.commands.options import PROGRAMME, open_database, programme_named
from lms_tracker.core.sheet import SheetFaults
from lms_tracker.settings import Settings, media_folder


@click.group()
def group() -> None:
    """Give units their media."""


@group.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@PROGRAMME
@click.option("--open", "opens", is_flag=True, help="Learners see the units at once.")
@click.pass_obj
def import_(settings: Settings, file: Path, programme: str, opens: bool) -> None:
    """Give units media from FILE (CSV or XLSX), one row per unit.

    Columns: 活动标识/activity, 文件或地址/file or address (a file beside FILE, which is copied; https:… or s3://bucket/key).
    Nothing is taken while anything is wrong. What a unit had before is replaced and kept.
    """
    db = open_database(settings)
    row = programme_named(db, programme)
    try:
        count = import_media(db, media_folder(settings), file, row.id, opens=opens, now=datetime.now(UTC))
    except SheetFaults as e:
        raise click.ClickException(f"{file}: nothing was taken; {len(e.faults)} fault(s):\n{e}") from e
    except UnreadableTable as e:
        raise click.ClickException(str(e)) from e
    click.echo(f"{count} units have their media")
