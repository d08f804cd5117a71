"""The calendar of programmes: what was announced, what follows from other tables, and keys to subscribe with.

`SOURCES` is the one place where dates flow in: each gives the entries of a programme.
"""

import hashlib
from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, insert, or_, select, update

from lms_tracker.core.calendar import Entry, Page
from lms_tracker.store.assignments import due_dates
from lms_tracker.store.tables import (
    account,
    assignment,
    ballot,
    calendar_event,
    calendar_key,
    cohort,
    exam,
    frozen_result,
    meeting,
    organisation,
    programme,
    result_notice,
    survey,
)

Source = Callable[[Connection, int, ZoneInfo], Iterable[Entry]]
"""(db, programme_id, the programme's time zone) -> entries."""
_c = calendar_event.c
_k = calendar_key.c


def entries_of(
    db: Connection,
    programme_id: int,
    cohort_ids: Collection[int] | None,
    zone: ZoneInfo,
    *,
    cancelled: bool = False,
) -> list[Entry]:
    """All entries of a programme that are for everybody or for one of these classes (None: for any)."""
    found = [entry for source in SOURCES for entry in source(db, programme_id, zone)]
    return [
        entry
        for entry in found
        if (cancelled or not entry.cancelled)
        and (cohort_ids is None or entry.cohort_id is None or entry.cohort_id in cohort_ids)
    ]


def announced(db: Connection, programme_id: int, _zone: ZoneInfo) -> Iterable[Entry]:
    """What staff entered, cancelled events included."""
    query = (
        select(calendar_event, cohort.c.name.label("cohort"))
        .outerjoin(cohort, cohort.c.id == _c.cohort_id)
        .where(_c.programme_id == programme_id, _c.replaced_at.is_(None))
    )
    for row in db.execute(query):
        yield Entry(
            key=f"event-{row.number}",
            programme_id=programme_id,
            kind=row.kind,
            title=row.title,
            on=row.on,
            until_on=row.until_on,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            place=row.place,
            words=row.words,
            cohort_id=row.cohort_id,
            cohort=row.cohort,
            cancelled=row.cancelled,
            version=row.version,
            made_at=row.made_at,
            number=row.number,
        )


def first_and_last_day(db: Connection, programme_id: int, _zone: ZoneInfo) -> Iterable[Entry]:
    """Of the programme itself."""
    row = db.execute(
        select(programme.c.name, programme.c.starts_on, programme.c.ends_on).where(programme.c.id == programme_id)
    ).one()
    for what, day in (("starts", row.starts_on), ("ends", row.ends_on)):
        yield Entry(f"programme-{programme_id}-{what}", programme_id, "opening", row.name, day, day, what=what)


def work_due(db: Connection, programme_id: int, zone: ZoneInfo) -> Iterable[Entry]:
    """When work and peer reviews are due; of work without terms, its last day."""
    dates = due_dates(db, programme_id)
    with_terms = {due.assignment_id for due in dates}
    query = select(assignment.c.id, assignment.c.title, assignment.c.due_on)
    for row in db.execute(query.where(assignment.c.programme_id == programme_id, assignment.c.due_on.is_not(None))):
        if row.id not in with_terms:
            key, on, pages = f"assignment-{row.id}", row.due_on, _pages_of_work(row.id)
            yield Entry(key, programme_id, "deadline", row.title, on, on, pages=pages, what="due")
    for due in dates:
        if due.what in ("due", "reviews_due"):
            key, on = f"assignment-{due.assignment_id}-{due.what}", due.at.astimezone(zone).date()
            pages = _pages_of_work(due.assignment_id)
            yield Entry(key, programme_id, "deadline", due.title, on, on, due.at, due.at, pages=pages, what=due.what)


def _pages_of_work(assignment_id: int) -> tuple[Page, ...]:
    return tuple(
        Page(one, {"assignment_id": assignment_id}) for one in ("tasks.show", "assignments.show", "marking.show")
    )


def meetings(db: Connection, programme_id: int, zone: ZoneInfo) -> Iterable[Entry]:
    """Sessions for which presence is taken."""
    m = meeting.c
    query = select(meeting, cohort.c.name.label("cohort")).outerjoin(cohort, cohort.c.id == m.cohort_id)
    for row in db.execute(query.where(m.programme_id == programme_id)):
        yield Entry(
            key=f"meeting-{row.id}",
            programme_id=programme_id,
            kind="live",
            title=row.title,
            on=row.starts_at.astimezone(zone).date(),
            until_on=row.ends_at.astimezone(zone).date(),
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            place=row.place or None,
            cohort_id=row.cohort_id,
            cohort=row.cohort,
            cancelled=row.cancelled_at is not None,
            version=1 if row.cancelled_at is None else 2,
            made_at=row.made_at,
            pages=(
                Page("attendance.show", {"meeting_id": row.id}),
                Page("sign_in.mine", {"programme_id": programme_id}),
            ),
        )


def exams(db: Connection, programme_id: int, _zone: ZoneInfo) -> Iterable[Entry]:
    """Exams and resits, on their day."""
    query = select(exam.c.id, exam.c.title, exam.c.held_on, exam.c.made_at).where(exam.c.programme_id == programme_id)
    for row in db.execute(query):
        pages = Page("exams.show", {"exam_id": row.id}), Page("exams.mine", {"programme_id": programme_id})
        key, day = f"exam-{row.id}", row.held_on
        yield Entry(key, programme_id, "exam", row.title, day, day, made_at=row.made_at, pages=pages)


