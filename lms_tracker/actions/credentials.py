"""Give a source a key, take it away, and know it again."""

import hashlib
import hmac
import logging
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from weakref import WeakKeyDictionary

from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from lms_tracker.core.xapi.formats import is_iri
from lms_tracker.core.xapi.scopes import ALL, BINDABLE, Bounds, in_order, parse_scopes
from lms_tracker.store import credentials as store
from lms_tracker.store.credentials import Credential
from lms_tracker.store.db import reading, writing

log = logging.getLogger(__name__)

EVIDENCE = ("declared", "proved")
USE_EVERY = timedelta(minutes=1)
"""How exactly the last use is known."""
MAX_NAME = 200
ANYTHING = Bounds()
_NOBODY = hashlib.sha256(b"").hexdigest()
_known: WeakKeyDictionary[Engine, dict[str, Credential]] = WeakKeyDictionary()
"""Credentials as they were when last looked up, not revoked then, by key."""
_used: WeakKeyDictionary[Engine, dict[int, datetime]] = WeakKeyDictionary()
"""When this process last noted a use, by id."""


class CredentialError(ValueError):
    """A credential cannot be made; the message says why, and `about` which of what was given is at fault."""

    def __init__(self, about: str, message: str) -> None:
        self.about = about
        super().__init__(message)


class NameTaken(CredentialError):
    """There is (or was) a credential of that name. Names are not given twice: ledgers speak of them."""


def create_credential(
    db: Engine,
    name: str,
    *,
    evidence: str = "declared",
    scopes: Iterable[str] = (ALL,),
    bounds: Bounds = ANYTHING,
    expires_at: datetime | None = None,
    now: datetime,
) -> tuple[Credential, str]:
    """The credential, and its secret, which is kept nowhere.

    Raises NameTaken, and CredentialError for whatever is malformed or contradicts itself.
    """
    name, allowed = name.strip(), _checked(name, evidence, scopes, bounds, expires_at, now)
    key, secret = secrets.token_hex(16), _new_secret()
    given = {"evidence": evidence, "scopes": allowed, "bounds": bounds, "expires_at": expires_at}
    try:
        with writing(db) as tx:
            made = store.add_credential(tx, name, key, digest(secret), **given, now=now)
    except IntegrityError as e:
        raise NameTaken("taken", f"there is already a credential named {name!r}") from e
    log.info("credential %d made", made.id)
    return made, secret


def _new_secret() -> str:
    """256 random bits in one word. A command that is given it would take a dash at its beginning for an option."""
    while (secret := secrets.token_urlsafe(32)).startswith("-"):
        pass
    return secret


def _checked(
    name: str, evidence: str, scopes: Iterable[str], bounds: Bounds, expires_at: datetime | None, now: datetime
) -> frozenset[str]:
    """The scopes as a set."""
    if not name.strip():
        raise CredentialError("name", "a credential needs a name")
    if len(name) > MAX_NAME or not name.isprintable():
        raise CredentialError("name", f"the name is longer than {MAX_NAME} characters or holds line breaks")
    if evidence not in EVIDENCE:
        raise CredentialError("evidence", f"evidence is {' or '.join(EVIDENCE)}, not {evidence!r}")
    try:
        allowed = parse_scopes(scopes)
    except ValueError as e:
        raise CredentialError("scopes", str(e)) from None
    if bounds and (beyond := allowed - BINDABLE):
        raise CredentialError(
            "bounds",
            f"{', '.join(in_order(beyond))} would reach beyond the one actor or activity;"
            f" bound credentials may have {', '.join(in_order(BINDABLE))}",
        )
    if bounds.activity is not None and not is_iri(bounds.activity):
        raise CredentialError("activity", f"{bounds.activity!r} is no absolute IRI of an activity")
    if expires_at is not None and expires_at <= now:
        raise CredentialError("expires", "it would have expired already")
    return allowed


def revoke_credential(db: Engine, name: str, *, now: datetime) -> bool:
    """From now on the key opens nothing. False when there is none of that name in use."""
    with writing(db) as tx:
        return store.revoke(tx, name, now)


def rotate_secret(db: Engine, name: str) -> tuple[str, str] | None:
    """The key and a new secret; the old one opens nothing from now on. None when there is none of that name in use."""
    secret = _new_secret()
    with writing(db) as tx:
        key = store.replace_secret(tx, name, digest(secret))
    return None if key is None else (key, secret)


def authenticate(db: Engine, key: str, secret: str, *, now: datetime, remembered: bool = False) -> Credential | None:
    """The credential, or None: unknown, revoked, expired or wrong secret take the same time and look the same.

    With `remembered` a key that opened before is not looked up: only for a caller whose next transaction sees whether
    it still does.

    A plain digest is enough, for the secret is 256 random bits; a password hash would cost more than all the rest of a
    request.
    """
    if "\0" in key:  # PostgreSQL cannot even be asked
        return None
    known, given = _known.setdefault(db, {}), digest(secret)
    found = known.get(key) if remembered else None
    if not _opens(found, given):  # unknown here; or another process has given it a new secret
        with reading(db) as tx:
            found = store.unrevoked(tx, key)
        if found is not None:
            known[key] = found
        else:
            known.pop(key, None)
        if not _opens(found, given):
            return None
    return None if found is None or (found.expires_at is not None and found.expires_at <= now) else found


def _opens(found: Credential | None, given: str) -> bool:
    """Whether the digest is that of the credential's secret, in a time that does not tell."""
    return hmac.compare_digest(given, _NOBODY if found is None else found.secret_sha256) and found is not None


def note_use(db: Engine, credential: Credential, *, now: datetime) -> None:
    """Remember that it was used: at most one write a minute, whatever the number of requests and processes.

    A database that cannot be written now is no reason to refuse who reads.
    """
    used = _used.setdefault(db, {})
    before = used.get(credential.id)
    if before is not None and now - before < USE_EVERY:
        return
    used[credential.id] = now
    try:
        with writing(db) as tx:
            store.note_use(tx, credential.id, now, USE_EVERY)
    except SQLAlchemyError as e:
        log.warning("the use of credential %d could not be noted: %s", credential.id, type(e).__name__)


def digest(secret: str) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
