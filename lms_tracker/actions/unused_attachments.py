"""Data of attachments that no statement speaks of any more.

Which statements speak of which data stands in the statements alone: to know that none does is to look through them all.
That is rare, so it is done while others go on writing, and only what they brought meanwhile is looked at without them.
"""

import re
from collections.abc import Callable, Collection

from sqlalchemy import Connection, Engine

from lms_tracker.store import statement_edits as edits
from lms_tracker.store.attachments import delete_attachments, held
from lms_tracker.store.db import reading, writing

Becomes = Callable[[int, bytes], bytes | None]
"""What a statement (seq, raw) will be: None when it goes."""


def as_it_is(_seq: int, raw: bytes) -> bytes:
    return raw


def unused_after(tx: Connection, sha2s: Collection[str], after: int, becomes: Becomes = as_it_is) -> set[str]:
    """Those of the attachments whose data is here and of which no statement numbered higher than `after` speaks."""
    wanted = held(tx, sha2s)
    pattern = re.compile("|".join(sorted(wanted)).encode(), re.IGNORECASE)
    for row in edits.raws_after(tx, after) if wanted else ():
        raw = becomes(row.seq, bytes(row.raw))
        if raw is not None:
            wanted -= {sha2.decode().lower() for sha2 in pattern.findall(raw)}
    return wanted


def delete_unused(db: Engine, sha2s: Collection[str]) -> int:
    """Delete what of these no statement speaks of. How many."""
    if not sha2s:
        return 0
    until = settled_until(db)
    with reading(db) as tx:
        unused = unused_after(tx, sha2s, 0)
    with writing(db) as tx:
        edits.keep_writers_out(tx)
        return delete_attachments(tx, unused_after(tx, unused, until))


def settled_until(db: Engine) -> int:
    """A number up to which all statements that will ever be there are there."""
    with writing(db) as tx:
        edits.keep_writers_out(tx)
        return edits.last_seq(tx)
