"""Keys of xAPI sources."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, insert, select, update

from lms_tracker.store.chunks import rows_among
from lms_tracker.store.tables import credential


class Credential(msgspec.Struct, frozen=True):
    """A source that may send and read statements. `name` is what policies call it."""

    id: int
    name: str
    key: str
    evidence: str
    """declared | proved"""


def add_credential(db: Connection, name: str, key: str, secret_sha256: str, evidence: str, now: datetime) -> Credential:
    """Raises IntegrityError when the name is taken."""
    query = insert(credential).values(
        name=name, key=key, secret_sha256=secret_sha256, evidence=evidence, created_at=now
    )
    (made,) = db.execute(query.returning(credential.c.id)).one()
    return Credential(made, name, key, evidence)


def usable_credential(db: Connection, key: str) -> tuple[Credential, str] | None:
    """The unrevoked credential with this key, and the SHA-256 of its secret in hexadecimal."""
    c = credential.c
    query = select(c.id, c.name, c.key, c.evidence, c.secret_sha256).where(c.key == key, c.revoked_at.is_(None))
    row = db.execute(query).one_or_none()
    return None if row is None else (Credential(row.id, row.name, row.key, row.evidence), row.secret_sha256)


def unrevoked(db: Connection, ids: Iterable[int]) -> set[int]:
    """Those of the credentials that may still be used."""
    c = credential.c
    return {row.id for row in rows_among(db, select(c.id).where(c.revoked_at.is_(None)), c.id, ids)}


def credentials(db: Connection) -> Sequence[Row[*tuple[Any, ...]]]:
    """(id, name, key, evidence, created_at, revoked_at) of all, by name."""
    c = credential.c
    return db.execute(select(c.id, c.name, c.key, c.evidence, c.created_at, c.revoked_at).order_by(c.name)).all()


def revoke(db: Connection, name: str, now: datetime) -> bool:
    """Whether there was an unrevoked credential of that name."""
    c = credential.c
    done = db.execute(update(credential).where(c.name == name, c.revoked_at.is_(None)).values(revoked_at=now))
    return done.rowcount == 1
