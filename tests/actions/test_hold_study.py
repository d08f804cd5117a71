"""Holding on real databases: the ledger follows, says why, and what a person released stays released."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select

from lms_tracker.actions.derive_ledgers import derive_ledger
from lms_tracker.actions.hold_study import hold
from lms_tracker.actions.join_learners import join_learners
from lms_tracker.actions.settle_study import request_recompute
from lms_tracker.actions.split_learner import split_learner
from lms_tracker.actions.study_as_of import study_as_of
from lms_tracker.core.study.decisions import Signal, Window, windows_of
from lms_tracker.store.db import reading, writing
from lms_tracker.store.decisions import Made, decisions_of, record_decision
from lms_tracker.store.evidence import learners_with_statements
from lms_tracker.store.tables import decision, identity, ledger
from tests.actions.test_settle_study import NOW, in_force, send, settle
from tests.core.study.tape import VIDEO, Tape

SIGNAL = Signal("cadence", "操作间隔几乎完全相同", "inputs at almost equal intervals", 2.0)
WHY = [Signal("answers", "每次都在 1 秒内答对", "each check was answered within a second", 1.0), SIGNAL]
MODEL = "robust@0123456789ab"


def studied(db: Engine) -> int:
    """Two sessions, an hour apart; the learner."""
    send(db, Tape("a").watch(300).events + Tape("b", start=3600).watch(300, position=400).events)
    settle(db)
    with reading(db) as tx:
        (learner,) = learners_with_statements(tx)
    return learner


def sessions(db: Engine) -> list[Window]:
    return windows_of(in_force(db))


def amounts(db: Engine) -> dict[str, tuple[int, int, int]]:
    return {e.session: (e.credited_us, e.held_us, e.discounted.get("rejected", 0)) for e in in_force(db)}


def test_held_time_waits_and_its_reversal_says_why(any_db: Engine) -> None:
    learner = studied(any_db)
    before = amounts(any_db)
    (held,) = hold(any_db, learner, sessions(any_db)[:1], WHY, MODEL, NOW)
    assert settle(any_db) == 1
    after = amounts(any_db)
    assert after == {"a": (0, before["a"][0], 0), "b": before["b"]}
    with reading(any_db) as tx:
        rows = tx.execute(select(ledger).order_by(ledger.c.id)).all()
        assert in_force(any_db) == derive_ledger(tx, learner)
    assert [(row.session, row.cause) for row in rows if row.reversed_at] == [("a", f"hold {held}: cadence, answers")]
    settle(any_db)
    request_recompute(any_db, [learner], NOW)
    settle(any_db)
    assert amounts(any_db) == after


def test_the_same_suspicion_holds_nothing_twice_but_what_is_new(any_db: Engine) -> None:
    learner = studied(any_db)
    first, second = sessions(any_db)
    assert len(hold(any_db, learner, [first], WHY, MODEL, NOW)) == 1
    assert hold(any_db, learner, [first], WHY, MODEL, NOW) == []
    longer = Window(*first.key, first.start_us - 5, first.end_us + 7)
    assert len(hold(any_db, learner, [longer, second, second], WHY, MODEL, NOW)) == 3
    with reading(any_db) as tx:
        windows = [one.window for one in decisions_of(tx, [learner])[learner]]
    assert sorted(window.end_us - window.start_us for window in windows)[:2] == [5, 7]


def test_nothing_is_held_without_words_and_no_machine_decides(any_db: Engine) -> None:
    learner = studied(any_db)
    window = sessions(any_db)[0]
    with pytest.raises(ValueError, match="signal"):
        hold(any_db, learner, [window], [], MODEL, NOW)
    for kind, reason in (("reject", "x"), ("grant", "gap"), ("release", "x")):
        made: Any = Made(kind=kind, window=window, reason=reason, decided_by=None, decided_at=NOW)
        with pytest.raises(ValueError, match="machine"), writing(any_db) as tx:
            record_decision(tx, learner, made)
    with reading(any_db) as tx:
        assert tx.execute(select(decision)).all() == []


def test_a_day_before_the_hold_the_time_was_credited(any_db: Engine) -> None:
    learner = studied(any_db)
    credited = amounts(any_db)["a"][0]
    hold(any_db, learner, sessions(any_db), WHY, MODEL, NOW + timedelta(days=2))
    for settled in (False, True):
        if settled:
            settle(any_db)
        for days, held in ((1, 0), (3, credited)):
            ((_, entries),) = study_as_of(any_db, [learner], NOW + timedelta(days=days))
            assert next(entry.held_us for entry in entries if entry.session == "a") == held, (settled, days)


def test_a_hold_goes_along_when_people_are_joined_and_split(any_db: Engine) -> None:
    learner = studied(any_db)
    send(any_db, Tape("c", start=7200).watch(60, position=900).events, learner="bob")
    settle(any_db)
    with reading(any_db) as tx:
        bob = next(id for id in learners_with_statements(tx) if id != learner)
        ann = tx.scalar(select(identity.c.ifi).where(identity.c.learner_id == learner))
    assert ann is not None
    hold(any_db, learner, sessions(any_db)[:1], WHY, MODEL, NOW)
    settle(any_db)
    held = amounts(any_db)["a"]
    join_learners(any_db, learner, bob, reason="same", made_by=None, now=NOW)
    settle(any_db)
    assert amounts(any_db)["a"] == held
    assert {entry.learner_id for entry in in_force(any_db)} == {bob}
    split_learner(any_db, bob, [ann], reason="not the same", made_by=None, now=NOW)
    settle(any_db)
    assert amounts(any_db)["a"] == held
    split_learner_to_a_new_one(any_db, learner, held)


def split_learner_to_a_new_one(db: Engine, learner: int, held: tuple[int, int, int]) -> None:
    """An identity with a held session becomes somebody else's who was never joined."""
    send(db, Tape("d", start=9000).watch(60, position=1200).events, learner="carol")
    settle(db)
    with reading(db) as tx:
        carol = max(learners_with_statements(tx))
        ann = tx.scalar(select(identity.c.ifi).where(identity.c.learner_id == learner))
    assert ann is not None
    join_learners(db, carol, learner, reason="same", made_by=None, now=NOW)
    split_learner(db, learner, [ann], reason="no", made_by=None, now=NOW, new=True)
    settle(db)
    assert amounts(db)["a"] == held


def test_late_evidence_of_a_held_session_beyond_its_window_is_credited(any_db: Engine) -> None:
    learner = studied(any_db)
    hold(any_db, learner, sessions(any_db)[:1], WHY, MODEL, NOW)
    settle(any_db)
    held = amounts(any_db)["a"][1]
    send(any_db, Tape("e", start=12000).watch(60, position=2000).events)
    settle(any_db)
    assert amounts(any_db)["a"][1] == held
    assert in_force(any_db)[0].activity == VIDEO
    assert in_force(any_db)[0].date == date(2026, 3, 2)
    assert NOW.tzinfo is UTC and isinstance(NOW, datetime)
