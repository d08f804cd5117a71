"""Queries of the way out, straight to the driver in the caller's transaction: SQLAlchemy costs more than they do.

Their SQL is what both databases speak. `:name` is a parameter; `= ANY(:names)` takes a list of integers, `= ANY(:names::text[])`
one of texts, `= ANY(:names::date[])` one of dates (ISO 8601), and `EACH(:names) i` makes a table of integers with the column
`value`. `AMONG(:names)` is `= ANY(:names)` of which PostgreSQL's planner sees as little as of EACH: neither how many there are, nor which;
so one plan does for all, and nothing is planned anew for longer than it takes. `FOR UPDATE` and `FOR SHARE` lock rows where rows are locked: SQLite has one writer at a time. Types are the database's
own: instants are microseconds, and SQLite's dates texts.
"""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any
from uuid import UUID

from psycopg import pq
from sqlalchemy import Connection

from lms_tracker.store import prepared, streams
from lms_tracker.store.postgresql import cursor

IDLE = pq.TransactionStatus.IDLE
_TOLD = "told"
"""In the info of a connection: what waits for the end of `together`."""
COMMIT: tuple[str, dict[str, Any]] = ("COMMIT", {})
"""For `rows_of_all`, on PostgreSQL: what the caller's `writing` does then finds nothing left to commit."""
OPEN = "SELECT id FROM credential WHERE secret_sha256 = :secret AND revoked_at IS NULL"
"""A row, if the secret of this digest still opens."""


def rows(db: Connection, sql: str, **given: Any) -> list[tuple[Any, ...]]:
    """All rows, if any. Names that the SQL does not use are left out."""
    if db.dialect.name == "postgresql":
        driver: Any = db.connection.driver_connection
        if not driver.autocommit or driver.pgconn.transaction_status == IDLE:
            return prepared.ask(db, *_question(sql, given))
        with cursor(db, sql) as c:  # in a transaction of store.messages, whose rollback store.prepared does not see
            answer = c.execute(_for_postgresql(sql), given, binary=True, prepare=True)
            found: list[tuple[Any, ...]] = answer.fetchall() if answer.description else []
            return found
    return list(_from_sqlite(db, sql, given).fetchall())


def rows_of_all(db: Connection, *questions: tuple[str, dict[str, Any]]) -> list[list[tuple[Any, ...]]]:
    """As `rows` for each, in this order, where none waits for another's answer. In a transaction, or of `asking`."""
    if db.dialect.name == "postgresql":
        return prepared.ask_all(db, [_question(sql, given) for sql, given in questions])
    return [rows(db, sql, **given) for sql, given in questions]


@contextmanager
def together(db: Connection) -> Iterator[None]:
    """What is told inside is sent at the end, and waited for once, unless something is raised. SQLite is told at once.

    As store.messages.together, for what is prepared: there values stand in the text, and rows go by COPY.
    """
    if db.dialect.name != "postgresql":
        yield
        return
    told: list[tuple[str, dict[str, Any]]] = []
    db.info[_TOLD] = told
    try:
        yield
    finally:
        del db.info[_TOLD]
    rows_of_all(db, *told)


def tell(db: Connection, sql: str, **given: Any) -> None:
    """Execute what has no answer, or one that does not matter: now, or at the end of `together`."""
    told = db.info.get(_TOLD)
    if told is None:
        rows(db, sql, **given)
    else:
        told.append((sql, given))


def commit_soon(db: Connection) -> None:
    """End the transaction with what is told, of work that is done again should the machine's power fail: PostgreSQL does not wait for
    the disk. Whoever reads finds all of it or nothing, and what is committed later is never kept without it. What the caller's
    `writing` does then finds nothing left to commit.

    https://www.postgresql.org/docs/current/wal-async-commit.html
    """
    if db.dialect.name == "postgresql":
        tell(db, "SET LOCAL synchronous_commit = off")
        tell(db, COMMIT[0])


def _question(sql: str, given: dict[str, Any]) -> tuple[bytes, list[Any]]:
    numbered, names = _numbered(sql)
    return numbered, [given[name] for name in names]


def stream(db: Connection, sql: str, many: int, **given: Any) -> Iterator[list[tuple[Any, ...]]]:
    """As `rows`, in lists of `many`, of which the last may be shorter: never all are in memory.

    Until the last of them the connection is busy: nothing else can be asked on it.
    """
    if db.dialect.name == "postgresql":
        numbered, names = _numbered(sql)
        yield from streams.stream(db, numbered, [given[name] for name in names], many)
        return
    found = _from_sqlite(db, sql, given)
    while some := found.fetchmany(many):
        yield some


def _from_sqlite(db: Connection, sql: str, given: dict[str, Any]) -> Any:
    values = {name: _BOUND.get(type(value), _as_it_is)(value) for name, value in given.items()}
    driver: Any = db.connection.driver_connection
    return driver.execute(_for_sqlite(sql), values)


def _as_it_is(value: Any) -> Any:
    return value


_BOUND: dict[type, Callable[[Any], Any]] = {list: json.dumps, UUID: lambda id: id.hex}
"""How SQLite takes what it has no type for."""


def rows_while_open(db: Connection, secret: str | None, sql: str, **given: Any) -> list[tuple[Any, ...]] | None:
    """As `rows`, if at that moment the secret of this digest opens; else None. Without a digest nobody asks.

    One query instead of two: a question to PostgreSQL costs more than the answer. The first column may not be null; the
    order is that of the database.
    """
    if secret is None:
        return rows(db, sql, **given)
    found = rows(db, f"SELECT found.* FROM ({OPEN}) AS open LEFT JOIN ({sql}) AS found ON TRUE", secret=secret, **given)
    if not found:
        return None
    return [] if found[0][0] is None else found


_name = re.compile(r"(?<!:):(\w+)")


@lru_cache(512)
def _for_postgresql(sql: str) -> str:
    return _name.sub(r"%(\1)s", _typed(sql))


@lru_cache(512)
def _numbered(sql: str) -> tuple[bytes, tuple[str, ...]]:
    """With numbers in place of names; and the names in order."""
    typed = _typed(sql)
    names = tuple(dict.fromkeys(_name.findall(typed)))
    return _name.sub(lambda found: f"${names.index(found[1]) + 1}", typed).encode(), names


def _typed(sql: str) -> str:
    sql = re.sub(r"EACH\(:(\w+)\) (\w+)", r"unnest((SELECT :\1::bigint[])) \2(value)", sql)
    sql = re.sub(r"AMONG\(:(\w+)\)", r"= ANY((SELECT :\1::bigint[])::bigint[])", sql)
    return re.sub(r"ANY\(:(\w+)\)", r"ANY(:\1::bigint[])", sql)


@lru_cache(512)
def _for_sqlite(sql: str) -> str:
    sql = re.sub(r"FOR (?:UPDATE|SHARE)(?: SKIP LOCKED)?", "", sql)
    sql = re.sub(r"EACH\(:(\w+)\) (\w+)", r"json_each(:\1) \2", sql)
    sql = re.sub(r"AMONG\(:(\w+)\)", r"IN (SELECT value FROM json_each(:\1))", sql)
    return re.sub(r"= ANY\(:(\w+)(?:::\w+\[\])?\)", r"IN (SELECT value FROM json_each(:\1))", sql)
