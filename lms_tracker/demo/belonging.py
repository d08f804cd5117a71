"""Around the demo's class: the tree of organisations with its people, who moved and came back, who was called, the calendar."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, time, timedelta

from sqlalchemy import Engine

from lms_tracker.actions.announce import announce
from lms_tracker.actions.create_account import create_account, grant_role
from lms_tracker.actions.create_programme import ProgrammeError
from lms_tracker.actions.leave_programme import leave_programme
from lms_tracker.actions.move_learner import move_learner, return_to_programme
from lms_tracker.actions.note_contact import note_contact
from lms_tracker.actions.organise import Who, import_organisations
from lms_tracker.actions.set_class_size import set_class_size
from lms_tracker.core.organisations_sheet import parse_organisations
from lms_tracker.demo import cast
from lms_tracker.demo.term import ZONE, Term
from lms_tracker.store.accounts import account_by_login
from lms_tracker.store.calendar import announced
from lms_tracker.store.contacts import notes_within
from lms_tracker.store.db import reading
from lms_tracker.store.people import organisation_named


def show_belonging(db: Engine, programme_id: int, so_far: Term, clock: Callable[[], datetime]) -> None:
    """Everything here may be done twice."""
    now = clock()
    import_organisations(db, Who(None, None, now), parse_organisations(cast.organisations_table()))
    _oversee(db, now)
    set_class_size(db, programme_id, len(cast.learners()), by=None)  # one class of 53, as the regulation has it
    _move(db, programme_id, so_far, now)
    _announce(db, programme_id, so_far, now)
    _call(db, programme_id, so_far, now)


def _oversee(db: Engine, now: datetime) -> None:
    for login, name, role, organisation in cast.OVERSEERS:
        with reading(db) as tx:
            account, of = account_by_login(tx, login), organisation_named(tx, organisation)
        assert of is not None
        account_id = account.id if account else create_account(db, login, name, cast.PASSWORD, now=now)
        grant_role(db, account_id, role, organisation_id=of.id, now=now)


def _move(db: Engine, programme_id: int, so_far: Term, now: datetime) -> None:
    """One principal was posted to another school, one was ill for a week."""
    moved, ill = _learner(db, "p20"), _learner(db, "p33")
    by = _account(db, "centre")
    day = so_far.starts_on + timedelta(days=10)
    with suppress(ProgrammeError):  # it was done, in a load that was interrupted
        school = cast.learners()[0].school
        move_learner(db, moved, programme_id, school=school, on=day, reason="任职学校调整", by=by, now=now)
    with suppress(ProgrammeError):
        leave_programme(db, ill, programme_id, on=day, reason="住院，暂停学习", by=by, now=now)
        back = day + timedelta(days=7)
        return_to_programme(db, ill, programme_id, on=back, reason="康复，继续学习", by=by, now=now)


def _announce(db: Engine, programme_id: int, so_far: Term, now: datetime) -> None:
    with reading(db) as tx:
        if list(announced(tx, programme_id, ZONE)):
            return
    today, by = so_far.as_of.astimezone(ZONE).date(), _account(db, "centre")
    for days, kind, title, hours, place in cast.EVENTS:
        on = today + timedelta(days=days)
        at = [datetime.combine(on, time(hour), ZONE) for hour in hours] or [None, None]
        announce(
            db, programme_id, kind=kind, title=title, on=on, starts_at=at[0], ends_at=at[1], place=place, by=by, now=now
        )
    on = today + timedelta(days=9)
    with reading(db) as tx:
        number = next(e.number for e in announced(tx, programme_id, ZONE) if e.kind == "live" and e.on > today)
    at = [datetime.combine(on, time(hour), ZONE) for hour in (19, 21)]
    words = "专家另有安排，改到这一天。"
    announce(
        db, programme_id, number=number, kind="live", title="专家直播答疑：课堂改进（改期）", on=on, starts_at=at[0],
        ends_at=at[1], place="网络直播间", words=words, by=by, now=now,
    )  # fmt: skip


def _call(db: Engine, programme_id: int, so_far: Term, now: datetime) -> None:
    with reading(db) as tx:
        if notes_within(tx, programme_id, None, (), 1):
            return
    today = so_far.as_of.astimezone(ZONE).date()
    for login, by, ago, way, reached, words, again in cast.CALLS:
        note_contact(
            db,
            programme_id,
            _learner(db, login),
            on=today - timedelta(days=ago),
            way=way,
            reached=reached,
            words=words,
            again_on=None if again is None else today - timedelta(days=again),
            by=_account(db, by),
            today=today,
            now=now,
        )


def _learner(db: Engine, login: str) -> int:
    with reading(db) as tx:
        account = account_by_login(tx, login)
    assert account is not None and account.learner_id is not None
    return int(account.learner_id)


def _account(db: Engine, login: str) -> int:
    with reading(db) as tx:
        account = account_by_login(tx, login)
    assert account is not None
    return int(account.id)
