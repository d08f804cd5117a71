"""`lms-tracker quarantine`: statements of known sources that were refused."""

from datetime import UTC, datetime
from pathlib import Path

import click
from sqlalchemy import Engine

from lms_tracker.actions import quarantine as actions
from lms_tracker.actions.quarantine import NotReplayed
from lms_tracker.commands.options import open_database
from lms_tracker.settings import Settings
from lms_tracker.store import quarantine as store
from lms_tracker.store.db import reading


@click.group()
def group() -> None:
    """Look at refused requests, mend them, replay them, or dismiss them."""


@group.command("list")
@click.option("--source", help="Only what this credential sent.")
@click.option("--rule", help="Only what broke this rule.")
@click.option("--state", type=click.Choice([*store.STATES, "all"]), default="open", show_default=True)
@click.option("--limit", type=click.IntRange(1, 1000), default=100, show_default=True)
@click.pass_obj
def list_(settings: Settings, source: str | None, rule: str | None, state: str, limit: int) -> None:
    """Requests, the latest first: number, state, source, times, status, rule, place."""
    chosen = None if state == "all" else state
    with reading(open_database(settings)) as tx:
        rows, total = store.find(tx, source=source, rule=rule, state=chosen, limit=limit)
        dropped = store.dropped(tx)
    for row in rows:
        said = (row.id, row.state, row.source, f"{row.times}x", row.status, row.rule or "-", row.path or "-")
        click.echo("\t".join(map(str, said)))
    if total > len(rows):
        click.echo(f"and {total - len(rows)} more", err=True)
    for row in dropped:
        click.echo(f"{row.source}: {row.requests} dropped, {row.unread} of them never dealt with", err=True)


@group.command()
@click.argument("number", type=int)
@click.option("--raw", is_flag=True, help="Only the body, byte for byte as it came.")
@click.pass_obj
def show(settings: Settings, number: int, raw: bool) -> None:
    """The request NUMBER: why it was refused, and what it said."""
    with reading(open_database(settings)) as tx:
        row = store.one(tx, number)
    if row is None:
        raise click.ClickException(f"there is no request {number}")
    if raw:
        return click.echo(bytes(row.raw or b""), nl=False)
    for name in ("source", "state", "times", "first_at", "last_at", "status", "rule", "path", "reason", "size", "note"):
        if (value := getattr(row, name)) is not None:
            click.echo(f"{name}: {value}")
    body = row.edited if row.edited is not None else row.raw
    click.echo("" if body is None else bytes(body).decode("utf-8", "replace"))


@group.command()
@click.argument("numbers", nargs=-1, type=int)
@click.option("--source", help="With --rule, instead of numbers: all that wait of a source for one rule.")
@click.option("--rule", help="See --source; empty for what broke none.")
@click.option(
    "--json",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Mend first: the JSON of this file stands in the place of what came. For one number; needs --why.",
)
@click.option("--why", default="", help="Why it was mended.")
@click.pass_obj
def replay(
    settings: Settings, numbers: tuple[int, ...], source: str | None, rule: str | None, file: Path | None, why: str
) -> None:
    """Store the requests NUMBERS in the name of their sources, as if they had come in time."""
    db, now = open_database(settings), datetime.now(UTC)
    if (source is None) == (not numbers) or (source is None) != (rule is None) or (file and len(numbers) != 1):
        raise click.UsageError("give numbers, or --source and --rule; --json goes with one number")
    if source is not None:
        with reading(db) as tx:
            numbers = tuple(store.ids_of(tx, source, rule or ""))
        if not numbers:
            click.echo(f"nothing of {source!r} waits for {rule!r}" if rule else f"nothing of {source!r} waits")
    failed = 0
    for number in numbers:
        try:
            if file is not None:
                actions.mend(db, number, file.read_bytes(), why=why, by=None, now=now)
            stored = actions.replay(db, number, home_page=settings.public_url, by=None, now=now)
            click.echo(f"{number}: {stored} stored")
        except NotReplayed as e:
            failed += 1
            click.echo(f"{number}: {e}", err=True)
    if failed:
        raise click.ClickException(f"{failed} of {len(numbers)} were not stored")


@group.command()
@click.argument("numbers", nargs=-1, required=True, type=int)
@click.option("--why", required=True, help="The reason, kept with them.")
@click.pass_obj
def dismiss(settings: Settings, numbers: tuple[int, ...], why: str) -> None:
    """Do nothing more with the requests NUMBERS."""
    db: Engine = open_database(settings)
    for number in numbers:
        try:
            actions.dismiss(db, number, why=why, by=None, now=datetime.now(UTC))
        except NotReplayed as e:
            raise click.ClickException(f"{number}: {e}") from e
        click.echo(f"{number}: dismissed")
