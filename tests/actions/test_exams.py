"""Exams on both databases: sheets, resits, corrections, notes, and what is on record for the policy."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine, insert, select

from lms_tracker.actions.exams import ExamForm, close_note, create_exam, import_results, preview_results, record_result
from lms_tracker.core.exams import Sitting
from lms_tracker.core.sheet import SheetFaults
from lms_tracker.core.study.review import NotAllowed
from lms_tracker.store import exams as store
from lms_tracker.store import tables as t
from lms_tracker.store.db import reading, writing
from tests.programme import NAMES, add_programme

NOW = datetime(2026, 12, 28, 4, tzinfo=UTC)
STAFF = 9
TABLE = [["登录名", "成绩", "状态"], ["p1", "84", ""], ["p2", "41", ""], ["p3", "", "缺考"]]


@pytest.fixture
def world(any_db: Engine) -> Engine:
    """The four principals with accounts, staff with account 9, and exam 1."""
    add_programme(any_db)
    with writing(any_db) as tx:
        for n, name in {**NAMES, STAFF: "骆老师"}.items():
            row = {"id": n, "login": f"p{n}", "name": name, "learner_id": n if n < STAFF else None}
            tx.execute(insert(t.account).values(row | {"password_hash": "", "session_token": "", "created_at": NOW}))
    create_exam(any_db, 1, ExamForm("政治理论", date(2026, 12, 20)), by=STAFF, now=NOW)
    return any_db


def results(db: Engine, exam: int = 1) -> dict[int, tuple[str, Any]]:
    with reading(db) as tx:
        return {id: (row.status, row.mark) for id, row in store.results_of(tx, exam).items()}


def on_record(db: Engine) -> list[tuple[int, str, int, Any]]:
    a = t.achievement.c
    query = select(a.learner_id, a.item, a.attempt, a.value).where(a.replaced_at.is_(None))
    with reading(db) as tx:
        return [tuple(row) for row in tx.execute(query.order_by(a.learner_id, a.attempt))]


def test_a_sheet_is_previewed_without_a_trace_and_imported_without_doubles(world: Engine) -> None:
    assert [one.changes for one in preview_results(world, 1, TABLE, NOW)] == [True] * 3
    assert results(world) == {}
    assert import_results(world, 1, TABLE, by=STAFF, now=NOW)[1] == 3
    assert import_results(world, 1, TABLE, by=STAFF, now=NOW)[1] == 0
    assert results(world) == {1: ("sat", Decimal(84)), 2: ("sat", Decimal(41)), 3: ("absent", None)}
    assert on_record(world) == [(1, "政治理论", 1, Decimal(84)), (2, "政治理论", 1, Decimal(41))]


def test_one_wrong_cell_and_nothing_comes_in(world: Engine) -> None:
    wrong = [*TABLE, ["p9", "50", ""], ["nobody", "50", ""], ["李一凡", "50", ""]]
    with pytest.raises(SheetFaults) as e:
        import_results(world, 1, wrong, by=STAFF, now=NOW)
    assert [fault.row for fault in e.value.faults] == [5, 6, 7], "staff do not sit; nobody; Li stands there twice"
    assert (results(world), on_record(world)) == ({}, [])


def test_a_resit_is_attempt_two_of_the_same_and_only_for_who_failed(world: Engine) -> None:
    import_results(world, 1, TABLE, by=STAFF, now=NOW)
    resit = create_exam(world, 1, ExamForm("", date(2026, 12, 27), resit_of=1), by=STAFF, now=NOW)
    with pytest.raises(SheetFaults, match="row 2.*nothing to resit"):
        import_results(world, resit, [["登录名", "成绩"], ["p1", "99"], ["p2", "90"]], by=STAFF, now=NOW)
    import_results(world, resit, [["登录名", "成绩"], ["p2", "90"], ["p3", "61"]], by=STAFF, now=NOW)
    assert on_record(world) == [
        (1, "政治理论", 1, Decimal(84)),
        (2, "政治理论", 1, Decimal(41)),
        (2, "政治理论", 2, Decimal(90)),
        (3, "政治理论", 2, Decimal(61)),
    ]
    with pytest.raises(NotAllowed, match="resit"):
        create_exam(world, 1, ExamForm("再补考", date(2026, 12, 28), resit_of=1), by=STAFF, now=NOW)


def test_a_correction_needs_a_reason_and_keeps_what_stood_there(world: Engine) -> None:
    import_results(world, 1, TABLE, by=STAFF, now=NOW)
    better = Sitting("sat", Decimal(65))
    with pytest.raises(NotAllowed, match="why"):
        record_result(world, 1, 2, better, reason=" ", by=STAFF, now=NOW)
    record_result(world, 1, 2, better, reason="漏加一题", by=STAFF, now=NOW)
    with reading(world) as tx:
        (old,) = store.history(tx, 1)
        reasons = list(
            tx.scalars(select(t.achievement.c.replaced_reason).where(t.achievement.c.replaced_at.is_not(None)))
        )
    assert (old.mark, reasons, results(world)[2]) == (Decimal(41), ["漏加一题"], ("sat", Decimal(65)))


def test_what_is_declared_void_counts_no_longer(world: Engine) -> None:
    import_results(world, 1, TABLE, by=STAFF, now=NOW)
    record_result(world, 1, 1, Sitting("void"), reason="由他人代考", by=STAFF, now=NOW)
    assert [who for who, *_ in on_record(world)] == [2]


@pytest.mark.parametrize(
    ("learner", "sitting", "by", "why"),
    [
        (77, Sitting("sat", Decimal(50)), STAFF, "stranger"),
        (1, Sitting("sat", Decimal(50)), 1, "own"),
        (1, Sitting("sat"), STAFF, "mark"),
        (1, Sitting("sat", Decimal(101)), STAFF, "mark"),
        (1, Sitting("absent", Decimal(5)), STAFF, "mark"),
        (1, Sitting("gone"), STAFF, "status"),  # type: ignore[arg-type]
    ],
)
def test_a_result_that_cannot_be_is_refused(world: Engine, learner: int, sitting: Sitting, by: int, why: str) -> None:
    with pytest.raises(NotAllowed, match=f"^{why}$"):
        record_result(world, 1, learner, sitting, reason="x", by=by, now=NOW)
    assert results(world) == {}


def test_nobody_has_a_result_before_the_day_of_the_exam(world: Engine) -> None:
    later = create_exam(world, 1, ExamForm("下学期", date(2027, 1, 20)), by=STAFF, now=NOW)
    with pytest.raises(NotAllowed, match="early"):
        record_result(world, later, 1, Sitting("sat", Decimal(50)), reason="", by=STAFF, now=NOW)
    with pytest.raises(SheetFaults, match="2027-01-20"):
        import_results(world, later, TABLE, by=STAFF, now=NOW)


def test_a_note_is_looked_at_once_changes_no_mark_and_stays_closed(world: Engine) -> None:
    table = [["登录名", "成绩", "设备"], ["p1", "84", "机房7号"], ["p2", "84", "机房7号"]]
    import_results(world, 1, table, by=STAFF, now=NOW)
    with reading(world) as tx:
        notes = store.notes_of(tx, 1)
    assert [(note.name, note.signal) for note in notes] == [("李一凡", "device"), ("王二妮", "device")]
    close_note(world, 1, notes[0].id, words="同校，先后使用一台电脑", by=STAFF, now=NOW)
    with pytest.raises(NotAllowed, match="decided"):
        close_note(world, 1, notes[0].id, words="再看", by=STAFF, now=NOW)
    import_results(world, 1, [*table, ["p3", "70", ""]], by=STAFF, now=NOW)
    with reading(world) as tx:
        assert [note.words for note in store.notes_of(tx, 1)] == [None, "同校，先后使用一台电脑"]
    assert results(world)[1] == ("sat", Decimal(84))


@pytest.mark.parametrize(
    ("form", "why"),
    [
        ({"title": " "}, "title"),
        ({"title": "政治理论"}, "same"),
        ({"counts_as": "quiz"}, "kind"),
        ({"pass_mark": Decimal(101)}, "marks"),
        ({"out_of": Decimal(0), "pass_mark": Decimal(0)}, "marks"),
        ({"resit_of": 77}, "resit"),
        ({"resit_of": 1, "held_on": date(2026, 12, 1)}, "day"),
    ],
)
def test_an_exam_that_makes_no_sense_is_refused(world: Engine, form: dict[str, Any], why: str) -> None:
    with pytest.raises(NotAllowed, match=why):
        create_exam(world, 1, ExamForm(**{"title": "新的", "held_on": date(2026, 12, 20)} | form), by=STAFF, now=NOW)
