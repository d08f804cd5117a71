"""A statement and what voids it may come at one moment, to two servers."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, Engine, event, select

from lms_tracker.actions.ingest import ingest
from lms_tracker.store.db import open_db, reading
from lms_tracker.store.tables import statement

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
LI, TEACHER = {"mbox": "mailto:li@example.org"}, {"mbox": "mailto:teacher@example.org"}


@pytest.fixture
def other(any_db: Engine) -> Iterator[Engine]:
    """The same database for another server."""
    engine = open_db(any_db.url.render_as_string(hide_password=False))
    yield engine
    engine.dispose()


class SlowCommit:
    """Keeps an engine's transactions from committing until told."""

    def __init__(self, db: Engine) -> None:
        self.reached, self.go = threading.Event(), threading.Event()
        event.listen(db, "commit", self._wait)

    def _wait(self, _: Connection) -> None:
        self.reached.set()
        self.go.wait(20)


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
def test_whoever_commits_first_the_statement_is_voided(any_db: Engine, other: Engine, voiding_first: bool) -> None:
    sent = _statement()
    voiding = _voiding(sent["id"])
    slow = SlowCommit(any_db)
    first = _start(any_db, voiding if voiding_first else sent)
    assert slow.reached.wait(20)
    second = _start(other, sent if voiding_first else voiding)
    second.join(0.5)
    assert second.is_alive()  # it waits for the first: looking now, it would miss it
    slow.go.set()
    first.join(20)
    second.join(20)
    with reading(any_db) as tx:
        voided_by = tx.scalar(select(statement.c.voided_by).where(statement.c.id == UUID(sent["id"])))
    assert voided_by == UUID(voiding["id"])


def test_who_voids_nothing_waits_for_nobody_on_postgresql(pg: Engine) -> None:
    other = open_db(pg.url.render_as_string(hide_password=False))
    slow = SlowCommit(pg)
    first = _start(pg, _statement())
    assert slow.reached.wait(20)
    second = _start(other, _statement(actor=TEACHER, object={"id": "https://a.b/e"}))
    second.join(20)
    assert not second.is_alive() and first.is_alive()
    slow.go.set()
    first.join(20)
    other.dispose()
