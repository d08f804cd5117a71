"""The list of books of a programme."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from lms_tracker.core.reading import Book
from lms_tracker.store.tables import book

_b = book.c


def books_of(db: Connection, programme_id: int) -> list[Row[Any]]:
    """The list as it is now, monographs first."""
    query = select(book).where(_b.programme_id == programme_id, _b.retired_at.is_(None))
    return list(db.execute(query.order_by(_b.monograph.desc(), _b.title, _b.id)))


def book_by_id(db: Connection, id: int) -> Row[Any] | None:
    """One of any list, or None."""
    return db.execute(select(book).where(_b.id == id)).first()


def all_books_of(db: Connection, programme_id: int) -> dict[tuple[str, str], Row[Any]]:
    """By title and author, those that were taken off the list included."""
    rows = db.execute(select(book).where(_b.programme_id == programme_id))
    return {(row.title, row.author): row for row in rows}


def put_books(tx: Connection, programme_id: int, books: Iterable[Book], now: datetime) -> int:
    """Add those that are not there, and take the flag of those that are. How many rows changed."""
    there = all_books_of(tx, programme_id)
    changed = 0
    for one in books:
        row = there.get((one.title, one.author))
        if row is None:
            values = {"programme_id": programme_id, "title": one.title, "author": one.author, "added_at": now}
            tx.execute(insert(book).values(values | {"monograph": one.monograph}))
        elif row.monograph != one.monograph or row.retired_at is not None:
            tx.execute(update(book).where(_b.id == row.id).values(monograph=one.monograph, retired_at=None))
        else:
            continue
        changed += 1
    return changed


def retire(tx: Connection, programme_id: int, id: int, now: datetime) -> bool:
    """It is on the list no longer; who has read it has read it."""
    here = (_b.id == id) & (_b.programme_id == programme_id) & _b.retired_at.is_(None)
    return tx.execute(update(book).where(here).values(retired_at=now)).rowcount == 1
