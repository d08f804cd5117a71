"""A statement and what voids it may come at one moment, to two servers."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, Engine, func, select

from lms_tracker.actions.credentials import create_credential
from lms_tracker.actions.ingest import Credential, ingest
from lms_tracker.core.xapi.errors import StatementError
from lms_tracker.store import messages
from lms_tracker.store.db import open_db, reading
from lms_tracker.store.tables import statement
from tests.patience import HELD_S, PATIENCE_S

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
LI, TEACHER = {"mbox": "mailto:li@example.org"}, {"mbox": "mailto:teacher@example.org"}


@pytest.fixture
def other(any_db: Engine) -> Iterator[Engine]:
    """The same database for another server."""
    engine = open_db(any_db.url.render_as_string(hide_password=False))
    yield engine
    engine.dispose()


class SlowCommit:
    """Keeps transactions of an engine that store statements from committing until told."""

    def __init__(self, db: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
        self.reached, self.go = threading.Event(), threading.Event()
        self._db, self._commit = db, messages.commit
        monkeypatch.setattr(messages, "commit", self._wait)

    def _wait(self, tx: Connection) -> None:
        if tx.engine.pool is self._db.pool:
            self.reached.set()
            self.go.wait(HELD_S)
        self._commit(tx)


def _statement(**changes: Any) -> dict[str, Any]:
    return {
        "id": str(uuid4()),
        "actor": LI,
        "verb": {"id": "https://a.b/c"},
        "object": {"id": "https://a.b/d"},
    } | changes


def _voiding(id: str) -> dict[str, Any]:
    voided = {"id": "http://adlnet.gov/expapi/verbs/voided"}
    return _statement(actor=TEACHER, verb=voided, object={"objectType": "StatementRef", "id": id})


def _start(db: Engine, sent: dict[str, Any]) -> threading.Thread:
    thread = threading.Thread(
        target=ingest, args=(db, [sent]), kwargs={"credential": None, "evidence": "declared", "now": NOW}
    )
    thread.start()
    return thread


@pytest.mark.parametrize("voiding_first", [True, False])
def test_whoever_commits_first_the_statement_is_voided(
    any_db: Engine, other: Engine, monkeypatch: pytest.MonkeyPatch, voiding_first: bool
) -> None:
    sent = _statement()
    voiding = _voiding(sent["id"])
    slow = SlowCommit(any_db, monkeypatch)
    first = _start(any_db, voiding if voiding_first else sent)
    assert slow.reached.wait(PATIENCE_S)
    second = _start(other, sent if voiding_first else voiding)
    second.join(0.5)
    assert second.is_alive()  # it waits for the first: looking now, it would miss it
    slow.go.set()
    first.join(PATIENCE_S)
    second.join(PATIENCE_S)
    with reading(any_db) as tx:
        voided_by = tx.scalar(select(statement.c.voided_by).where(statement.c.id == UUID(sent["id"])))
    assert voided_by == UUID(voiding["id"])


def test_who_voids_nothing_waits_for_nobody_on_postgresql(pg: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    other = open_db(pg.url.render_as_string(hide_password=False))
    slow = SlowCommit(pg, monkeypatch)
    first = _start(pg, _statement())
    assert slow.reached.wait(PATIENCE_S)
    second = _start(other, _statement(actor=TEACHER, object={"id": "https://a.b/e"}))
    second.join(PATIENCE_S)
    assert not second.is_alive() and first.is_alive()
    slow.go.set()
    first.join(PATIENCE_S)
    other.dispose()


USUAL = ["statements/write", "statements/read/mine"]


def _key(db: Engine, name: str, scopes: list[str]) -> Credential:
    return create_credential(db, name, scopes=scopes, now=NOW)[0]


def _put(db: Engine, *sent: dict[str, Any], by: Credential | None) -> None:
    ingest(db, sent, credential=by, evidence="declared", now=NOW)


def _voided_by(db: Engine, sent: dict[str, Any]) -> str | None:
    with reading(db) as tx:
        by = tx.scalar(select(statement.c.voided_by).where(statement.c.id == UUID(sent["id"])))
    return None if by is None else str(by)


def _stored(db: Engine) -> int:
    with reading(db) as tx:
        return tx.scalar(select(func.count()).select_from(statement)) or 0


def test_a_key_voids_what_its_own_source_stored_in_whatever_order(any_db: Engine) -> None:
    key = _key(any_db, "own", USUAL)
    before, after, beside = _statement(), _statement(), _statement()
    _put(any_db, before, by=key)
    for voiding in (_voiding(before["id"]), early := _voiding(after["id"])):
        _put(any_db, voiding, by=key)
    _put(any_db, after, by=key)
    _put(any_db, beside, within := _voiding(beside["id"]), by=key)
    assert _voided_by(any_db, before) is not None
    assert (_voided_by(any_db, after), _voided_by(any_db, beside)) == (early["id"], within["id"])


@pytest.mark.parametrize("owner", ["source", "operator"])
def test_what_others_stored_a_key_voids_only_with_all_and_else_nothing_of_the_batch_is_stored(
    any_db: Engine, owner: str
) -> None:
    sent = _statement()
    _put(any_db, sent, by=None if owner == "operator" else _key(any_db, "owner", USUAL))
    with pytest.raises(StatementError) as caught:
        _put(any_db, _statement(), _voiding(sent["id"]), by=_key(any_db, "other", [*USUAL, "all/read"]))
    assert (caught.value.rule, caught.value.path, caught.value.index) == ("void", "$[1].object.id", 1)
    assert _stored(any_db) == 1 and _voided_by(any_db, sent) is None
    _put(any_db, voiding := _voiding(sent["id"]), by=_key(any_db, "everything", ["all"]))
    assert _voided_by(any_db, sent) == voiding["id"]


def test_the_operator_voids_what_any_source_stored(any_db: Engine) -> None:
    sent = _statement()
    _put(any_db, sent, by=_key(any_db, "own", USUAL))
    _put(any_db, voiding := _voiding(sent["id"]), by=None)
    assert _voided_by(any_db, sent) == voiding["id"]


@pytest.mark.parametrize("owner", ["source", "operator"])
def test_of_those_that_void_what_is_yet_to_come_the_first_that_may_counts(any_db: Engine, owner: str) -> None:
    sent, other = _statement(), _key(any_db, "other", USUAL)
    mine = None if owner == "operator" else _key(any_db, "mine", USUAL)
    _put(any_db, _voiding(sent["id"]), by=other)
    _put(any_db, spared := _statement(), by=None)
    assert _stored(any_db) == 2 and _voided_by(any_db, spared) is None
    _put(any_db, first := _voiding(sent["id"]), by=_key(any_db, "everything", ["all"]))
    _put(any_db, _voiding(sent["id"]), by=mine)
    _put(any_db, sent, by=mine)
    assert _voided_by(any_db, sent) == first["id"]


def test_what_another_source_voids_before_it_comes_is_not_voided(any_db: Engine) -> None:
    sent = _statement()
    _put(any_db, _voiding(sent["id"]), by=_key(any_db, "other", USUAL))
    _put(any_db, sent, by=_key(any_db, "own", USUAL))
    assert _voided_by(any_db, sent) is None


def test_a_voiding_statement_that_is_there_already_is_not_refused_again(any_db: Engine) -> None:
    """The answer to what is sent twice does not depend on what came in between."""
    sent, other = _statement(), _key(any_db, "other", USUAL)
    voiding = _voiding(sent["id"])
    _put(any_db, voiding, by=other)
    _put(any_db, sent, by=None)
    _put(any_db, voiding, by=other)
    assert _stored(any_db) == 2 and _voided_by(any_db, sent) is None
