"""Types of columns, and the conventions of names.

Instants are aware UTC datetimes in Python and integer microseconds since the epoch on disk: exact, sortable,
the same in SQLite and PostgreSQL. Durations are integer microseconds (`_us`). Marks are decimals kept as text.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    Integer,
    MetaData,
    Text,
)
from sqlalchemy.types import TypeDecorator

from lms_tracker.core.instants import from_us, to_us


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