def surveys(db: Connection, programme_id: int, zone: ZoneInfo) -> Iterable[Entry]:
    """The last moment of each survey."""
    for row in db.execute(select(survey).where(survey.c.programme_id == programme_id)):
        day = row.closes_at.astimezone(zone).date()
        mine = Page("surveys.show", {"survey_id": row.id}, row.opens_at)
        pages = (
            mine,
            Page("surveys.results", {"survey_id": row.id}),
            Page("surveys.mine", {"programme_id": programme_id}),
        )
        yield Entry(
            f"survey-{row.id}", programme_id, "deadline", row.title, day, day, row.closes_at, row.closes_at,
            made_at=row.made_at, pages=pages, what="due",
        )  # fmt: skip


def notices(db: Connection, programme_id: int, zone: ZoneInfo) -> Iterable[Entry]:
    """Public notices, from the first to the last day on which objections are taken."""
    n = result_notice.c
    query = select(result_notice).join(frozen_result, frozen_result.c.id == n.result_id)
    for row in db.execute(query.where(frozen_result.c.programme_id == programme_id)):
        first, last = (at.astimezone(zone).date() for at in (row.opens_at, row.closes_at - timedelta(microseconds=1)))
        over = row.withdrawn_at is not None
        yield Entry(
            f"notice-{row.id}", programme_id, "notice", "", first, last, cancelled=over, what="published",
            version=2 if over else 1, made_at=row.opens_at, pages=(Page("notices.show", {"notice_id": row.id}),),
        )  # fmt: skip


def ballots(db: Connection, programme_id: int, zone: ZoneInfo) -> Iterable[Entry]:
    """When secret ballots close, for those who hold them: whom they judge needs no reminder of it. All units that were
    called together are one entry."""
    rounds: dict[tuple[str, datetime], list[Row[Any]]] = {}
    query = select(ballot, organisation.c.name.label("unit")).join(organisation).order_by(ballot.c.id)
    for row in db.execute(query.where(ballot.c.programme_id == programme_id)):
        rounds.setdefault((row.title, row.closes_at), []).append(row)
    for (title, closes_at), rows in rounds.items():
        first, day, over = rows[0], closes_at.astimezone(zone).date(), all(row.annulled_at for row in rows)
        page = Page("ballots.show", {"ballot_id": first.id})
        if len(rows) > 1:
            page = Page("ballots.listing", {"programme_id": programme_id})
        yield Entry(
            f"ballot-{first.id}", programme_id, "deadline", title, day, day, closes_at, closes_at, what="due",
            words=first.unit if len(rows) == 1 else None, cancelled=over, version=2 if over else 1,
            made_at=first.made_at, inside=True, pages=(page,),
        )  # fmt: skip


SOURCES: tuple[Source, ...] = (announced, first_and_last_day, work_due, meetings, exams, surveys, notices, ballots)
"""One line for each table that has dates which people of a programme should see."""


def versions_of(db: Connection, programme_id: int, number: int) -> list[Row[Any]]:
    """All versions of an announced event with `by`, the latest first; none when the programme has no such event."""
    query = (
        select(calendar_event, account.c.name.label("by"))
        .outerjoin(account, account.c.id == _c.made_by)
        .where(_c.programme_id == programme_id, _c.number == number)
    )
    return list(db.execute(query.order_by(_c.version.desc())))


def add_event(tx: Connection, **values: Any) -> int:
    """A new event in its first version; its number."""
    number = int(tx.scalars(insert(calendar_event).values(number=-1, version=1, **values).returning(_c.id)).one())
    tx.execute(update(calendar_event).where(_c.id == number).values(number=number))
    return number


def replace_event(tx: Connection, programme_id: int, number: int, now: datetime, **values: Any) -> bool:
    """A new version; False when there is no such event, or it was cancelled."""
    current = (_c.number == number, _c.programme_id == programme_id, _c.replaced_at.is_(None))
    version = tx.scalar(select(_c.version).where(*current, _c.cancelled.is_(False)))
    if version is None:
        return False
    tx.execute(update(calendar_event).where(*current).values(replaced_at=now))
    row = {"programme_id": programme_id, "number": number, "version": version + 1}
    tx.execute(insert(calendar_event).values(row | values))
    return True


def add_key(tx: Connection, account_id: int, secret: str, now: datetime) -> None:
    """A person has one key: the one before opens nothing any more."""
    revoke_keys(tx, account_id, now)
    tx.execute(insert(calendar_key).values(account_id=account_id, secret_sha256=_digest(secret), made_at=now))


def revoke_keys(tx: Connection, account_id: int, now: datetime) -> int:
    """How many opened something until now."""
    mine = update(calendar_key).where(_k.account_id == account_id, _k.revoked_at.is_(None))
    return tx.execute(mine.values(revoked_at=now)).rowcount


def key_of(db: Connection, account_id: int) -> Row[Any] | None:
    """The key that is in force: (made_at, used_at), or None."""
    query = select(_k.made_at, _k.used_at).where(_k.account_id == account_id, _k.revoked_at.is_(None))
    return db.execute(query).first()


def owner_of_key(db: Connection, secret: str) -> Row[Any] | None:
    """(id, account_id, used_at) of the key in force with this secret, or None."""
    query = select(_k.id, _k.account_id, _k.used_at)
    return db.execute(query.where(_k.secret_sha256 == _digest(secret), _k.revoked_at.is_(None))).first()


def note_use(tx: Connection, key_id: int, now: datetime) -> None:
    """To the hour: programs ask often."""
    stale = or_(_k.used_at.is_(None), _k.used_at < now - timedelta(hours=1))
    tx.execute(update(calendar_key).where(_k.id == key_id, stale).values(used_at=now))


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
