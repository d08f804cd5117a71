"""Keys of xAPI sources."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, func, insert, select, update

from lms_tracker.core.xapi.scopes import ALL, Bounds, in_order, may
from lms_tracker.store.chunks import rows_among
from lms_tracker.store.player import end_streams
from lms_tracker.store.tables import credential

EVERYTHING = frozenset({ALL})


class Credential(msgspec.Struct, frozen=True):
    """A source that may send and read statements. `name` is what policies call it."""

    id: int
    name: str
    key: str
    evidence: str
    """declared | proved"""
    secret_sha256: str
    """In hexadecimal."""
    scopes: frozenset[str] = EVERYTHING
    """Of core.xapi.scopes."""
    bounds: Bounds = Bounds()
    expires_at: datetime | None = None

    def may(self, *scopes: str) -> bool:
        """Whether it has one of the scopes, or all."""
        return may(self.scopes, *scopes)


def add_credential(
    db: Connection,
    name: str,
    key: str,
    secret_sha256: str,
    *,
    evidence: str,
    scopes: frozenset[str],
    bounds: Bounds,
    expires_at: datetime | None,
    now: datetime,
) -> Credential:
    """Raises IntegrityError when the name is taken."""
    query = insert(credential).values(
        name=name,
        key=key,
        secret_sha256=secret_sha256,
        evidence=evidence,
        scopes=" ".join(in_order(scopes)),
        bound_actor=bounds.actor,
        bound_activity=bounds.activity,
        expires_at=expires_at,
        created_at=now,
    )
    (made,) = db.execute(query.returning(credential.c.id)).one()
    return Credential(made, name, key, evidence, secret_sha256, scopes, bounds, expires_at)


def credential_of(row: Row[Any]) -> Credential:
    """The credential in a row of the table."""
    scopes, bounds = frozenset(row.scopes.split()), Bounds(row.bound_actor, row.bound_activity)
    return Credential(row.id, row.name, row.key, row.evidence, row.secret_sha256, scopes, bounds, row.expires_at)


def unrevoked(db: Connection, key: str) -> Credential | None:
    """The credential with this key, unless it is revoked."""
    row = db.execute(select(credential).where(credential.c.key == key, credential.c.revoked_at.is_(None))).one_or_none()
    return None if row is None else credential_of(row)


def still_open(db: Connection, secrets: Collection[str]) -> set[str]:
    """Those of the digests whose secrets still open: not revoked, not replaced by a newer one."""
    c = credential.c
    query = select(c.secret_sha256).where(c.revoked_at.is_(None))
    return {row.secret_sha256 for row in rows_among(db, query, c.secret_sha256, secrets)}


class Closed(Exception):
    """Who asks has a secret that opens nothing any more."""


def credentials(db: Connection) -> Sequence[Row[*tuple[Any, ...]]]:
    """Whole rows of all, by name."""
    return db.execute(select(credential).order_by(credential.c.name)).all()


def credentials_page(db: Connection, limit: int, offset: int) -> tuple[Sequence[Row[*tuple[Any, ...]]], int]:
    """Whole rows, those in use first, by name; and how many there are."""
    total = db.scalar(select(func.count()).select_from(credential)) or 0
    query = select(credential).order_by(credential.c.revoked_at.is_not(None), credential.c.name)
    return db.execute(query.limit(limit).offset(offset)).all(), total


def credential_by_id(db: Connection, id: int) -> Row[*tuple[Any, ...]] | None:
    """The row, revoked or not."""
    return db.execute(select(credential).where(credential.c.id == id)).one_or_none()


def credential_named(db: Connection, name: str) -> Row[*tuple[Any, ...]] | None:
    """The row, revoked or not."""
    return db.execute(select(credential).where(credential.c.name == name)).one_or_none()


def revoke(db: Connection, name: str, now: datetime) -> bool:
    """Whether there was an unrevoked credential of that name."""
    c = credential.c
    query = update(credential).where(c.name == name, c.revoked_at.is_(None)).values(revoked_at=now)
    id = db.scalar(query.returning(c.id))
    if id is not None:
        end_streams(db, credential_id=id)
    return id is not None


def replace_secret(db: Connection, name: str, secret_sha256: str) -> str | None:
    """The key of the unrevoked credential of that name, which opens with the new secret only; None where is none."""
    c = credential.c
    query = update(credential).where(c.name == name, c.revoked_at.is_(None)).values(secret_sha256=secret_sha256)
    row = db.execute(query.returning(c.id, c.key)).one_or_none()
    if row is None:
        return None
    end_streams(db, credential_id=row.id)
    return str(row.key)


def note_use(db: Connection, id: int, now: datetime, every: timedelta) -> None:
    """When it was last used, unless another process has just noted that."""
    c = credential.c
    stale = c.last_used_at.is_(None) | (c.last_used_at <= now - every)
    db.execute(update(credential).where(c.id == id, stale).values(last_used_at=now))
