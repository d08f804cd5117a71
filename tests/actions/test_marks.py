"""Who notes that evidence changed waits for nobody who settles, and no note is lost."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import Connection, Engine, func, insert, select, text

from lms_tracker.actions import settle_study
from lms_tracker.actions.derive_ledgers import derive_ledger
from lms_tracker.actions.settle_study import settle_all, settle_pending
from lms_tracker.store import settling
from lms_tracker.store.db import open_db, reading, writing
from lms_tracker.store.evidence import learners_with_statements
from lms_tracker.store.ledger import entries_in_force
from lms_tracker.store.settling import (
    anybody_waits,
    claim_unsettled,
    finish_claims,
    mark_newer,
    mark_unsettled,
    pending,
    unsettled_among,
)
from lms_tracker.store.tables import learner, touched_learner, unsettled
from tests.actions.test_join_learners import ANN, BO, _account, _join, _say, _study, _who
from tests.actions.test_joins_at_once import _run, own
from tests.actions.test_settle_study import NOW, a_fortnight
from tests.core.study.tape import Tape
from tests.patience import HELD_S, PATIENCE_S

__all__ = ["own"]

LEASE = timedelta(seconds=30)
PEOPLE = ("ann", "bo", "cy", "di")


@contextmanager
def held(
    db: Engine, monkeypatch: pytest.MonkeyPatch, name: str, call: Callable[[], object]
) -> Iterator[Future[object]]:
    """`call`, in a thread of its own, stands still before it leaves `settle_study`'s function of this name."""
    real, there, go_on = getattr(settle_study, name), threading.Event(), threading.Event()

    def slowly(*given: Any) -> Any:
        result = real(*given)
        there.set()
        assert go_on.wait(HELD_S)
        return result

    with ThreadPoolExecutor(1) as pool:
        monkeypatch.setattr(settle_study, name, slowly)
        future = pool.submit(call)
        try:
            assert there.wait(PATIENCE_S)
            monkeypatch.setattr(settle_study, name, real)
            yield future
        finally:
            go_on.set()


def marks(db: Engine) -> int:
    with reading(db) as tx:
        return tx.scalar(select(func.count()).select_from(touched_learner)) or 0


def strict(db: Engine) -> Engine:
    """The same database for somebody who fails rather than wait for a lock."""
    url = db.url.update_query_dict({"options": f"-c lock_timeout={PATIENCE_S:.0f}s"})
    return open_db(url.render_as_string(hide_password=False))


