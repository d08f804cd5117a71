"""Data of attachments, once for each content however many statements carry it."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import Connection, delete, select

from lms_tracker.store.chunks import chunks, rows_among
from lms_tracker.store.conflicts import inserting
from lms_tracker.store.tables import attachment


def add_attachments(db: Connection, data: Mapping[str, bytes], now: datetime) -> None:
    """`data` by SHA-2 in lower-case hexadecimal. What is there already stays."""
    # sorted: writers that share attachments wait in one direction only
    rows = [{"sha2": sha2, "data": data[sha2], "stored": now} for sha2 in sorted(data)]
    if rows:
        db.execute(inserting(db.dialect.name, attachment).on_conflict_do_nothing(index_elements=["sha2"]), rows)


def attachments(db: Connection, sha2s: Iterable[str]) -> dict[str, bytes]:
    """Data of those that are here."""
    found: dict[str, bytes] = {}
    for chunk in chunks(sha2s):
        query = select(attachment.c.sha2, attachment.c.data).where(attachment.c.sha2.in_(chunk))
        found.update((row.sha2, bytes(row.data)) for row in db.execute(query))
    return found


def held(db: Connection, sha2s: Iterable[str]) -> set[str]:
    """Those whose data is here."""
    return {row.sha2 for row in rows_among(db, select(attachment.c.sha2), attachment.c.sha2, sha2s)}


def delete_attachments(db: Connection, sha2s: Iterable[str]) -> int:
    """Data that no statement speaks of any more. How many there were."""
    return sum(db.execute(delete(attachment).where(attachment.c.sha2.in_(chunk))).rowcount for chunk in chunks(sha2s))
