"""Many rows at once. An executemany sends each by itself, and PostgreSQL takes each by itself: several times the work."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import Connection, Dialect, LargeBinary, Table, TypeDecorator, insert

from lms_tracker.store.driver import tell


def insert_many(db: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows, all with the same columns, now or at the end of `driver.together`. Raises what SQLAlchemy raises: IntegrityError and the like.

    PostgreSQL is given them as one JSON text: written in no time here, and read there by its own functions.
    """
    if not rows:
        return
    if db.dialect.name != "postgresql":
        db.execute(insert(table), rows)
        return
    names = ", ".join(rows[0])
    query = f"INSERT INTO {table.name} ({names}) SELECT {names} FROM json_populate_recordset(NULL::{table.name}, :rows)"
    ways = _ways(table, db.dialect)
    told = [{name: ways[name](value) if name in ways else value for name, value in row.items()} for row in rows]
    tell(db, query, rows=msgspec.json.encode(told).decode())


@lru_cache(64)
def _ways(table: Table, dialect: Dialect) -> dict[str, Callable[[Any], Any]]:
    """How values become what PostgreSQL reads from JSON, of columns where they are not that already."""
    ways: dict[str, Callable[[Any], Any]] = {}
    for column in table.c:
        if isinstance(column.type, TypeDecorator):
            ways[column.name] = lambda value, kept=column.type: kept.process_bind_param(value, dialect)
        elif isinstance(column.type, LargeBinary):
            ways[column.name] = lambda value: "\\x" + value.hex()
    return ways
