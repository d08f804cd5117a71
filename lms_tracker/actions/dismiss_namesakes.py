"""Two of one name are two people: they are not asked about again, until somebody takes that back."""

from datetime import datetime

from sqlalchemy import Engine

from lms_tracker.store import namesakes as store
from lms_tracker.store.db import writing


def dismiss_namesakes(db: Engine, one: int, other: int, *, made_by: int | None, now: datetime) -> bool:
    """In any order. Whether that is new; False, too, where one of them is no learner any more, or both are the same."""
    younger, older = max(one, other), min(one, other)
    with writing(db) as tx:
        return store.dismiss(tx, younger, older, made_by, now)


def restore_namesakes(db: Engine, one: int, other: int) -> bool:
    """Ask about them again. Whether they had been dismissed."""
    with writing(db) as tx:
        return store.restore(tx, max(one, other), min(one, other))
