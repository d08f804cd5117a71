"""The record: storing statements, voiding them, finding them by id. Queries with filters are in statement_queries.py."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from msgspec import UNSET
from sqlalchemy import Connection, Row, case, delete, func, insert, literal, select, update

from lms_tracker.core.instants import from_us, to_us
from lms_tracker.core.xapi.model import Statement
from lms_tracker.core.xapi.scopes import ALL
from lms_tracker.core.xapi.terms import ACTIVITY, VERB, term, terms_of
from lms_tracker.core.xapi.vocabulary import VERB_VOIDED
from lms_tracker.store import messages, postgresql, postings
from lms_tracker.store.chunks import chunks, rows_among
from lms_tracker.store.credentials import Closed, still_open
from lms_tracker.store.driver import rows_while_open
from lms_tracker.store.erasure import erased_among
from lms_tracker.store.forwarding import fall_back
from lms_tracker.store.learners import known_learners
from lms_tracker.store.packing import unpack_one
from lms_tracker.store.tables import credential, statement

ERASED = b""
"""In place of a statement that was erased or redacted: whoever sends it again is told that it is stored."""


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


class Voiding(NamedTuple):
    """That the statement `by` voids the statement `target`."""

    target: UUID
    by: UUID
    source: int | None
    """The credential whose statements it may void; None: anybody's."""


class Standing(msgspec.Struct):
    """What the database knows that matters to statements about to be stored."""

    seqs: Sequence[int]
    """New numbers, as many as ids were asked for."""
    usable: set[str]
    """Digests of secrets that still open: their credentials are not revoked, and have no newer secret."""
    taken: dict[UUID, bytes]
    """Raw statements of the ids that are taken, voided or not; ERASED for those that were erased or redacted."""
    learners: dict[str, int]
    """By identifier; those that are known."""
    voiders: list[Voiding]
    """What would void the ids asked for, in the order of storing."""


def look_up(
    db: Connection, ids: Collection[UUID], ifis: Collection[str], secrets: Collection[str], *, voids: bool
) -> Standing:
    """In the transaction that stores, before it writes. `voids` says whether it will store a voiding statement."""
    if db.dialect.name == "postgresql":
        *found, voiders = postgresql.look_up(db, ids, ifis, secrets, voids=voids)
        return Standing(*found, [Voiding(*one) for one in voiders])
    s = statement.c
    last = db.scalar(select(func.max(s.seq))) or 0
    taken = {row.id: row.raw for row in rows_among(db, select(s.id, s.raw), s.id, ids)}
    taken |= dict.fromkeys(erased_among(db, ids), ERASED)
    query = select(s.seq, s.target, s.id, _may_void.label("source")).where(s.voids)
    voiders = sorted(rows_among(db, query, s.target, ids), key=lambda row: row.seq)
    return Standing(
        range(last + 1, last + 1 + len(ids)),
        still_open(db, secrets),
        taken,
        known_learners(db, ifis),
        [Voiding(row.target, row.id, row.source) for row in voiders],
    )


_has_all = (literal(" ") + credential.c.scopes + " ").contains(f" {ALL} ")
_may_void = (
    select(case((_has_all, None), else_=credential.c.id)).where(credential.c.id == statement.c.credential_id)
).scalar_subquery()
"""As `Voiding.source`, of a statement: by what its credential may now. An operator's has none."""


def sources_of(db: Connection, ids: Collection[UUID]) -> dict[UUID, int | None]:
    """Credentials, None for the operator, of those that are stored."""
    s = statement.c
    return {row.id: row.credential_id for row in rows_among(db, select(s.id, s.credential_id), s.id, ids)}


def add_statements(db: Connection, new: Sequence[NewStatement], seqs: Sequence[int]) -> None:
    """Store a batch in its order, numbered by `look_up`.

    Raises IntegrityError when another writer has just taken one of the ids.
    """
    if not new:
        return
    numbered = list(zip(seqs, new, strict=False))  # numbers of what was already there stay unused
    found_by = postings.rows_of_groups(_groups(numbered))
    if db.dialect.name == "postgresql":
        return postgresql.copy_statements(db, numbered, found_by)
    fields = [name for name in NewStatement.__struct_fields__ if name in statement.c]
    rows = [{name: getattr(one, name) for name in fields} | {"seq": seq} for seq, one in numbered]
    db.execute(
        insert(statement), [row | {"voids": one.verb == VERB_VOIDED} for row, one in zip(rows, new, strict=False)]
    )
    postings.add(db, found_by)


