"""Give a source a key, take it away, and know it again."""

import hashlib
import hmac
import secrets
from datetime import datetime
from weakref import WeakKeyDictionary

from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from lms_tracker.store import credentials as store
from lms_tracker.store.credentials import Credential
from lms_tracker.store.db import reading, writing

EVIDENCE = ("declared", "proved")
_NOBODY = hashlib.sha256(b"").hexdigest()
_known: WeakKeyDictionary[Engine, dict[str, tuple[Credential, str]]] = WeakKeyDictionary()
"""Credentials that were not revoked when last looked up, by key, with the digest of the secret."""


class NameTaken(ValueError):
    """There is (or was) a credential of that name. Names are not given twice: ledgers speak of them."""


def create_credential(db: Engine, name: str, *, evidence: str = "declared", now: datetime) -> tuple[Credential, str]:
    """The credential, and its secret, which is kept nowhere. Raises NameTaken; ValueError for an empty name."""
    if not name.strip():
        raise ValueError("a credential needs a name")
    if evidence not in EVIDENCE:
        raise ValueError(f"evidence is {' or '.join(EVIDENCE)}, not {evidence!r}")
    key, secret = secrets.token_hex(16), secrets.token_urlsafe(32)
    try:
        with writing(db) as tx:
            return store.add_credential(tx, name, key, digest(secret), evidence, now), secret
    except IntegrityError as e:
        raise NameTaken(f"there is already a credential named {name!r}") from e


def revoke_credential(db: Engine, name: str, *, now: datetime) -> bool:
    """From now on the key opens nothing. False when there is none of that name in use."""
    with writing(db) as tx:
        return store.revoke(tx, name, now)


def authenticate(db: Engine, key: str, secret: str, *, remembered: bool = False) -> Credential | None:
    """The credential, or None: unknown, revoked or wrong secret take the same time and look the same.

    With `remembered` a key that opened before is not looked up: only for a caller whose next transaction sees whether
    it has been revoked.

    A plain digest is enough, for the secret is 256 random bits; a password hash would cost more than all the rest of a
    request.
    """
    if "\0" in key:  # PostgreSQL cannot even be asked
        return None
    known = _known.setdefault(db, {})
    found = known.get(key) if remembered else None
    if found is None:
        with reading(db) as tx:
            found = store.usable_credential(tx, key)
        if found is not None:
            known[key] = found
        else:
            known.pop(key, None)
    expected = found[1] if found else _NOBODY
    right = hmac.compare_digest(digest(secret), expected)
    return found[0] if found and right else None


def digest(secret: str) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
