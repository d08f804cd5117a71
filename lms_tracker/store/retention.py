"""How long sources keep, and what is older."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, false, func, or_, select, update

from lms_tracker.store.chunks import chunks
from lms_tracker.store.reviews import under_review
from lms_tracker.store.tables import credential, enrolment, ledger, programme, statement

Bounds = dict[int, datetime]
"""Credential -> what it stored before is to go."""


def sources(db: Connection) -> Sequence[Row[*tuple[Any, ...]]]:
    """(id, name, keep_days, revoked_at) of all, by name."""
    c = credential.c
    return db.execute(select(c.id, c.name, c.keep_days, c.revoked_at).order_by(c.name)).all()


def set_keep_days(db: Connection, name: str, days: int | None) -> bool:
    """Whether there is a source of that name."""
    return db.execute(update(credential).where(credential.c.name == name).values(keep_days=days)).rowcount == 1


def counts_by_source(db: Connection, bounds: Bounds) -> dict[int, int]:
    """How many statements of each source are older than its bound."""
    query = select(statement.c.credential_id, func.count()).where(_old(bounds)).group_by(statement.c.credential_id)
    return {row[0]: row[1] for row in db.execute(query)}


def learners_with_old(db: Connection, bounds: Bounds) -> list[int]:
    """Everybody of whom something is older than its source keeps it."""
    query = select(statement.c.learner_id).where(_old(bounds), statement.c.learner_id.is_not(None)).distinct()
    return sorted(db.scalars(query))


def still_needed(db: Connection, today: date) -> set[int]:
    """Learners of programmes that have not ended, and those about whose time somebody has yet to decide."""
    query = select(enrolment.c.learner_id).join(programme, programme.c.id == enrolment.c.programme_id)
    return set(db.scalars(query.where(programme.c.ends_on >= today))) | under_review(db)


def old_of(db: Connection, learner_id: int, bounds: Bounds) -> dict[UUID, int]:
    """Statement id -> seq of what is older than its source keeps it."""
    query = select(statement.c.id, statement.c.seq).where(_old(bounds), statement.c.learner_id == learner_id)
    return {row.id: row.seq for row in db.execute(query)}


def old_of_nobody(db: Connection, bounds: Bounds, limit: int) -> list[int]:
    """Numbers of old statements whose actor is an anonymous group: no ledger hangs on them."""
    query = select(statement.c.seq).where(_old(bounds), statement.c.learner_id.is_(None)).order_by(statement.c.seq)
    return list(db.scalars(query.limit(limit)))


def freeze(db: Connection, learner_id: int, keys: Collection[tuple[str, str, str]], now: datetime) -> None:
    """Entries in force of these sessions (activity, session, registration) stay as they are from now on."""
    c = ledger.c
    query = select(c.id, c.activity, c.session, c.registration)
    mine = db.execute(query.where(c.learner_id == learner_id, c.reversed_at.is_(None), c.frozen_at.is_(None)))
    found = [row.id for row in mine if (row.activity, row.session, row.registration) in keys]
    for chunk in chunks(found):
        db.execute(update(ledger).where(c.id.in_(chunk)).values(frozen_at=now))


def _old(bounds: Bounds) -> ColumnElement[bool]:
    s = statement.c
    return or_(false(), *((s.credential_id == id) & (s.stored < before) for id, before in sorted(bounds.items())))
