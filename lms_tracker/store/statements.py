"""The record: storing statements, voiding them, finding them by id. Queries with filters are in statement_queries.py."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Connection, Row, func, insert, select, text, update

from lms_tracker.core.xapi.vocabulary import VERB_VOIDED
from lms_tracker.store.chunks import rows_among
from lms_tracker.store.copy_statements import copy_statements
from lms_tracker.store.tables import related, statement


class NewStatement(msgspec.Struct, gc=False):
    """One row to store. `raw` is complete: it carries id, timestamp, stored, authority and version."""

    id: UUID
    stored: datetime
    timestamp: datetime
    learner_id: int | None
    ifi: str | None
    verb: str
    activity: str | None
    registration: UUID | None
    target: UUID | None
    credential_id: int | None
    evidence: str
    received: bool
    raw: bytes
    terms: set[int]


def stored_statements(db: Connection, ids: Iterable[UUID]) -> dict[UUID, bytes]:
    """The raw statements of those ids that are taken, voided or not."""
    s = statement.c
    return {row.id: row.raw for row in rows_among(db, select(s.id, s.raw), s.id, ids)}


def add_statements(db: Connection, new: Sequence[NewStatement]) -> None:
    """Store a batch in its order. Raises IntegrityError when another writer has just taken one of the ids."""
    if not new:
        return
    numbered = list(zip(_next_seqs(db, len(new)), new, strict=True))
    if db.dialect.name == "postgresql":
        return copy_statements(db, numbered)
    fields = [name for name in NewStatement.__struct_fields__ if name != "terms"]
    rows = [{name: getattr(one, name) for name in fields} | {"seq": seq} for seq, one in numbered]
    db.execute(insert(statement), rows)
    terms = [{"term": term, "stored": one.stored, "seq": seq} for seq, one in numbered for term in one.terms]
    if terms:
        db.execute(insert(related), terms)


def _next_seqs(db: Connection, count: int) -> Iterable[int]:
    # Taken before the rows are written: the index terms need them, and COPY could not give them back.
    if db.dialect.name == "postgresql":
        sequence = text("SELECT nextval('statement_seq_seq') FROM generate_series(1, :count)")
        return db.scalars(sequence, {"count": count}).all()
    last = db.scalar(select(func.max(statement.c.seq))) or 0
    return range(last + 1, last + 1 + count)


def apply_voiding(db: Connection, new: Sequence[NewStatement]) -> set[int]:
    """Void what a stored batch voids, and what in it was voided before it came; learners whose evidence changed.

    A voiding statement cannot be voided itself (Data 2.3.2): one that tries is stored and has no effect. The first
    voiding statement of several is the one that counts.
    """
    s = statement.c
    pairs = {one.target: one.id for one in reversed(new) if one.verb == VERB_VOIDED and one.target is not None}
    arrived = [one.id for one in new if one.verb != VERB_VOIDED]
    query = select(s.seq, s.target, s.id).where(s.verb == VERB_VOIDED)
    found = rows_among(db, query, s.target, arrived)
    pairs.update((row.target, row.id) for row in sorted(found, key=lambda row: row.seq, reverse=True))
    changed: set[int] = set()
    for target, voider in sorted(pairs.items()):
        voidable = (s.id == target) & s.voided_by.is_(None) & (s.verb != VERB_VOIDED)
        done = db.scalars(update(statement).where(voidable).values(voided_by=voider).returning(s.learner_id))
        changed.update(learner for learner in done if learner is not None)
    return changed


def statement_by_id(db: Connection, id: UUID, *, voided: bool) -> Row[*tuple[Any, ...]] | None:
    """(raw, stored) of a statement that is voided, or of one that is not."""
    s = statement.c
    state = s.voided_by.is_not(None) if voided else s.voided_by.is_(None)
    return db.execute(select(s.raw, s.stored).where(s.id == id, state)).one_or_none()


def all_statements(db: Connection, since: datetime | None, until: datetime | None) -> Iterable[bytes]:
    """Raw statements in the order of storing, voided ones and those that void them included. Bounds inclusive."""
    s = statement.c
    query = select(s.raw).order_by(s.seq)
    if since is not None:
        query = query.where(s.stored >= since)
    if until is not None:
        query = query.where(s.stored <= until)
    return db.scalars(query.execution_options(yield_per=2000))
