"""Somebody confirms what a learner declared, returns it with a reason, or reopens it; and what follows from that."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, Row

from lms_tracker.actions.achievements import AchievementRefused, latest_day
from lms_tracker.actions.activity_reports import days_late_of
from lms_tracker.actions.counted import keep_counted
from lms_tracker.actions.declare import standing
from lms_tracker.actions.meetings import open_meeting, put_presence
from lms_tracker.actions.panels import count_output
from lms_tracker.actions.programme_policy import policy_in_force
from lms_tracker.core.declarations import Step, step
from lms_tracker.core.grading.kinds import LONGEST_ITEM, Achieved
from lms_tracker.core.study.review import NotAllowed
from lms_tracker.core.typed import legible
from lms_tracker.store import attendance
from lms_tracker.store import declarations as store
from lms_tracker.store.db import writing
from lms_tracker.store.declarations import facts, first_declared_at
from lms_tracker.store.identity_history import hold_who_is_who
from lms_tracker.store.people import accounts_of_learner

Follow = Callable[[Connection, Row, bool, int, datetime], None]
"""(tx, the declaration, whether it is confirmed now, by whom, when): called as it is confirmed, and as it is reopened."""


def decide(db: Engine, declaration_id: int, what: Step, *, words: str, by: int, now: datetime) -> None:
    """`what` is confirmed, returned or reopened. Whatever follows is in the same transaction.

    Raises NotAllowed as `core.declarations.step`: `own`, `decided`, `why`, `twice` (a book counts once); LookupError when there is no such declaration.
    """
    words = legible(words)
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


def _research(tx: Connection, row: Row, confirmed: bool, by: int, now: datetime) -> None:
    """What was published counts as such; the level of the panel, once there is one."""
    count_output(tx, row, by, now, confirmed=confirmed)


def _note(tx: Connection, row: Row, confirmed: bool, by: int, now: datetime) -> None:
    """Of the local day on which it was declared."""
    day = min(row.declared_at.astimezone(_zone(tx, row, now)).date(), latest_day(now))
    new = Achieved(
        learner_id=row.owner, kind="note", item=_item(row), happened_on=day, value=Decimal(1), source=f"note:{row.id}"
    )
    _count(tx, row, [new] if confirmed else [], by, now)


def _reading(tx: Connection, row: Row, confirmed: bool, by: int, now: datetime) -> None:
    """A book counts once, however often it is declared: its title is the item."""
    level = "education" if facts(row).get("monograph") == "yes" else "general"
    new = Achieved(
        learner_id=row.owner,
        kind="reading",
        item=row.title[-LONGEST_ITEM:],
        happened_on=row.happened_on,
        level=level,
        source=f"reading:{row.id}",
    )
    try:
        _count(tx, row, [new] if confirmed else [], by, now)
    except AchievementRefused as e:
        raise NotAllowed("twice") from e


def _report(tx: Connection, row: Row, confirmed: bool, by: int, now: datetime) -> None:
    """It counts for whoever wrote it; taking part counts for everybody by the roll of the activity."""
    meeting = attendance.meeting_by_id(tx, row.about)
    assert meeting is not None
    zone = _zone(tx, row, now)
    new = Achieved(
        learner_id=row.owner, kind="report", item=_item(row), happened_on=meeting.ends_at.astimezone(zone).date(),
        days_late=days_late_of(tx, row, meeting, zone), source=f"report:{row.id}",
    )  # fmt: skip
    _count(tx, row, [new] if confirmed else [], by, now)


def _analysis(tx: Connection, row: Row, confirmed: bool, by: int, now: datetime) -> None:
    """Of the year that it is about, also where it was written after its end; of the local day on which it was declared."""
    declared_on = first_declared_at(tx, row.id).astimezone(_zone(tx, row, now)).date()
    day = min(declared_on, date(row.about, 12, 31))
    new = Achieved(learner_id=row.owner, kind="analysis", item=row.title, happened_on=day, source=f"analysis:{row.id}")
    try:
        _count(tx, row, [new] if confirmed else [], by, now)
    except AchievementRefused as e:
        raise NotAllowed("twice") from e


def _zone(tx: Connection, row: Row, now: datetime) -> ZoneInfo:
    return policy_in_force(tx, row.programme_id, row.policy, now).study.zone


def _count(tx: Connection, row: Row, wanted: list[Achieved], by: int, now: datetime) -> None:
    source = f"{row.kind}:{row.id}"
    keep_counted(tx, row.programme_id, source, wanted, reason=row.reason or "reopened", by=by, now=now, only=row.owner)


def _item(row: Row) -> str:
    return f"{row.title}（{row.id}）"[-LONGEST_ITEM:]


FOLLOWS: dict[str, Follow] = {
    "leave": _leave, "research": _research, "note": _note, "reading": _reading, "report": _report, "analysis": _analysis,
}  # fmt: skip
