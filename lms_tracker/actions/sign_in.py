"""Signing in to a meeting by the code on the organiser's screen."""

from datetime import datetime
from enum import Enum

from sqlalchemy import Engine

from lms_tracker.actions.meetings import expected_at, open_meeting, put_presence
from lms_tracker.core.attendance.code import LOCKED_FOR, MAX_WRONG, OPENS_BEFORE, is_code
from lms_tracker.core.study.review import NotAllowed
from lms_tracker.store import attendance as store
from lms_tracker.store.db import writing
from lms_tracker.store.identity_history import hold_who_is_who


class SignIn(Enum):
    """What came of it. Only the first two leave a presence."""

    PRESENT = "present"
    LATE = "late"
    ALREADY = "already"
    WRONG = "wrong"
    LOCKED = "locked"
    CLOSED = "closed"
    STRANGER = "stranger"


def sign_in(db: Engine, meeting_id: int, learner_id: int, typed: str, *, by: int, now: datetime) -> SignIn:
    """Write down that a learner is there, by the server's clock alone.

    Wrong codes are counted in the same transaction that looks at the code: guesses sent at once count one by one.
    """
    with writing(db) as tx:
        hold_who_is_who(tx)
        try:
            row = open_meeting(tx, meeting_id)
        except (NotAllowed, LookupError):
            return SignIn.CLOSED
        if learner_id not in {one.learner_id for one in expected_at(tx, row, now)}:
            return SignIn.STRANGER
        if not row.starts_at - OPENS_BEFORE <= now <= row.ends_at:
            return SignIn.CLOSED
        if store.wrong_codes(tx, meeting_id, learner_id, now - LOCKED_FOR) >= MAX_WRONG:
            return SignIn.LOCKED
        if not is_code(row.secret, meeting_id, typed, now):
            wrong = store.note_wrong_code(tx, meeting_id, learner_id, now, LOCKED_FOR)
            return SignIn.LOCKED if wrong >= MAX_WRONG else SignIn.WRONG
        store.forget_wrong_codes(tx, meeting_id, learner_id)
        standing = store.in_force(tx, meeting_id).get(learner_id)
        if standing is not None and standing.status in ("present", "late"):
            return SignIn.ALREADY
        status = store.times_of(row).at(now)
        put_presence(tx, row, learner_id, status, "code", by=by, now=now)
        return SignIn.LATE if status == "late" else SignIn.PRESENT
