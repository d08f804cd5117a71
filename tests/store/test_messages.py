"""Statements to PostgreSQL in one message."""

from typing import Any

import pytest
from sqlalchemy import Connection, Engine, func, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from lms_tracker.store import db as db_module
from lms_tracker.store import messages
from lms_tracker.store.db import reading, writing
from lms_tracker.store.driver import rows
from lms_tracker.store.tables import learner, statement
from tests.lrs.conftest import make_statement
from tests.stores import keep


def driver(tx: Connection) -> Any:
    return tx.connection.driver_connection


@pytest.mark.parametrize("lost", ["by a rollback", "at rest", "not at all"])
def test_what_is_prepared_is_prepared_anew_when_the_driver_has_dropped_it(
    pg: Engine, monkeypatch: pytest.MonkeyPatch, lost: str
) -> None:
    keep(pg, make_statement())
    if lost != "not at all":
        with reading(pg) as tx:
            driver(tx).execute(
                "SELECT 1", prepare=True
            )  # it drops everything only where it has prepared something itself
    if lost != "at rest":
        with pytest.raises(ZeroDivisionError), writing(pg) as tx:
            tx.scalar(text("SELECT 1"))
            raise ZeroDivisionError
    else:
        monkeypatch.setattr(db_module, "TRUST_S", 0)
    keep(pg, make_statement())
    with reading(pg) as tx:
        assert tx.scalar(select(func.count()).select_from(statement)) == 2


def test_an_identifier_of_signs_that_mean_something_to_the_database_is_one_person(pg: Engine) -> None:
    account = {"homePage": "https://a.example", "name": """'"\\ {},NULL';--\\' 张"""}
    for _ in range(2):
        keep(pg, make_statement(actor={"account": account}))
    with reading(pg) as tx:
        assert tx.scalar(select(func.count()).select_from(learner)) == 1
        assert tx.scalar(select(func.count()).select_from(statement)) == 2


def test_what_was_told_together_happens_as_a_whole_or_not_at_all(pg: Engine) -> None:
    with pytest.raises(IntegrityError), writing(pg) as tx, messages.together(tx):
        for _ in range(2):
            messages.tell(tx, "INSERT INTO attachment (sha2, data, stored) VALUES ('ab', '', 0)")
    with writing(pg) as tx:
        assert rows(tx, "SELECT sha2 FROM attachment") == []


COPY = "COPY attachment (sha2, data, stored) FROM STDIN"


def _row(name: str, size: int = 1) -> bytes:
    return b"%b\t\\\\x%b\t0\n" % (name.encode(), b"00" * size)


def test_a_copy_among_what_is_told_is_fed_when_its_turn_comes(pg: Engine) -> None:
    large = messages.PIECE // 2 + 1000  # in two digits each: more than a piece
    with writing(pg) as tx:
        with messages.together(tx):
            messages.tell(tx, COPY, _row("a") + _row("b", large))
            messages.tell(tx, "DELETE FROM attachment WHERE sha2 = 'a'")
            messages.tell(tx, COPY, _row("c"))
            messages.commit(tx)
        assert rows(tx, "SELECT sha2, length(data) FROM attachment ORDER BY 1") == [("b", large), ("c", 1)]


@pytest.mark.parametrize(
    "told",
    [
        [(COPY, _row("a")), (COPY, _row("a"))],
        [(COPY, _row("a") + _row("a")), (COPY, _row("b"))],
        [("INSERT INTO attachment (sha2, data, stored) VALUES ('b', NULL, 0)", None), (COPY, _row("a"))],
        [(COPY, _row("a")), ("INSERT INTO attachment (sha2, data, stored) VALUES ('a', '', 0)", None)],
    ],
)
def test_where_a_copy_or_what_is_around_it_fails_nothing_happens(
    pg: Engine, told: list[tuple[str, bytes | None]]
) -> None:
    with pytest.raises(IntegrityError), writing(pg) as tx, messages.together(tx):
        for statement_, fed in told:
            messages.tell(tx, statement_, fed)
        messages.commit(tx)
    with writing(pg) as tx:
        assert rows(tx, "SELECT sha2 FROM attachment") == []
        messages.tell(tx, COPY, _row("a"))
    with writing(pg) as tx:
        assert rows(tx, "SELECT sha2 FROM attachment") == [("a",)]


def test_a_connection_that_is_lost_before_something_is_prepared_is_raised_as_sqlalchemy_does(pg: Engine) -> None:
    raised: list[Exception] = []
    with pytest.raises(DBAPIError), writing(pg) as tx:
        lost = driver(tx).info.backend_pid
        with writing(pg) as other:
            other.execute(text("SELECT pg_terminate_backend(:lost)"), {"lost": lost})
        try:
            messages.prepare(tx, {"one": "SELECT 1"})
        except Exception as e:  # what the end of the transaction raises may stand in front of it
            raised.append(e)
            raise
    assert isinstance(raised[0], DBAPIError)
