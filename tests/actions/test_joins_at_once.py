"""People joined and split while their statements arrive, and new ones that arrive at once: nothing is lost or doubled."""

import threading
from collections.abc import Callable, Iterator
from hashlib import sha1
from typing import Any

import msgspec
import pytest
from sqlalchemy import Engine, func, select

from lms_tracker.actions import store_together
from lms_tracker.actions.identity_rules import make_rule
from lms_tracker.actions.settle_study import settle_all
from lms_tracker.core.study.events import Event
from lms_tracker.store import tables as t
from lms_tracker.store.db import open_db, reading
from tests.actions.test_join_learners import ANN, BO, HOME, NOW, _account, _join, _ledger, _say, _split, _study, _who
from tests.actions.test_settle_study import a_fortnight
from tests.patience import HELD_S, PATIENCE_S


@pytest.fixture
def own(any_db: Engine) -> Iterator[Callable[[], Engine]]:
    """Connections of one's own. On SQLite the same: other processes would poll, and on a busy machine wait for long."""
    opened: list[Engine] = []

    def connect() -> Engine:
        if any_db.dialect.name == "postgresql":
            opened.append(open_db(any_db.url.render_as_string(hide_password=False)))
        return opened[-1] if opened else any_db

    yield connect
    for one in opened:
        one.dispose()


def _run(*jobs: Callable[[], None]) -> None:
    faults: list[BaseException] = []

    def guarded(job: Callable[[], None]) -> None:
        try:
            job()
        except BaseException as e:  # noqa: BLE001 - told below
            faults.append(e)

    threads = [threading.Thread(target=guarded, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []


def test_people_joined_and_split_while_their_statements_arrive_lose_nothing(
    any_db: Engine, own: Callable[[], Engine]
) -> None:
    """Each writer as a process of its own on PostgreSQL; settled meanwhile, as in production."""
    tape = a_fortnight()
    _study(any_db, tape[:1], "ann")
    _study(any_db, tape[1:2], "bo")
    ann, bo, stop = _who(any_db, ANN), _who(any_db, BO), threading.Event()

    def send(who: str, events: list[Event]) -> Callable[[], None]:
        def job() -> None:
            db = own()
            for event in events:
                _study(db, [event], who)

        return job

    senders = [send(who, tape[2 + n :: 4]) for n, who in enumerate(("ann", "bo", "ann", "bo"))]

    def join_and_split() -> None:
        db, times = own(), 0
        while not stop.is_set() or times < 2:
            _join(db, bo, ann, f"time {times}")
            _split(db, ann, BO)
            times += 1
        _join(db, bo, ann, "at last")

    def settle() -> None:
        db = own()
        while not stop.is_set():
            settle_all(db, lambda: NOW)

    def all_senders() -> None:
        try:
            _run(*senders)
        finally:
            stop.set()

    _run(all_senders, join_and_split, settle)
    with reading(any_db) as tx:
        owners = dict(
            tx.execute(select(t.statement.c.learner_id, func.count()).group_by(t.statement.c.learner_id)).all()
        )
    assert owners == {ann: len(tape)}
    ledgers = _ledger(any_db)
    assert ledgers[bo] == []
    _study(any_db, [msgspec.structs.replace(e, id=f"c-{e.id}") for e in tape], "carl")
    carl = _ledger(any_db)[_who(any_db, f"account:{HOME} carl")]
    assert [(e.key[1:], e.credited_us) for e in ledgers[ann]] == [(e.key[1:], e.credited_us) for e in carl]


def test_new_actors_of_one_person_that_arrive_at_once_are_one_learner(pg: Engine) -> None:
    a, b = "https://a.example", "https://b.example"
    make_rule(pg, "same-name", a, b, made_by=None, now=NOW)
    url = pg.url.render_as_string(hide_password=False)
    for n in range(8):
        digest = sha1(f"mailto:p{n}@example.org".encode()).hexdigest()
        pairs: list[list[dict[str, Any]]] = [[{"mbox": f"mailto:p{n}@example.org"}], [{"mbox_sha1sum": digest}]]
        pairs += [[_account(f"p{n}", a)], [_account(f"p{n}", b)]]
        gate = threading.Barrier(len(pairs))

        def send(actors: list[dict[str, Any]], gate: threading.Barrier = gate) -> Callable[[], None]:
            def job() -> None:
                db = open_db(url)
                gate.wait()
                _say(db, *actors)
                db.dispose()

            return job

        _run(*(send(actors) for actors in pairs))
    with reading(pg) as tx:
        assert tx.scalar(select(func.count()).select_from(t.learner)) == 16
        lost = select(t.learner.c.id).where(t.learner.c.id.not_in(select(t.identity.c.learner_id)))
        assert tx.scalars(lost).all() == []


def test_a_join_waits_for_statements_that_are_being_stored(pg: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    _say(pg, _account("ann"), _account("bo"))
    ann, bo, real = _who(pg, ANN), _who(pg, BO), store_together.store.add_statements
    looked, go_on = threading.Event(), threading.Event()

    def slowly(*given: Any) -> None:
        looked.set()
        assert go_on.wait(HELD_S)
        real(*given)

    monkeypatch.setattr(store_together.store, "add_statements", slowly)
    storing = threading.Thread(target=_say, args=(pg, _account("bo")))
    joining = threading.Thread(target=_join, args=(pg, bo, ann))
    storing.start()
    assert looked.wait(PATIENCE_S)
    joining.start()
    joining.join(0.5)
    assert joining.is_alive(), "the learner was looked up before the join"
    go_on.set()
    storing.join()
    joining.join()
    with reading(pg) as tx:
        assert set(tx.scalars(select(t.statement.c.learner_id))) == {ann}
