"""`lms-tracker book`: the reading list of a programme."""

from datetime import UTC, datetime
from pathlib import Path

import click

from lms_tracker.actions.books import import_books
from lms_tracker.commands.options import PROGRAMME, open_database, programme_named, reading_table
from lms_tracker.settings import Settings
from lms_tracker.store.books import books_of
from lms_tracker.store.db import reading


@click.group()
def group() -> None:
    """The reading list of a programme."""


@group.command("list")
@PROGRAMME
@click.pass_obj
def list_(settings: Settings, programme: str) -> None:
    """List the books, monographs on education first."""
    db = open_database(settings)
    row = programme_named(db, programme)
    with reading(db) as tx:
        books = books_of(tx, row.id)
    for one in books:
        click.echo(f"{one.title}  {one.author or '—'}{'  monograph' if one.monograph else ''}")


@group.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@PROGRAMME
@click.option("--preview", is_flag=True, help="Only say what each row would do.")
@click.pass_obj
def import_(settings: Settings, file: Path, programme: str, preview: bool) -> None:
    """Import the reading list from FILE (CSV or XLSX).

    Columns: 书名/title; optional 作者/author, 教育专著/monograph (是 or 否). Nothing is imported when anything is wrong; importing
    again makes no doubles; books that the table does not name stay.
    """
    db = open_database(settings)
    row = programme_named(db, programme)
    with reading_table(file) as table:
        plan = import_books(db, row.id, table, now=datetime.now(UTC), dry_run=preview)
    for line in plan.lines if preview else ():
        click.echo(f"row {line.row}: {line.what}: {line.cells[0]}")
    would = "would be " if preview else ""
    click.echo(f"{would}added {plan.count('added')}, changed {plan.count('changed')}, unchanged {plan.count('same')}")
    if plan.ignored:
        click.echo(f"columns not used: {', '.join(plan.ignored)}")
