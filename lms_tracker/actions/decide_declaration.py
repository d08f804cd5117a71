"""Somebody confirms what a learner declared, returns it with a reason, or reopens it; and what follows from that."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection, Engine, Row

from lms_tracker.actions.declare import standing
from lms_tracker.actions.meetings import open_meeting, put_presence
from lms_tracker.core.declarations import Step, step
from lms_tracker.core.study.review import NotAllowed
from lms_tracker.store import attendance
from lms_tracker.store import declarations as store
from lms_tracker.store.db import writing
from lms_tracker.store.identity_history import hold_who_is_who
from lms_tracker.store.people import accounts_of_learner

Follow = Callable[[Connection, Row, bool, int, datetime], None]
"""(tx, the declaration, whether it is confirmed now, by whom, when): called as it is confirmed, and as it is reopened."""


def decide(db: Engine, declaration_id: int, what: Step, *, words: str, by: int, now: datetime) -> None:
    """`what` is confirmed, returned or reopened. Whatever follows is in the same transaction.

    Raises NotAllowed as `core.declarations.step`: `own`, `decided`, `why`; LookupError when there is no such declaration.
    """
    words = words.replace("\0", "").strip()
    with writing(db) as tx:
        hold_who_is_who(tx)
        row = standing(tx, declaration_id)
        after = step(row.state, what, words, by=by, owners=accounts_of_learner(tx, row.owner))
        decided = {"decided_by": by, "decided_at": now, "reason": words}
        if not store.move_on(tx, declaration_id, row.state, after, decided):
            raise NotAllowed("decided")
        store.add_step(tx, declaration_id, what, by=by, at=now, words=words)
        if what != "returned" and row.kind in FOLLOWS:
            FOLLOWS[row.kind](tx, row, what == "confirmed", by, now)


def _leave(tx: Connection, row: Row, confirmed: bool, by: int, now: datetime) -> None:
    """Who was there all the same stays there; an excuse that falls is an absence once the meeting has begun."""
    meeting = attendance.meeting_by_id(tx, row.about)
    if meeting is None or meeting.cancelled_at is not None:
        return
    there = attendance.in_force(tx, row.about).get(row.owner)
    if confirmed and (there is None or there.status in ("absent", "partial")):
        put_presence(tx, meeting, row.owner, "excused", "leave", by=by, now=now)
    if not confirmed and there is not None and there.how == "leave":
        put_presence(tx, open_meeting(tx, row.about), row.owner, "absent", "leave", by=by, now=now)


FOLLOWS: dict[str, Follow] = {"leave": _leave}
