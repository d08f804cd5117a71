"""`lms-tracker credential`: keys of xAPI sources."""

from datetime import UTC, datetime

import click

from lms_tracker.actions.credentials import EVIDENCE, NameTaken, create_credential, revoke_credential
from lms_tracker.commands.options import open_database
from lms_tracker.settings import Settings
from lms_tracker.store.credentials import credentials
from lms_tracker.store.db import reading


@click.group()
def group() -> None:
    """Create and revoke the keys with which sources send and read statements."""


@group.command()
@click.argument("name")
@click.option(
    "--evidence",
    type=click.Choice(EVIDENCE),
    default="declared",
    show_default=True,
    help="What its statements count as: proved only for our own player.",
)
@click.pass_obj
def create(settings: Settings, name: str, evidence: str) -> None:
    """Make a key for the source NAME. The secret is shown this once."""
    db = open_database(settings)
    try:
        credential, secret = create_credential(db, name, evidence=evidence, now=datetime.now(UTC))
    except NameTaken as e:
        raise click.ClickException(f"{e}; revoked names are not given again either") from e
    except ValueError as e:
        raise click.ClickException(str(e)) from e
    finally:
        db.dispose()
    click.echo(f"key:      {credential.key}")
    click.echo(f"secret:   {secret}")
    click.echo(f"endpoint: {settings.public_url}/xapi/")
    click.echo("The secret is kept nowhere: note it now.", err=True)


@group.command()
@click.argument("name")
@click.pass_obj
def revoke(settings: Settings, name: str) -> None:
    """Close the door to the source NAME. Its statements stay."""
    db = open_database(settings)
    try:
        done = revoke_credential(db, name, now=datetime.now(UTC))
    finally:
        db.dispose()
    if not done:
        raise click.ClickException(f"no credential named {name!r} is in use; see `lms-tracker credential list`")
    click.echo(f"revoked {name}")


@group.command("list")
@click.pass_obj
def list_(settings: Settings) -> None:
    """Show all sources: name, key, evidence, state."""
    db = open_database(settings)
    try:
        with reading(db) as tx:
            rows = credentials(tx)
    finally:
        db.dispose()
    for row in rows:
        state = f"revoked {row.revoked_at:%Y-%m-%d}" if row.revoked_at else "in use"
        click.echo(f"{row.name}\t{row.key}\t{row.evidence}\t{state}")
