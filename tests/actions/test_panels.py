"""Research output before a panel, notes and books: who may grade what, and what counts of it."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, insert, select

from lms_tracker.actions.books import import_books
from lms_tracker.actions.decide_declaration import decide
from lms_tracker.actions.declare import declare
from lms_tracker.actions.panels import grade_output, rule_output, seat_expert
from lms_tracker.core.declarations import Content
from lms_tracker.core.sheet import SheetFaults
from lms_tracker.core.study.review import NotAllowed
from lms_tracker.store import books
from lms_tracker.store import panels as store
from lms_tracker.store import tables as t
from lms_tracker.store.db import reading, writing
from lms_tracker.store.person_work import forget_work
from tests.programme import add_programme

NOW = datetime(2026, 5, 14, 4, tzinfo=UTC)
LI, STAFF, ONE, TWO, THREE = 1, 9, 11, 12, 13
PAPER = {"form": "paper", "level": "prefecture", "authors": "", "where": "市教育学会", "listed": "yes"}


@pytest.fixture
def world(any_db: Engine) -> Engine:
    add_programme(any_db)
    with writing(any_db) as tx:
        people = ((LI, "李一凡", 1), (STAFF, "骆老师", None), (ONE, "苏", None), (TWO, "闻", None), (THREE, "纪", 2))
        for id, name, learner in people:
            row = {"id": id, "login": f"a{id}", "name": name, "learner_id": learner, "created_at": NOW}
            tx.execute(insert(t.account).values(row | {"password_hash": "", "session_token": ""}))
        for id in (LI, ONE, TWO, THREE):
            tx.execute(insert(t.role).values(account_id=id, role="expert", programme_id=1))
    return any_db


def output(db: Engine, confirm: bool = True, **facts: str) -> int:
    content = Content("乡村小学作业设计", "", date(2026, 4, 1), facts=PAPER | facts)
    id = declare(db, 1, 1, "research", content, files=[], by=LI, now=NOW)
    if confirm:
        decide(db, id, "confirmed", words="", by=STAFF, now=NOW)
    return id


def seat(db: Engine, id: int, *experts: int, third: bool = False) -> None:
    for expert in experts:
        seat_expert(db, id, expert, third=third, by=STAFF, now=NOW)


def grade(db: Engine, id: int, expert: int, level: str) -> None:
    grade_output(db, id, level, words="论证充分", by=expert, now=NOW)


def on_record(db: Engine) -> list[tuple[str, str | None]]:
    a = t.achievement.c
    with reading(db) as tx:
        return [tuple(row) for row in tx.execute(select(a.kind, a.level).where(a.replaced_at.is_(None)).order_by(a.id))]


def ruling(db: Engine, id: int) -> tuple[str | None, str]:
    with reading(db) as tx:
        found = store.ruling_on(tx, id)
    return found.level, found.rule


def test_a_confirmed_paper_counts_as_published_and_its_level_once_the_panel_is_done(world: Engine) -> None:
    id = output(world)
    assert on_record(world) == [("publication", "prefecture")]
    seat(world, id, ONE, TWO)
    grade(world, id, ONE, "A")
    assert (ruling(world, id), on_record(world)) == ((None, "waiting"), [("publication", "prefecture")])
    grade(world, id, TWO, "B")
    assert ruling(world, id) == ("B", "middle")
    assert on_record(world) == [("publication", "prefecture"), ("research", "B")]


def test_a_lesson_is_no_publication(world: Engine) -> None:
    output(world, form="lesson")
    assert on_record(world) == []


def test_far_apart_a_third_expert_is_asked_and_then_the_middle_counts(world: Engine) -> None:
    id = output(world)
    seat(world, id, ONE, TWO)
    with pytest.raises(NotAllowed, match="no-third"):
        seat(world, id, THREE, third=True)
    grade(world, id, ONE, "A")
    grade(world, id, TWO, "D")
    assert ruling(world, id) == (None, "third-needed")
    seat(world, id, THREE, third=True)
    grade(world, id, THREE, "C")
    assert ruling(world, id) == ("C", "third")
    assert ("research", "C") in on_record(world)


def test_the_chairs_word_replaces_the_panels_level_on_record(world: Engine) -> None:
    id = output(world)
    seat(world, id, ONE)
    with pytest.raises(NotAllowed, match="not-seated"):
        rule_output(world, id, "A", words="x", by=STAFF, now=NOW)
    grade(world, id, ONE, "B")
    rule_output(world, id, "A", words="获省级推广，评审时未知", by=STAFF, now=NOW)
    assert (ruling(world, id), on_record(world)) == (("A", "chair"), [("publication", "prefecture"), ("research", "A")])


def test_an_expert_may_think_again_until_the_panel_is_done(world: Engine) -> None:
    id = output(world)
    seat(world, id, ONE, TWO)
    grade(world, id, ONE, "A")
    grade(world, id, ONE, "B")
    grade(world, id, TWO, "B")
    assert ruling(world, id) == ("B", "unanimous")
    with pytest.raises(NotAllowed, match="settled"):
        grade(world, id, ONE, "A")
    with reading(world) as tx:
        assert len(tx.execute(select(t.panel_grade)).all()) == 3, "what was thought before is kept"


def test_nobody_grades_their_own_nor_what_they_were_not_asked_to(world: Engine) -> None:
    id = output(world)
    with pytest.raises(NotAllowed, match="^own$"):
        seat(world, id, LI)
    with pytest.raises(NotAllowed, match="stranger"):
        seat(world, id, STAFF)
    with pytest.raises(NotAllowed, match="not-seated"):
        grade(world, id, TWO, "A")
    seat(world, id, ONE)
    with pytest.raises(NotAllowed, match="seated"):
        seat(world, id, ONE)
    grade(world, id, ONE, "A")
    with pytest.raises(NotAllowed, match="graded"):
        seat(world, id, TWO)


def test_nothing_is_graded_before_it_is_confirmed_and_nothing_counts_after_it_is_reopened(world: Engine) -> None:
    with pytest.raises(NotAllowed, match="not-confirmed"):
        seat(world, output(world, confirm=False), ONE)
    id = output(world)
    seat(world, id, ONE)
    grade(world, id, ONE, "A")
    decide(world, id, "reopened", words="证明材料是别人的", by=STAFF, now=NOW)
    assert on_record(world) == []


def test_an_expert_sees_what_is_theirs_to_grade_first(world: Engine) -> None:
    ids = [output(world, where=str(n)) for n in range(2)]
    for id in ids:
        seat(world, id, ONE)
    grade(world, ids[0], ONE, "A")
    with reading(world) as tx:
        assert [row.id for row, _seat in store.work_of(tx, 1, ONE)] == [ids[1], ids[0]]
        assert (store.count_work(tx, 1, ONE), store.count_work(tx, 1, TWO)) == (1, 0)


def test_only_what_its_author_agreed_to_list_is_listed(world: Engine) -> None:
    shown, hidden = output(world), output(world, listed="no")
    with reading(world) as tx:
        assert [row.id for row in store.publications(tx, 1, listed_only=True)] == [shown]
        assert {row.id for row in store.publications(tx, 1, listed_only=False)} == {shown, hidden}


def test_of_an_erased_author_no_grade_is_left(world: Engine) -> None:
    id = output(world)
    seat(world, id, ONE)
    grade(world, id, ONE, "A")
    rule_output(world, id, "B", words="x", by=STAFF, now=NOW)
    with writing(world) as tx:
        forget_work(tx, [1])
    with reading(world) as tx:
        for table in (t.declaration, t.panel_seat, t.panel_grade, t.panel_ruling):
            assert tx.execute(select(table)).all() == []


def read(db: Engine, title: str = "给教师的建议", monograph: str = "yes") -> int:
    content = Content(title, "三点体会", date(2026, 4, 1), facts={"author": "", "monograph": monograph})
    return declare(db, 1, 1, "reading", content, files=[], by=LI, now=NOW)


def test_a_signed_off_note_and_a_confirmed_book_count(world: Engine) -> None:
    note = declare(world, 1, 1, "note", Content("笔记", "正文", facts={"unit": ""}), files=[], by=LI, now=NOW)
    for id in (note, read(world), read(world, "活着", "no")):
        decide(world, id, "confirmed", words="", by=STAFF, now=NOW)
    assert on_record(world) == [("note", None), ("reading", "education"), ("reading", "general")]
    decide(world, note, "reopened", words="抄来的", by=STAFF, now=NOW)
    assert [kind for kind, _level in on_record(world)] == ["reading", "reading"]


def test_a_book_counts_once_however_often_it_is_declared(world: Engine) -> None:
    first, second = read(world), read(world)
    decide(world, first, "confirmed", words="", by=STAFF, now=NOW)
    with pytest.raises(NotAllowed, match="twice"):
        decide(world, second, "confirmed", words="", by=STAFF, now=NOW)
    with reading(world) as tx:
        assert tx.scalar(select(t.declaration.c.state).where(t.declaration.c.id == second)) == "declared"


def test_a_list_of_books_comes_in_whole_or_not_at_all_and_without_doubles(world: Engine) -> None:
    table: list[list[Any]] = [
        ["书名", "作者", "教育专著"],
        ["给教师的建议", "苏霍姆林斯基", "是"],
        ["活着", "余华", ""],
    ]
    assert [line.what for line in import_books(world, 1, table, now=NOW, dry_run=True).lines] == ["added"] * 2
    assert import_books(world, 1, table, now=NOW).count("added") == 2
    assert import_books(world, 1, table, now=NOW).count("same") == 2
    with pytest.raises(SheetFaults):
        import_books(world, 1, [*table, ["爱弥儿", "卢梭", "也许"]], now=NOW)
    with reading(world) as tx:
        assert [(row.title, row.monograph) for row in books.books_of(tx, 1)] == [
            ("给教师的建议", True),
            ("活着", False),
        ]
