"""What several commands take: instants, learners, programmes."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click
from sqlalchemy import Connection, Engine, Row

from lms_tracker.actions.blocked import know_secret
from lms_tracker.actions.read_table import UnreadableTable, read_table
from lms_tracker.core.sheet import SheetFaults
from lms_tracker.settings import Settings, with_secret_key
from lms_tracker.store.db import open_db, reading
from lms_tracker.store.find_learners import find_learners
from lms_tracker.store.programmes import programme_by_slug, programmes


class InstantType(click.ParamType):
    """An instant of ISO 8601, with its offset or in UTC."""

    name = "instant"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            at = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is not an instant such as 2026-03-16T00:00:00+08:00", param, ctx)
        return at if at.tzinfo else at.replace(tzinfo=UTC)


class DayType(click.ParamType):
    """A calendar date."""

    name = "date"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is not a date such as 2026-03-16", param, ctx)


INSTANT = InstantType()
DAY = DayType()
PROGRAMME = click.option("--programme", required=True, help="Slug of the programme.")
"""What is given to `programme_named`."""


def open_database(settings: Settings) -> Engine:
    """The database, closed when the command ends."""
    db = open_db(settings.database_url)
    know_secret(db, lambda: with_secret_key(settings).secret_key)
    click.get_current_context().call_on_close(db.dispose)
    return db


def learners_named(db: Connection, text: str) -> list[int]:
    """The learners that an operator means; a ClickException when nobody is called that."""
    found = find_learners(db, text)
    if not found:
        raise click.ClickException(
            f"--learner: nobody is called {text!r} (a login, name, actor as JSON, mbox, account name or number)"
        )
    return found


def programme_named(db: Engine, slug: str) -> Row[Any]:
    """The programme of a slug; a ClickException that lists the slugs there are."""
    with reading(db) as tx:
        row = programme_by_slug(tx, slug)
        known = ", ".join(row.slug for row in programmes(tx)) or "none"
    if row is None:
        raise click.ClickException(f"--programme: no programme has the slug {slug!r} (there are: {known})")
    return row


@contextmanager
def reading_table(file: Path) -> Iterator[list[list[str]]]:
    """The cells of a file that is brought in; what is wrong with them becomes a ClickException that names every cell."""
    try:
        yield read_table(file)
    except SheetFaults as e:
        raise click.ClickException(f"{file}: nothing was imported; {len(e.faults)} fault(s):\n{e}") from e
    except UnreadableTable as e:
        raise click.ClickException(str(e)) from e


def one_titled(option: str, text: str, rows: Sequence[Row[Any]]) -> int:
    """The id of the row that an operator means by its number or title; a ClickException when that is none, or several."""
    found = [row.id for row in rows if text in (str(row.id), row.title)]
    if len(found) != 1:
        said = f"any of {', '.join(map(str, found))}: give the number" if found else "none of this programme"
        raise click.ClickException(f"{option}: {text!r} is {said}")
    return int(found[0])
