"""`lms-tracker achievements`: bring in and take back what counts besides study time and marks."""

from datetime import UTC, datetime
from pathlib import Path

import click

from lms_tracker.actions.achievements import AchievementRefused, withdraw_achievement
from lms_tracker.actions.import_achievements import import_achievements_file, preview_achievements
from lms_tracker.actions.read_table import UnreadableTable, read_table
from lms_tracker.commands.options import PROGRAMME, open_database, programme_named
from lms_tracker.core.grading.kinds import KINDS
from lms_tracker.core.sheet import SheetFaults
from lms_tracker.settings import Settings
from lms_tracker.store.db import writing


@click.group()
def group() -> None:
    """What counts besides study time and marks: attendance, exams, certificates, notes…"""


@group.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@PROGRAMME
@click.option("--preview", is_flag=True, help="Only say what each row would do.")
@click.pass_obj
def import_(settings: Settings, file: Path, programme: str, preview: bool) -> None:
    """Import achievements from FILE (CSV or XLSX).

    Columns: 登录名/login (or an xAPI identifier), 类别/kind, 名称/item, 日期/date; as the kind needs: 数值/value, 满分/out of,
    级别/level, 第几次/attempt, 迟交天数/days late, 证明/proof, 备注/note. Nothing is imported when anything is wrong; importing
    again changes nothing; another value for the same thing replaces it.
    """
    db, now = open_database(settings), datetime.now(UTC)
    slug = programme_named(db, programme).slug
    try:
        if preview:
            rows, ignored = preview_achievements(db, read_table(file), slug, source=f"sheet:{file.name}", now=now)
            for one in rows:
                click.echo(f"row {one.row}: {one.does}: {one.learner}, {one.new.kind}, {one.new.item}")
        else:
            result = import_achievements_file(db, file, slug, now=now)
            ignored = result.ignored
            click.echo(f"{result.recorded} recorded, {result.replaced} replaced, {result.unchanged} unchanged")
    except SheetFaults as e:
        raise click.ClickException(f"{file}: nothing was imported; {len(e.faults)} fault(s):\n{e}") from e
    except UnreadableTable as e:
        raise click.ClickException(str(e)) from e
    if ignored:
        click.echo(f"columns not used: {', '.join(ignored)}")


@group.command()
@click.argument("achievement_id", type=int)
@click.option("--reason", required=True)
@click.pass_obj
def withdraw(settings: Settings, achievement_id: int, reason: str) -> None:
    """Take an achievement back: from now on it does not count; it stays on record with the reason."""
    db = open_database(settings)
    try:
        with writing(db) as tx:
            withdraw_achievement(tx, achievement_id, reason=reason, withdrawn_by=None, now=datetime.now(UTC))
    except AchievementRefused as e:
        raise click.ClickException(str(e)) from e
    click.echo(f"achievement {achievement_id}: withdrawn")


@group.command()
def kinds() -> None:
    """List the kinds of achievements: what each needs."""
    for key, kind in KINDS.items():
        needs = [name for name in ("value", "out_of", "level") if getattr(kind, name) == "required"]
        may = [name for name in ("value", "out_of", "level") if getattr(kind, name) == "optional"]
        levels = f"; levels: {', '.join(kind.levels)}" if kind.levels else ""
        said = f"; needs {', '.join(needs)}" * bool(needs) + f"; may have {', '.join(may)}" * bool(may)
        click.echo(f"{key}: {kind.words.zh}, {kind.words.en}{said}{levels}")
