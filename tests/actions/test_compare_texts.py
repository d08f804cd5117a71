"""Works are compared as they come in: with all others of the programme, also what stands in their files."""

import random
from collections.abc import Callable

import pytest
from sqlalchemy import Engine, select

from lms_tracker.actions.compare_texts import Comparer, compared
from lms_tracker.actions.hand_in import hand_in
from lms_tracker.actions.set_terms import set_terms
from lms_tracker.core.assignments.terms import Terms
from lms_tracker.core.originality.prints import VERSION
from lms_tracker.store import originality as store
from lms_tracker.store import tables as t
from lms_tracker.store.db import reading, writing
from tests.actions.documents import docx, pdf
from tests.core.originality.writer import prose, reworded
from tests.web import people
from tests.web.people import NOW, World

RNG = random.Random(20)
PASSAGE = prose(RNG, 300)
TASK = prose(RNG, 200)
Submit = Callable[..., int]


@pytest.fixture
def world(any_db: Engine) -> World:
    return people.build(any_db)


@pytest.fixture
def submit(any_db: Engine, world: World) -> Submit:
    """Hands in text and files; the submission's id."""
    ids = {
        (slug, n): set_terms(any_db, world.programme[slug], Terms(f"案例{n}", "assignments", TASK), by=None, now=NOW)
        for slug in ("p1", "p2")
        for n in (1, 2)
    }

    def submit(login: str, text: str = "", *files: tuple[str, bytes], n: int = 1) -> int:
        learner = world.learner[login]
        return hand_in(any_db, ids[login[:2], n], learner, text=text, files=files, now=NOW).submission_id

    return submit


def compare(db: Engine, comparer: Comparer | None = None) -> int:
    return (comparer or Comparer(db)).run(lambda: NOW)


def matches(db: Engine) -> set[tuple[int, int]]:
    with reading(db) as tx:
        return {(row.one_id, row.other_id) for row in tx.execute(select(t.text_match))}


def mine(seed: int, passage: str = PASSAGE) -> str:
    rng = random.Random(seed)
    return prose(rng, 600) + passage + prose(rng, 500)


def test_texts_are_compared_across_assignments_classes_and_kinds_of_files(any_db: Engine, submit: Submit) -> None:
    first = submit("p1.li", mine(1))
    second = submit("p1.wang", "见附件", ("案例.docx", docx(mine(2)[:500], mine(2)[500:])))
    third = submit(
        "p1.zhao",
        "",
        ("a.pdf", pdf(*[mine(3)[n : n + 40] for n in range(0, 1400, 40)])),
        ("b.png", b"\x89PNG\r\n\x1a\n"),
        n=2,
    )
    alone = submit("p1.zhao", mine(4, ""), n=1)
    assert compare(any_db) == 4 and compare(any_db) == 0
    assert matches(any_db) == {(first, second), (first, third), (second, third)}
    with reading(any_db) as tx:
        assert {(row.other, row.name) for row in store.matches_of(tx, first)} == {(second, "王芳"), (third, "赵强")}
        (mine_row, their_row, both) = compared(tx, second, first) or pytest.fail()
        assert [mine_row.text[p.start : p.end].replace("\n", "") for p in both.one] == [PASSAGE.strip("，。")]
        assert their_row.learner_id != mine_row.learner_id
        assert store.unread_files(store.texts_of(tx, [third])[third]) == ["b.png"]
        assert compared(tx, alone, 999) is None


def test_nobody_is_compared_with_themselves_nor_with_another_programme(any_db: Engine, submit: Submit) -> None:
    submit("p1.li", mine(1))
    submit("p1.li", mine(1) + "改", n=1)
    submit("p1.li", mine(2), n=2)
    submit("p2.li", mine(3))
    assert compare(any_db) == 4
    assert matches(any_db) == set()


def test_what_the_assignment_says_is_nobody_s(any_db: Engine, submit: Submit) -> None:
    submit("p1.li", mine(1, TASK))
    submit("p1.wang", mine(2, TASK))
    compare(any_db)
    assert matches(any_db) == set()


