"""Requests that wait at one moment share a transaction: one commit, and one look-up of each kind, for all of them.

A request stays whole: its statements are stored together or not at all, and what is wrong with one request touches no
other. On PostgreSQL a large request shares with nobody, nor waits for anybody: while the database writes it, this
process reads the next.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import nullcontext
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

import msgspec
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from lms_tracker.actions.blocked import refuse_blocked
from lms_tracker.actions.learn_activities import have_learned, learn_activities
from lms_tracker.actions.line import Line, Place, Waiting, write_together
from lms_tracker.core.xapi.definitions import Said
from lms_tracker.core.xapi.errors import StatementError
from lms_tracker.core.xapi.sameness import same_statement
from lms_tracker.core.xapi.vocabulary import VERB_VOIDED
from lms_tracker.store import messages
from lms_tracker.store import statements as store
from lms_tracker.store.attachments import add_attachments
from lms_tracker.store.db import storing
from lms_tracker.store.learners import newcomers
from lms_tracker.store.settling import mark_newer, mark_unsettled
from lms_tracker.store.statements import ERASED, NewStatement, Voiding

MOST = 1000
"""Statements that share a transaction; a larger request has its own."""
ENOUGH = 64
"""Statements for which nobody waits for more: the transaction is worth its while."""


class Conflict(Exception):
    """A statement with this id and other content is already there (Communication 2.1.1: 409)."""

    def __init__(self, id: UUID, index: int) -> None:
        self.id, self.index = id, index
        super().__init__(f"another statement with the id {id} is already stored")


class Revoked(Exception):
    """The credential was revoked before anything was stored."""


class IngestResult(msgspec.Struct):
    """`ids` in the order of arrival, stored now or before."""

    ids: list[UUID]
    stored: int
    already: int
    conflicts: list[int]
    """Positions of statements that were left out because of a conflict; empty unless conflicts are skipped."""


class _WithActor(msgspec.Struct):
    actor: dict[str, Any]


_actor = msgspec.json.Decoder(_WithActor).decode


class Request:
    """Statements of one sender. `said`, by position, is what each says of activities.

    `untimed` are positions of those that had no timestamp of their own. `voids_all` says whether the sender may void
    what others stored. `stamp`, where it may, has all rows be stored at another instant.
    """

    def __init__(
        self,
        rows: Sequence[NewStatement],
        said: Sequence[tuple[Said, ...]],
        *,
        untimed: Collection[int],
        secret_sha256: str | None,
        data: Mapping[str, bytes],
        skip_conflicts: bool,
        voids_all: bool,
        now: datetime,
        stamp: Callable[[datetime], None] | None = None,
    ) -> None:
        self.rows, self.said, self.untimed, self.voids_all = rows, said, untimed, voids_all
        self.secret_sha256, self.data, self.skip_conflicts, self.now = secret_sha256, data, skip_conflicts, now
        self.stamp = stamp
        self.fresh: list[int] = []
        """Positions of what was not there before."""


_lines: WeakKeyDictionary[Engine, Line] = WeakKeyDictionary()


def place_for(db: Engine, request: Request) -> Place:
    """Where a request waits to be stored. Its outcome, once it is durable, is an IngestResult; or Conflict, Revoked,
    StatementError for voiding what others stored, and what the database raises."""
    weight = len(request.rows)
    if weight >= ENOUGH and db.dialect.name == "postgresql":
        line = Line(_writer(db))
    else:
        line = _lines.get(db) or _lines.setdefault(db, Line(_writer(db), most=MOST, enough=ENOUGH))
    return Place(line, request, weight)


def _writer(db: Engine) -> Callable[[list[Waiting]], None]:
    return partial(write_together, write=partial(_store_all, db), apart=_is_of_one, again=_is_of_another_writer)


def _store_all(db: Engine, requests: list[Request]) -> list[IngestResult | Exception]:
    with storing(db) as tx:
        outcomes, said = _store(tx, db, requests)
    have_learned(db, said)
    return outcomes


def _store(tx: Connection, db: Engine, requests: list[Request]) -> tuple[list[IngestResult | Exception], Said]:
    """An outcome for each, and the definitions that were said by what is stored."""
    at = max(request.now for request in requests)
    for request in requests:
        if request.stamp is not None:
            request.stamp(at)  # who are stored together are found together: posting lists have a row for each instant
    all_rows = [row for request in requests for row in request.rows]
    voids = VERB_VOIDED in {row.verb for row in all_rows}
    standing = store.look_up(
        tx,
        {row.id for row in all_rows},
        {row.ifi for row in all_rows if row.ifi is not None},
        {request.secret_sha256 for request in requests if request.secret_sha256 is not None},
        voids=voids,
    )
    bounded = {row.target for request in requests if not request.voids_all for row in request.rows if _voids(row)}
    sources = store.sources_of(tx, bounded - {None}) if bounded else None
    outcomes = [_look(request, standing.taken, standing.usable, sources) for request in requests]
    accepted = [r for r, outcome in zip(requests, outcomes, strict=True) if isinstance(outcome, IngestResult)]
    data: dict[str, bytes] = {}
    for request in accepted:
        if request.fresh:  # what is not stored now brings no data: it was stored then, or erased since
            data |= request.data
    rows = [request.rows[index] for request in accepted for index in request.fresh]
    # Mostly the same few objects.
    all_said = {id(one): one for request in accepted for index in request.fresh for one in request.said[index]}
    said = {key: raw for one in all_said.values() for key, raw in one.items()}
    if not rows and not data:
        return outcomes, said
    add_attachments(tx, data, at)
    learners = standing.learners
    strangers = {row.ifi: _actor(row.raw).actor for row in reversed(rows) if row.ifi and row.ifi not in learners}
    if strangers:
        refuse_blocked(tx, strangers)
        learners |= newcomers(tx, strangers, at)
    newer: dict[int, list[int]] = defaultdict(list)
    for row, seq in zip(rows, standing.seqs, strict=False):  # as `add_statements` numbers them
        if row.ifi is not None:
            row.learner_id = learner = learners[row.ifi]
            newer[learner].append(seq)
    anywhere = {row.id for r in accepted if r.voids_all for row in r.rows if _voids(row)} if voids else ()
    voidings = standing.voiders + [
        Voiding(row.target, row.id, None if row.id in anywhere else row.credential_id)
        for row in (rows if voids else ())
        if _voids(row) and row.target is not None
    ]
    learn_activities(db, tx, said, at)
    with nullcontext() if voidings else store.in_one_go(tx):
        store.add_statements(tx, rows, standing.seqs)
        if voidings:
            mark_unsettled(tx, store.apply_voiding(tx, voidings), at)
        mark_newer(tx, newer, at)
        messages.commit(tx)
    return outcomes, said


def _voids(row: NewStatement) -> bool:
    return row.verb == VERB_VOIDED


def _is_of_another(row: NewStatement, sources: Mapping[UUID, int | None]) -> bool:
    return row.target in sources and sources[row.target] != row.credential_id


def _look(
    request: Request, taken: dict[UUID, bytes], usable: set[str], sources: dict[UUID, int | None] | None
) -> IngestResult | Exception:
    """What becomes of a request, were it stored now; what it brings goes to `taken`, and whose it is to `sources`.

    `sources` has what may be voided and is there; None where nobody could be refused for it.
    """
    if request.secret_sha256 is not None and request.secret_sha256 not in usable:
        return Revoked("the credential is revoked")
    brought: dict[UUID, bytes] = {}
    request.fresh = []
    conflicts: list[int] = []
    for index, row in enumerate(request.rows):
        twin = brought.get(row.id) or taken.get(row.id)
        if twin is None:
            if sources and _voids(row) and not request.voids_all and _is_of_another(row, sources):
                fault = "the statement is of another source"
                return StatementError(f"$[{index}].object.id", "void", fault, index)
            brought[row.id] = row.raw
            request.fresh.append(index)
        elif twin != ERASED and not same_statement(twin, _sent(row.raw, timed=index not in request.untimed)):
            if not request.skip_conflicts:
                return Conflict(row.id, index)
            conflicts.append(index)
    taken.update(brought)
    if sources is not None:
        sources.update((request.rows[index].id, request.rows[index].credential_id) for index in request.fresh)
    already = len(request.rows) - len(request.fresh) - len(conflicts)
    return IngestResult([row.id for row in request.rows], len(request.fresh), already, conflicts)


def _sent(raw: bytes, *, timed: bool) -> bytes:
    """A completed statement as it was sent, in what sameness looks at."""
    if timed:
        return raw
    whole = msgspec.json.decode(raw)
    del whole["timestamp"]
    return msgspec.json.encode(whole)


def _is_deadlock(e: Exception) -> bool:
    return isinstance(e, DBAPIError) and getattr(e.orig, "sqlstate", None) in ("40P01", "40001")


def _is_of_another_writer(e: Exception) -> bool:
    """It took one of the ids, or crossed our way: looking again decides it."""
    return isinstance(e, IntegrityError) or _is_deadlock(e)


def _is_of_one(e: Exception) -> bool:
    """It may be one request's fault. Where the database cannot be had, trying each by itself would only wait again."""
    return not isinstance(e, OperationalError | PoolTimeout) or _is_deadlock(e)