def test_senders_settlers_and_a_join_at_once_leave_every_ledger_as_a_recompute_makes_it(
    any_db: Engine, own: Callable[[], Engine]
) -> None:
    for who in PEOPLE:
        _say(any_db, _account(who))
    tape, stop = a_fortnight(), threading.Event()

    def send(n: int) -> Callable[[], None]:
        who = PEOPLE[n % 4]
        events = [msgspec.structs.replace(event, id=f"{who}-{event.id}") for event in tape[n // 4 :: 2]]

        def job() -> None:
            db = own()
            for event in events:
                _study(db, [event], who)

        return job

    def senders() -> None:
        try:
            _run(*(send(n) for n in range(8)))
        finally:
            stop.set()

    def settle() -> None:
        db = own()
        while not stop.is_set():
            settle_all(db, lambda: NOW)

    def join() -> None:
        _join(own(), _who(any_db, BO), _who(any_db, ANN))

    _run(senders, settle, settle, settle, join)
    settle_all(any_db, lambda: NOW)
    with reading(any_db) as tx:
        assert not anybody_waits(tx)
        assert len(learners_with_statements(tx)) == 3
        for id in tx.scalars(select(learner.c.id)):
            assert list(entries_in_force(tx, [id])) == sorted(derive_ledger(tx, id), key=lambda e: (e.date, e.key))


@pytest.mark.parametrize("name", ["claim_unsettled", "have_posted", "release_claim"])
def test_statements_are_stored_while_a_settling_transaction_stays_open(
    pg: Engine, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    _study(pg, Tape().watch(60).events, "ann")
    impatient = strict(pg)
    with held(pg, monkeypatch, name, lambda: settle_pending(pg, lambda: NOW)) as settling:
        more = [msgspec.structs.replace(event, id=f"b-{event.id}") for event in Tape("b", start=7200).watch(60).events]
        _study(impatient, more, "ann")
        assert not settling.done()
    impatient.dispose()
    assert settling.result() == 1
    with reading(pg) as tx:
        assert pending(tx) == 1
    assert settle_all(pg, lambda: NOW) == 1
    with reading(pg) as tx:
        assert {entry.session for entry in entries_in_force(tx, [1])} == {"s1", "b"}


def test_who_stores_and_who_posts_hold_no_lock_that_keeps_the_other_waiting(
    pg: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A transaction of each stays open: of tables they have in common only such locks as go together."""
    _study(pg, Tape().watch(60).events, "ann")

    def locks(tx: Connection, pid: int) -> set[tuple[Any, ...]]:
        query = (
            "SELECT locktype, relation::regclass::text, mode FROM pg_locks WHERE pid = :pid AND database IS NOT NULL"
        )
        return {tuple(row) for row in tx.execute(text(query), {"pid": pid})}

    def pid(tx: Connection) -> int:
        return int(tx.execute(text("SELECT pg_backend_pid()")).scalar_one())

    posting: list[int] = []
    real = settle_study.post_changes

    def noted(tx: Connection, *given: Any) -> Any:
        posting.append(pid(tx))
        return real(tx, *given)

    monkeypatch.setattr(settle_study, "post_changes", noted)
    # What is posted goes out with the end of the transaction; here it goes before.
    monkeypatch.setattr(settle_study, "together", nullcontext)
    monkeypatch.setattr(settle_study, "commit_soon", lambda _: None)
    with held(pg, monkeypatch, "release_claim", lambda: settle_pending(pg, lambda: NOW)), writing(pg) as tx:
        mark_unsettled(tx, [1], NOW)
        mine = locks(tx, pid(tx))
        theirs = locks(tx, posting[0])
    assert ("relation", "touched_learner", "RowExclusiveLock") in mine
    assert ("relation", "ledger", "RowExclusiveLock") in theirs
    assert {mode for kind, _, mode in mine | theirs if kind == "relation"} <= {
        "AccessShareLock",
        "RowShareLock",
        "RowExclusiveLock",
    }
    assert {row for row in mine | theirs if row[0] in ("tuple", "advisory")} == set()


def test_writers_who_share_a_learner_do_not_wait_for_each_other(pg: Engine) -> None:
    _say(pg, _account("ann"))
    impatient = strict(pg)
    with writing(pg) as tx:
        mark_unsettled(tx, [1], NOW)
        _say(impatient, _account("ann"))
    impatient.dispose()


def test_a_mark_of_a_lower_number_that_is_committed_later_is_not_lost(pg: Engine) -> None:
    _say(pg, _account("ann"))
    with writing(pg) as late:
        mark_unsettled(late, [1], NOW)
        _say(pg, _account("ann"), _account("bo"))
        assert settle_all(pg, lambda: NOW) == 2
        with reading(pg) as tx:
            assert pending(tx) == 0
    with reading(pg) as tx:
        assert unsettled_among(tx, [1, 2, 99]) == {1}
    assert settle_all(pg, lambda: NOW) == 1


def test_who_claims_passes_over_whose_ledger_is_just_being_posted(pg: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    _say(pg, _account("ann"), _account("bo"))
    impatient = strict(pg)
    with held(pg, monkeypatch, "have_posted", lambda: settle_pending(pg, lambda: NOW, limit=1)):
        _say(pg, _account("ann"), _account("bo"), _account("cy"))
        assert settle_all(impatient, lambda: NOW) == 2
        assert marks(pg) == 1
    impatient.dispose()
    assert settle_all(pg, lambda: NOW) == 1
    assert marks(pg) == 0


def test_marks_are_taken_in_by_pieces_and_who_waits_longest_comes_first(
    any_db: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settling, "TAKE_IN", 50)
    _say(any_db, _account("ann"), _account("bo"), _account("cy"))
    rows = [{"learner_id": 2 + n % 2, "since": NOW - timedelta(hours=2, seconds=n % 2)} for n in range(60)]
    rows += [{"learner_id": 1, "since": NOW - timedelta(hours=1)}] * 30
    with writing(any_db) as tx:
        tx.execute(touched_learner.delete())
        tx.execute(insert(touched_learner), rows)
        assert pending(tx) == 3 and pending(tx, NOW - timedelta(hours=2)) == 2
        assert [id for id, *_ in claim_unsettled(tx, NOW, LEASE, 1)] == [3]
        assert pending(tx) == 3 and unsettled_among(tx, [1, 2, 3]) == {1, 2, 3}
        assert [id for id, *_ in claim_unsettled(tx, NOW, LEASE, 1)] == [2]
        assert [id for id, *_ in claim_unsettled(tx, NOW, LEASE, 1)] == [1]
    assert marks(any_db) == 0


def test_a_transaction_leaves_one_mark_for_all_its_learners_and_each_is_told_what_is_new(any_db: Engine) -> None:
    _say(any_db, *map(_account, PEOPLE))
    with writing(any_db) as tx:
        tx.execute(touched_learner.delete())
        mark_newer(tx, {1: [5, 9], 3: [7]}, NOW)
        mark_newer(tx, {3: [8, 11], 2: [10]}, NOW)
        mark_newer(tx, {1: [12]}, NOW)
        mark_unsettled(tx, [2], NOW - timedelta(hours=1))
    assert marks(any_db) == 4
    with reading(any_db) as tx:
        assert pending(tx) == 3 and pending(tx, NOW - timedelta(minutes=1)) == 1
        assert unsettled_among(tx, [0, 1, 2, 3, 4]) == {1, 2, 3}
    with writing(any_db) as tx:
        assert [id for id, *_ in claim_unsettled(tx, NOW, LEASE, 9)] == [1, 2, 3]
        told = tx.execute(select(unsettled.c.learner_id, unsettled.c.seqs)).all()
        assert {id: seqs and set(seqs.split(",")) for id, seqs in told} == {
            1: {"5", "9", "12"},
            2: None,
            3: {"7", "8", "11"},
        }
    assert marks(any_db) == 0


def test_what_was_marked_during_a_claim_keeps_the_learner_waiting(any_db: Engine) -> None:
    _say(any_db, _account("ann"), _account("bo"))
    with writing(any_db) as tx:
        (mine,) = claim_unsettled(tx, NOW, LEASE, 1)
        mark_unsettled(tx, [mine[0]], NOW)
        (other,) = claim_unsettled(tx, NOW, LEASE, 5)  # takes in the mark, too
        assert {mine[0], other[0]} == {1, 2}
        assert finish_claims(tx, [mine], NOW + LEASE) == {mine[0]}
        assert set(tx.scalars(select(unsettled.c.learner_id))) == {1, 2}
        assert [id for id, *_ in claim_unsettled(tx, NOW, LEASE, 5)] == [mine[0]]


def test_a_hundred_thousand_marks_of_one_learner_are_one_settling(pg: Engine) -> None:
    _say(pg, _account("ann"))
    with writing(pg) as tx:
        tx.execute(
            text("INSERT INTO touched_learner (learner_id, since) SELECT 1, n FROM generate_series(1, 100000) n")
        )
    assert settle_all(pg, lambda: NOW) <= 2  # one of them for the statement's own mark
    assert marks(pg) == 0
    with reading(pg) as tx:
        assert not anybody_waits(tx)
