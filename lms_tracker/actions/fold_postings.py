"""Fold what statements are found by: rows that are no longer new are packed, many to a row (store.postings).

Nothing else changes: every question has the same answer before and after, and while it is done.
"""

import logging
import time
from datetime import datetime, timedelta

from sqlalchemy import Engine

from lms_tracker.core.instants import to_us
from lms_tracker.store import postings
from lms_tracker.store.db import writing

log = logging.getLogger(__name__)

NEW = timedelta(minutes=1)
"""How long rows stay as they came: others of their terms come meanwhile, and join a run together."""
MANY = 4000
"""Rows of a transaction: some fifty milliseconds, for which an erasure may have to wait."""
MOST_S = 10.0
"""How long it goes on, and whoever stops the worker may have to wait. What is left then is folded the next time."""


def fold_postings(db: Engine, now: datetime, most_s: float = MOST_S) -> int:
    """How many rows were folded. Any number may run: one at a time does something. It rests for as long as it works."""
    until, count = time.monotonic() + most_s, 0
    term: int | None = postings.FIRST_TERM
    while term is not None and time.monotonic() < until:
        began = time.monotonic()
        with writing(db) as tx:
            if not postings.may_fold(tx):
                break
            moved, term = postings.fold(tx, to_us(now - NEW), term, MANY)
        count += moved
        if term is not None:
            time.sleep(time.monotonic() - began)
    if count:
        log.info("%d rows of posting lists folded", count)
    return count
