"""PostgreSQL's fast way in for statements and their index terms: COPY in its binary format.

The format: https://www.postgresql.org/docs/current/sql-copy.html, "Binary Format". A row is the number of its fields
(int16), then each field as its length (int32; -1 for null) and its bytes. An executemany costs several times as much.
"""

import struct
from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import psycopg
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from lms_tracker.store.tables import EPOCH

if TYPE_CHECKING:
    from lms_tracker.store.statements import NewStatement

_STATEMENT = """COPY statement (seq, id, stored, timestamp, received, evidence, verb, raw, learner_id, credential_id, ifi,
    activity, registration, target) FROM STDIN (FORMAT binary)"""
_RELATED = "COPY related (term, stored, seq) FROM STDIN (FORMAT binary)"
_BEGIN = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_END = b"\xff\xff"
_NULL = b"\xff\xff\xff\xff"
_US = timedelta(microseconds=1)

_first_fields = struct.Struct(">h iq i16s iq iq i?").pack
_term = struct.Struct(">h iq iq iq").pack
_length = struct.Struct(">i").pack
_int4 = struct.Struct(">ii").pack


def copy_statements(db: Connection, numbered: Iterable[tuple[int, "NewStatement"]]) -> None:
    """Rows of both tables, in the caller's transaction. Raises what SQLAlchemy raises: IntegrityError and the like."""
    rows, terms = [_BEGIN], [_BEGIN]
    for seq, new in numbered:
        stored = (new.stored - EPOCH) // _US
        first = _first_fields(
            14, 8, seq, 16, new.id.bytes, 8, stored, 8, (new.timestamp - EPOCH) // _US, 1, new.received
        )
        rows += (first, _text(new.evidence), _text(new.verb), _length(len(new.raw)), new.raw)
        rows += (_number(new.learner_id), _number(new.credential_id), _text(new.ifi), _text(new.activity))
        rows += (_uuid(new.registration), _uuid(new.target))
        terms += [_term(3, 8, term, 8, stored, 8, seq) for term in new.terms]
    _copy(db, _STATEMENT, rows)
    if len(terms) > 1:
        _copy(db, _RELATED, terms)


def _copy(db: Connection, query: str, parts: list[bytes]) -> None:
    driver: Any = db.connection.driver_connection
    try:
        with driver.cursor() as cursor, cursor.copy(query) as copy:
            copy.write(b"".join(parts) + _END)
    except psycopg.Error as e:
        raise DBAPIError.instance(query, None, e, psycopg.Error, dialect=db.dialect) from e


def _text(value: str | None) -> bytes:
    if value is None:
        return _NULL
    raw = value.encode()
    return _length(len(raw)) + raw


def _number(value: int | None) -> bytes:
    return _NULL if value is None else _int4(4, value)


def _uuid(value: UUID | None) -> bytes:
    return _NULL if value is None else b"\0\0\0\x10" + value.bytes
