"""Questions that PostgreSQL has ready, each asked in one message and answered in its binary format.

The driver's own cursor does the same, and takes longer for it than PostgreSQL takes to answer; what it makes of an answer's
values is used here too. After a rollback the driver may have the database drop whatever it had ready. A connection that commits
by itself (store.db.asking) learns it when it asks, for what fails there has undone nothing; within a transaction it is looked
up first.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import count
from typing import Any
from uuid import UUID

import psycopg
from msgspec import Struct
from psycopg import generators, pq
from psycopg.abc import PQGen
from psycopg.adapt import Transformer
from psycopg.pq.abc import PGconn
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from lms_tracker.store import messages
from lms_tracker.store.db import SURE

MOST = 100
"""Statements that one connection has ready: each takes room in the database's process. The least used goes first."""
_READY = "ready"
_numbers = count()  # no name is ever given twice, whatever became of what had it
_Key = tuple[bytes, tuple[int, ...]]
_Asked = tuple[_Key, list[bytes | None]]


class _Ready(Struct):
    """What a connection has prepared: by which name, and the driver's loaders of its values, once they are `known`."""

    name: bytes
    load: Transformer
    known: bool = False


def ask(db: Connection, sql: bytes, given: Iterable[object]) -> list[tuple[Any, ...]]:
    """All rows of a query with `$1` and so on, in the connection's transaction, which begins if need be. Raises what SQLAlchemy
    raises."""
    [found] = ask_all(db, [(sql, given)])
    return found


def ask_all(db: Connection, questions: Sequence[tuple[bytes, Iterable[object]]]) -> list[list[tuple[Any, ...]]]:
    """The same for several that do not wait for one another's answers: PostgreSQL is waited for once."""
    if not questions:
        return []
    driver: Any = db.connection.driver_connection
    try:
        asked = [((sql, tuple(types)), values) for sql, (types, values) in ((sql, written(g)) for sql, g in questions)]
        ready = _still_ready(db, driver)
        try:
            return _answers(driver, ready, asked)
        except (psycopg.errors.InvalidSqlStatementName, psycopg.errors.FeatureNotSupported):
            ready.clear()  # by a rollback; or a column has another type since
            if not driver.autocommit:
                raise
            return _answers(driver, ready, asked)
    except psycopg.Error as e:
        raise DBAPIError.instance(questions[0][0].decode(), None, e, psycopg.Error, dialect=db.dialect) from e


def written(given: Iterable[object]) -> tuple[list[int], list[bytes | None]]:
    """The numbers of PostgreSQL's types and the values, as text."""
    types, values = [], []
    for one in given:
        type_, write = _WRITTEN[type(one)]
        types.append(type_)
        values.append(write(one))
    return types, values


def _still_ready(db: Connection, driver: Any) -> dict[_Key, _Ready]:
    ready: dict[_Key, _Ready] = db.info.setdefault(_READY, {})
    if not driver.autocommit and SURE not in db.info:
        if ready:
            there = messages.prepared(db)
            for key in [key for key, one in ready.items() if one.name.decode() not in there]:
                del ready[key]
        db.info[SURE] = True
    return ready


def _answers(driver: Any, ready: dict[_Key, _Ready], asked: Sequence[_Asked]) -> list[list[tuple[Any, ...]]]:
    which = []
    for key, _ in asked:
        which.append(ready.pop(key, None) or _prepare(driver, ready, key))
        ready[key] = which[-1]  # the last one is the one that was used last
    connection = driver.pgconn
    begins = not driver.autocommit and connection.transaction_status == pq.TransactionStatus.IDLE
    if begins or len(asked) > 1:
        answers = _together(driver, _begin(driver) if begins else None, which, asked)
    else:  # other threads run meanwhile, either way
        answers = [connection.exec_prepared(which[0].name, asked[0][1], None, pq.Format.BINARY)]
    return [_rows(one, _checked(connection, answer)) for one, answer in zip(which, answers, strict=True)]


