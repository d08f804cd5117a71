"""Rows from PostgreSQL as they come, in its binary format and in lists: never all of an answer are in memory.

The driver's own stream() hands over row by row through two generators, which takes half as long again as making the rows.

https://www.postgresql.org/docs/current/libpq-single-row-mode.html
"""

from collections.abc import Iterable, Iterator
from typing import Any

import psycopg
from psycopg import generators, pq
from psycopg.adapt import Transformer
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from lms_tracker.store.prepared import written

_CHUNKS = psycopg.capabilities.has_stream_chunked()
"""Whether libpq hands over several rows together, from version 17 on."""
_SOME = (pq.ExecStatus.TUPLES_CHUNK, pq.ExecStatus.SINGLE_TUPLE)


def stream(db: Connection, sql: bytes, given: Iterable[object], many: int) -> Iterator[list[tuple[Any, ...]]]:
    """The rows of a query with `$1` and so on in lists of `many`, of which the last may be shorter.

    Until the last of them the connection is busy; whoever stops before cancels the query. Raises what SQLAlchemy raises.
    """
    driver: Any = db.connection.driver_connection
    try:
        if driver.pgconn.transaction_status == pq.TransactionStatus.IDLE:
            driver.execute("")  # it begins the transaction as the connection is set to
        types, values = written(given)
        driver.pgconn.send_query_params(sql, values, types, None, pq.Format.BINARY)
        if _CHUNKS:
            driver.pgconn.set_chunked_rows_mode(many)
        else:
            driver.pgconn.set_single_row_mode()
        driver.wait(generators.send(driver.pgconn))
        yield from _lists(driver, many)
    except psycopg.Error as e:
        raise DBAPIError.instance(sql.decode(), None, e, psycopg.Error, dialect=db.dialect) from e
    finally:
        if driver.pgconn.transaction_status == pq.TransactionStatus.ACTIVE:
            driver.cancel_safe()
            while _answer(driver) is not None:
                pass


def _lists(driver: Any, many: int) -> Iterator[list[tuple[Any, ...]]]:
    load, known, rows = Transformer(driver), False, list[tuple[Any, ...]]()
    while (answer := _answer(driver)) is not None:
        if answer.status in _SOME:
            load.set_pgresult(answer, set_loaders=not known, format=pq.Format.BINARY)
            known = True
            rows += load.load_rows(0, answer.ntuples, tuple)
            if len(rows) >= many:
                yield rows
                rows = []
        elif answer.status != pq.ExecStatus.TUPLES_OK:
            raise psycopg.errors.error_from_result(answer)
    if rows:
        yield rows


def _answer(driver: Any) -> Any:
    return driver.wait(generators.fetch(driver.pgconn))
