"""`lms-tracker player`: who watches just now, and ending it."""

from datetime import UTC, datetime
from uuid import UUID

import click

from lms_tracker.actions.log_out import end_grants
from lms_tracker.commands.options import open_database
from lms_tracker.settings import Settings
from lms_tracker.store.db import reading
from lms_tracker.store.player import who_watches


@click.group()
def group() -> None:
    """Sessions of the player that are open."""


@group.command("list")
@click.pass_obj
def list_(settings: Settings) -> None:
    """Who watches just now: session, learner, login, activity, since when, last heard of."""
    now = datetime.now(UTC)
    with reading(open_database(settings)) as tx:
        for row in who_watches(tx):
            silent = now.timestamp() - row.last_at / 1e6
            since = f"{row.opened_at:%Y-%m-%d %H:%M}"
            click.echo(
                f"{row.uuid}  {row.learner_id:6d}  {row.login or '-'}  {row.activity}  {since}  {silent:.0f} s ago"
            )


@group.command()
@click.argument("learner", type=int, required=False)
@click.option("--session", type=click.UUID, help="Only this session.")
@click.pass_obj
def revoke(settings: Settings, learner: int | None, session: UUID | None) -> None:
    """End the open grants of LEARNER (a number), or one session's. Time that was proved stays."""
    if (learner is None) == (session is None):
        raise click.UsageError("give either LEARNER or --session")
    by = {"learner_id": learner} if session is None else {"uuid": session}
    click.echo(f"{end_grants(open_database(settings), **by)} ended")
