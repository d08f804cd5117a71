"""`lms-tracker forward`: other record stores that statements are forwarded to."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from sqlalchemy import Engine, Row

from lms_tracker.actions import targets
from lms_tracker.actions.targets import TargetForm, TargetRefused
from lms_tracker.commands.options import open_database
from lms_tracker.core.forwarding import ASIDE, TROUBLES, VERSIONS
from lms_tracker.settings import Settings, with_secret_key
from lms_tracker.store import forwarding as store
from lms_tracker.store.db import reading

SHOWN = 20
"""Statements put aside that `status` names, of each target."""


@click.group()
def group() -> None:
    """Send statements on to other record stores; the worker does it, these commands say what and show how far it is."""


@group.command()
@click.argument("name")
@click.option("--endpoint", required=True, help="Where it speaks xAPI, such as https://lrs.example.edu/xapi/.")
@click.option("--key", default="", help="User name of HTTP Basic authentication.")
@click.option(
    "--secret-file",
    type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path),
    help="Read the secret from the first line of this file (`-`: standard input) instead of asking.",
)
@click.option("--version", type=click.Choice(VERSIONS), default=VERSIONS[0], show_default=True)
@click.option("--from", "start", type=click.Choice(["now", "beginning"]), default="now", show_default=True)
@click.option("--verb", "verbs", multiple=True, help="Only this verb (IRI). May be given again, as all below.")
@click.option(
    "--activity", "activities", multiple=True, help="Only this activity (IRI); with * at the end, what begins so."
)
@click.option("--source", "sources", multiple=True, help="Only what this credential sent.")
@click.option("--category", "categories", multiple=True, help="Only with this IRI in contextActivities.category.")
@click.option("--programme", "programmes", multiple=True, help="Only learners of this programme (slug).")
@click.option(
    "--organisation", "organisations", multiple=True, help="Only learners of this organisation, or of one below."
)
@click.pass_obj
def add(
    settings: Settings,
    name: str,
    endpoint: str,
    key: str,
    secret_file: Path | None,
    version: str,
    start: str,
    **filter: tuple[str, ...],
) -> None:
    """Forward to a new target NAME, from now on or from the beginning."""
    given = {kind: list(values) for kind, values in filter.items() if values}
    form = TargetForm(name, endpoint, key, _secret(secret_file), version, given)
    key = with_secret_key(settings).secret_key
    db, now = open_database(settings), datetime.now(UTC)
    try:
        targets.add_target(db, form, from_beginning=start == "beginning", secret_key=key, now=now)
    except TargetRefused as e:
        raise click.ClickException("\n".join(e.faults)) from e
    click.echo(f"{name}: from {'the first statement' if start == 'beginning' else 'now'} on")


@group.command()
@click.pass_obj
def status(settings: Settings) -> None:
    """How far each target is, what is wrong, and what it did not take."""
    with reading(open_database(settings)) as tx:
        rows = [(row, store.waiting(tx, row.position), store.aside(tx, row.id, SHOWN, 0)) for row in store.targets(tx)]
    for row, waiting, aside in rows:
        state = "paused" if row.paused_at else "trying again" if row.error else "running"
        more = "more than " if waiting > store.COUNT_UP_TO else ""
        click.echo(f"{row.name}\t{row.endpoint}\t{state}")
        click.echo(
            f"  sent {row.sent}, not looked at yet {more}{min(waiting, store.COUNT_UP_TO)}, refused {row.aside}"
            + (f", given up {row.given_up}" if row.given_up else "")
        )
        if row.error:
            again = "" if row.paused_at else f"; next try {row.next_try_at:%Y-%m-%d %H:%M:%S} UTC"
            click.echo(f"  {row.error_at:%Y-%m-%d %H:%M} UTC: {TROUBLES.get(row.error, row.error)}{again}")
            click.echo(f"  {row.error_detail}" if row.error_detail else "", nl=bool(row.error_detail))
        for one in aside:
            why, asked = ASIDE.get(one.kind, one.kind), ", asked again" if one.again else ""
            theirs = "" if one.reason == why else f"\t{one.reason}"  # what is not sent at all has no words of theirs
            click.echo(f"  {one.statement_id}\t{why}{asked}{theirs}")
        if row.aside > len(aside):
            click.echo(f"  and {row.aside - len(aside)} more")


@group.command()
@click.argument("name")
@click.pass_obj
def pause(settings: Settings, name: str) -> None:
    """Send the target NAME nothing more; what waits, waits."""
    db = open_database(settings)
    targets.pause(db, _target(db, name).id, datetime.now(UTC))
    click.echo(f"{name}: paused")


@group.command()
@click.argument("name")
@click.pass_obj
def resume(settings: Settings, name: str) -> None:
    """Go on with the target NAME at once."""
    db = open_database(settings)
    targets.resume(db, _target(db, name).id, datetime.now(UTC))
    click.echo(f"{name}: goes on")


@group.command()
@click.argument("name")
@click.pass_obj
def again(settings: Settings, name: str) -> None:
    """Send the target NAME once more what it did not take."""
    db = open_database(settings)
    asked = targets.ask_again(db, _target(db, name).id, None, datetime.now(UTC))
    click.echo(f"{name}: {asked} will be sent again")


@group.command("give-up")
@click.argument("name")
@click.confirmation_option(prompt="Never send again what the target did not take?")
@click.pass_obj
def give_up(settings: Settings, name: str) -> None:
    """Never send again what the target NAME did not take."""
    db = open_database(settings)
    gone = targets.give_up(db, _target(db, name).id)
    click.echo(f"{name}: {gone} given up")


@group.command()
@click.argument("name")
@click.confirmation_option(prompt="Forget how far it is, its secret, and what was refused?")
@click.pass_obj
def remove(settings: Settings, name: str) -> None:
    """Forward nothing more to the target NAME, and forget it but for its name. What was sent stays there."""
    db = open_database(settings)
    targets.remove(db, _target(db, name).id, datetime.now(UTC))
    click.echo(f"{name}: removed")


def _target(db: Engine, name: str) -> Row[Any]:
    with reading(db) as tx:
        rows = store.targets(tx)
    found = next((row for row in rows if row.name == name), None)
    if found is None:
        known = ", ".join(row.name for row in rows) or "none"
        raise click.ClickException(f"no target is called {name!r} (there are: {known})")
    return found


def _secret(file: Path | None) -> str:
    if file is None:
        secret: str = click.prompt("Secret", hide_input=True)
        return secret
    text = click.get_text_stream("stdin").readline() if str(file) == "-" else file.read_text(encoding="utf-8")
    return text.split("\n", 1)[0].strip()