def _together(
    driver: Any, begin: bytes | None, which: Sequence[_Ready], asked: Sequence[_Asked]
) -> list[pq.abc.PGresult]:
    """One answer to each; what follows one that fails is not executed.

    https://www.postgresql.org/docs/current/libpq-pipeline-mode.html
    """
    connection = driver.pgconn
    connection.enter_pipeline_mode()
    try:
        if begin:
            connection.send_query_params(begin, None)
        for one, (_, values) in zip(which, asked, strict=True):
            connection.send_query_prepared(one.name, values, None, pq.Format.BINARY)
        connection.pipeline_sync()
        answers: list[pq.abc.PGresult] = driver.wait(_until_sync(connection))
    finally:
        if connection.status == pq.ConnStatus.OK:
            connection.exit_pipeline_mode()
    for answer in answers:
        if answer.status == pq.ExecStatus.FATAL_ERROR:
            _checked(connection, answer)
    return answers[-len(asked) :]


def _until_sync(connection: PGconn) -> PQGen[list[pq.abc.PGresult]]:
    """The driver waits for the socket, for `get_result` would have all threads wait."""
    yield from generators.send(connection)
    answers: list[pq.abc.PGresult] = []
    while True:
        more = yield from generators.fetch_many(connection)
        if more and more[0].status == pq.ExecStatus.PIPELINE_SYNC:
            return answers
        if not more and connection.status != pq.ConnStatus.OK:  # nothing comes any more
            raise psycopg.OperationalError(connection.get_error_message())
        answers += more


def _begin(driver: Any) -> bytes:
    """As the driver would begin a transaction."""
    level = driver.isolation_level
    words = [
        "BEGIN",
        *(["ISOLATION LEVEL", level.name.replace("_", " ")] if level else []),
        *(["READ ONLY"] if driver.read_only else []),
    ]
    return " ".join(words).encode()


def _rows(asked: _Ready, answer: pq.abc.PGresult) -> list[tuple[Any, ...]]:
    asked.load.set_pgresult(answer, set_loaders=not asked.known, format=pq.Format.BINARY)
    asked.known = True
    try:
        return asked.load.load_rows(0, answer.ntuples, tuple)
    finally:
        asked.load.set_pgresult(None, set_loaders=False)


def _prepare(driver: Any, ready: dict[_Key, _Ready], key: _Key) -> _Ready:
    if len(ready) >= MOST:
        _checked(driver.pgconn, driver.pgconn.exec_(b"DEALLOCATE " + ready.pop(next(iter(ready))).name))
    name = b"ready_%d" % next(_numbers)
    _checked(driver.pgconn, driver.pgconn.prepare(name, *key))
    return _Ready(name, Transformer(driver))


def _checked(connection: Any, answer: pq.abc.PGresult) -> pq.abc.PGresult:
    if answer.status in (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK):
        return answer
    if connection.status != pq.ConnStatus.OK:  # whoever has gone gives no number of an error
        raise psycopg.OperationalError(connection.get_error_message())
    raise psycopg.errors.error_from_result(answer)


def _text(value: str) -> bytes:
    if "\0" in value:  # the message would end there
        raise psycopg.DataError("PostgreSQL text cannot contain NUL (0x00)")
    return value.encode()


def _array(values: list[Any]) -> bytes:
    return _text(messages.texts(values) if values and isinstance(values[0], str) else messages.array(values))


_WRITTEN: dict[type, tuple[int, Callable[[Any], bytes | None]]] = {
    int: (20, lambda number: b"%d" % number),
    bool: (16, lambda value: b"t" if value else b"f"),
    UUID: (2950, lambda id: id.hex.encode()),
    bytes: (17, lambda value: b"\\x" + value.hex().encode()),
    # What it means is seen from where it stands.
    str: (0, _text),
    list: (0, _array),
    type(None): (0, lambda _: None),
}
"""The number of PostgreSQL's type, and how a value is written."""