def _groups(numbered: Sequence[tuple[int, NewStatement]]) -> Iterator[tuple[int, Iterable[int], list[int]]]:
    """What statements are found by beside their columns; those of a batch share most of it."""
    for at, together in groupby(numbered, _stored):
        stored = to_us(at)
        verbs: dict[str, list[int]] = defaultdict(list)
        activities: dict[str, list[int]] = defaultdict(list)
        others: dict[frozenset[int], list[int]] = defaultdict(list)
        for seq, one in together:
            verbs[one.verb].append(seq)
            if one.activity is not None:
                activities[one.activity].append(seq)
            if one.terms:
                others[one.terms].append(seq)
        for kind, named in ((VERB, verbs), (ACTIVITY, activities)):
            for name, seqs in named.items():
                yield stored, [term(kind, name)], seqs
        for terms, seqs in others.items():
            yield stored, terms, seqs


def _stored(numbered: tuple[int, NewStatement]) -> datetime:
    return numbered[1].stored


def in_one_go(db: Connection) -> AbstractContextManager[None]:
    """For storing statements with what belongs to them, asking nothing: answers take longer than much of the work."""
    return messages.together(db) if db.dialect.name == "postgresql" else nullcontext()


def apply_voiding(db: Connection, voidings: Iterable[Voiding]) -> set[int]:
    """Void stored statements; learners whose evidence changed. `voidings` in the order of storing.

    A voiding statement cannot be voided itself (Data 2.3.2): one that tries is stored and has no effect. The first
    voiding statement of several that may is the one that counts.
    """
    s = statement.c
    first: dict[tuple[UUID, int | None], UUID] = {}
    for target, by, source in voidings:
        first.setdefault((target, source), by)
    changed: set[int] = set()
    for (target, source), by in sorted(first.items(), key=lambda item: item[0][0]):
        voidable = (s.id == target) & s.voided_by.is_(None) & ~s.voids
        if source is not None:
            voidable &= s.credential_id == source
        done = db.scalars(update(statement).where(voidable).values(voided_by=by).returning(s.learner_id))
        changed.update(learner for learner in done if learner is not None)
    return changed


class Stored(NamedTuple):
    """A statement, and when it came."""

    raw: bytes
    stored: datetime


def statement_by_id(
    db: Connection, id: UUID, *, voided: bool, sent_by: int | None = None, secret: str | None = None
) -> Stored | None:
    """A statement that is voided, or one that is not; only if the credential `sent_by` sent it.

    Raises Closed where the secret of the digest `secret`, of who asks, opens nothing.
    """
    sql = f"SELECT raw, stored, credential_id FROM statement WHERE id = :id AND voided_by IS {'NOT ' * voided}NULL"
    found = rows_while_open(db, secret, sql, id=id)
    if found is None:
        raise Closed
    for raw, stored, source in found:
        if sent_by is None or source == sent_by:
            return Stored(unpack_one(raw), from_us(stored))
    return None


def all_statements(
    db: Connection, since: datetime | None, until: datetime | None, source: str | None = None
) -> Iterable[bytes]:
    """Raw statements in the order of storing, voided ones and those that void them included. Bounds inclusive; with
    `source` only what came with the credential of that name."""
    s = statement.c
    query = select(s.raw).order_by(s.seq)
    if since is not None:
        query = query.where(s.stored >= since)
    if until is not None:
        query = query.where(s.stored <= until)
    if source is not None:
        query = query.where(
            s.credential_id == select(credential.c.id).where(credential.c.name == source).scalar_subquery()
        )
    return db.scalars(query.execution_options(yield_per=2000))


def statements_after(db: Connection, seq: int, limit: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """(seq, stored, credential_id, raw) of statements with a higher number, in order."""
    s = statement.c
    query = select(s.seq, s.stored, s.credential_id, s.raw).where(s.seq > seq)
    return db.execute(query.order_by(s.seq).limit(limit)).all()


def delete_statements(db: Connection, seqs: Collection[int]) -> int:
    """With what they are found by. How many there were."""
    gone = 0
    for chunk in chunks(seqs):
        forget_terms(db, chunk)
        gone += db.execute(delete(statement).where(statement.c.seq.in_(chunk))).rowcount
    fall_back(db, seqs)
    return gone


def forget_terms(db: Connection, seqs: Collection[int]) -> None:
    """These statements are no longer found by what they name."""
    s = statement.c
    rows = db.execute(select(s.seq, s.stored, s.raw).where(s.seq.in_(seqs))).all()
    postings.remove(db, (((to_us(row.stored), row.seq), terms_in(row.raw)) for row in rows))


def terms_in(raw: bytes, elsewhere: Iterable[int] | None = None) -> set[int]:
    """The terms of a stored statement: its verb and object, and those of `elsewhere`; without: all it may have been
    given."""
    said = msgspec.json.decode(raw, type=Statement)
    if elsewhere is None:
        elsewhere = terms_of(said, authority=None if said.authority is UNSET else said.authority)
    own = (
        {term(VERB, said.verb.id)}
        if said.object.id is UNSET
        else {term(VERB, said.verb.id), term(ACTIVITY, said.object.id)}
    )
    return own | set(elsewhere)
