"""`lms-tracker db`: migrate the database."""

import click
from sqlalchemy import Engine

from lms_tracker.actions.upgrade_database import upgrade_database
from lms_tracker.settings import Settings
from lms_tracker.store.db import open_db, reading
from lms_tracker.store.migrations import UnknownRevision, current, pending


@click.group()
def group() -> None:
    """Migrate the database."""


@group.command()
@click.pass_obj
def upgrade(settings: Settings) -> None:
    """Apply the migrations that the database lacks: all of them or none.

    Safe to repeat, and safe when two processes do it at once.
    """
    db = open_db(settings.database_url)
    try:
        steps = upgrade_database(db)
    except UnknownRevision as e:
        raise click.ClickException(f"{_name(db)}: {e}") from e
    finally:
        db.dispose()
    for step in steps:
        click.echo(f"{_name(db)}: applied {step.revision} {step.says}")
    if not steps:
        click.echo(f"{_name(db)}: up to date")


@group.command()
@click.pass_obj
def status(settings: Settings) -> None:
    """Say which revision the database has and what it lacks."""
    db = open_db(settings.database_url)
    try:
        with reading(db) as tx:
            at, missing = current(tx), pending(tx)
    except UnknownRevision as e:
        raise click.ClickException(f"{_name(db)}: {e}") from e
    finally:
        db.dispose()
    click.echo(f"{_name(db)}: at revision {at or 'none'}")
    for step in missing:
        click.echo(f"  lacks {step.revision} {step.says}")


def _name(db: Engine) -> str:
    return db.url.render_as_string(hide_password=True)
