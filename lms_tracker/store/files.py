"""Files that people handed in: kept once by their content, in the database, so that a backup holds them.

Whoever keeps one has a table with a foreign key to `stored_file.sha256` (and the name there): `drop_unused` looks for
such tables by itself, so that a file goes with the last row that speaks of it.
"""

from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Row, delete, exists, select

from lms_tracker.core.uploads import Upload
from lms_tracker.store.chunks import chunks
from lms_tracker.store.conflicts import inserting
from lms_tracker.store.tables import metadata, stored_file


def keep_file(db: Connection, upload: Upload, now: datetime) -> str:
    """Its SHA-256, under which it is there from now on. What is there already stays.

    PostgreSQL: a row that stays is locked like a new one, so that nobody drops it before this transaction ends.
    """
    digest = sha256(upload.content).hexdigest()
    values = {"kind": upload.kind, "size": len(upload.content), "content": upload.content, "stored_at": now}
    there = inserting(db.dialect.name, stored_file).values(sha256=digest, **values)
    db.execute(there.on_conflict_do_update(index_elements=["sha256"], set_={"kind": upload.kind}))
    return digest


def file_content(db: Connection, digest: str) -> Row[Any] | None:
    """(kind, size, content) or None."""
    f = stored_file.c
    return db.execute(select(f.kind, f.size, f.content).where(f.sha256 == digest)).one_or_none()


def drop_unused(db: Connection, digests: Iterable[str]) -> int:
    """Delete those of these files that no row of any table speaks of any more. How many went."""
    f = stored_file.c
    used = [
        exists().where(key.parent == f.sha256)
        for table in metadata.sorted_tables
        for key in table.foreign_keys
        if key.column is f.sha256
    ]
    unused = [~one for one in used]
    return sum(db.execute(delete(stored_file).where(f.sha256.in_(c), *unused)).rowcount for c in chunks(digests))
