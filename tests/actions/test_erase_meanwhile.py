"""What happens to a person between the preview of an erasure and its end."""

import threading
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine, Insert, Update, insert, select, update

from lms_tracker.actions import settle_study
from lms_tracker.actions.documents import put_document
from lms_tracker.actions.erase_person import ErasureRefused, preview_erasure
from lms_tracker.actions.settle_study import request_recompute, settle_all
from lms_tracker.core.xapi.documents import STATE, Document, Place, Precondition
from lms_tracker.store import db as store_db
from lms_tracker.store import tables as t
from lms_tracker.store.db import reading, writing
from lms_tracker.store.identity_history import hold_who_is_who
from lms_tracker.store.people import name_learner
from tests.actions.erasing import (
    LI,
    MBOX,
    NOW,
    VIDEO,
    WANG,
    erase,
    everything,
    fill,
    said,
    send,
)
from tests.patience import HELD_S, PATIENCE_S, wait_until


@pytest.fixture
def world(any_db: Engine) -> Engine:
    return fill(any_db)


MEANWHILE: dict[str, Insert | Update] = {
    "a mark": insert(t.mark).values(
        assignment_id=1, learner_id=1, mark=Decimal(5), marked_by=2, marked_at=NOW, replaced_at=NOW
    ),
    "a remark": update(t.mark).where(t.mark.c.learner_id == 1).values(comment=None),
    "a role": insert(t.role).values(account_id=1, role="staff", programme_id=1),
    "a class": update(t.enrolment).where(t.enrolment.c.learner_id == 1).values(left_on=NOW.date()),
    "an identity": insert(t.identity).values(ifi="mbox:mailto:li@example.org", learner_id=1),
    "a name": update(t.learner).where(t.learner.c.id == 1).values(name="李二凡"),
    "an account": update(t.account).where(t.account.c.id == 1).values(learner_id=None),
}


@pytest.mark.parametrize("what", MEANWHILE)
def test_an_order_upon_an_old_preview_of_the_person_is_refused(world: Engine, what: str) -> None:
    seen = preview_erasure(world, 1, NOW).digest
    assert preview_erasure(world, 1, NOW).digest == seen
    with writing(world) as tx:
        tx.execute(MEANWHILE[what])
    with pytest.raises(ErasureRefused, match="changed"):
        erase(world, seen=seen)


def test_who_studies_on_after_the_preview_is_erased_with_what_came_since(world: Engine) -> None:
    preview = preview_erasure(world, 1, NOW)
    send(world, [said(LI), said(WANG, context={"instructor": LI})])
    kept = Document("text/plain", b"where the video stands")
    place = Place(STATE, VIDEO["id"], f"mbox:{MBOX}")
    put_document(world, place, "e", kept, guard=Precondition(none_match=("*",)), two=False, now=NOW)
    done = erase(world, seen=preview.digest)["counts"]
    since = {what: done[what] - preview.counts[what] for what in ("statements", "redacted", "documents")}
    assert since == {"statements": 1, "redacted": 1, "documents": 1}
    assert MBOX not in everything(world)


def test_statements_that_arrive_meanwhile_are_either_erased_or_a_new_learners(world: Engine) -> None:
    sent: list[str] = []
    stop = threading.Event()

    def keep_sending() -> None:
        while not stop.is_set():
            one = said(LI)
            send(world, [one, said(WANG, context={"instructor": LI})])
            sent.append(one["id"])

    threads = [threading.Thread(target=keep_sending) for _ in range(3)]
    for thread in threads:
        thread.start()
    wait_until(lambda: len(sent) >= 20)
    erase(world)
    upon = len(sent)
    wait_until(lambda: len(sent) >= upon + 20)
    stop.set()
    for thread in threads:
        thread.join()
    with reading(world) as tx:
        gone = set(map(str, tx.scalars(select(t.erased_statement.c.id))))
        kept = {str(row.id): row.learner_id for row in tx.execute(select(t.statement.c.id, t.statement.c.learner_id))}
    assert not [id for id in sent if (id in gone) == (id in kept)], "each is exactly one of the two"
    assert 1 not in kept.values()


def test_an_erasure_waits_for_whoever_looks_the_person_up_to_write_something(pg: Engine) -> None:
    world, done = fill(pg), threading.Event()

    def order() -> None:
        erase(world)
        done.set()

    with writing(world) as tx:
        hold_who_is_who(tx)
        erasing = threading.Thread(target=order)
        erasing.start()
        assert not done.wait(1)
        name_learner(tx, 1, "李一凡 of the roster")
    erasing.join()
    assert done.is_set() and "李一凡" not in everything(world)


def test_whoever_settles_while_the_person_is_erased_brings_nothing_back(
    world: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_db, "BUSY_TIMEOUT_MS", 500)  # for so long the files wait for whoever reads, to be cleaned
    world.dispose()
    derive = settle_study.settle_whole
    begun, go_on = threading.Event(), threading.Event()

    def slow(*args: Any) -> Any:
        entries = list(derive(*args))
        begun.set()
        assert go_on.wait(HELD_S)
        return entries

    request_recompute(world, [1], NOW)
    monkeypatch.setattr(settle_study, "settle_whole", slow)
    settling = threading.Thread(target=settle_all, args=(world, lambda: NOW))
    settling.start()
    assert begun.wait(PATIENCE_S)
    monkeypatch.setattr(settle_study, "settle_whole", derive)
    erase(world)
    with reading(world) as tx:
        after = tx.execute(select(t.ledger).where(t.ledger.c.learner_id == 1).order_by(t.ledger.c.id)).all()
    request_recompute(world, [1], NOW)
    go_on.set()
    settling.join()
    settle_all(world, lambda: NOW)
    with reading(world) as tx:
        assert tx.execute(select(t.ledger).where(t.ledger.c.learner_id == 1).order_by(t.ledger.c.id)).all() == after
        assert not any(row.reversed_at for row in after)
