"""Queries of the way out, straight to the driver in the caller's transaction: SQLAlchemy costs more than they do.

Their SQL is what both databases speak. `:name` is a parameter; `= ANY(:names)` takes a list of integers. Types are the
database's own: instants are microseconds.
"""

import json
import re
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection

from lms_tracker.store.postgresql import cursor


def rows(db: Connection, sql: str, **given: Any) -> list[tuple[Any, ...]]:
    """All rows. Names that the SQL does not use are left out."""
    if db.dialect.name == "postgresql":
        with cursor(db, sql) as c:
            found: list[tuple[Any, ...]] = c.execute(_for_postgresql(sql), given, binary=True, prepare=True).fetchall()
            return found
    values = {name: json.dumps(value) if isinstance(value, list) else value for name, value in given.items()}
    driver: Any = db.connection.driver_connection
    return list(driver.execute(_for_sqlite(sql), values).fetchall())


@lru_cache(512)
def _for_postgresql(sql: str) -> str:
    return re.sub(r"(?<!:):(\w+)", r"%(\1)s", re.sub(r"ANY\(:(\w+)\)", r"ANY(%(\1)s::bigint[])", sql))


@lru_cache(512)
def _for_sqlite(sql: str) -> str:
    return re.sub(r"= ANY\(:(\w+)\)", r"IN (SELECT value FROM json_each(:\1))", sql)
