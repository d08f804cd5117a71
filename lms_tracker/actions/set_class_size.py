"""How many learners a class of a programme should have at most: a target for those who form classes, no rule of grading."""

import logging

from sqlalchemy import Engine, update

from lms_tracker.store.db import writing
from lms_tracker.store.tables import programme

log = logging.getLogger(__name__)


def set_class_size(db: Engine, programme_id: int, size: int, *, by: int | None) -> None:
    """`size`: 1 and more."""
    with writing(db) as tx:
        tx.execute(update(programme).where(programme.c.id == programme_id).values(cohort_size=size))
    log.info("account %s: classes of programme %d have %d learners at most", by, programme_id, size)
