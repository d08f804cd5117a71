"""Queries of the way out, straight to the driver in the caller's transaction: SQLAlchemy costs more than they do.

Their SQL is what both databases speak. `:name` is a parameter; `= ANY(:names)` takes a list of integers, and
`EACH(:names) i` makes a table of it with the column `value`. Types are the database's own: instants are microseconds.
"""

import json
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from lms_tracker.store.postgresql import cursor


def rows(db: Connection, sql: str, **given: Any) -> list[tuple[Any, ...]]:
    """All rows. Names that the SQL does not use are left out."""
    if db.dialect.name == "postgresql":
        with cursor(db, sql) as c:
            found: list[tuple[Any, ...]] = c.execute(_for_postgresql(sql), given, binary=True, prepare=True).fetchall()
            return found
    values = {name: _BOUND.get(type(value), _as_it_is)(value) for name, value in given.items()}
    driver: Any = db.connection.driver_connection
    return list(driver.execute(_for_sqlite(sql), values).fetchall())


def _as_it_is(value: Any) -> Any:
    return value


_BOUND: dict[type, Callable[[Any], Any]] = {list: json.dumps, UUID: lambda id: id.hex}
"""How SQLite takes what it has no type for."""


@lru_cache(512)
def _for_postgresql(sql: str) -> str:
    sql = re.sub(r"EACH\(:(\w+)\) (\w+)", r"unnest(%(\1)s::bigint[]) \2(value)", sql)
    return re.sub(r"(?<!:):(\w+)", r"%(\1)s", re.sub(r"ANY\(:(\w+)\)", r"ANY(%(\1)s::bigint[])", sql))


@lru_cache(512)
def _for_sqlite(sql: str) -> str:
    sql = re.sub(r"EACH\(:(\w+)\) (\w+)", r"json_each(:\1) \2", sql)
    return re.sub(r"= ANY\(:(\w+)\)", r"IN (SELECT value FROM json_each(:\1))", sql)
