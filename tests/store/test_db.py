"""Connections to PostgreSQL that the other side ended."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from lms_tracker.store import db as db_module
from lms_tracker.store import postgresql
from lms_tracker.store.db import open_db, reading, writing


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
