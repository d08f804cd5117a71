"""`lms-tracker catalogue import`: courses and their units from a table."""

from datetime import UTC, datetime
from pathlib import Path

import click

from lms_tracker.actions.create_programme import ProgrammeError
from lms_tracker.actions.import_catalogue import import_catalogue
from lms_tracker.actions.read_table import UnreadableTable
from lms_tracker.commands.options import PROGRAMME, open_database
from lms_tracker.core.sheet import SheetFaults
from lms_tracker.settings import Settings


@click.group()
def group() -> None:
    """Import courses and their units."""


@group.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@PROGRAMME
@click.pass_obj
def import_(settings: Settings, file: Path, programme: str) -> None:
    """Import courses from FILE (CSV or XLSX), one row per unit.

    Columns: 课程/course, 课程类别/kind (必修|选修|拓展 or required|elective|extension), 单元/unit, 活动标识/activity,
    单元类别/unit kind (视频|音频|文档|直播 or video|audio|document|live), 时长/length (minutes or h:mm:ss; may be empty).
    Nothing is imported when anything is wrong; importing again makes no doubles.
    """
    try:
        result = import_catalogue(open_database(settings), file, programme, now=datetime.now(UTC))
    except SheetFaults as e:
        raise click.ClickException(f"{file}: nothing was imported; {len(e.faults)} fault(s):\n{e}") from e
    except (UnreadableTable, ProgrammeError) as e:
        raise click.ClickException(str(e)) from e
    click.echo(f"added {result.added}, changed {result.changed}, unchanged {result.unchanged}")
