"""Reports of activities and self-analyses on both databases: due when, late by how much, and what they count for."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, insert, select

from lms_tracker.actions.activity_reports import reports_due
from lms_tracker.actions.announce import announce
from lms_tracker.actions.decide_declaration import decide
from lms_tracker.actions.declare import declare, declare_again, withdraw
from lms_tracker.actions.meetings import MeetingForm, create_meeting
from lms_tracker.core.declarations import Content
from lms_tracker.core.study.review import NotAllowed
from lms_tracker.store import tables as t
from lms_tracker.store.db import reading, writing
from tests.programme import add_programme

ZONE = ZoneInfo("Asia/Shanghai")
STAFF, ONE, TWO = 10, 11, 12
FRIDAY = datetime(2026, 4, 3, 14, tzinfo=ZONE).astimezone(UTC)
"""The day before Qingming: Saturday to Monday are free, the report is due on Tuesday, April 7."""
TUESDAY, THURSDAY = FRIDAY + timedelta(days=4), FRIDAY + timedelta(days=6)


@pytest.fixture
def world(any_db: Engine) -> Engine:
    """Learners 1 and 2 of the first class with accounts, and learner 4 in a second one."""
    add_programme(any_db)
    with writing(any_db) as tx:
        row = {"password_hash": "!", "session_token": "x", "created_at": FRIDAY}
        for id, login, learner in ((STAFF, "staff", None), (ONE, "p1", 1), (TWO, "p2", 2)):
            tx.execute(insert(t.account).values(row | {"id": id, "login": login, "name": login, "learner_id": learner}))
        tx.execute(insert(t.cohort).values(id=2, programme_id=1, name="二班"))
        tx.execute(t.enrolment.update().where(t.enrolment.c.learner_id == 4).values(cohort_id=2))
    holiday = {"kind": "holiday", "title": "清明节", "on": date(2026, 4, 4), "until_on": date(2026, 4, 6)}
    announce(any_db, 1, **holiday, by=STAFF, now=FRIDAY)
    form = MeetingForm("activity", "校本教研", "一中", FRIDAY - timedelta(hours=2), FRIDAY)
    create_meeting(any_db, 1, form, by=STAFF, now=FRIDAY - timedelta(days=2))
    return any_db


def report(db: Engine, at: datetime = TUESDAY, learner: int = 1, by: int = ONE, about: int = 1, **more: Any) -> int:
    content = Content("校本教研", "听课、评课。", about=about, facts={"highlights": "人人发言"} | more)
    return declare(db, 1, learner, "report", content, files=[], by=by, now=at)


def counted(db: Engine) -> list[Any]:
    with reading(db) as tx:
        a = t.achievement.c
        query = select(a.learner_id, a.kind, a.happened_on, a.days_late, a.replaced_at.is_(None)).order_by(a.id)
        return [tuple(row) for row in tx.execute(query)]


def test_a_report_is_due_after_the_holiday_and_counts_on_time_or_late(world: Engine) -> None:
    with reading(world) as tx:
        before = reports_due(tx, 1, None, ZONE, TUESDAY)
    assert [(one.cohort, one.due_on, one.report, one.late) for one in before] == [
        ("一班", date(2026, 4, 7), None, 0),
        ("二班", date(2026, 4, 7), None, 0),
    ]
    id = report(world, THURSDAY)
    decide(world, id, "confirmed", words="", by=STAFF, now=THURSDAY)
    assert counted(world) == [(1, "report", date(2026, 4, 3), 2, True)]
    with reading(world) as tx:
        after = reports_due(tx, 1, None, ZONE, THURSDAY + timedelta(days=9))
    assert [(one.cohort, one.report and one.report.id, one.late) for one in after] == [
        ("一班", id, 2),
        ("二班", None, 11),
    ]


def test_a_report_that_was_returned_is_not_late_for_that(world: Engine) -> None:
    id = report(world, TUESDAY)
    decide(world, id, "returned", words="缺照片", by=STAFF, now=TUESDAY)
    content = Content("校本教研", "听课、评课，附照片。", about=1, facts={"highlights": "人人发言"})
    declare_again(world, id, content, files=[], by=ONE, now=THURSDAY)
    decide(world, id, "confirmed", words="", by=STAFF, now=THURSDAY)
    assert [row[3] for row in counted(world)] == [0]
    decide(world, id, "reopened", words="照片是别处的", by=STAFF, now=THURSDAY)
    assert [row[4] for row in counted(world)] == [False], "and what is reopened counts no longer"


def test_a_class_reports_once_and_another_class_for_itself(world: Engine) -> None:
    id = report(world)
    with pytest.raises(NotAllowed, match="reported"):
        report(world, learner=2, by=TWO)
    withdraw(world, id, by=ONE, now=TUESDAY)
    report(world, learner=2, by=TWO)


def test_only_an_activity_that_is_over_and_ones_own_is_reported(world: Engine) -> None:
    form = MeetingForm("live", "直播", "", FRIDAY - timedelta(hours=3), FRIDAY)
    live = create_meeting(world, 1, form, by=STAFF, now=FRIDAY - timedelta(days=2))
    other = MeetingForm("activity", "二班教研", "", FRIDAY - timedelta(hours=3), FRIDAY, cohort_id=2)
    theirs = create_meeting(world, 1, other, by=STAFF, now=FRIDAY - timedelta(days=2))
    for about, at, why in (
        (live, TUESDAY, "early"),
        (1, FRIDAY - timedelta(minutes=1), "early"),
        (theirs, TUESDAY, "stranger"),
        (999, TUESDAY, "stranger"),
    ):
        with pytest.raises(NotAllowed, match=why):
            report(world, at, about=about)
    with pytest.raises(NotAllowed, match="highlights"):
        report(world, highlights="")


def test_a_self_analysis_is_written_once_a_year_and_counts_for_that_year(world: Engine) -> None:
    def analysis(year: int, at: datetime) -> int:
        content = Content(f"{year} 年自我剖析", "不足在于……", about=year)
        return declare(world, 1, 1, "analysis", content, files=[], by=ONE, now=at)

    january = datetime(2027, 1, 10, 4, tzinfo=UTC)
    decide(world, analysis(2026, january), "confirmed", words="", by=STAFF, now=january)
    assert counted(world) == [(1, "analysis", date(2026, 12, 31), 0, True)]
    with pytest.raises(NotAllowed, match="twice"):
        analysis(2026, january)
    for year in (2025, 2028):
        with pytest.raises(NotAllowed, match="year"):
            analysis(year, january)
    decide(world, analysis(2027, january), "confirmed", words="", by=STAFF, now=january)
    assert counted(world)[-1] == (1, "analysis", date(2027, 1, 10), 0, True)


@pytest.mark.parametrize("kind", ["analysis", "note"])
def test_what_is_declared_early_in_the_morning_counts_on_the_local_day(world: Engine, kind: str) -> None:
    morning = datetime(2027, 1, 11, 7, tzinfo=ZONE).astimezone(UTC)  # still the 10th in UTC
    note = Content("课程领导", "不足在于……", facts={"unit": "课程领导"})
    content = note if kind == "note" else Content("2027 年自我剖析", "不足在于……", about=2027)
    made = declare(world, 1, 1, kind, content, files=[], by=ONE, now=morning)
    decide(world, made, "confirmed", words="好", by=STAFF, now=morning)
    assert [row[:3] for row in counted(world)] == [(1, kind, date(2027, 1, 11))]
