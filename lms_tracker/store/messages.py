"""Several prepared statements to PostgreSQL in one message, with one answer: the simple query protocol.

A small transaction consists of waiting: the driver sends each statement by itself, also in its pipelines, and PostgreSQL
wakes up for each. Values stand in the text as literals; what is prepared is planned once for a connection.

https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-MULTI-STATEMENT
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import pq
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from lms_tracker.store.db import PREPARED

_BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED"
_TOGETHER = "together"


def send(db: Connection, *statements: str) -> bytes | None:
    """Execute in the connection's transaction, which begins if need be. The first value of the last one's answer.

    Raises what SQLAlchemy raises: IntegrityError and the like.
    """
    answer = _execute(db, statements)
    return answer.get_value(0, 0) if answer.ntuples else None


def _execute(db: Connection, statements: Sequence[str]) -> pq.PGresult:
    driver: Any = db.connection.driver_connection
    begins = driver.pgconn.transaction_status == pq.TransactionStatus.IDLE
    text = ";".join((_BEGIN, *statements) if begins else statements)
    try:
        answer: pq.PGresult = driver.pgconn.exec_(text.encode())  # other threads run meanwhile
        if answer.status not in (pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK):
            raise psycopg.errors.error_from_result(answer)
    except psycopg.Error as e:
        raise DBAPIError.instance("", None, e, psycopg.Error, dialect=db.dialect) from e
    return answer


@contextmanager
def together(db: Connection) -> Iterator[None]:
    """What is told inside goes out as one message at the end, unless something is raised."""
    waiting: list[str] = []
    db.info[_TOGETHER] = waiting
    try:
        yield
    finally:
        del db.info[_TOGETHER]
    if waiting:
        send(db, *waiting)


def tell(db: Connection, statement: str) -> None:
    """Execute a statement whose answer does not matter: now, or at the end of `together`."""
    waiting = db.info.get(_TOGETHER)
    if waiting is None:
        send(db, statement)
    else:
        waiting.append(statement)


def commit(db: Connection) -> None:
    """End the transaction in the message that is on its way, where there are messages: one answer less to wait for. What
    the caller's `writing` does then finds nothing left to commit."""
    if db.dialect.name == "postgresql":
        tell(db, "COMMIT")


def prepare(db: Connection, queries: Mapping[str, str]) -> None:
    """Have the queries ready on this connection by their names, which have their parameters' types behind them."""
    ready = db.info.get(PREPARED, frozenset())
    if not ready >= queries.keys():
        # After a rollback the driver drops everything, or nothing if it has prepared nothing itself.
        there = (send(db, "SELECT string_agg(name, ' ') FROM pg_prepared_statements") or b"").decode().split()
        missing = [f"PREPARE {name} AS {query}" for name, query in queries.items() if name.split()[0] not in there]
        if missing:
            send(db, *missing)
        db.info[PREPARED] = ready | queries.keys()


def call(db: Connection, name: str, *given: int | str | None) -> str:
    """The statement that executes what is prepared as `name`."""
    driver: Any = db.connection.driver_connection
    escape = pq.Escaping(driver.pgconn).escape_literal
    values = [
        bytes(escape(one.encode())).decode() if isinstance(one, str) else "NULL" if one is None else str(one)
        for one in given
    ]
    return f"EXECUTE {name}({','.join(values)})"


def array(values: Iterable[object]) -> str:
    """An array of what needs no quotes."""
    return "{" + ",".join(["NULL" if value is None else str(value) for value in values]) + "}"


def texts(values: Iterable[str]) -> str:
    """An array of texts."""
    return "{" + ",".join([f'"{value}"' for value in map(_escaped, values)]) + "}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def ask(db: Connection, *statements: str) -> list[tuple[bytes | None, ...]]:
    """As `send`: all rows of the last one's answer, each value as text."""
    answer = _execute(db, statements)
    columns = range(answer.nfields)
    return [tuple(answer.get_value(row, column) for column in columns) for row in range(answer.ntuples)]
