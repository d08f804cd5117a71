"""Connections to PostgreSQL: those that the other side ended, and those that are used again at once."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, func, select, text
from sqlalchemy.exc import IntegrityError, OperationalError

from lms_tracker.store import db as db_module
from lms_tracker.store import messages, postgresql
from lms_tracker.store.db import asking, open_db, reading, storing, writing
from lms_tracker.store.driver import rows
from lms_tracker.store.tables import definition


@pytest.fixture
def pooled(pg: Engine) -> Iterator[Engine]:
    """An engine whose one connection was ended while it lay in the pool."""
    engine = open_db(pg.url.render_as_string(hide_password=False))
    with reading(engine) as tx:
        pid = tx.scalar(text("SELECT pg_backend_pid()"))
    with writing(pg) as tx:
        tx.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
    yield engine
    engine.dispose()


def test_a_connection_that_lay_for_a_while_is_asked_and_replaced(
    pooled: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db_module, "TRUST_S", 0)
    with reading(pooled) as tx:
        assert tx.scalar(text("SELECT 1")) == 1


@pytest.mark.parametrize("go", ["SQLAlchemy", "driver", "message"])
def test_one_that_was_in_use_a_moment_ago_fails_once_and_is_replaced(pooled: Engine, go: str) -> None:
    with pytest.raises(OperationalError), writing(pooled) as tx:
        if go == "SQLAlchemy":
            tx.scalar(text("SELECT 1"))
        elif go == "driver":
            with postgresql.cursor(tx, "SELECT 1") as cursor:
                cursor.execute("SELECT 1")
        else:
            postgresql.keep_writers_out(tx)
    for _ in range(3):
        with writing(pooled) as tx:
            assert tx.scalar(text("SELECT 1")) == 1


def test_postgresql_compiles_none_of_our_queries(pg: Engine) -> None:
    with reading(pg) as tx:
        assert tx.scalar(text("SHOW jit")) == "off"


INSERT = "INSERT INTO definition (activity, digest, stored, raw) VALUES ('a', '{}', 1, ''::bytea)"


def _definitions(db: Engine) -> int:
    with reading(db) as tx:
        return tx.scalar(select(func.count()).select_from(definition)) or 0


def test_what_messages_begin_is_committed_at_the_end_or_wholly_rolled_back(pg: Engine) -> None:
    with storing(pg) as tx:
        messages.send(tx, INSERT.format(1))
    assert _definitions(pg) == 1
    with pytest.raises(ValueError), storing(pg) as tx:
        messages.send(tx, INSERT.format(2))
        raise ValueError
    with pytest.raises(IntegrityError), storing(pg) as tx:
        messages.send(tx, INSERT.format(3))
        messages.send(tx, INSERT.format(1))
    assert _definitions(pg) == 1
    with storing(pg) as tx:
        messages.send(tx, INSERT.format(4))
        messages.commit(tx)
    assert _definitions(pg) == 2


def test_who_stores_again_at_once_has_the_same_connection(pg: Engine) -> None:
    found = set()
    for _ in range(3):
        with storing(pg) as tx:
            found.add(messages.send(tx, "SELECT pg_backend_pid()"))
    assert len(found) == 1


def test_a_connection_that_is_lost_while_storing_is_told_as_such_and_not_used_again(pg: Engine) -> None:
    with pytest.raises(OperationalError), storing(pg) as tx:
        pid = messages.send(tx, "SELECT pg_backend_pid()")
        with writing(pg) as other:
            other.execute(text(f"SELECT pg_terminate_backend({int(pid or 0)})"))
        messages.send(tx, INSERT.format(1))
    with storing(pg) as tx:
        assert messages.send(tx, "SELECT pg_backend_pid()") != pid


def test_a_connection_that_is_lost_while_asking_is_told_as_such_and_not_used_again(pg: Engine) -> None:
    with pytest.raises(OperationalError), asking(pg) as tx:
        [(pid,)] = rows(tx, "SELECT pg_backend_pid()")
        with writing(pg) as other:
            other.execute(text(f"SELECT pg_terminate_backend({pid}, 5000)"))
        rows(tx, "SELECT 1")
    with asking(pg) as tx:
        assert rows(tx, "SELECT pg_backend_pid()") != [(pid,)]


def test_who_asks_again_at_once_has_the_same_connection_unless_something_went_wrong(pg: Engine) -> None:
    def mine() -> object:
        with asking(pg) as tx:
            connection = tx.connection.driver_connection
            tx.scalar(select(func.count()).select_from(definition))  # SQLAlchemy calls this a transaction
            return connection

    first = mine()
    assert mine() is first
    with pytest.raises(ZeroDivisionError), asking(pg):
        raise ZeroDivisionError
    assert not db_module._kept[pg]
