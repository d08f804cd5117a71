"""The reading list of a programme: bringing it in, taking a book off."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Engine

from lms_tracker.core.reading import Book, parse_books
from lms_tracker.core.sheet import SheetFaults
from lms_tracker.core.study.review import NotAllowed
from lms_tracker.store import books as store
from lms_tracker.store.db import writing


def import_books(db: Engine, programme_id: int, table: Sequence[Sequence[str]], *, now: datetime) -> tuple[int, int]:
    """(books in the table, how many are new or changed). The same table again changes nothing; what is not in it stays.

    Raises SheetFaults: nothing came in.
    """
    sheet, books = parse_books(table)
    if sheet.faults:
        raise SheetFaults(sheet.faults)
    with writing(db) as tx:
        return len(books), store.put_books(tx, programme_id, books, now)


def add_book(db: Engine, programme_id: int, one: Book, *, now: datetime) -> None:
    """One book by hand. Raises NotAllowed: `title`."""
    title, author = (" ".join(text.replace("\0", "").split()) for text in (one.title, one.author))
    if not 0 < len(title) <= 200 or len(author) > 200:
        raise NotAllowed("title")
    with writing(db) as tx:
        store.put_books(tx, programme_id, [Book(title.strip("《》"), author, one.monograph)], now)


def retire_book(db: Engine, programme_id: int, book_id: int, *, now: datetime) -> None:
    """Take it off the list. Raises NotAllowed: `decided`."""
    with writing(db) as tx:
        if not store.retire(tx, programme_id, book_id, now):
            raise NotAllowed("decided")
