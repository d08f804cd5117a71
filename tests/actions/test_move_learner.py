"""Who moves, leaves or comes back: from that date on, and every earlier figure stays as it was."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine, insert, select

from lms_tracker.actions.create_account import grant_role
from lms_tracker.actions.create_programme import ProgrammeError, create_programme
from lms_tracker.actions.erase_person import erase_person
from lms_tracker.actions.grade import grade_cohort
from lms_tracker.actions.import_roster import import_people
from lms_tracker.actions.issue_bulletin import issue_bulletin
from lms_tracker.actions.leave_programme import leave_programme
from lms_tracker.actions.move_learner import MoveError, move_learner, return_to_programme
from lms_tracker.core.bulletin import opened
from lms_tracker.core.roster import parse_roster
from lms_tracker.store import tables as t
from lms_tracker.store.accounts import roles_of
from lms_tracker.store.db import reading, writing
from lms_tracker.store.enrolment_history import events_of
from lms_tracker.store.programmes import enrolments
from tests.programme import STARTS_ON, add_programme, add_term

APRIL = date(2026, 4, 1)
NOW = datetime(2026, 4, 5, 4, tzinfo=UTC)
SECOND = 2
WHY = {"reason": "调往乡镇", "by": None}


@pytest.fixture
def p1(any_db: Engine) -> Engine:
    add_programme(any_db)
    with writing(any_db) as tx:
        tx.execute(insert(t.cohort).values(id=SECOND, programme_id=1, name="二班"))
    return any_db


def _classes(db: Engine, on: date | None = None, as_of: datetime | None = None) -> dict[int, tuple[str, str | None]]:
    with reading(db) as tx:
        return {row.learner_id: (row.cohort, row.school) for row in enrolments(tx, 1, on=on, as_of=as_of)}


def test_from_the_date_on_the_learner_is_in_the_other_class_and_before_it_in_that_of_before(p1: Engine) -> None:
    move_learner(p1, 1, 1, cohort_id=SECOND, school="第3中学", on=APRIL, **WHY, now=NOW)
    assert _classes(p1, on=APRIL)[1] == ("二班", "第3中学")
    assert _classes(p1, on=APRIL - timedelta(days=1))[1] == ("一班", "第2中学")
    assert _classes(p1)[1] == ("二班", "第3中学")
    assert _classes(p1, on=APRIL)[2] == ("一班", "第2中学"), "nobody else moved"


def test_what_was_not_known_at_an_instant_does_not_show_in_its_figures(p1: Engine) -> None:
    move_learner(p1, 1, 1, cohort_id=SECOND, on=APRIL, **WHY, now=NOW)
    assert _classes(p1, on=APRIL, as_of=NOW - timedelta(seconds=1))[1][0] == "一班"
    assert _classes(p1, on=APRIL, as_of=NOW)[1][0] == "二班"


def test_one_class_is_asked_for_as_it_was_then(p1: Engine) -> None:
    move_learner(p1, 1, 1, cohort_id=SECOND, on=APRIL, **WHY, now=NOW)
    with reading(p1) as tx:
        then = [row.learner_id for row in enrolments(tx, 1, 1, on=date(2026, 3, 20))]
        now = [row.learner_id for row in enrolments(tx, 1, 1, on=APRIL)]
        other = [row.learner_id for row in enrolments(tx, 1, SECOND, on=APRIL)]
    assert (then, now, other) == ([1, 2, 3, 4], [2, 3, 4], [1])


def test_a_bulletin_issued_again_as_of_then_says_what_it_said(any_db: Engine) -> None:
    add_term(any_db)
    with writing(any_db) as tx:
        tx.execute(insert(t.cohort).values(id=SECOND, programme_id=1, name="二班"))
    ended = datetime(2026, 3, 15, 16, tzinfo=UTC)
    before = opened(issue_bulletin(any_db, 1, "2026-03-H1", as_of=ended, now=NOW).content)
    move_learner(any_db, 1, 1, cohort_id=SECOND, school="第3中学", on=APRIL, **WHY, now=NOW)
    leave_programme(any_db, 2, 1, on=APRIL, now=NOW)
    after = opened(issue_bulletin(any_db, 1, "2026-03-H1", as_of=ended, now=NOW).content)
    assert after["by_school_kind"] == before["by_school_kind"]
    assert [grade.learner_id for grade in grade_cohort(any_db, 1, ended)] == [1, 2, 3, 4]
    assert [grade.learner_id for grade in grade_cohort(any_db, 1, NOW)] == [3, 4, 1], "by class"


def test_who_left_is_gone_between_and_there_again_after_coming_back(p1: Engine) -> None:
    leave_programme(p1, 3, 1, on=date(2026, 3, 1), reason="病假", now=datetime(2026, 3, 1, 4, tzinfo=UTC))
    return_to_programme(p1, 3, 1, on=APRIL, **WHY, now=NOW)
    assert 3 in _classes(p1, on=date(2026, 2, 28))
    assert 3 not in _classes(p1, on=date(2026, 3, 20))
    assert 3 in _classes(p1, on=APRIL)
    with reading(p1) as tx:
        [row] = [row for row in enrolments(tx, 1) if row.learner_id == 3]
        events = [(e.what, e.on, e.reason) for e in events_of(tx, [row.id])]
    assert row.left_on is None and row.enrolled_on == STARTS_ON
    assert events == [
        ("began", STARTS_ON, ""),
        ("left", date(2026, 3, 1), "病假"),
        ("returned", APRIL, "调往乡镇"),
    ]


@pytest.mark.parametrize(
    ("what", "code"),
    [
        ({"cohort_id": SECOND, "on": date(2026, 4, 6)}, "late"),
        ({"cohort_id": SECOND, "on": date(2026, 1, 31)}, "early"),
        ({"cohort_id": 1, "on": APRIL}, "same"),
        ({"cohort_id": 99, "on": APRIL}, "class"),
        ({"school": "没有的学校", "on": APRIL}, "school"),
        ({"school": "示例市教育局", "on": APRIL}, "school"),
        ({"cohort_id": SECOND, "on": APRIL, "reason": " "}, "reason"),
    ],
)
def test_a_move_that_cannot_be_is_refused_and_changes_nothing(p1: Engine, what: dict[str, object], code: str) -> None:
    before = _classes(p1)
    with pytest.raises(MoveError) as refused:
        move_learner(p1, 1, 1, **({**WHY} | what), now=NOW)  # type: ignore[arg-type]
    assert refused.value.code == code
    with reading(p1) as tx:
        assert tx.scalar(select(t.enrolment_event.c.id)) is None
    assert _classes(p1) == before


def test_history_is_added_to_at_its_end_alone(p1: Engine) -> None:
    move_learner(p1, 1, 1, cohort_id=SECOND, on=APRIL, **WHY, now=NOW)
    with pytest.raises(MoveError) as refused:
        move_learner(p1, 1, 1, cohort_id=1, on=APRIL - timedelta(days=1), **WHY, now=NOW)
    assert refused.value.code == "early"
    with pytest.raises(ProgrammeError, match="changed on 2026-04-01"):
        leave_programme(p1, 1, 1, on=date(2026, 3, 1), now=NOW)
    with pytest.raises(MoveError) as refused:
        return_to_programme(p1, 1, 1, on=APRIL, **WHY, now=NOW)
    assert refused.value.code == "there"


def test_a_monitor_who_moves_to_another_class_is_monitor_no_more(p1: Engine) -> None:
    with writing(p1) as tx:
        row = {"login": "p1", "name": "李一凡", "password_hash": "!", "session_token": "x", "created_at": NOW}
        tx.execute(insert(t.account).values(row | {"id": 1, "learner_id": 1}))
    grant_role(p1, 1, "monitor", cohort_id=1, now=NOW)
    grant_role(p1, 1, "learner", programme_id=1, now=NOW)
    move_learner(p1, 1, 1, school="第3中学", on=APRIL, **WHY, now=NOW)
    with reading(p1) as tx:
        assert {r.role for r in roles_of(tx, 1, NOW)} == {"monitor", "learner"}, "another school is no other class"
    move_learner(p1, 1, 1, cohort_id=SECOND, on=APRIL, **WHY, now=NOW)
    with reading(p1) as tx:
        assert {r.role for r in roles_of(tx, 1, NOW)} == {"learner"}


def test_a_roster_that_names_another_class_writes_the_same_history(any_db: Engine) -> None:
    create_programme(any_db, "p1", "校长培训", "p1-principals", STARTS_ON, date(2027, 1, 31), now=NOW)
    table = [["姓名", "登录名", "学校", "学校类别", "班级"], ["孙小圣", "p9", "第2中学", "city", "一班"]]
    import_people(any_db, parse_roster(table), "p1", home_page="https://a.example", now=NOW)
    table[1][4] = "二班"
    import_people(any_db, parse_roster(table), "p1", home_page="https://a.example", now=NOW + timedelta(days=2))
    with reading(any_db) as tx:
        [row] = enrolments(tx, 1)
        assert [(e.what, e.cohort, e.reason) for e in events_of(tx, [row.id])] == [
            ("began", "一班", ""),
            ("moved", "二班", "名单导入"),
        ]
        assert [r.cohort for r in enrolments(tx, 1, on=date(2026, 4, 6))] == ["一班"]
        assert [r.cohort for r in enrolments(tx, 1, on=date(2026, 4, 7))] == ["二班"]


def test_of_who_was_erased_the_classes_stay_and_schools_and_reasons_go(p1: Engine) -> None:
    move_learner(p1, 1, 1, cohort_id=SECOND, school="第3中学", on=APRIL, **WHY, now=NOW)
    erase_person(p1, 1, ordered_by="admin", reason="本人书面请求", now=NOW)
    with reading(p1) as tx:
        rows = tx.execute(select(t.enrolment_event).order_by(t.enrolment_event.c.id)).all()
    assert [(row.what, row.cohort_id, row.organisation_id, row.reason) for row in rows] == [
        ("began", 1, None, ""),
        ("moved", SECOND, None, ""),
        ("left", SECOND, None, ""),
    ]
    assert 1 not in _classes(p1, on=date(2026, 4, 5))
