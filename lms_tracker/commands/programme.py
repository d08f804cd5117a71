"""`lms-tracker programme`: create and list programmes."""

from datetime import UTC, date, datetime
from typing import Any

import click
from sqlalchemy import Connection, Row

from lms_tracker.actions.create_programme import ProgrammeError, create_programme
from lms_tracker.actions.programme_policy import policy_of_programme
from lms_tracker.commands.options import open_database
from lms_tracker.core.study.policy import PolicyErrors
from lms_tracker.settings import Settings
from lms_tracker.store.db import reading
from lms_tracker.store.programmes import programmes

DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def group() -> None:
    """Create and list programmes."""


@group.command()
@click.argument("slug")
@click.option("--name", required=True, help="What people read.")
@click.option("--policy", required=True, help="A file under config/programmes, without .toml.")
@click.option("--starts", type=DAY, required=True, help="First day.")
@click.option("--ends", type=DAY, required=True, help="Last day.")
@click.option("--organisation", help="The bureau that the programme is run for; made when it is new.")
@click.pass_obj
def create(
    settings: Settings, slug: str, name: str, policy: str, starts: datetime, ends: datetime, organisation: str | None
) -> None:
    """Create the programme SLUG."""
    first, last = starts.date(), ends.date()
    try:
        now = datetime.now(UTC)
        create_programme(open_database(settings), slug, name, policy, first, last, organisation, now=now)
    except (ProgrammeError, PolicyErrors) as e:
        raise click.ClickException(str(e)) from e
    click.echo(f"programme {slug} created: {_period(first, last)}, policy {policy}")


@group.command("list")
@click.pass_obj
def list_(settings: Settings) -> None:
    """List the programmes."""
    with reading(open_database(settings)) as db:
        for row in programmes(db):
            policy = _policy(db, row)
            click.echo(f"{row.slug}  {_period(row.starts_on, row.ends_on)}  policy {policy}  {row.name}")


def _policy(db: Connection, programme: Row[Any]) -> str:
    try:
        return policy_of_programme(db, programme, datetime.now(UTC)).name
    except PolicyErrors:  # a list shows what is wrong, too; `policy check` says why
        return f"{programme.policy} (faulty)"


def _period(first: date, last: date) -> str:
    return f"{first} to {last}"
