"""Staff of a programme look after its accounts and duties, and after no others.

An account is within a programme when everything that it opens lies there; a duty of an organisation, when the organisation
has no people in any other programme. So nobody reaches, through somebody else's account, what they may not see themselves.
"""

import logging
import secrets
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, select

from lms_tracker.actions.create_account import SCOPES, AccountError, Term, check_login, grant
from lms_tracker.actions.end_role import end_role
from lms_tracker.actions.passwords import hash_given, one_time_password
from lms_tracker.actions.roster_state import NewAccount
from lms_tracker.store import roles
from lms_tracker.store.accounts import account_by_id, account_by_login, forget_failures, in_force, set_password
from lms_tracker.store.db import writing
from lms_tracker.store.organisations import programmes_of_organisations
from lms_tracker.store.people import close_account, programme_of_cohort
from lms_tracker.store.roster import add_accounts
from lms_tracker.store.tables import role

log = logging.getLogger(__name__)

DUTIES = tuple(name for name in SCOPES if name not in ("administrator", "learner"))
"""What staff may appoint to. Learners come with a roster."""


class NotYours(AccountError):
    """It does not lie within the programme. `code`: login | name | duty | class | organisation | outside | self | held | term."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def appoint(
    db: Engine,
    programme_id: int,
    *,
    login: str,
    name: str,
    duty: str,
    cohort_id: int | None,
    organisation_id: int | None,
    term: Term,
    now: datetime,
) -> NewAccount | None:
    """Gives somebody a duty; who has no account gets one, with a password for the first log-in. An account that is there
    must bear just this name. Raises NotYours."""
    password = one_time_password()
    hashed = hash_given(password)
    with writing(db) as tx:
        scope = _scope(tx, programme_id, duty, cohort_id, organisation_id)
        account = account_by_login(tx, login)
        if account is not None and account.name != name.strip():
            raise NotYours("name")
        made = None if account is not None else _new(tx, login, name, hashed, now)
        account_id = account.id if account is not None else made
        assert account_id is not None
        if term.until_at is not None and term.until_at <= max(now, term.from_at or now):
            raise NotYours("term")
        if not grant(tx, account_id, duty, scope, term=term, now=now):
            raise NotYours("held")
    log.info("account %s: account %d is %s in programme %d", term.by, account_id, duty, programme_id)
    return NewAccount(login.strip(), name.strip(), password) if made is not None else None


def dismiss(db: Engine, programme_id: int, role_id: int, *, by: int, reason: str, now: datetime) -> None:
    """Ends a duty within the programme. Raises NotYours; nobody dismisses themselves."""
    with writing(db) as tx:
        row = roles.role_by_id(tx, role_id)
        if row is None or row.role not in DUTIES or not _lies_within(tx, programme_id, row):
            raise NotYours("outside")
        if row.account_id == by:
            raise NotYours("self")
    end_role(db, role_id, by=by, reason=reason, now=now)


def hand_out_password(db: Engine, programme_id: int, account_id: int, *, by: int, now: datetime) -> NewAccount:
    """A new password for somebody who lost theirs, to be changed at the first log-in; open sessions end. Raises NotYours."""
    password = one_time_password()
    hashed = hash_given(password)
    with writing(db) as tx:
        account = _within(tx, programme_id, account_id, by, now)
        set_password(tx, account_id, hashed, secrets.token_urlsafe(24), must_change=True)
        forget_failures(tx, account.login)
    log.info("account %d: password of account %d handed out anew", by, account_id)
    return NewAccount(account.login, account.name, password)


def bar(db: Engine, programme_id: int, account_id: int, *, barred: bool, by: int, now: datetime) -> None:
    """The account cannot log in any more, or again. Raises NotYours."""
    with writing(db) as tx:
        _within(tx, programme_id, account_id, by, now)
        close_account(tx, account_id, secrets.token_urlsafe(24), now if barred else None)
    log.info("account %d: account %d %s", by, account_id, "barred" if barred else "open again")


def is_within(tx: Connection, programme_id: int, account_id: int, now: datetime) -> bool:
    """Whether everything that an account opens lies in the programme, and anything does."""
    held = tx.execute(select(role).where(role.c.account_id == account_id, in_force(now))).all()
    return bool(held) and all(_lies_within(tx, programme_id, row) for row in held)


def _within(tx: Connection, programme_id: int, account_id: int, by: int, now: datetime) -> Row[Any]:
    account = account_by_id(tx, account_id)
    if account is None or not is_within(tx, programme_id, account_id, now):
        raise NotYours("outside")
    if account_id == by:
        raise NotYours("self")
    return account


def _lies_within(tx: Connection, programme_id: int, row: Row[Any]) -> bool:
    programme, cohort, organisation = (getattr(row, key) for key in roles.SCOPES)
    if programme is not None:
        return bool(programme == programme_id)
    if cohort is not None:
        return programme_of_cohort(tx, cohort) == programme_id
    return organisation is not None and programmes_of_organisations(tx, [organisation]) <= {programme_id}


def _scope(
    tx: Connection, programme_id: int, duty: str, cohort_id: int | None, organisation_id: int | None
) -> dict[str, int | None]:
    if duty not in DUTIES:
        raise NotYours("duty")
    if SCOPES[duty] == "programme_id":
        return {"programme_id": programme_id}
    if SCOPES[duty] == "cohort_id":
        if cohort_id is None or programme_of_cohort(tx, cohort_id) != programme_id:
            raise NotYours("class")
        return {"cohort_id": cohort_id}
    if organisation_id is None or programmes_of_organisations(tx, [organisation_id]) != {programme_id}:
        raise NotYours("organisation")
    return {"organisation_id": organisation_id}


def _new(tx: Connection, login: str, name: str, hashed: str, now: datetime) -> int:
    try:
        check_login(login)
    except AccountError:
        raise NotYours("login") from None
    if not name.strip() or len(name) > 100:
        raise NotYours("name")
    row = {"login": login, "name": name.strip(), "password_hash": hashed, "must_change": True}
    return add_accounts(tx, [row | {"session_token": secrets.token_urlsafe(24), "created_at": now}])[login]
