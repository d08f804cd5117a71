"""Accounts of people who log in, and the roles that say what they may see."""

import logging
import secrets
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, Engine

from lms_tracker.actions.passwords import MAX_LENGTH, MIN_LENGTH, hash_password
from lms_tracker.core.organisations import ROLE_KINDS
from lms_tracker.store.accounts import account_by_login, forget_failures, set_password
from lms_tracker.store.db import writing
from lms_tracker.store.people import add_account, close_account, organisation_kind
from lms_tracker.store.roles import add_role, note_role

log = logging.getLogger(__name__)

SCOPES: dict[str, str | None] = {
    "administrator": None,
    "learner": "programme_id",
    "monitor": "cohort_id",
    "head_teacher": "cohort_id",
    "liaison": "programme_id",
    "expert": "programme_id",
    "staff": "programme_id",
    "bureau": "organisation_id",
    "centre": "organisation_id",
    "leading_group": "organisation_id",
}
"""What each role is confined to; None: nothing, it is for the installation."""


class AccountError(ValueError):
    """An account or role is refused. The message says why."""


def create_account(
    db: Engine,
    login: str,
    name: str,
    password: str,
    *,
    locale: str | None = None,
    learner_id: int | None = None,
    now: datetime,
) -> int:
    """The id of a new account. Raises AccountError when the login is taken or malformed, or the password weak."""
    check_login(login)
    check_password(password, login)
    hashed = hash_password(password)  # outside of the transaction: slow on purpose
    with writing(db) as tx:
        if account_by_login(tx, login):
            raise AccountError(f"login {login!r} is taken")
        account_id = add_account(
            tx,
            login=login,
            name=name,
            password_hash=hashed,
            session_token=secrets.token_urlsafe(24),
            locale=locale,
            learner_id=learner_id,
            now=now,
        )
    log.info("account %d created", account_id)
    return account_id


class Term(Struct, frozen=True):
    """For how long a role is granted, by whom (None: an operator) and why. It ends by itself at `until_at`."""

    from_at: datetime | None = None
    until_at: datetime | None = None
    by: int | None = None
    reason: str = ""


ALWAYS = Term()


def grant_role(
    db: Engine,
    account_id: int,
    role: str,
    *,
    programme_id: int | None = None,
    cohort_id: int | None = None,
    organisation_id: int | None = None,
    term: Term = ALWAYS,
    now: datetime,
) -> bool:
    """Grant a role within its scope; False when the account held it already. Raises AccountError."""
    scope = {"programme_id": programme_id, "cohort_id": cohort_id, "organisation_id": organisation_id}
    with writing(db) as tx:
        return grant(tx, account_id, role, scope, term=term, now=now)


def grant(
    tx: Connection, account_id: int, role: str, scope: dict[str, int | None], *, term: Term = ALWAYS, now: datetime
) -> bool:
    """As `grant_role`, inside a transaction. Only the scope that the role is confined to is kept."""
    if role not in SCOPES:
        raise AccountError(f"role {role!r} is not one of {', '.join(SCOPES)}")
    confined = SCOPES[role]
    if confined is not None and scope.get(confined) is None:
        raise AccountError(f"role {role} needs a {confined.removesuffix('_id')}")
    if term.until_at is not None and term.until_at <= max(now, term.from_at or now):
        raise AccountError("the role would end before it begins")
    kept: dict[str, int | None] = {confined: scope[confined]} if confined else {}
    if confined == "organisation_id":
        _check_kind(tx, role, scope[confined])
    role_id = add_role(tx, account_id, role, kept, from_at=term.from_at, until_at=term.until_at, now=now)
    if role_id is not None:
        note_role(tx, role_id, "granted", term.reason, term.by, now)
    return role_id is not None


def _check_kind(tx: Connection, role: str, organisation_id: int | None) -> None:
    kind = organisation_kind(tx, organisation_id)
    if kind not in ROLE_KINDS[role]:
        raise AccountError(f"role {role} is for a {' or '.join(ROLE_KINDS[role])}, this is a {kind or 'nothing'}")


def reset_password(db: Engine, login: str, password: str) -> None:
    """An operator sets a password: open sessions end, counted failures are forgotten. Raises AccountError."""
    check_password(password, login)
    hashed = hash_password(password)
    with writing(db) as tx:
        account = _existing(tx, login)
        set_password(tx, account.id, hashed, secrets.token_urlsafe(24))
        forget_failures(tx, account.login)
    log.info("password of account %d set by an operator", account.id)


def disable_account(db: Engine, login: str, *, now: datetime | None) -> None:
    """Disable an account and end its sessions; with `now` None, enable it again. Raises AccountError."""
    with writing(db) as tx:
        account = _existing(tx, login)
        close_account(tx, account.id, secrets.token_urlsafe(24), now)
    log.info("account %d %s by an operator", account.id, "enabled" if now is None else "disabled")


def check_login(login: str) -> None:
    """Raise AccountError when no account can have this login."""
    if not login or len(login) > 64 or not login.isprintable() or any(ch.isspace() for ch in login):
        raise AccountError(f"login {login!r} is empty, holds blanks or is longer than 64 characters")


def check_password(password: str, login: str) -> None:
    """Raise AccountError when the password is too short, too long, or the login itself."""
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise AccountError(f"the password must have {MIN_LENGTH} to {MAX_LENGTH} characters")
    if password.casefold() == login.casefold():
        raise AccountError("the password is the login")


def _existing(tx: Connection, login: str) -> Any:
    account = account_by_login(tx, login)
    if account is None:
        raise AccountError(f"no account has the login {login!r}")
    return account
