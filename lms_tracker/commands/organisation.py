"""`lms-tracker organisation`: the tree of leading groups, bureaus, centres, districts and schools."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from sqlalchemy import Row

from lms_tracker.actions.organise import OrganisationRefused, Who, close, import_organisations, move, rename
from lms_tracker.actions.read_table import UnreadableTable, read_table
from lms_tracker.commands.options import open_database
from lms_tracker.core.organisations_sheet import parse_organisations
from lms_tracker.core.sheet import SheetFaults
from lms_tracker.settings import Settings
from lms_tracker.store.db import reading
from lms_tracker.store.organisations import everything
from lms_tracker.store.people import organisation_named

WHY = {
    "name": "the name is empty or longer than 100 characters",
    "taken": "there is an organisation of that name",
    "place": "it cannot stand there: that is of the wrong kind, or closed",
    "ring": "it cannot stand under what stands under it",
    "open": "something open stands under it: close or move that first",
}


@click.group()
def group() -> None:
    """Import, list, move and close organisations. Nothing is ever deleted."""


@group.command("close")
@click.argument("name")
@click.option("--open", "again", is_flag=True, help="Open it again.")
@click.pass_obj
def close_(settings: Settings, name: str, again: bool) -> None:
    """Put nobody into the organisation NAME any more; who is there stays."""
    db = open_database(settings)
    with reading(db) as tx:
        id = _id(organisation_named(tx, name), name)
    try:
        close(db, _operator(), id, closed=not again)
    except OrganisationRefused as e:
        raise click.ClickException(WHY.get(e.code, e.code)) from e
    click.echo(f"{name} {'open again' if again else 'closed'}")


@group.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--dry-run", is_flag=True, help="Check everything, keep nothing.")
@click.pass_obj
def import_(settings: Settings, file: Path, dry_run: bool) -> None:
    """Add and move organisations from FILE (CSV or XLSX).

    Columns: 机构/name, 类别/kind (领导小组, 教育局, 培训中心, 区县, 学校), optional 上级/parent (by name) and, for schools, 学校类别/school
    kind. Nothing is imported when anything is wrong; importing again changes nothing.
    """
    try:
        sheet = parse_organisations(read_table(file))
        done = import_organisations(open_database(settings), _operator(), sheet, dry_run=dry_run)
    except SheetFaults as e:
        message = f"{file}: nothing was imported; {len(e.faults)} fault(s):\n{e}"
        raise click.ClickException(message) from e
    except UnreadableTable as e:
        raise click.ClickException(str(e)) from e
    would = "would be " if dry_run else ""
    counts = done.count("added"), done.count("changed"), done.count("same")
    click.echo("{}added {}, moved {}, unchanged {}".format(would, *counts))


@group.command("list")
@click.option("--schools", is_flag=True, help="Schools, too.")
@click.pass_obj
def list_(settings: Settings, schools: bool) -> None:
    """Show the tree, each organisation under the one that it stands under."""
    with reading(open_database(settings)) as db:
        rows = everything(db, schools=schools)
    known = {row.id for row in rows}

    def show(parent: int | None, depth: int) -> None:
        for row in rows:
            if (row.parent_id if row.parent_id in known else None) == parent:
                click.echo(f"{'  ' * depth}{row.name}  {row.kind}{'  closed' if row.closed_at else ''}")
                show(row.id, depth + 1)

    show(None, 0)


@group.command("move")
@click.argument("name")
@click.option("--under", help="Name of what it stands under from now on; nothing by default.")
@click.option("--rename", "new", help="A new name as well.")
@click.pass_obj
def move_(settings: Settings, name: str, under: str | None, new: str | None) -> None:
    """Put the organisation NAME, with all that stands under it, under another one."""
    db = open_database(settings)
    with reading(db) as tx:
        id = _id(organisation_named(tx, name), name)
        parent = _id(organisation_named(tx, under), under) if under else None
    try:
        move(db, _operator(), id, parent)
        if new:
            rename(db, _operator(), id, new)
    except OrganisationRefused as e:
        raise click.ClickException(WHY.get(e.code, e.code)) from e
    click.echo(f"{new or name} stands under {under or 'nothing'}")


def _operator() -> Who:
    return Who(None, None, datetime.now(UTC))


def _id(row: Row[Any] | None, name: str) -> int:
    if row is None:
        raise click.ClickException(f"no organisation is named {name!r}")
    return int(row.id)
