"""`lms-tracker marks`: set pieces of work and import their marks."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import click

from lms_tracker.actions.create_assignment import AssignmentRefused, create_assignment, weigh_titled
from lms_tracker.actions.import_marks import import_marks
from lms_tracker.actions.programme_policy import policy_of_programme
from lms_tracker.actions.read_table import UnreadableTable
from lms_tracker.commands.options import DAY, PROGRAMME, open_database, programme_named
from lms_tracker.core.grading.parts import takes_marks
from lms_tracker.core.sheet import SheetFaults
from lms_tracker.core.study.policy import PolicyErrors
from lms_tracker.settings import Settings
from lms_tracker.store.db import reading


@click.group()
def group() -> None:
    """Set pieces of work and import their marks."""


@group.command()
@PROGRAMME
@click.option("--component", required=True, help="Key of the policy's component that the marks feed.")
@click.option("--title", required=True)
@click.option("--due", type=DAY, help="Date by which it is handed in.")
@click.option("--weight", type=Decimal, help="Among the work of its component; 1 unless said.")
@click.pass_obj
def assign(
    settings: Settings, programme: str, component: str, title: str, due: date | None, weight: Decimal | None
) -> None:
    """Add a piece of work that marks can be given for."""
    db = open_database(settings)
    row = programme_named(db, programme)
    try:
        with reading(db) as tx:
            policy = policy_of_programme(tx, row, datetime.now(UTC))
        grading = policy.grading
        keys = [part.key for part in grading.parts if takes_marks(part)] if grading else []
        if component not in keys:
            allowed = ", ".join(keys) or "none"
            raise click.ClickException(f"--component {component!r}: no part of {policy.name} by marks ({allowed})")
        create_assignment(db, row.id, component, title, due, weight=weight, now=datetime.now(UTC))
    except (PolicyErrors, AssignmentRefused) as e:
        raise click.ClickException(str(e)) from e
    click.echo(f"{title}: set for {component}" + (f", weight {weight}" if weight is not None else ""))


@group.command()
@click.argument("title")
@click.argument("weight", type=Decimal)
@PROGRAMME
@click.pass_obj
def weigh(settings: Settings, title: str, weight: Decimal, programme: str) -> None:
    """Give the piece of work TITLE another WEIGHT from now on; what it weighed before stays on record."""
    db = open_database(settings)
    row = programme_named(db, programme)
    try:
        changed = weigh_titled(db, row.id, title, weight, now=datetime.now(UTC))
    except AssignmentRefused as e:
        raise click.ClickException(str(e)) from e
    click.echo(f"{title}: weight {weight}" + (" from now on" if changed else ", as it was"))


@group.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@PROGRAMME
@click.pass_obj
def import_(settings: Settings, file: Path, programme: str) -> None:
    """Import marks from FILE (CSV or XLSX).

    Columns: 登录名/login (or an xAPI identifier), 作业/assignment, 成绩/mark (0-100); optional 评分时间/marked at,
    评语/comment and 权重/weight (of the assignment, from now on; the same in all its rows). Nothing is imported when anything is wrong; importing again changes nothing.
    """
    db = open_database(settings)
    try:
        result = import_marks(db, file, programme_named(db, programme).slug, now=datetime.now(UTC))
    except SheetFaults as e:
        raise click.ClickException(f"{file}: nothing was imported; {len(e.faults)} fault(s):\n{e}") from e
    except (UnreadableTable, PolicyErrors) as e:
        raise click.ClickException(str(e)) from e
    if result.ignored:
        click.echo(f"columns not used: {', '.join(result.ignored)}")
    weighed = f", {result.weighed} assignments with another weight" if result.weighed else ""
    click.echo(f"{result.recorded} marks recorded, {result.unchanged} unchanged{weighed}")
