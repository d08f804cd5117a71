"""Taking a role from somebody: it ends now, and stays in the history with who ended it and why."""

import logging
from datetime import datetime

from sqlalchemy import Engine

from lms_tracker.actions.create_account import AccountError
from lms_tracker.store import roles
from lms_tracker.store.db import writing

log = logging.getLogger(__name__)


def end_role(db: Engine, role_id: int, *, by: int | None, reason: str = "", now: datetime) -> None:
    """Raises AccountError when there is no such role, or it has ended."""
    with writing(db) as tx:
        if not roles.end_role(tx, role_id, now):
            raise AccountError("this role has ended already, or never was")
        roles.note_role(tx, role_id, "ended", reason, by, now)
    log.info("role %d ended by account %s", role_id, by)
