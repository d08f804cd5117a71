"""Types of columns, and the conventions of names.

Instants are aware UTC datetimes in Python and integer microseconds since the epoch on disk: exact, sortable,
the same in SQLite and PostgreSQL. Durations are integer microseconds (`_us`). Marks are decimals kept as text.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Text,
)
from sqlalchemy.types import TypeDecorator

from lms_tracker.core.instants import from_us, to_us
from lms_tracker.core.xapi.terms import fold, term
from lms_tracker.store.packing import pack, unpack_one


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime, kept as microseconds since 1970."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> int | None:
        return None if value is None else to_us(value)

    def process_result_value(self, value: int | None, dialect: Any) -> datetime | None:
        return None if value is None else from_us(value)


class DecimalText(TypeDecorator[Decimal]):
    """A decimal kept exactly as written."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Any) -> str | None:
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Any) -> Decimal | None:
        return None if value is None else Decimal(value)


class Digest(TypeDecorator[int]):
    """A name of some kind as its index term of core.xapi.terms: found by the name, read as the term."""

    impl = BigInteger
    cache_ok = True

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: str | int | None, dialect: Any) -> int | None:
        return term(self.kind, value) if isinstance(value, str) else value


class Folded(TypeDecorator[int]):
    """A UUID in 64 bits, as core.xapi.terms.fold makes them: found by the UUID, read as the number."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: UUID | int | None, dialect: Any) -> int | None:
        return fold(value) if isinstance(value, UUID) else value


class PackedJson(TypeDecorator[bytes]):
    """A statement's JSON, kept as store.packing packs it."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: bytes | None, dialect: Any) -> bytes | None:
        return None if value is None else pack([value])[0]

    def process_result_value(self, value: bytes | None, dialect: Any) -> bytes | None:
        return None if value is None else unpack_one(value)


class Word(TypeDecorator[str]):
    """One of a few words kept as its number. Words are only ever added at the end."""

    impl = SmallInteger
    cache_ok = True

    def __init__(self, *words: str) -> None:
        super().__init__()
        self.words = words

    def process_bind_param(self, value: str | None, dialect: Any) -> int | None:
        return None if value is None else self.words.index(value)

    def process_result_value(self, value: int | None, dialect: Any) -> str | None:
        return None if value is None else self.words[value]


# SQLite only autoincrements INTEGER keys.
LARGEST_ID = 2**31 - 1
"""Of the tables whose id is an Integer. PostgreSQL cannot even be asked for a larger one."""

BigKey = BigInteger().with_variant(Integer, "sqlite")

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)
