"""Settling on real databases: pieces, lateness, restarts and rivals lead to the ledger of a full recompute."""

import json
import random
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import Engine, func, select, update

from lms_tracker.actions import settle_study
from lms_tracker.actions.derive_ledgers import derive_ledger
from lms_tracker.actions.ingest import ingest
from lms_tracker.actions.settle_study import request_recompute, settle_all, settle_now, settle_pending
from lms_tracker.actions.study_as_of import study_as_of
from lms_tracker.core.instants import EPOCH
from lms_tracker.core.study.events import Event, Kind
from lms_tracker.store import packing
from lms_tracker.store.db import reading, writing
from lms_tracker.store.evidence import learners_with_statements
from lms_tracker.store.ledger import entries_in_force
from lms_tracker.store.settling import claim_unsettled, pending, unsettled_among
from lms_tracker.store.tables import ledger, touched_learner, unsettled
from tests.core.study.tape import Tape, real, statement, us
from tests.patience import wait_until

NOW = datetime(2026, 3, 20, tzinfo=UTC)


def at(us: int) -> datetime:
    return EPOCH + timedelta(microseconds=us)


def send(db: Engine, events: list[Event], learner: str = "ann") -> None:
    events = [real(event) for event in events]
    said = [json.dumps(statement(event, learner)).encode() for event in events]
    ingest(
        db, said, credential=None, evidence="declared", now=NOW, received=True, stored=[at(e.stored) for e in events]
    )


def settle(db: Engine) -> int:
    return settle_all(db, lambda: NOW)


def in_force(db: Engine) -> list[Any]:
    with reading(db) as tx:
        return list(entries_in_force(tx, learners_with_statements(tx)))


def a_fortnight() -> list[Event]:
    """Three sessions with a bit of everything: overlap, repeat, midnight, absence, a late statement."""
    first = Tape("a").watch(600)
    first.play(700, 600, inputs=1).beats(700, 1000, 600, inputs=0).add(Kind.MISSED, 1010)
    first.pause(1030, 930, inputs=1)
    second = Tape("b", start=500, activity="https://lms.example.edu/video/2").watch(900)
    third = Tape("c", start=15.9 * 3600).watch(600, position=300)
    third.events[3] = replace(third.events[3], stored=third.events[3].at + us(86400 * 9))
    return first.events + second.events + third.events


@pytest.mark.parametrize("seed", range(4))
def test_pieces_in_any_order_settled_in_between_give_the_ledger_of_a_recompute(any_db: Engine, seed: int) -> None:
    chance = random.Random(seed)
    events = a_fortnight()
    chance.shuffle(events)
    while events:
        piece, events = events[: chance.randint(1, 12)], events[12:] if len(events) <= 12 else events
        events = [event for event in events if event not in piece]
        send(any_db, piece)
        settle(any_db)
    with reading(any_db) as tx:
        (learner,) = learners_with_statements(tx)
        assert in_force(any_db) == derive_ledger(tx, learner)
    before = in_force(any_db)
    assert {entry.date.day for entry in before} == {2, 3}
    assert sum(entry.credited_us for entry in before) > us(1500)
    request_recompute(any_db, [learner], NOW)
    assert settle(any_db) == 1
    assert in_force(any_db) == before


def test_what_changes_is_reversed_with_its_cause_and_the_rest_stays(any_db: Engine) -> None:
    send(any_db, Tape("a").watch(60).events)
    send(any_db, Tape("b", start=7200).watch(60, position=100).events)
    settle(any_db)
    send(any_db, Tape("c", start=7230, activity="https://lms.example.edu/video/2").watch(60).events)
    settle(any_db)
    with reading(any_db) as tx:
        rows = tx.execute(select(ledger).order_by(ledger.c.id)).all()
    assert [row.session for row in rows] == ["a", "b", "c"]
    assert all(row.reversed_at is None for row in rows)
    late = Tape("b", start=7200).play(61, 161, inputs=1).pause(80, 180, inputs=1)
    renamed = [replace(e, id=e.id + "x") for e in late.events]
    send(any_db, renamed)
    settle(any_db)
    with reading(any_db) as tx:
        rows = tx.execute(select(ledger).order_by(ledger.c.id)).all()
    state = [(row.session, row.reversed_at is not None, row.cause) for row in rows]
    # b's longer stay takes seconds from c, which began later; a is untouched
    assert state == [
        ("a", False, None),
        ("b", True, "newer evidence"),
        ("c", True, "newer evidence"),
        ("b", False, None),
        ("c", False, None),
    ]


def test_a_voided_statement_no_longer_counts(any_db: Engine) -> None:
    tape = Tape(promises=False).play(0, 0).pause(60, 60)
    send(any_db, tape.events)
    settle(any_db)
    assert sum(entry.credited_us for entry in in_force(any_db)) == us(60)
    voiding = {
        "actor": {"mbox": "mailto:staff@example.org"},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/voided"},
        "object": {"objectType": "StatementRef", "id": real(tape.events[1]).id},
    }
    ingest(any_db, [voiding], credential=None, evidence="declared", now=NOW)
    settle(any_db)
    assert in_force(any_db) == []


