"""Opening the database. Actions take an `Engine` and open one transaction; store functions take a `Connection`."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DisconnectionError

BUSY_TIMEOUT_MS = 15_000
TRUST_S = 1.0
"""How long a connection that has lain unused is taken to be alive."""
KEPT = 2
PREPARED = "prepared"
"""In the info of a connection: which statements store.messages has prepared on it."""
SURE = "sure"
"""In the info of a connection, while it is sure that what store.prepared has prepared on it is still there."""


def open_db(url: str, *, pool_size: int = 5) -> Engine:
    """An engine for SQLite or PostgreSQL, safe to share between threads.

    Errors name no parameters: logs are no place for hashes of passwords. SQLite runs in WAL with `synchronous=FULL`: an acknowledged statement survives a power cut.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
        db = create_engine(parsed, pool_size=pool_size, max_overflow=pool_size, hide_parameters=True)
        event.listen(db, "connect", _prepare_postgresql)
        event.listen(db, "checkout", _require_alive)
        event.listen(db, "checkin", _note_use)
        event.listen(db, "rollback", _forget_prepared)
        event.listen(db, "engine_disposed", _close_kept)
        return db
    if parsed.get_backend_name() != "sqlite":
        raise ValueError(f"DATABASE_URL: {parsed.get_backend_name()} is not supported; use sqlite or postgresql")
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    waiting = {"timeout": BUSY_TIMEOUT_MS / 1000, "check_same_thread": False}
    db = create_engine(parsed, connect_args=waiting, hide_parameters=True)
    event.listen(db, "connect", _prepare_sqlite)
    event.listen(db, "begin", _begin_sqlite)
    return db


def _prepare_postgresql(connection: Any, _record: Any) -> None:
    """Nothing is compiled to machine code: that takes longer than our queries, and is done again for each execution."""
    connection.execute("SET jit = off")
    connection.commit()


def _note_use(_connection: Any, record: Any) -> None:
    record.info["used"] = time.monotonic()


def _require_alive(connection: Any, record: Any, _proxy: Any) -> None:
    """A connection that was in use a moment ago is not asked whether it is still there: it would double small queries."""
    if time.monotonic() - record.info.get("used", 0) > TRUST_S:
        try:
            connection.execute("")
            connection.rollback()
            _forget(record.info)
        except psycopg.Error as e:
            raise DisconnectionError from e


def _forget_prepared(connection: Connection) -> None:
    """With a rollback the driver may drop whatever is prepared."""
    if not connection.invalidated:
        _forget(connection.info)


def _forget(info: dict[str, Any]) -> None:
    for name in (PREPARED, SURE):
        info.pop(name, None)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver must not open transactions of its own
    cursor = connection.cursor()
    _switch_to_wal(cursor)
    for pragma in ("synchronous=FULL", "foreign_keys=ON", f"busy_timeout={BUSY_TIMEOUT_MS}"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _switch_to_wal(cursor: Any) -> None:
    """SQLite does not wait when two connections switch a new database at once: one is told that it is locked."""
    give_up = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as e:
            if "locked" not in str(e) or time.monotonic() > give_up:
                raise
            time.sleep(0.02)


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes the lock at once: upgrading a read transaction later fails without waiting.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


_turns: WeakKeyDictionary[Engine, threading.RLock] = WeakKeyDictionary()


@contextmanager
def writing(db: Engine) -> Iterator[Connection]:
    """One transaction that may write; commits at the end, rolls back on any exception."""
    with alone(db), db.connect().execution_options(writes=True) as connection, connection.begin():
        yield connection


def alone(db: Engine) -> AbstractContextManager[object]:
    """The turn of one thread of this process to write to SQLite; PostgreSQL needs none."""
    # SQLite lets one write and makes the others poll, with pauses up to 100 ms and no order: some wait for seconds.
    # Threads of one process take turns here instead; only other processes still poll.
    return nullcontext() if db.dialect.name == "postgresql" else _turns.setdefault(db, threading.RLock())


@contextmanager
def reading(db: Engine) -> Iterator[Connection]:
    """One consistent snapshot to read from."""
    with db.connect() as connection:
        if db.dialect.name == "postgresql":
            connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with connection.begin():
            yield connection


_kept: WeakKeyDictionary[Engine, list[tuple[float, Connection]]] = WeakKeyDictionary()
"""Connections that were asked something a moment ago, and since when they lie; at most KEPT of an engine. To take one from
the pool, have it commit by itself, and put it back takes as long as a small question."""


def asking(db: Engine) -> AbstractContextManager[Connection]:
    """To read a few things, each as it is when it is asked for: what a snapshot costs in messages, this does not."""
    return _Asking(db) if db.dialect.name == "postgresql" else reading(db)


class _Asking:
    """As `_lent`; no generator, which in a small request can be felt."""

    def __init__(self, db: Engine) -> None:
        self.db = db

    def __enter__(self) -> Connection:
        self.connection = _take(self.db)
        return self.connection

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None and self.connection.in_transaction():  # what SQLAlchemy calls one
                self.connection.rollback()
        except BaseException:
            self.connection.close()
            raise
        if kind is None:
            _keep(self.db, self.connection)
        else:
            self.connection.close()


@contextmanager
def storing(db: Engine) -> Iterator[Connection]:
    """As `writing`, for transactions that store.messages begins, and that are small and many: on PostgreSQL with a
    connection that was in use a moment ago."""
    if db.dialect.name != "postgresql":
        with writing(db) as connection:
            yield connection
        return
    with _lent(db) as connection, connection.begin():  # the driver commits or rolls back what is open, if anything is
        yield connection


@contextmanager
def _lent(db: Engine) -> Iterator[Connection]:
    """One that was kept, or a new one that commits by itself; kept again, unless something went wrong."""
    connection = _take(db)
    try:
        yield connection
    except BaseException:
        connection.close()
        raise
    _keep(db, connection)


def _take(db: Engine) -> Connection:
    return _take_kept(db) or db.connect().execution_options(isolation_level="AUTOCOMMIT")


def _keep(db: Engine, connection: Connection) -> None:
    kept = _kept.setdefault(db, [])
    if len(kept) < KEPT:
        kept.append((time.monotonic(), connection))
    else:
        connection.close()


def _take_kept(db: Engine) -> Connection | None:
    kept = _kept.get(db)
    while kept:
        try:
            since, connection = kept.pop()
        except IndexError:  # another thread took the last one
            return None
        if time.monotonic() - since < TRUST_S:
            return connection
        connection.close()  # the pool will ask whether it is still there
    return None


def _close_kept(db: Engine) -> None:
    for _, connection in _kept.pop(db, []):
        connection.detach()  # from a pool that is gone
        connection.close()
