"""Long lists of keys in pieces that a database takes as bound parameters."""

from collections.abc import Collection, Iterable, Iterator
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, Select, func, literal
from sqlalchemy.dialects.postgresql import ARRAY

Key = TypeVar("Key", int, str, UUID)

CHUNK = 500  # SQLite before 3.32 allows 999 parameters


def chunks(keys: Iterable[Key]) -> Iterator[list[Key]]:
    """The distinct keys in order, a few hundred at a time."""
    ordered = sorted(set(keys))
    for start in range(0, len(ordered), CHUNK):
        yield ordered[start : start + CHUNK]


def one_of(db: Connection, column: ColumnElement[Key], keys: Collection[Key]) -> ColumnElement[bool]:
    """Whether `column` is one of a chunk of keys."""
    if db.dialect.name == "postgresql":  # one array: a parameter for each key costs more than looking it up
        return column == func.any(literal(list(keys), ARRAY(column.type)))
    return column.in_(keys)


def rows_of(
    db: Connection, query: Select[Any], column: ColumnElement[Key], keys: Collection[Key] | None
) -> Iterator[Row[Any]]:
    """What `query` finds where `column` is one of the keys, or all of it for None; the order of the query holds within
    each piece of keys, and pieces come in order."""
    if keys is None:
        yield from db.execute(query)
    elif db.dialect.name == "postgresql":
        yield from rows_among(db, query, column, keys)
    else:
        for chunk in chunks(keys):
            yield from db.execute(query.where(column.in_(chunk)))


def rows_among(
    db: Connection, query: Select[Any], column: ColumnElement[Key], keys: Iterable[Key]
) -> Iterator[Row[Any]]:
    """What `query` finds where `column` is one of the keys; order undefined."""
    if db.dialect.name == "postgresql":
        if distinct := list(set(keys)):
            yield from db.execute(query.where(one_of(db, column, distinct)))
    else:
        for chunk in chunks(keys):
            yield from db.execute(query.where(column.in_(chunk)))
