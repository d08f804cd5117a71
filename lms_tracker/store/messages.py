"""Several statements to PostgreSQL in one message, with one answer: the simple query protocol.

A small transaction consists of waiting: the driver sends each statement by itself, also in its pipelines, and PostgreSQL
wakes up for each. Values stand in the text as literals; what is prepared is planned once for a connection. A COPY among
them is fed when its turn comes.

https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-MULTI-STATEMENT
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import generators, pq
from psycopg.abc import PQGen
from psycopg.pq.abc import PGconn
from psycopg.waiting import Wait
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from lms_tracker.store.db import PREPARED

_BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED"
_TOGETHER = "together"
PIECE = 4 * 1024 * 1024
"""Bytes of rows that the driver takes at once: more may never fit into what it sends from (psycopg's ticket 255)."""


def send(db: Connection, *statements: str) -> bytes | None:
    """Execute in the connection's transaction, which begins if need be. The first value of the last one's answer.

    Raises what SQLAlchemy raises: IntegrityError and the like.
    """
    answer = _execute(db, statements)
    return answer.get_value(0, 0) if answer.ntuples else None


def _execute(db: Connection, statements: Sequence[str], rows: Sequence[bytes] = ()) -> pq.PGresult:
    driver: Any = db.connection.driver_connection
    begins = driver.pgconn.transaction_status == pq.TransactionStatus.IDLE
    text = ";".join((_BEGIN, *statements) if begins else statements).encode()
    # Other threads run meanwhile, either way.
    return _answer(db, lambda: driver.wait(_feeding(driver.pgconn, text, rows)) if rows else driver.pgconn.exec_(text))


def _answer(db: Connection, ask: Callable[[], pq.PGresult]) -> pq.PGresult:
    """Raises what SQLAlchemy raises."""
    try:
        answer = ask()
        if answer.status not in (pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK):
            raise psycopg.errors.error_from_result(answer)
    except psycopg.Error as e:
        raise DBAPIError.instance("", None, e, psycopg.Error, dialect=db.dialect) from e
    return answer


def _feeding(connection: PGconn, text: bytes, rows: Sequence[bytes]) -> PQGen[pq.PGresult]:
    """The last answer to a message in which there are as many COPY as `rows`, or the one that says what failed."""
    connection.send_query(text)
    answers = yield from generators.execute(connection)
    for fed in rows:
        if answers[-1].status != pq.ExecStatus.COPY_IN:  # something before has failed
            break
        whole = memoryview(fed)
        for start in range(0, len(whole), PIECE):
            yield from generators.copy_to(connection, whole[start : start + PIECE], flush=False)
        while connection.put_copy_end() == 0:
            yield Wait.W
        answers = yield from generators.execute(connection)
    return answers[-1]


@contextmanager
def together(db: Connection) -> Iterator[None]:
    """What is told inside goes out as one message at the end, unless something is raised."""
    waiting: list[tuple[str, bytes | None]] = []
    db.info[_TOGETHER] = waiting
    try:
        yield
    finally:
        del db.info[_TOGETHER]
    if waiting:
        _tell(db, waiting)


def tell(db: Connection, statement: str, rows: bytes | None = None) -> None:
    """Execute a statement whose answer does not matter: now, or at the end of `together`. `rows` are what a COPY is fed."""
    waiting = db.info.get(_TOGETHER)
    if waiting is None:
        _tell(db, [(statement, rows)])
    else:
        waiting.append((statement, rows))


def _tell(db: Connection, told: Sequence[tuple[str, bytes | None]]) -> None:
    _execute(db, [statement for statement, _ in told], [rows for _, rows in told if rows is not None])


def commit(db: Connection) -> None:
    """End the transaction in the message that is on its way, where there are messages: one answer less to wait for. What
    the caller's `writing` does then finds nothing left to commit."""
    if db.dialect.name == "postgresql":
        tell(db, "COMMIT")


def prepare(db: Connection, queries: Mapping[str, str]) -> None:
    """Have the queries ready on this connection by their names, which have their parameters' types behind them."""
    ready = db.info.get(PREPARED, frozenset())
    if not ready >= queries.keys():
        there = prepared(db)
        missing = [f"PREPARE {name} AS {query}" for name, query in queries.items() if name.split()[0] not in there]
        if missing:
            send(db, *missing)
        db.info[PREPARED] = ready | queries.keys()


def prepared(db: Connection) -> set[str]:
    """Names of what the connection has ready; no transaction begins. After a rollback the driver drops everything, or nothing if it
    has prepared nothing itself."""
    driver: Any = db.connection.driver_connection
    answer = _answer(db, lambda: driver.pgconn.exec_(b"SELECT string_agg(name, ' ') FROM pg_prepared_statements"))
    return set((answer.get_value(0, 0) or b"").decode().split())


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
