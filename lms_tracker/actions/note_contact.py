"""Writing down that a learner was called, and what about; taking one's own note back."""

import logging
from datetime import date, datetime

from sqlalchemy import Engine

from lms_tracker.actions.move_learner import MoveError
from lms_tracker.core.contacts import check_note
from lms_tracker.core.typed import legible
from lms_tracker.store import contacts
from lms_tracker.store.db import writing
from lms_tracker.store.people import enrolment_of

log = logging.getLogger(__name__)


def note_contact(
    db: Engine,
    programme_id: int,
    learner_id: int,
    *,
    on: date,
    way: str,
    reached: bool,
    words: str,
    again_on: date | None = None,
    by: int | None,
    today: date,
    now: datetime,
) -> int:
    """The number of the note. Raises NoteRefused, and MoveError when the learner is not enrolled."""
    check_note(on=on, way=way, words=words, again_on=again_on, today=today)
    with writing(db) as tx:
        row = enrolment_of(tx, programme_id, learner_id)
        if row is None:
            raise MoveError("unknown", "the learner is not enrolled")
        where = {"programme_id": programme_id, "cohort_id": row.cohort_id, "learner_id": learner_id}
        what = {"on": on, "way": way, "reached": reached, "words": legible(words), "again_on": again_on}
        note_id = contacts.add_note(tx, **where, **what, made_by=by, made_at=now)
    log.info("account %s noted contact %d", by, note_id)
    return note_id


def withdraw_contact(db: Engine, note_id: int, *, by: int, now: datetime) -> bool:
    """False where it is not one's own, or was taken back before."""
    with writing(db) as tx:
        return contacts.withdraw_note(tx, note_id, by, now)
