"""The reading list of a programme: bringing it in, taking a book off."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, Row

from lms_tracker.core.grading.words import Words
from lms_tracker.core.planned import Line, Plan, require_seen
from lms_tracker.core.reading import Book, parse_books
from lms_tracker.core.sheet import SheetFaults
from lms_tracker.core.study.review import NotAllowed
from lms_tracker.core.typed import legible_line
from lms_tracker.store import books as store
from lms_tracker.store.db import reading, writing

YES, NO = Words("是", "yes"), Words("否", "no")
ONTO, OFF = Words("否 → 是", "no → yes"), Words("是 → 否", "yes → no")
BACK = Words("已去掉 → 在书单上", "taken off → on the list")


def import_books(
    db: Engine,
    programme_id: int,
    table: Sequence[Sequence[str]],
    *,
    now: datetime,
    dry_run: bool = False,
    seen: str | None = None,
) -> Plan:
    """Add and change books, all or nothing; what the table does not name stays, and the same table again changes nothing.

    `seen`: the digest of a preview (`dry_run`), which must still be what is done. Raises SheetFaults, PlanChanged.
    """
    sheet, books = parse_books(table)
    if sheet.faults:
        raise SheetFaults(sheet.faults)
    with (reading if dry_run else writing)(db) as tx:
        there = store.all_books_of(tx, programme_id)
        lines = [_line(row, one, there.get((one.title, one.author))) for row, one in books]
        plan = Plan(lines, sheet.ignored)
        require_seen(plan, seen)
        if not dry_run:
            store.put_books(tx, programme_id, [one for _row, one in books], now)
    return plan


def _line(row: int, one: Book, standing: Row[Any] | None) -> Line:
    cells = (one.title, one.author, YES if one.monograph else NO)
    if standing is None:
        return Line(row, "added", cells)
    if standing.retired_at is not None:
        return Line(row, "changed", cells, BACK)
    if standing.monograph != one.monograph:
        return Line(row, "changed", cells, ONTO if one.monograph else OFF)
    return Line(row, "same", cells)


def add_book(db: Engine, programme_id: int, one: Book, *, now: datetime) -> None:
    """One book by hand. Raises NotAllowed: `title`."""
    title, author = (legible_line(text) for text in (one.title, one.author))
    if not 0 < len(title) <= 200 or len(author) > 200:
        raise NotAllowed("title")
    with writing(db) as tx:
        store.put_books(tx, programme_id, [Book(title.strip("《》"), author, one.monograph)], now)


def retire_book(db: Engine, programme_id: int, book_id: int, *, now: datetime) -> None:
    """Take it off the list. Raises NotAllowed: `decided`."""
    with writing(db) as tx:
        if not store.retire(tx, programme_id, book_id, now):
            raise NotAllowed("decided")
