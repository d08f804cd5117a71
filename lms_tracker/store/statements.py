"""The record: storing statements, voiding them, finding them by id. Queries with filters are in statement_queries.py."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Connection, Row, func, insert, select, update

from lms_tracker.core.xapi.vocabulary import VERB_VOIDED
from lms_tracker.store import postgresql
from lms_tracker.store.chunks import rows_among
from lms_tracker.store.credentials import still_open
from lms_tracker.store.learners import known_learners
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
    terms: frozenset[int]


class Standing(msgspec.Struct):
    """What the database knows that matters to statements about to be stored."""

    seqs: Sequence[int]
    """New numbers, as many as ids were asked for."""
    usable: set[str]
    """Digests of secrets that still open: their credentials are not revoked, and have no newer secret."""
    taken: dict[UUID, bytes]
    """Raw statements of the ids that are taken, voided or not."""
    learners: dict[str, int]
    """By identifier; those that are known."""
    voiders: dict[UUID, UUID]
    """Statement -> the first that voids it, of those that were voided before they came."""


def look_up(
    db: Connection, ids: Collection[UUID], ifis: Collection[str], secrets: Collection[str], *, voids: bool
) -> Standing:
    """In the transaction that stores, before it writes. `voids` says whether it will store a voiding statement."""
    if db.dialect.name == "postgresql":
        return Standing(*postgresql.look_up(db, ids, ifis, secrets, voids=voids))
    s = statement.c
    last = db.scalar(select(func.max(s.seq))) or 0
    taken = {row.id: row.raw for row in rows_among(db, select(s.id, s.raw), s.id, ids)}
    query = select(s.seq, s.target, s.id).where(s.verb == VERB_VOIDED)
    voiding = sorted(rows_among(db, query, s.target, ids), key=lambda row: row.seq, reverse=True)
    return Standing(
        range(last + 1, last + 1 + len(ids)),
        still_open(db, secrets),
        taken,
        known_learners(db, ifis),
        {row.target: row.id for row in voiding},
    )


def add_statements(db: Connection, new: Sequence[NewStatement], seqs: Sequence[int]) -> None:
    """Store a batch in its order, numbered by `look_up`.

    Raises IntegrityError when another writer has just taken one of the ids.
    """
    if not new:
        return
    numbered = list(zip(seqs, new, strict=False))  # numbers of what was already there stay unused
    if db.dialect.name == "postgresql":
        return postgresql.copy_statements(db, numbered)
    fields = [name for name in NewStatement.__struct_fields__ if name != "terms"]
    rows = [{name: getattr(one, name) for name in fields} | {"seq": seq} for seq, one in numbered]
    db.execute(insert(statement), rows)
    terms = [{"term": term, "stored": one.stored, "seq": seq} for seq, one in numbered for term in one.terms]
    if terms:
        db.execute(insert(related), terms)


def apply_voiding(db: Connection, new: Sequence[NewStatement], voiders: Mapping[UUID, UUID]) -> set[int]:
    """Void what a stored batch voids, and what in it was voided before it came; learners whose evidence changed.

    A voiding statement cannot be voided itself (Data 2.3.2): one that tries is stored and has no effect. The first
    voiding statement of several is the one that counts.
    """
    s = statement.c
    pairs = {one.target: one.id for one in reversed(new) if one.verb == VERB_VOIDED and one.target is not None}
    if voiders:
        pairs.update((one.id, voiders[one.id]) for one in new if one.id in voiders and one.verb != VERB_VOIDED)
    changed: set[int] = set()
    for target, voider in sorted(pairs.items()):
        voidable = (s.id == target) & s.voided_by.is_(None) & (s.verb != VERB_VOIDED)
        done = db.scalars(update(statement).where(voidable).values(voided_by=voider).returning(s.learner_id))
        changed.update(learner for learner in done if learner is not None)
    return changed


def statement_by_id(
    db: Connection, id: UUID, *, voided: bool, sent_by: int | None = None
) -> Row[*tuple[Any, ...]] | None:
    """(raw, stored) of a statement that is voided, or of one that is not; only if the credential `sent_by` sent it."""
    s = statement.c
    state = s.voided_by.is_not(None) if voided else s.voided_by.is_(None)
    mine = [] if sent_by is None else [s.credential_id == sent_by]
    return db.execute(select(s.raw, s.stored).where(s.id == id, state, *mine)).one_or_none()


def all_statements(db: Connection, since: datetime | None, until: datetime | None) -> Iterable[bytes]:
    """Raw statements in the order of storing, voided ones and those that void them included. Bounds inclusive."""
    s = statement.c
    query = select(s.raw).order_by(s.seq)
    if since is not None:
        query = query.where(s.stored >= since)
    if until is not None:
        query = query.where(s.stored <= until)
    return db.scalars(query.execution_options(yield_per=2000))
