"""What a learner declares, and what becomes of it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, func, insert, select

from lms_tracker.actions.decide_declaration import decide
from lms_tracker.actions.declare import declare, declare_again, withdraw
from lms_tracker.core.declarations import PROOFS, Content
from lms_tracker.core.study.review import NotAllowed
from lms_tracker.store import declarations as store
from lms_tracker.store import tables as t
from lms_tracker.store.db import reading, writing
from lms_tracker.store.person_work import count_work, forget_work
from tests.programme import add_programme

NOW = datetime(2026, 3, 14, 4, tzinfo=UTC)
LI, HEAD = 1, 9
TEXT = "乡村小学作业设计的三个案例"


@pytest.fixture
def world(any_db: Engine) -> Engine:
    add_programme(any_db)
    with writing(any_db) as tx:
        for id, name, learner in ((LI, "李一凡", 1), (2, "王二妮", 2), (HEAD, "程老师", None)):
            row = {"id": id, "login": f"a{id}", "name": name, "learner_id": learner, "created_at": NOW}
            tx.execute(insert(t.account).values(row | {"password_hash": "", "session_token": ""}))
    return any_db


def note(db: Engine, title: str = TEXT, **more: Any) -> int:
    given: dict[str, Any] = {"files": [("笔记.txt", "三点体会".encode())], "by": LI, "now": NOW}
    return declare(db, 1, 1, "note", Content(title, "正文", facts={"unit": "作业"}), **given | more)


def row_of(db: Engine, id: int) -> Any:
    with reading(db) as tx:
        return store.declaration_by_id(tx, id)


def test_every_step_is_kept_with_who_when_why_and_the_content_as_it_was(world: Engine) -> None:
    id = note(world)
    decide(world, id, "returned", words="请补充案例", by=HEAD, now=NOW + timedelta(hours=1))
    better = Content("作业设计的五个案例", "改写", facts={"unit": "作业"})
    declare_again(world, id, better, files=[], by=LI, now=NOW + timedelta(hours=2))
    decide(world, id, "confirmed", words="很好", by=HEAD, now=NOW + timedelta(hours=3))
    row = row_of(world, id)
    assert (row.state, row.title, row.by, row.reason, row.owner, row.cohort) == (
        "confirmed", "作业设计的五个案例", "程老师", "很好", 1, "一班",
    )  # fmt: skip
    with reading(world) as tx:
        steps = store.steps_of(tx, id)
        (file,) = store.files_of(tx, id)
    assert [(one.step, one.by, one.words) for one in steps] == [
        ("declared", "李一凡", ""),
        ("returned", "程老师", "请补充案例"),
        ("declared", "李一凡", ""),
        ("confirmed", "程老师", "很好"),
    ]
    assert TEXT in (steps[0].content or "") and (file.name, file.size) == ("笔记.txt", 12)


def test_what_is_confirmed_is_neither_changed_nor_withdrawn(world: Engine) -> None:
    id = note(world)
    decide(world, id, "confirmed", words="", by=HEAD, now=NOW)
    for act in (
        lambda: withdraw(world, id, by=LI, now=NOW),
        lambda: declare_again(world, id, Content("x", "x", facts={"unit": ""}), files=[], by=LI, now=NOW),
        lambda: decide(world, id, "confirmed", words="", by=HEAD, now=NOW),
    ):
        with pytest.raises(NotAllowed, match="decided"):
            act()


def test_nobody_confirms_their_own_nor_changes_what_is_a_colleagues(world: Engine) -> None:
    id = note(world)
    with pytest.raises(NotAllowed, match="^own$"):
        decide(world, id, "confirmed", words="", by=LI, now=NOW)
    with pytest.raises(NotAllowed, match="not-own"):
        withdraw(world, id, by=2, now=NOW)
    assert row_of(world, id).state == "declared"


def test_only_the_enrolled_declare_and_nothing_that_lies_in_the_future(world: Engine) -> None:
    with writing(world) as tx:
        tx.execute(t.enrolment.update().where(t.enrolment.c.learner_id == 2).values(left_on=date(2026, 3, 1)))
    content = Content("题", "文", facts={"unit": ""})
    for learner in (2, 77):
        with pytest.raises(NotAllowed, match="stranger"):
            declare(world, 1, learner, "note", content, files=[], by=LI, now=NOW)
    book = Content("书", "文", date(2026, 3, 16), facts={"author": "", "monograph": "no"})
    with pytest.raises(NotAllowed, match="future"):
        declare(world, 1, 1, "reading", book, files=[], by=LI, now=NOW)


def test_a_refused_file_leaves_nothing_behind(world: Engine) -> None:
    for files, why in (
        ([("a.txt", b"x")] * (PROOFS.files + 1), "files"),
        ([("a.exe", b"MZ\x90\x00")], "file-kind"),
        ([("a.txt", b"x" * (PROOFS.file_bytes + 1))], "file-size"),
    ):
        with pytest.raises(NotAllowed, match=why):
            note(world, files=files)
    with reading(world) as tx:
        for table in (t.declaration, t.declaration_step, t.stored_file):
            assert tx.scalar(select(func.count()).select_from(table)) == 0


def test_what_waits_is_counted_by_class_and_kind(world: Engine) -> None:
    note(world)
    with reading(world) as tx:
        assert store.count_waiting(tx, 1) == store.count_waiting(tx, 1, {1}) == {"note": 1}
        assert store.count_waiting(tx, 1, {2}) == store.count_waiting(tx, 1, set()) == {}
        assert [row.name for row in store.declarations_in(tx, 1, "note", ["declared"], {1})] == ["李一凡"]
        assert store.declarations_in(tx, 1, "note", ["declared"], {2}) == []


def test_of_an_erased_person_no_declaration_is_left_and_a_file_of_others_stays(world: Engine) -> None:
    note(world)
    content = Content("王的笔记", "正文", facts={"unit": ""})
    declare(world, 1, 2, "note", content, files=[("同一份.txt", "三点体会".encode())], by=2, now=NOW)
    with writing(world) as tx:
        assert count_work(tx, [1]) == forget_work(tx, [1]) == {"declarations": 1, "presences": 0, "exams": 0}
    with reading(world) as tx:
        assert [row.title for row in tx.execute(select(t.declaration.c.title))] == ["王的笔记"]
        assert tx.scalar(select(func.count()).select_from(t.stored_file)) == 1
    with writing(world) as tx:
        forget_work(tx, [2])
        assert tx.scalar(select(func.count()).select_from(t.stored_file)) == 0