def test_statements_larger_than_the_room_for_many_are_read_by_fewer(
    any_db: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(any_db, a_fortnight())
    settle(any_db)
    before = in_force(any_db)
    monkeypatch.setattr(packing, "ROOM", 4000)  # three of them
    with reading(any_db) as tx:
        assert derive_ledger(tx, learners_with_statements(tx)[0]) == before != []


def test_rivals_settle_each_learner_once(any_db: Engine) -> None:
    for n in range(30):
        tape = Tape(f"s{n}").watch(60)
        events = [replace(e, id=f"{n}{e.id}") for e in tape.events]
        send(any_db, events, f"learner{n}")
    counts: list[int] = []
    rivals = [threading.Thread(target=lambda: counts.append(settle(any_db))) for _ in range(4)]
    for rival in rivals:
        rival.start()
    for rival in rivals:
        rival.join()
    assert sum(counts) == 30
    assert len(in_force(any_db)) == 30


def test_a_claim_that_was_lost_posts_nothing(any_db: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    send(any_db, Tape().watch(60).events)
    derive = settle_study.settle_whole

    def slow(*args: Any) -> Any:
        with writing(any_db) as tx:  # meanwhile the lease ends and another takes over
            tx.execute(update(unsettled).values(claimed_until=NOW + timedelta(hours=9)))
        return derive(*args)

    monkeypatch.setattr(settle_study, "settle_whole", slow)
    settle_pending(any_db, lambda: NOW)
    assert in_force(any_db) == []


def test_a_crashed_settler_is_replaced_after_its_lease(any_db: Engine) -> None:
    send(any_db, Tape().watch(60).events)
    with writing(any_db) as tx:
        assert claim_unsettled(tx, NOW, settle_study.LEASE, 5)
    assert settle_pending(any_db, lambda: NOW) == 0
    assert settle_pending(any_db, lambda: NOW + timedelta(minutes=11)) == 1
    assert len(in_force(any_db)) == 1


def test_who_waits_for_one_learner_settles_that_one_alone(any_db: Engine) -> None:
    for name in ("ann", "bob"):
        send(any_db, Tape(name).watch(60).events, name)
    with reading(any_db) as tx:
        first, second = sorted(learners_with_statements(tx))
    settle_now(any_db, second, lambda: NOW)
    with reading(any_db) as tx:
        assert [entry.learner_id for entry in entries_in_force(tx, [first, second])] == [second]
        assert unsettled_among(tx, [first, second]) == {first}
    settle_now(any_db, second, lambda: NOW)  # who is settled is not settled again
    assert settle(any_db) == 1


def test_who_waits_for_a_learner_whom_another_settles_waits_for_that_and_not_for_ever(
    any_db: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(any_db, Tape().watch(60).events)
    with reading(any_db) as tx:
        (learner,) = learners_with_statements(tx)
    with writing(any_db) as tx:
        assert claim_unsettled(tx, NOW, settle_study.LEASE, 5)
    monkeypatch.setattr(settle_study, "WAIT_S", 0)
    settle_now(any_db, learner, lambda: NOW)
    with reading(any_db) as tx:
        assert unsettled_among(tx, [learner]) == {learner}


def test_evidence_that_arrives_while_settling_is_not_forgotten(any_db: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    tape = Tape(promises=False).play(0, 0).pause(60, 60)
    send(any_db, tape.events[:1])
    derive = settle_study.settle_whole

    def interrupted(*args: Any, **kwargs: Any) -> Any:
        entries = list(derive(*args, **kwargs))
        monkeypatch.setattr(settle_study, "settle_whole", derive)
        threading.Thread(target=send, args=(any_db, tape.events[1:])).start()
        wait_until(lambda: _marks(any_db) == 1)
        return entries

    monkeypatch.setattr(settle_study, "settle_whole", interrupted)
    assert settle_pending(any_db, lambda: NOW) == 1
    with reading(any_db) as tx:
        assert pending(tx) == 1
    settle(any_db)
    assert sum(entry.credited_us for entry in in_force(any_db)) == us(60)


def _marks(db: Engine) -> int | None:
    """Not taken in yet."""
    with reading(db) as tx:
        return tx.scalar(select(func.count()).select_from(touched_learner))


def test_a_learner_who_cannot_be_settled_does_not_stop_the_others(
    any_db: Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    send(any_db, Tape("a").watch(60).events, "ann")
    send(any_db, Tape("b").watch(90).events, "bob")
    derive = settle_study.settle_whole

    def fragile(db: Any, learner_ids: list[int]) -> Any:
        if 1 in learner_ids:
            raise RuntimeError("broken")
        return derive(db, learner_ids)

    monkeypatch.setattr(settle_study, "settle_whole", fragile)
    settle(any_db)
    assert [entry.session for entry in in_force(any_db)] == ["b"]
    assert "learner 1 could not be settled" in caplog.text


def test_the_ledger_as_of_an_instant_is_what_the_evidence_stored_by_then_supports(any_db: Engine) -> None:
    tape = Tape().watch(600)
    send(any_db, tape.events)
    settle(any_db)
    middle = at(tape.events[10].stored)  # the statement at 300 s
    ((_, then),) = study_as_of(any_db, [1], middle)
    assert sum(entry.credited_us for entry in then) == us(300)
    ((_, now),) = study_as_of(any_db, [1], NOW)
    assert now == in_force(any_db)
    assert list(study_as_of(any_db, [1, 99], at(tape.events[0].at) - timedelta(days=1))) == [(1, []), (99, [])]


def test_who_is_not_begun_in_time_is_given_back_to_all(any_db: Engine) -> None:
    for learner in ("ann", "bob", "cy"):
        send(any_db, Tape(learner).watch(60).events, learner)
    ticks = iter([NOW, NOW + timedelta(minutes=1), NOW, NOW])  # the first learner took a minute
    assert settle_pending(any_db, lambda: next(ticks)) == 1
    assert settle_pending(any_db, lambda: NOW) == 2
    assert len(in_force(any_db)) == 3