def test_a_newer_version_takes_the_place_of_the_older_one_in_what_is_shown(any_db: Engine, submit: Submit) -> None:
    copied, original = submit("p1.li", mine(1)), submit("p1.wang", mine(2))
    compare(any_db)
    with reading(any_db) as tx:
        assert store.matches_of(tx, original)
        work = tx.scalar(select(t.submission.c.assignment_id).where(t.submission.c.id == original))
        assert store.worst_matches(tx, work)[original] > 150
    rewritten = submit("p1.li", mine(5, ""))
    compare(any_db)
    with reading(any_db) as tx:
        assert store.matches_of(tx, original) == [] and store.matches_of(tx, rewritten) == []
        assert original not in store.worst_matches(tx, work)
    assert (copied, original) in matches(any_db), "it stays on record"


def test_a_text_gone_through_and_reworded_is_found(any_db: Engine, submit: Submit) -> None:
    whole = mine(1)
    first, second = submit("p1.li", whole), submit("p1.wang", reworded(random.Random(3), whole, 10))
    compare(any_db)
    assert matches(any_db) == {(first, second)}


def test_two_readers_share_the_work_and_miss_nothing(
    any_db: Engine, submit: Submit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lms_tracker.actions.compare_texts.BATCH", 1)
    one, other = Comparer(any_db), Comparer(any_db)
    first, second = submit("p1.li", mine(1)), submit("p1.wang", mine(2))
    assert compare(any_db, one) == compare(any_db, other) == 1
    third = submit("p1.zhao", mine(3))
    assert compare(any_db, one) == 1 and compare(any_db, other) == 0
    assert matches(any_db) == {(first, second), (first, third), (second, third)}


def test_a_reader_that_died_is_replaced_and_reading_twice_changes_nothing(any_db: Engine, submit: Submit) -> None:
    first, second = submit("p1.li", mine(1)), submit("p1.wang", mine(2))
    with writing(any_db) as tx:
        from lms_tracker.actions.compare_texts import HOLD

        assert len(store.claim_unread(tx, 10, NOW, HOLD)) == 2
    comparer = Comparer(any_db)
    assert comparer.run(lambda: NOW) == 0
    assert comparer.run(lambda: NOW + HOLD) == 2
    assert matches(any_db) == {(first, second)}


def test_prints_of_works_that_are_gone_are_forgotten(any_db: Engine, submit: Submit) -> None:
    comparer = Comparer(any_db)
    gone = submit("p1.li", mine(1))
    compare(any_db, comparer)
    with writing(any_db) as tx:
        tx.execute(t.text_print.delete().where(t.text_print.c.submission_id == gone))
    submit("p1.wang", mine(2))
    compare(any_db, comparer)
    assert matches(any_db) == set()


def test_prints_of_an_earlier_version_are_made_anew_when_their_works_are_read_again(
    any_db: Engine, submit: Submit
) -> None:
    """What the migration of prints of both scripts asks for: every work waits to be read once more."""
    first, second = submit("p1.li", mine(1)), submit("p1.wang", mine(2))
    with writing(any_db) as tx:
        waiting = list(tx.execute(select(t.unread_text)))
        rows = [{"submission_id": id, "programme_id": 1, "version": 1, "text": "旧", "unread": "[]", "made_at": NOW}
                for id in (first, second)]  # fmt: skip
        store.add_prints(tx, rows)
        assert len(waiting) == 2
    assert compare(any_db) == 2
    assert matches(any_db) == {(first, second)}
    with reading(any_db) as tx:
        assert set(tx.scalars(select(t.text_print.c.version))) == {VERSION}
        assert "旧" not in set(tx.scalars(select(t.text_print.c.text)))
    with writing(any_db) as tx:
        store.add_prints(tx, [rows[0] | {"version": VERSION}])
        assert "旧" not in set(tx.scalars(select(t.text_print.c.text))), "a reader who was interrupted changes nothing"
