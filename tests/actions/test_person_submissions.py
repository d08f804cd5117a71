"""Work on assignments belongs to a person: a copy holds it, an erasure leaves nothing of it, and it follows a join."""

import json
from datetime import timedelta
from decimal import Decimal
from io import BytesIO
from zipfile import ZipFile

import pytest
from sqlalchemy import Engine, func, select

from lms_tracker.actions.assess import Judgement, assess, review
from lms_tracker.actions.compare_texts import Comparer
from lms_tracker.actions.erase_person import erase_person, preview_erasure
from lms_tracker.actions.export_person import export_person
from lms_tracker.actions.hand_in import save_draft
from lms_tracker.actions.join_learners import join_learners
from lms_tracker.actions.split_learner import split_learner
from lms_tracker.store import tables as t
from lms_tracker.store.db import reading, writing
from tests.web import deeds, people
from tests.web.people import NOW, World, add

LEFT = (
    t.submission, t.submission_file, t.submission_draft, t.submission_return, t.peer_pair, t.mark_objection, t.text_print,
    t.text_match, t.unread_text,
)  # fmt: skip


@pytest.fixture
def world(any_db: Engine) -> World:
    """Li, Wang and Zhao have handed in; Li has reviewed Zhao's work, and Zhao's was marked."""
    world = people.build(any_db)
    deeds.some_work(any_db, world)
    made = Judgement({0: 0, 1: 0}, {}, "李明写给同学的话")
    review(any_db, world.pair, made, reviewer=world.learner["p1.li"], now=NOW)
    marked = Judgement({0: 0, 1: 1}, {0: "数据充分"}, "评阅人的话")
    assess(any_db, world.work, world.submission, marked, by=world.account["p1.expert"], now=NOW)
    return world


def exported(db: Engine, learner_id: int, now=NOW) -> ZipFile:  # type: ignore[no-untyped-def]
    out = BytesIO()
    export_person(db, learner_id, out, now)
    return ZipFile(out)


def test_a_copy_holds_work_files_drafts_and_reviews_but_nobody_else_s(any_db: Engine, world: World) -> None:
    save_draft(any_db, world.work, world.learner["p1.zhao"], "草稿里的话", NOW)
    zip = exported(any_db, world.learner["p1.zhao"])
    (one,) = json.loads(zip.read("submissions.json"))
    assert one["text"].startswith("p1.zhao") and one["receipt"] and one["found"] == [], (
        "not released: peers go on reviewing"
    )
    assert zip.read(one["files"][0]).decode() == "附件里的话"
    assert "草稿里的话" in zip.read("drafts.json").decode()
    li = exported(any_db, world.learner["p1.li"])
    assert "李明写给同学的话" in li.read("peer-reviews.json").decode()
    everything = b"".join(li.read(name) for name in li.namelist()).decode(errors="replace")
    assert "附件里的话" not in everything and "p1.zhao：" not in everything


def test_an_erasure_leaves_nothing_of_the_work_and_the_others_keep_theirs(any_db: Engine, world: World) -> None:
    zhao = world.learner["p1.zhao"]
    assert preview_erasure(any_db, zhao, NOW).counts["submissions"] == 1
    erase_person(any_db, zhao, ordered_by="admin", reason="asked to", now=NOW)
    with reading(any_db) as tx:
        assert tx.scalar(select(func.count()).select_from(t.submission)) == 2
        gone = {
            table.name: tx.execute(select(table)).all() for table in LEFT if table not in (t.submission, t.text_print)
        }
        assert {name: rows for name, rows in gone.items() if rows} == {}
        assert tx.scalar(select(func.count()).select_from(t.text_print)) == 2
        assert "附件里的话".encode() not in {bytes(content) for content in tx.scalars(select(t.stored_file.c.content))}
        assert tx.execute(select(t.assessment)).all() == [], "what was found of it, too"
    assert Comparer(any_db).run(lambda: NOW) == 0


def test_reviews_by_somebody_who_was_erased_stay_with_the_work_by_nobody(any_db: Engine, world: World) -> None:
    erase_person(any_db, world.learner["p1.li"], ordered_by="admin", reason="asked to", now=NOW)
    with reading(any_db) as tx:
        row = tx.execute(select(t.assessment).where(t.assessment.c.kind == "peer")).one()
        assert (row.learner_id, row.comment) == (None, "李明写给同学的话")
        assert tx.execute(select(t.peer_pair)).all() == []


def test_work_follows_a_person_who_is_joined_and_goes_back_with_a_split(any_db: Engine, world: World) -> None:
    zhao = world.learner["p1.zhao"]
    with writing(any_db) as tx:
        other = add(tx, t.learner, name="赵强", actor="{}", created_at=NOW)
        tx.execute(t.identity.insert().values(ifi="mbox:mailto:zhao@example.org", learner_id=zhao))
    join_learners(any_db, zhao, other, reason="one person", made_by=None, now=NOW)
    assert _whose(any_db, world.submission) == other
    split_learner(any_db, other, ["mbox:mailto:zhao@example.org"], reason="two people", made_by=None, now=NOW)
    assert _whose(any_db, world.submission) == zhao


def test_marks_that_are_released_come_with_what_was_found(any_db: Engine, world: World) -> None:
    from lms_tracker.actions.keep_assignments import keep_assignments

    after = NOW + timedelta(days=6)
    keep_assignments(any_db, after)
    (one,) = json.loads(exported(any_db, world.learner["p1.zhao"], after).read("submissions.json"))
    assert {found["by"] for found in one["found"]} == {"marker", "peer"}
    assert Decimal(str(one["found"][0]["mark"])) <= 100


def _whose(db: Engine, submission_id: int) -> int:
    with reading(db) as tx:
        return int(tx.scalar(select(t.submission.c.learner_id).where(t.submission.c.id == submission_id)) or 0)
