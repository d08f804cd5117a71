"""Meetings, and who was there. A presence is never edited: a new one replaces it."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, Row, and_, delete, func, insert, or_, select, update

from lms_tracker.core.attendance.presence import Times
from lms_tracker.store import replaced as entries
from lms_tracker.store.owner import owner
from lms_tracker.store.programmes import enrolments, logins_of
from lms_tracker.store.tables import account, code_failure, cohort, enrolment, learner, meeting, presence, programme


class Asked(Struct, frozen=True):
    """Somebody who is expected at a meeting."""

    learner_id: int
    name: str
    cohort_id: int
    cohort: str
    school: str
    login: str


_m, _p = meeting.c, presence.c


def _meetings() -> Any:
    return (
        select(
            meeting,
            programme.c.name.label("programme"),
            programme.c.policy,
            cohort.c.name.label("cohort"),
            account.c.name.label("by"),
        )
        .select_from(meeting)
        .join(programme, programme.c.id == _m.programme_id)
        .outerjoin(cohort, cohort.c.id == _m.cohort_id)
        .outerjoin(account, account.c.id == _m.made_by)
    )


def meeting_by_id(db: Connection, id: int) -> Row[Any] | None:
    """The row with programme, policy, cohort (names; None: all classes) and by; or None."""
    return db.execute(_meetings().where(_m.id == id)).first()


def meetings_of(db: Connection, programme_id: int, cohort_ids: Collection[int] | None = None) -> list[Row[Any]]:
    """Meetings of a programme, the latest first; those of all classes and of these, or every one with None."""
    query = _meetings().where(_m.programme_id == programme_id)
    if cohort_ids is not None:
        query = query.where(or_(_m.cohort_id.is_(None), _m.cohort_id.in_(cohort_ids)))
    return list(db.execute(query.order_by(_m.starts_at.desc(), _m.id.desc())))


def meetings_for(db: Connection, learner_id: int) -> list[Row[Any]]:
    """Meetings that a learner is asked to, of all programmes, the latest first: columns as of `meeting_by_id`."""
    mine = (enrolment.c.programme_id == _m.programme_id) & (enrolment.c.learner_id == learner_id)
    here = or_(_m.cohort_id.is_(None), _m.cohort_id == enrolment.c.cohort_id)
    query = _meetings().join(enrolment, and_(mine, here))
    return list(db.execute(query.order_by(_m.starts_at.desc(), _m.id.desc())))


def times_of(row: Row[Any]) -> Times:
    """The times and rules of a meeting."""
    return Times(row.starts_at, row.ends_at, row.late_min, row.least_pct)


def add_meeting(tx: Connection, values: dict[str, Any]) -> int:
    """A new meeting; its number."""
    return int(tx.execute(insert(meeting).values(values).returning(_m.id)).scalar_one())


def same_meeting(db: Connection, programme_id: int, title: str, starts_at: datetime, cohort_id: int | None) -> bool:
    """Whether somebody who is asked to this one is asked to one of the same name at the same time already."""
    here = (_m.programme_id == programme_id) & (_m.title == title) & (_m.starts_at == starts_at)
    query = select(_m.id).where(here, _m.cancelled_at.is_(None))
    if cohort_id is not None:
        query = query.where(or_(_m.cohort_id.is_(None), _m.cohort_id == cohort_id))
    return db.scalar(query.limit(1)) is not None


def cancel(tx: Connection, id: int, by: int | None, reason: str, now: datetime) -> bool:
    """It does not take place. False when that is known already."""
    values = {"cancelled_at": now, "cancelled_by": by, "cancel_reason": reason}
    return tx.execute(update(meeting).where(_m.id == id, _m.cancelled_at.is_(None)).values(values)).rowcount == 1


def asked(db: Connection, row: Row[Any], day: date) -> list[Asked]:
    """Everybody whom a meeting is for on its day, by class and learner."""
    logins = logins_of(db, row.programme_id)
    return [
        Asked(
            one.learner_id, one.name or "", one.cohort_id, one.cohort, one.school or "", logins.get(one.learner_id, "")
        )
        for one in enrolments(db, row.programme_id, row.cohort_id, day)
    ]


def in_force(db: Connection, meeting_id: int) -> dict[int, Row[Any]]:
    """Learner -> presence in force: status, how, minutes, words, made_at, by. Of two who turned out to be one person, the
    later entry."""
    return entries.in_force(db, presence, _p.meeting_id == meeting_id)


def history(db: Connection, meeting_id: int) -> list[Row[Any]]:
    """Every presence that was replaced, the latest first: name, status, how, words, made_at, replaced_at, by."""
    return entries.replaced(db, presence, _p.meeting_id == meeting_id)


def presences_of(db: Connection, learner_id: int) -> dict[int, Row[Any]]:
    """Meeting -> presence in force of a learner."""
    query = select(presence).join(learner, learner.c.id == _p.learner_id)
    query = query.where(owner == learner_id, _p.replaced_at.is_(None)).order_by(_p.made_at, _p.id)
    return {row.meeting_id: row for row in db.execute(query)}


def counts_of(db: Connection, meeting_ids: Collection[int]) -> dict[int, dict[str, int]]:
    """Meeting -> status -> how many."""
    found: dict[int, dict[str, int]] = {}
    query = select(_p.meeting_id, _p.status, func.count().label("n")).where(
        _p.meeting_id.in_(list(meeting_ids)), _p.replaced_at.is_(None)
    )
    for row in db.execute(query.group_by(_p.meeting_id, _p.status)):
        found.setdefault(row.meeting_id, {})[row.status] = row.n
    return found


def put(tx: Connection, meeting_id: int, learner_id: int, values: dict[str, Any], now: datetime) -> None:
    """Put a presence in force from `now` on; the one before, of whoever the person was taken for, stays as replaced."""
    ids = select(learner.c.id).where(owner == learner_id)
    here = (_p.meeting_id == meeting_id) & _p.learner_id.in_(ids) & _p.replaced_at.is_(None)
    tx.execute(update(presence).where(here).values(replaced_at=now))
    given = {"meeting_id": meeting_id, "learner_id": learner_id, "made_at": now}
    tx.execute(insert(presence).values(given | values))


def wrong_codes(db: Connection, meeting_id: int, learner_id: int, since: datetime) -> int:
    """Wrong codes in a row, if the last came after `since`."""
    f = code_failure.c
    mine = (f.meeting_id == meeting_id) & (f.learner_id == learner_id) & (f.last_at > since)
    return db.scalar(select(f.failures).where(mine)) or 0


def note_wrong_code(tx: Connection, meeting_id: int, learner_id: int, now: datetime, forget_after: timedelta) -> int:
    """One more; how many there are in a row. A row that lies back longer than `forget_after` begins anew."""
    f = code_failure.c
    mine = (f.meeting_id == meeting_id) & (f.learner_id == learner_id)
    tx.execute(delete(code_failure).where(mine, f.last_at <= now - forget_after))
    if tx.execute(update(code_failure).where(mine).values(failures=f.failures + 1, last_at=now)).rowcount == 0:
        values = {"meeting_id": meeting_id, "learner_id": learner_id, "failures": 1, "last_at": now}
        tx.execute(insert(code_failure).values(values))
    return tx.scalar(select(f.failures).where(mine)) or 0


def forget_wrong_codes(tx: Connection, meeting_id: int, learner_id: int) -> None:
    """After the right one."""
    f = code_failure.c
    tx.execute(delete(code_failure).where(f.meeting_id == meeting_id, f.learner_id == learner_id))
