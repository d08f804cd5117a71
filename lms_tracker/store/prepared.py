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
    """What a connection has prepared: by which name, and the driver's loaders of its values, once they are `known`."""

    name: bytes
    load: Transformer
    known: bool = False


def ask(db: Connection, driver: Any, sql: bytes, given: Iterable[object]) -> list[tuple[Any, ...]]:
    """All rows of a query with `$1` and so on, by the connection's `driver`. Raises what SQLAlchemy raises."""
    try:
        types, values = written(given)
        ready: dict[_Key, _Ready] = db.info.get(_READY) or db.info.setdefault(_READY, {})
        key = (sql, tuple(types))
        try:
            asked, answer = _answer(driver, ready, key, values)
        except (psycopg.errors.InvalidSqlStatementName, psycopg.errors.FeatureNotSupported):
            ready.clear()  # by a rollback; or a column has another type since
            asked, answer = _answer(driver, ready, key, values)
    except psycopg.Error as e:
        raise DBAPIError.instance(sql.decode(), None, e, psycopg.Error, dialect=db.dialect) from e
    asked.load.set_pgresult(answer, set_loaders=not asked.known, format=pq.Format.BINARY)
    asked.known = True
    try:
        return asked.load.load_rows(0, answer.ntuples, tuple)
    finally:
        asked.load.set_pgresult(None, set_loaders=False)


def written(given: Iterable[object]) -> tuple[list[int], list[bytes | None]]:
    """The numbers of PostgreSQL's types and the values, as text."""
    types, values = [], []
    for one in given:
        type_, write = _WRITTEN[type(one)]
        types.append(type_)
        values.append(write(one))
    return types, values


def _answer(
    driver: Any, ready: dict[_Key, _Ready], key: _Key, values: list[bytes | None]
) -> tuple[_Ready, pq.abc.PGresult]:
    asked = ready.pop(key, None) or _prepare(driver, ready, key)
    ready[key] = asked  # the last one is the one that was used last
    answer = driver.pgconn.exec_prepared(asked.name, values, None, pq.Format.BINARY)  # other threads run meanwhile
    return asked, _checked(driver.pgconn, answer)


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
    # What it means is seen from where it stands.
    str: (0, _text),
    list: (0, _array),
    type(None): (0, lambda _: None),
}
"""The number of PostgreSQL's type, and how a value is written."""
