"""A person changes the own password. All other sessions of the account end."""

import logging
import secrets
from datetime import datetime
from enum import Enum

from sqlalchemy import Engine

from lms_tracker.actions.log_in import Outcome, log_in
from lms_tracker.actions.passwords import MAX_LENGTH, MIN_LENGTH, hash_password
from lms_tracker.store.accounts import account_by_id, set_password
from lms_tracker.store.db import reading, writing

log = logging.getLogger(__name__)


class Change(Enum):
    DONE = "done"
    WRONG = "wrong"  # the old password is not right
    LOCKED = "locked"  # too many wrong ones
    TOO_SHORT = "too short"
    TOO_LONG = "too long"
    SAME = "same"  # as the old one, or as the login


def change_password(db: Engine, account_id: int, old: str, new: str, *, now: datetime) -> Change:
    """Wrong old passwords count like wrong logins: an unattended session is no place to guess at leisure."""
    with reading(db) as connection:
        row = account_by_id(connection, account_id)
    if row is None:
        return Change.WRONG
    checked = log_in(db, row.login, old, now=now).outcome
    if checked is not Outcome.WELCOME:
        return Change.LOCKED if checked is Outcome.LOCKED else Change.WRONG
    if len(new) < MIN_LENGTH:
        return Change.TOO_SHORT
    if len(new) > MAX_LENGTH:
        return Change.TOO_LONG
    if new in (old, row.login):
        return Change.SAME
    hashed = hash_password(new)
    with writing(db) as tx:
        set_password(tx, account_id, hashed, secrets.token_urlsafe(24))
    log.info("account %d changed its password", account_id)
    return Change.DONE
