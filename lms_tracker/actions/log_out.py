"""Somebody logs out: grants that this login was given end with it."""

from typing import Any

from sqlalchemy import Engine

from lms_tracker.store.db import writing
from lms_tracker.store.player import end_streams


def log_out(db: Engine, login: str | None) -> int:
    """`login` names the login as its grants do (player_session.login); None: it was given none. How many ended."""
    if login is None:
        return 0
    with writing(db) as tx:
        return end_streams(tx, login=login)


def end_grants(db: Engine, **by: Any) -> int:
    """An administrator ends what is open, by columns of player_session. How many ended."""
    with writing(db) as tx:
        return end_streams(tx, **by)
