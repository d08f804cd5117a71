"""`lms-tracker account`: people who log in, their passwords and roles."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import click
from sqlalchemy import Engine

from lms_tracker.actions.create_account import (
    SCOPES,
    AccountError,
    Term,
    check_login,
    check_password,
    create_account,
    disable_account,
    grant_role,
    reset_password,
)
from lms_tracker.actions.end_role import end_role
from lms_tracker.actions.mail import set_address
from lms_tracker.actions.passwords import UNUSABLE
from lms_tracker.commands.options import INSTANT, open_database
from lms_tracker.settings import Settings
from lms_tracker.store.accounts import account_by_login
from lms_tracker.store.db import reading
from lms_tracker.store.people import accounts, cohort_named, organisation_named
from lms_tracker.store.programmes import programme_by_slug
from lms_tracker.store.roles import roles_held

PASSWORD = click.option(
    "--password-file",
    type=click.Path(path_type=Path),
    help="Read the password from the first line of this file (`-`: standard input) instead of asking.",
)
# `learner` is missing: learners come with a roster, which also says whose evidence is theirs.
ROLES = [role for role in SCOPES if role != "learner"]


@click.group()
def group() -> None:
    """Create people who log in, set passwords, grant roles."""


@group.command()
@click.argument("login")
@click.argument("address", required=False)
@click.option("--none", is_flag=True, help="Send no mail any more.")
@click.pass_obj
def mail(settings: Settings, login: str, address: str | None, none: bool) -> None:
    """Set where the account LOGIN gets its reminders; without ADDRESS, tell it."""
    db = open_database(settings)
    with reading(db) as connection:
        found = account_by_login(connection, login)
    if found is None:
        raise click.ClickException(f"no account has the login {login!r}")
    if address or none:
        try:
            found_now = set_address(db, found.id, "" if none else address or "")
        except ValueError as e:
            raise click.ClickException(str(e)) from e
        click.echo(f"account {login}: {found_now or 'no mail'}")
    else:
        click.echo(found.mail or "no mail")


@group.command()
@click.argument("login")
@click.option("--name", required=True, help="What others read.")
@click.option("--role", type=click.Choice(ROLES), required=True)
@click.option("--programme", help="Slug of the programme that the role is confined to.")
@click.option("--cohort", help="Name of the class, for monitor and head_teacher.")
@click.option("--organisation", help="Name of the organisation, for leading_group, centre and bureau.")
@PASSWORD
@click.pass_obj
def create(
    settings: Settings,
    login: str,
    name: str,
    role: str,
    programme: str | None,
    cohort: str | None,
    organisation: str | None,
    password_file: Path | None,
) -> None:
    """Create the account LOGIN with a role. Learners come with `roster import`."""
    db = open_database(settings)
    scope = _scope(db, role, programme, cohort, organisation)
    try:
        check_login(login)
        with reading(db) as connection:
            if account_by_login(connection, login):
                raise AccountError(f"login {login!r} is taken; `account grant` gives it another role")
        password = _password(password_file)
        check_password(password, login)
        account_id = create_account(db, login, name, password, now=datetime.now(UTC))
        grant_role(db, account_id, role, **scope, now=datetime.now(UTC))
    except AccountError as e:
        raise click.ClickException(str(e)) from e
    click.echo(f"account {login} created: {role}")


@group.command()
@click.argument("login")
@click.option("--role", type=click.Choice(ROLES), required=True)
@click.option("--programme", help="Slug of the programme that the role is confined to.")
@click.option("--cohort", help="Name of the class, for monitor and head_teacher.")
@click.option("--organisation", help="Name of the organisation, for leading_group, centre and bureau.")
@click.option("--until", type=INSTANT, help="When the role ends of itself.")
@click.option("--reason", default="", help="Kept with the role.")
@click.pass_obj
def grant(
    settings: Settings,
    login: str,
    role: str,
    programme: str | None,
    cohort: str | None,
    organisation: str | None,
    until: datetime | None,
    reason: str,
) -> None:
    """Give the account LOGIN one more role."""
    db = open_database(settings)
    scope = _scope(db, role, programme, cohort, organisation)
    with reading(db) as connection:
        account = account_by_login(connection, login)
    if account is None:
        raise click.ClickException(f"no account has the login {login!r}")
    now = datetime.now(UTC)
    try:
        new = grant_role(db, account.id, role, **scope, term=Term(until_at=until, reason=reason), now=now)
    except AccountError as e:
        raise click.ClickException(str(e)) from e
    click.echo(f"{login} is {role} {'now' if new else 'already'}{f', until {until}' if new and until else ''}")


@group.command()
@click.argument("login")
@click.option("--role", type=click.Choice(ROLES), required=True)
@click.option("--reason", default="", help="Kept with the role.")
@click.pass_obj
def revoke(settings: Settings, login: str, role: str, reason: str) -> None:
    """Take the role from the account LOGIN, wherever it is held. It stays in the history."""
    db, now = open_database(settings), datetime.now(UTC)
    with reading(db) as connection:
        account = account_by_login(connection, login)
        held = roles_held(connection, account.id, role, now) if account is not None else []
    if not held:
        raise click.ClickException(f"{login!r} is no {role}")
    for role_id in held:
        end_role(db, role_id, by=None, reason=reason, now=now)
    click.echo(f"{login} is no {role} any more")


@group.command()
@click.argument("login")
@PASSWORD
@click.pass_obj
def password(settings: Settings, login: str, password_file: Path | None) -> None:
    """Set the password of the account LOGIN; its open sessions end, a lock is lifted."""
    try:
        reset_password(open_database(settings), login, _password(password_file))
    except AccountError as e:
        raise click.ClickException(str(e)) from e
    click.echo(f"password of {login} set")


@group.command()
@click.argument("login")
@click.pass_obj
def disable(settings: Settings, login: str) -> None:
    """Close the account LOGIN: it cannot log in, its open sessions end. Its records stay."""
    _close(settings, login, datetime.now(UTC))
    click.echo(f"{login} disabled")


@group.command()
@click.argument("login")
@click.pass_obj
def enable(settings: Settings, login: str) -> None:
    """Open the account LOGIN again."""
    _close(settings, login, None)
    click.echo(f"{login} enabled")


@group.command("list")
@click.pass_obj
def list_(settings: Settings) -> None:
    """List the accounts, one line per role held."""
    with reading(open_database(settings)) as db:
        for row in accounts(db, datetime.now(UTC)):
            scope = row.cohort or row.programme or row.organisation or ""
            scope += f" until {row.until_at:%Y-%m-%d %H:%M} UTC" if row.until_at else ""
            state = "disabled" if row.disabled_at else "no password" if row.password_hash == UNUSABLE else ""
            click.echo("  ".join(part for part in (row.login, row.name, row.role or "no role", scope, state) if part))


def _close(settings: Settings, login: str, now: datetime | None) -> None:
    try:
        disable_account(open_database(settings), login, now=now)
    except AccountError as e:
        raise click.ClickException(str(e)) from e


def _scope(
    db: Engine, role: str, programme: str | None, cohort: str | None, organisation: str | None
) -> dict[str, int | None]:
    needed = SCOPES[role]
    if needed is None:
        return {}
    with reading(db) as connection:
        if needed == "organisation_id":
            if not organisation:
                raise click.ClickException(f"role {role} needs --organisation")
            found = organisation_named(connection, organisation)
            if found is None:
                raise click.ClickException(f"no organisation is named {organisation!r}")
            return {needed: found.id}
        if not programme:
            raise click.ClickException(f"role {role} needs --programme")
        row = programme_by_slug(connection, programme)
        if row is None:
            raise click.ClickException(f"no programme has the slug {programme!r}")
        if needed == "programme_id":
            return {needed: row.id}
        if not cohort:
            raise click.ClickException(f"role {role} needs --cohort, the name of the class")
        cohort_id = cohort_named(connection, row.id, cohort)
        if cohort_id is None:
            raise click.ClickException(f"programme {programme} has no class {cohort!r}")
        return {needed: cohort_id}


def _password(file: Path | None) -> str:
    """From a file, standard input, or a prompt; never from an argument, which every process could read."""
    if file is None:
        answer: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
        return answer
    try:
        text = sys.stdin.readline() if str(file) == "-" else file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as e:
        raise click.ClickException(f"--password-file: cannot read {file}: {e}") from e
    return text.split("\n", 1)[0].rstrip("\r")
