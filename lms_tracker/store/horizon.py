"""Up to which number the record is complete: what is not there yet will never be.

Numbers are given before the transaction commits, so a lower one may become visible after a higher one. Who goes
through the record by number, once, must not pass it by.
"""

import time

from sqlalchemy import Engine, func, select, text

from lms_tracker.store.db import reading
from lms_tracker.store.tables import statement

WAIT_S = 5.0
_LAST = text("SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END FROM statement_seq_seq")
# Whoever stores holds this advisory lock from before it takes numbers until after its commit can be seen: see
# store.postgresql, _STORING and _VOIDING. pg_locks: a bigint key shows as two halves.
_STORING = text(
    "SELECT virtualtransaction FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid = 0 AND objid = 7601"
    " AND objsubid = 1 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


def complete_through(db: Engine, wait_s: float = WAIT_S) -> int | None:
    """The largest number up to which all statements are visible; None when somebody takes too long to commit.

    On PostgreSQL: the last number given, once all that were storing at that moment have ended. Waits for them, not for
    those who come later. On SQLite writers come one after the other, so what is visible is complete.
    """
    if db.dialect.name != "postgresql":
        with reading(db) as tx:
            return tx.scalar(select(func.max(statement.c.seq))) or 0
    until = time.monotonic() + wait_s
    with db.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        last: int = connection.execute(_LAST).scalar_one()
        storing = set(connection.scalars(_STORING))
        while storing:
            if time.monotonic() > until:
                return None
            time.sleep(0.01)
            storing &= set(connection.scalars(_STORING))
    return last
