"""Accounts, their roles, and the count of wrong passwords."""

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, insert, or_, select, update

from lms_tracker.store.player import end_streams
from lms_tracker.store.tables import account, login_failure, role

FORGET_FAILURES_AFTER = timedelta(days=1)


def account_by_id(db: Connection, account_id: int) -> Row | None:
    """The account's row, or None."""
    return db.execute(select(account).where(account.c.id == account_id)).first()


def account_by_login(db: Connection, login: str) -> Row | None:
    """The account's row, or None. Logins are compared as written, without surrounding blanks."""
    if "\0" in login:  # PostgreSQL cannot even be asked
        return None
    return db.execute(select(account).where(account.c.login == login.strip())).first()


def roles_of(db: Connection, account_id: int, at: datetime) -> list[Row]:
    """Rows (role, programme_id, cohort_id, organisation_id) in force, in the order in which they were granted."""
    found = select(role.c.role, role.c.programme_id, role.c.cohort_id, role.c.organisation_id)
    return list(db.execute(found.where(role.c.account_id == account_id, in_force(at)).order_by(role.c.id)))


def in_force(at: datetime) -> ColumnElement[bool]:
    """Of a role: it has begun, and has ended neither by itself nor by somebody's hand."""
    begun = or_(role.c.from_at.is_(None), role.c.from_at <= at)
    return and_(begun, *(or_(end.is_(None), end > at) for end in (role.c.until_at, role.c.ended_at)))


def set_password(
    tx: Connection, account_id: int, password_hash: str, session_token: str, must_change: bool = False
) -> None:
    """Keeps the new hash; the new token ends every session that was open. `must_change`: its owner has to replace it."""
    end_streams(tx, account_id=account_id)
    values = {"password_hash": password_hash, "session_token": session_token, "must_change": must_change}
    tx.execute(update(account).where(account.c.id == account_id).values(values))


def set_locale(tx: Connection, account_id: int, locale: str) -> None:
    tx.execute(update(account).where(account.c.id == account_id).values(locale=locale))


def login_locked_until(db: Connection, login: str, now: datetime) -> datetime | None:
    """Until when this login is locked, or None."""
    found = select(login_failure.c.locked_until).where(login_failure.c.login_sha256 == _key(login))
    until: datetime | None = db.scalar(found)
    return until if until is not None and until > now else None


def count_attempt(tx: Connection, login: str, now: datetime) -> int:
    """Books one more attempt before the password is looked at, so that guesses sent at once count one by one.

    Returns how many attempts without a success there are now. A lock that has run out starts a new count.
    """
    tx.execute(delete(login_failure).where(login_failure.c.last_at < now - FORGET_FAILURES_AFTER))
    mine = login_failure.c.login_sha256 == _key(login)
    tx.execute(delete(login_failure).where(mine, login_failure.c.locked_until <= now))
    counted = update(login_failure).where(mine).values(failures=login_failure.c.failures + 1, last_at=now)
    if tx.execute(counted).rowcount == 0:
        tx.execute(insert(login_failure).values(login_sha256=_key(login), failures=1, last_at=now))
    return tx.scalar(select(func.max(login_failure.c.failures)).where(mine)) or 0


def lock_login(tx: Connection, login: str, until: datetime) -> None:
    tx.execute(update(login_failure).where(login_failure.c.login_sha256 == _key(login)).values(locked_until=until))


def forget_failures(tx: Connection, login: str) -> None:
    tx.execute(delete(login_failure).where(login_failure.c.login_sha256 == _key(login)))


def _key(login: str) -> str:
    return hashlib.sha256(login.strip().encode()).hexdigest()
