"""Questions that PostgreSQL has ready, each asked in one message and answered in its binary format.

For connections that commit by themselves (store.db.asking): what fails there has undone nothing, so a statement that the
database no longer has ready is prepared anew. The driver's own cursor does the same for any connection, and takes longer
for it than PostgreSQL takes to answer; what it makes of an answer's values is used here too.
"""

from collections.abc import Callable, Iterable
from itertools import count
from typing import Any
from uuid import UUID

import psycopg
from msgspec import Struct
from psycopg import pq
from psycopg.adapt import Transformer
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from lms_tracker.store import messages

MOST = 100
"""Statements that one connection has ready: each takes room in the database's process. The least used goes first."""
_READY = "ready"
_numbers = count()  # no name is ever given twice, whatever became of what had it
_Key = tuple[bytes, tuple[int, ...]]


class _Ready(Struct):
    """In the info of a connection: what was prepared on it, and the driver's loaders of values."""

    load: Transformer
    names: dict[_Key, bytes]


def ask(db: Connection, driver: Any, sql: bytes, given: Iterable[object]) -> list[tuple[Any, ...]]:
    """All rows of a query with `$1` and so on, by the connection's `driver`. Raises what SQLAlchemy raises."""
    try:
        types, values = written(given)
        ready: _Ready = db.info.get(_READY) or db.info.setdefault(_READY, _Ready(Transformer(driver), {}))
        key = (sql, tuple(types))
        try:
            answer = _answer(driver.pgconn, ready.names, key, values)
        except (psycopg.errors.InvalidSqlStatementName, psycopg.errors.FeatureNotSupported):
            ready.names.clear()  # by a rollback; or a column has another type since
            answer = _answer(driver.pgconn, ready.names, key, values)
    except psycopg.Error as e:
        raise DBAPIError.instance(sql.decode(), None, e, psycopg.Error, dialect=db.dialect) from e
    ready.load.set_pgresult(answer, format=pq.Format.BINARY)
    try:
        return ready.load.load_rows(0, answer.ntuples, tuple)
    finally:
        ready.load.set_pgresult(None)


def written(given: Iterable[object]) -> tuple[list[int], list[bytes | None]]:
    """The numbers of PostgreSQL's types and the values, as text."""
    types, values = [], []
    for one in given:
        type_, write = _WRITTEN[type(one)]
        types.append(type_)
        values.append(write(one))
    return types, values


def _answer(connection: Any, names: dict[_Key, bytes], key: _Key, values: list[bytes | None]) -> pq.abc.PGresult:
    name = names.pop(key, None) or _prepare(connection, names, key)
    names[key] = name  # the last one is the one that was used last
    return _checked(
        connection, connection.exec_prepared(name, values, None, pq.Format.BINARY)
    )  # other threads run meanwhile


def _prepare(connection: Any, names: dict[_Key, bytes], key: _Key) -> bytes:
    if len(names) >= MOST:
        _checked(connection, connection.exec_(b"DEALLOCATE " + names.pop(next(iter(names)))))
    name = b"ready_%d" % next(_numbers)
    _checked(connection, connection.prepare(name, *key))
    return name


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
    # What it means is seen from where it stands.
    str: (0, _text),
    list: (0, _array),
    type(None): (0, lambda _: None),
}
"""The number of PostgreSQL's type, and how a value is written."""
