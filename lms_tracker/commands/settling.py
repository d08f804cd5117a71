"""What each process of `study recompute --workers` runs: by itself, so that none of them loads what the commands need."""

from datetime import UTC, datetime

from lms_tracker.actions.settle_study import settle_all
from lms_tracker.store.db import open_db


def settle_share(database_url: str, cause: str) -> int:
    """Settle until nobody free is waiting, beside others who do the same. How many were settled."""
    db = open_db(database_url)
    try:
        return settle_all(db, lambda: datetime.now(UTC), cause)
    finally:
        db.dispose()
