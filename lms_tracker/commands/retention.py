"""`lms-tracker retention`: how long sources keep what they sent."""

from datetime import UTC, datetime

import click

from lms_tracker.actions.retain import apply_retention, preview_retention, set_retention
from lms_tracker.commands.options import open_database
from lms_tracker.settings import Settings


@click.group()
def group() -> None:
    """Say how long sources keep their statements."""


@group.command()
@click.pass_obj
def preview(settings: Settings) -> None:
    """List the sources: days kept, statements older than that, and how many of them the next run deletes."""
    for source in preview_retention(open_database(settings), datetime.now(UTC)):
        days = "for ever" if source.keep_days is None else f"{source.keep_days} days"
        state = "revoked" if source.revoked else "in use"
        click.echo(f"{source.name}\t{days}\told {source.old}\tdeletes {source.goes}\tkeeps {source.kept}\t{state}")


@group.command("set")
@click.argument("name")
@click.option("--days", type=int, help="Statements go so many days after they were stored.")
@click.option("--for-ever", is_flag=True, help="They stay.")
@click.pass_obj
def set_(settings: Settings, name: str, days: int | None, for_ever: bool) -> None:
    """Set for how long the source NAME keeps its statements. The worker deletes once a day."""
    if (days is None) is not for_ever:
        raise click.UsageError("say --days NUMBER or --for-ever")
    try:
        known = set_retention(open_database(settings), name, days)
    except ValueError as e:
        raise click.ClickException(str(e)) from e
    if not known:
        raise click.ClickException(f"no credential is named {name!r}; see `lms-tracker credential list`")
    click.echo(f"{name} keeps its statements {'for ever' if days is None else f'for {days} days'}")


@group.command()
@click.pass_obj
def apply(settings: Settings) -> None:
    """Delete now what is older than its source keeps it. No ledger changes by that."""
    done = apply_retention(open_database(settings), datetime.now(UTC))
    click.echo(f"deleted {done.statements} statements of {done.learners} learners, {done.attachments} attachments,")
    click.echo(f"{done.quarantine} refused requests; {done.differing} learners' evidence is still needed and stays")
