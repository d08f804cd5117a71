"""Checking a login and its password. Ten wrong passwords lock a login for a while, whether it exists or not."""

import logging
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

import msgspec
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from lms_tracker.actions.passwords import password_matches
from lms_tracker.store.accounts import account_by_login, count_attempt, forget_failures, lock_login, login_locked_until
from lms_tracker.store.db import writing

log = logging.getLogger(__name__)

MAX_FAILURES = 10
LOCKED_FOR = timedelta(minutes=15)


class Outcome(Enum):
    WELCOME = "welcome"
    REFUSED = "refused"
    LOCKED = "locked"


class Login(msgspec.Struct, frozen=True):
    """`account_id` only with WELCOME."""

    outcome: Outcome
    account_id: int | None = None


def log_in(db: Engine, login: str, password: str, *, now: datetime) -> Login:
    """Who this is. REFUSED and LOCKED say the same of an existing login and of one that does not exist."""
    try:
        attempts, row = _book(db, login, now)
    except IntegrityError:  # two first attempts at the same moment; the row is there now
        attempts, row = _book(db, login, now)
    if attempts > MAX_FAILURES:
        log.warning("login %r is locked; attempt refused", login[:80])
        return Login(Outcome.LOCKED)
    # Outside of any transaction: argon2 is slow on purpose.
    right = password_matches(row.password_hash if row else None, password)
    if right and row is not None and row.disabled_at is None:
        with writing(db) as tx:
            forget_failures(tx, login)
        return Login(Outcome.WELCOME, row.id)
    if attempts < MAX_FAILURES:
        log.info("wrong password for login %r (%d of %d)", login[:80], attempts, MAX_FAILURES)
        return Login(Outcome.REFUSED)
    log.warning("login %r locked for %s after %d wrong passwords", login[:80], LOCKED_FOR, attempts)
    return Login(Outcome.LOCKED)


def _book(db: Engine, login: str, now: datetime) -> tuple[int, Any]:
    with writing(db) as tx:
        if login_locked_until(tx, login, now):
            return MAX_FAILURES + 1, None
        attempts = count_attempt(tx, login, now)
        if attempts >= MAX_FAILURES:  # lifted again if this one is right
            lock_login(tx, login, now + LOCKED_FOR)
        return attempts, account_by_login(tx, login)
