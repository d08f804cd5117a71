"""Bring the database to this release's tables."""

from sqlalchemy import Engine

from lms_tracker.store.db import writing
from lms_tracker.store.migrations import Step, apply_pending


def upgrade_database(db: Engine) -> list[Step]:
    """Apply what is missing in one transaction, all or nothing; returns the steps, [] when up to date.

    Raises UnknownRevision when the database is newer than this release.
    """
    with writing(db) as tx:
        return apply_pending(tx)
