"""`lms-tracker credential`: keys of xAPI sources."""

from datetime import UTC, datetime

import click

from lms_tracker.actions.credentials import (
    EVIDENCE,
    CredentialError,
    NameTaken,
    create_credential,
    revoke_credential,
    rotate_secret,
)
from lms_tracker.commands.options import INSTANT, open_database
from lms_tracker.core.roster import parse_actor
from lms_tracker.core.xapi.actors import identify
from lms_tracker.core.xapi.scopes import BINDABLE, SCOPES, USUAL, Bounds
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
@click.option(
    "--scope",
    "scopes",
    type=click.Choice(SCOPES),
    multiple=True,
    help="What it may do; several times for several. Those of xAPI; `all` opens everything, other sources' too."
    f" Without any: {', '.join(USUAL)}; of these, bound to an actor or activity, what can be bound.",
)
@click.option("--actor", help="Bind it to one actor: a mail address, or `https://home.page account`.")
@click.option("--activity", help="Bind it to one activity: its IRI. What names it as parent or grouping counts.")
@click.option("--expires", type=INSTANT, help="From then on it opens nothing.")
@click.pass_obj
def create(
    settings: Settings,
    name: str,
    evidence: str,
    scopes: tuple[str, ...],
    actor: str | None,
    activity: str | None,
    expires: datetime | None,
) -> None:
    """Make a key for the source NAME. The secret is shown this once."""
    try:
        bounds = Bounds(None if actor is None else identify(parse_actor(actor)), activity)
        usual = [scope for scope in USUAL if not bounds or scope in BINDABLE]
        given = {"evidence": evidence, "scopes": scopes or usual, "bounds": bounds, "expires_at": expires}
        credential, secret = create_credential(open_database(settings), name, **given, now=datetime.now(UTC))
    except NameTaken as e:
        raise click.ClickException(f"{e}; revoked names are not given again either") from e
    except (CredentialError, ValueError) as e:
        raise click.ClickException(str(e)) from e
    _show(settings, credential.key, secret)


@group.command()
@click.argument("name")
@click.pass_obj
def rotate(settings: Settings, name: str) -> None:
    """Give the source NAME a new secret. The old one opens nothing from now on."""
    made = rotate_secret(open_database(settings), name)
    if made is None:
        raise _nobody(name)
    _show(settings, *made)


@group.command()
@click.argument("name")
@click.pass_obj
def revoke(settings: Settings, name: str) -> None:
    """Close the door to the source NAME. Its statements stay."""
    if not revoke_credential(open_database(settings), name, now=datetime.now(UTC)):
        raise _nobody(name)
    click.echo(f"revoked {name}")


@group.command("list")
@click.pass_obj
def list_(settings: Settings) -> None:
    """Show all sources: name, key, evidence, scopes, bounds, last use, state."""
    with reading(open_database(settings)) as tx:
        rows = credentials(tx)
    now = datetime.now(UTC)
    for row in rows:
        bounds = " and ".join(filter(None, (row.bound_actor, row.bound_activity)))
        used = f"used {row.last_used_at:%Y-%m-%d %H:%M}" if row.last_used_at else "never used"
        state = "in use"
        if row.expires_at:
            state = f"{'expired' if row.expires_at <= now else 'expires'} {row.expires_at:%Y-%m-%d %H:%M}"
        if row.revoked_at:
            state = f"revoked {row.revoked_at:%Y-%m-%d}"
        parts = [row.name, row.key, row.evidence, row.scopes, bounds and f"only {bounds}", used, state]
        click.echo("\t".join(part for part in parts if part))


def _show(settings: Settings, key: str, secret: str) -> None:
    click.echo(f"key:      {key}")
    click.echo(f"secret:   {secret}")
    click.echo(f"endpoint: {settings.public_url}/xapi/")
    click.echo("The secret is kept nowhere: note it now.", err=True)


def _nobody(name: str) -> click.ClickException:
    return click.ClickException(f"no credential named {name!r} is in use; see `lms-tracker credential list`")
