"""Meetings, signing in, the roll, reports read in, leave: on both databases, with what counts of them."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, func, insert, select

from lms_tracker.actions.decide_declaration import decide
from lms_tracker.actions.declare import declare
from lms_tracker.actions.import_presences import import_report, read_report
from lms_tracker.actions.join_learners import join_learners
from lms_tracker.actions.meetings import MeetingForm, Seen, cancel_meeting, create_meeting, record_presences
from lms_tracker.actions.sign_in import SignIn, sign_in
from lms_tracker.core.attendance.code import LOCKED_FOR, MAX_WRONG, code_at
from lms_tracker.core.declarations import Content
from lms_tracker.core.study.review import NotAllowed
from lms_tracker.store import attendance as store
from lms_tracker.store import tables as t
from lms_tracker.store.db import reading, writing
from tests.programme import NAMES, add_programme

NINE = datetime(2026, 3, 14, 1, 0, tzinfo=UTC)  # a Saturday, 9 o'clock in Shanghai
HEAD = 9


@pytest.fixture
def world(any_db: Engine) -> Engine:
    """The four principals of one class with an account each, the head teacher with account 9, and meeting 1."""
    add_programme(any_db)
    with writing(any_db) as tx:
        for n, name in NAMES.items():
            row = {"id": n, "login": f"p{n}", "name": name, "learner_id": n}
            tx.execute(insert(t.account).values(row | {"password_hash": "", "session_token": "", "created_at": NINE}))
        head = {"id": HEAD, "login": "head", "name": "程老师", "password_hash": "", "session_token": ""}
        tx.execute(insert(t.account).values(head | {"created_at": NINE}))
    call(any_db)
    return any_db


def call(db: Engine, title: str = "依法治校", starts_at: datetime = NINE, **more: Any) -> int:
    form = MeetingForm("weekend", title, "一号楼", starts_at, starts_at + timedelta(minutes=90), **more)
    return create_meeting(db, 1, form, by=HEAD, now=NINE - timedelta(days=3))


def enter(db: Engine, learner: int, at: datetime, typed: str | None = None, meeting: int = 1) -> SignIn:
    with reading(db) as tx:
        row = store.meeting_by_id(tx, meeting)
    assert row is not None
    return sign_in(
        db, meeting, learner, code_at(row.secret, meeting, at) if typed is None else typed, by=learner, now=at
    )


def statuses(db: Engine, meeting: int = 1) -> dict[int, str]:
    with reading(db) as tx:
        return {learner: row.status for learner, row in store.in_force(tx, meeting).items()}


def counted(db: Engine) -> list[tuple[int, str, str]]:
    a = t.achievement.c
    query = select(a.learner_id, a.kind, a.source).where(a.replaced_at.is_(None)).order_by(a.learner_id, a.id)
    with reading(db) as tx:
        return [(row.learner_id, row.kind, row.source) for row in tx.execute(query)]


def tick(db: Engine, seen: dict[int, str], words: str | None = None, **more: Any) -> int:
    said: dict[int, Seen] = {id: Seen(status, None, words) for id, status in seen.items()}  # type: ignore[arg-type]
    return record_presences(db, 1, said, how="list", by=HEAD, **{"now": NINE + timedelta(minutes=30)} | more)


def test_who_types_the_code_in_time_is_present_and_later_late_and_it_counts(world: Engine) -> None:
    assert enter(world, 1, NINE - timedelta(minutes=29)) is SignIn.PRESENT
    assert enter(world, 2, NINE + timedelta(minutes=11)) is SignIn.LATE
    assert enter(world, 1, NINE + timedelta(minutes=12)) is SignIn.ALREADY
    assert statuses(world) == {1: "present", 2: "late"}
    assert counted(world) == [(1, "attendance", "attendance:1"), (2, "attendance", "attendance:1")]


def test_a_code_opens_nothing_before_and_after_the_meeting_nor_for_who_is_not_asked(world: Engine) -> None:
    assert enter(world, 1, NINE - timedelta(minutes=31)) is SignIn.CLOSED
    assert enter(world, 1, NINE + timedelta(minutes=91)) is SignIn.CLOSED
    early = call(world, "开学", datetime(2026, 3, 2, 1, tzinfo=UTC))
    assert enter(world, 4, datetime(2026, 3, 2, 1, tzinfo=UTC), meeting=early) is SignIn.STRANGER, "enters on March 10"
    cancel_meeting(world, 1, reason="停电", by=HEAD, now=NINE)
    assert enter(world, 1, NINE) is SignIn.CLOSED
    assert sign_in(world, 99, 1, "123456", by=1, now=NINE) is SignIn.CLOSED
    assert statuses(world) == {}


def test_a_code_that_was_passed_on_is_soon_worth_nothing_and_guessing_ends(world: Engine) -> None:
    with reading(world) as tx:
        secret = tx.scalar(select(t.meeting.c.secret)) or ""
    old = code_at(secret, 1, NINE - timedelta(minutes=2))
    outcomes = [enter(world, 1, NINE, old) for _ in range(MAX_WRONG)]
    assert outcomes == [SignIn.WRONG] * (MAX_WRONG - 1) + [SignIn.LOCKED]
    assert enter(world, 1, NINE + timedelta(seconds=1)) is SignIn.LOCKED, "the right code does not help now"
    assert enter(world, 2, NINE) is SignIn.PRESENT, "others are not locked"
    assert enter(world, 1, NINE + LOCKED_FOR + timedelta(seconds=1)) is SignIn.PRESENT


def test_the_roll_is_called_and_called_again_without_doubles(world: Engine) -> None:
    assert tick(world, {1: "present", 2: "absent", 3: "late"}) == 3
    assert tick(world, {1: "present", 2: "absent", 3: "late"}) == 0
    assert [who for who, *_ in counted(world)] == [1, 3]


def test_a_correction_keeps_what_stood_there_and_what_counted(world: Engine) -> None:
    tick(world, {1: "present"})
    assert tick(world, {1: "absent"}, "点错了", now=NINE + timedelta(hours=2)) == 1
    with reading(world) as tx:
        (before,) = store.history(tx, 1)
        old = tx.execute(select(t.achievement)).one()
    assert (before.status, before.by, before.replaced_at) == ("present", "程老师", NINE + timedelta(hours=2))
    assert counted(world) == [] and old.replaced_reason == "点错了"


def test_what_a_code_says_is_contradicted_only_with_a_reason(world: Engine) -> None:
    enter(world, 1, NINE)
    with pytest.raises(NotAllowed, match="why"):
        tick(world, {1: "absent"})
    assert tick(world, {1: "absent"}, "代签，本人不在") == 1


def test_nothing_is_written_down_of_who_is_not_expected_nor_before_it_begins_nor_of_oneself(world: Engine) -> None:
    for seen, more, why in (
        ({77: "present"}, {}, "stranger"),
        ({1: "present"}, {"now": NINE - timedelta(hours=2)}, "early"),
        ({1: "present"}, {"by": 1}, "own"),
        ({1: "present"}, {"cohort_ids": set()}, "stranger"),
    ):
        with pytest.raises(NotAllowed, match=why):
            record_presences(
                world, 1, {id: Seen(s) for id, s in seen.items()}, how="list",  # type: ignore[arg-type]
                **{"by": HEAD, "now": NINE + timedelta(minutes=30)} | more,  # type: ignore[arg-type]
            )  # fmt: skip
    assert statuses(world) == {}


def test_a_meeting_that_is_called_off_counts_for_nobody(world: Engine) -> None:
    tick(world, {1: "present", 2: "present"})
    cancel_meeting(world, 1, reason="场地冲突，改期", by=HEAD, now=NINE + timedelta(hours=3))
    assert counted(world) == []
    with pytest.raises(NotAllowed, match="cancelled"):
        tick(world, {3: "present"})


REPORT = [
    ["姓名", "加入时间", "离开时间"],
    ["李一凡", "2026-03-14 08:50:00", "2026-03-14 10:30:00"],
    ["二中 王二妮", "2026-03-14 09:00:00", "2026-03-14 09:20:00"],
    ["钱多多", "2026-03-14 09:00:00", "2026-03-14 10:20:00"],
]


def test_a_report_is_looked_at_without_a_trace_and_read_in_without_doubles(world: Engine) -> None:
    now = NINE + timedelta(hours=2)
    said = read_report(world, 1, REPORT, now)
    assert {id: (one.status, one.minutes) for id, one in said.seen.items()} == {1: ("present", 90), 2: ("partial", 20)}
    assert ([one.text for one in said.found.strangers], said.changes, statuses(world)) == (["钱多多"], 2, {})
    assert import_report(world, 1, REPORT, by=HEAD, now=now)[1] == 2
    assert import_report(world, 1, REPORT, by=HEAD, now=now)[1] == 0
    assert read_report(world, 1, REPORT, now).changes == 0
    assert statuses(world) == {1: "present", 2: "partial"}
    assert counted(world) == [(1, "attendance", "attendance:1")]


def test_a_report_never_takes_away_what_a_code_proved(world: Engine) -> None:
    enter(world, 2, NINE)
    import_report(world, 1, REPORT, by=HEAD, now=NINE + timedelta(hours=2))
    assert statuses(world)[2] == "present"


def ask_leave(db: Engine, learner: int = 2, now: datetime = NINE - timedelta(days=1)) -> int:
    content = Content("依法治校", "县里开会", None, 1, {"cause": "duty"})
    return declare(db, 1, learner, "leave", content, files=[("通知.txt", "会议通知".encode())], by=learner, now=now)


def test_leave_that_is_granted_excuses_and_is_on_record_as_leave(world: Engine) -> None:
    decide(world, ask_leave(world), "confirmed", words="", by=HEAD, now=NINE - timedelta(hours=5))
    assert statuses(world) == {2: "excused"}
    assert counted(world) == [(2, "leave", "attendance:1")]
    with reading(world) as tx:
        assert tx.scalar(select(t.achievement.c.happened_on)) == date(2026, 3, 14)
    with pytest.raises(NotAllowed, match="why"):
        tick(world, {2: "absent"})


def test_who_came_all_the_same_was_there(world: Engine) -> None:
    decide(world, ask_leave(world), "confirmed", words="", by=HEAD, now=NINE - timedelta(hours=5))
    assert enter(world, 2, NINE) is SignIn.PRESENT
    assert counted(world) == [(2, "attendance", "attendance:1")]


def test_an_excuse_that_is_taken_back_is_an_absence(world: Engine) -> None:
    leave = ask_leave(world)
    decide(world, leave, "confirmed", words="", by=HEAD, now=NINE - timedelta(hours=5))
    decide(world, leave, "reopened", words="通知是去年的", by=HEAD, now=NINE + timedelta(hours=5))
    assert (statuses(world), counted(world)) == ({2: "absent"}, [])


def test_leave_is_asked_once_and_only_from_a_meeting_that_one_is_asked_to(world: Engine) -> None:
    ask_leave(world)
    with pytest.raises(NotAllowed, match="twice"):
        ask_leave(world)
    with pytest.raises(NotAllowed, match="stranger"):
        declare(world, 1, 1, "leave", Content("x", "x", None, 99, {"cause": "ill"}), files=[], by=1, now=NINE)
    cancel_meeting(world, 1, reason="停电", by=HEAD, now=NINE)
    with pytest.raises(NotAllowed, match="cancelled"):
        ask_leave(world, 3)


@pytest.mark.parametrize(
    ("form", "why"),
    [
        ({"kind": "party"}, "kind"),
        ({"title": " "}, "title"),
        ({"ends_at": NINE}, "times"),
        ({"ends_at": NINE + timedelta(days=8)}, "times"),
        ({"late_min": -1}, "late"),
        ({"least_pct": 0}, "least"),
        ({"cohort_id": 7}, "cohort"),
        ({}, "same"),
    ],
)
def test_a_meeting_that_makes_no_sense_is_refused_with_what_is_wrong(
    world: Engine, form: dict[str, Any], why: str
) -> None:
    good = {
        "kind": "weekend",
        "title": "依法治校",
        "place": "",
        "starts_at": NINE,
        "ends_at": NINE + timedelta(hours=1),
    }
    with pytest.raises(NotAllowed, match=why):
        create_meeting(world, 1, MeetingForm(**good | form), by=HEAD, now=NINE)  # type: ignore[arg-type]
    with reading(world) as tx:
        assert tx.scalar(select(func.count()).select_from(t.meeting)) == 1


def test_of_two_learners_who_turn_out_to_be_one_person_the_presence_is_the_persons(world: Engine) -> None:
    with writing(world) as tx:
        tx.execute(insert(t.learner).values(id=50, name="李一凡", actor="{}", created_at=NINE))
        tx.execute(insert(t.identity).values(ifi="mbox:mailto:li@elsewhere.example.org", learner_id=50))
        tx.execute(insert(t.presence).values(meeting_id=1, learner_id=50, status="late", how="list", made_at=NINE))
    join_learners(world, 50, 1, reason="同一人", made_by=None, now=NINE)
    assert statuses(world) == {1: "late"}
    tick(world, {1: "present"})
    assert statuses(world) == {1: "present"}
    with reading(world) as tx:
        assert len(store.history(tx, 1)) == 1
