"""Identifiers of erased persons whose evidence is refused, known again without being kept.

What is kept is an HMAC under a key that follows from LMS_TRACKER_SECRET_KEY, which is not in the database: a copy of the
database tells nobody who was erased. Another secret key, and the blocks are lost.
"""

import hmac
from collections.abc import Collection

from sqlalchemy import Connection, Engine

from lms_tracker.store.erasure import blocked_digests


class Blocked(Exception):
    """Statements of somebody whose data was erased, with the order to take no more. `ifis`: whose."""

    def __init__(self, ifis: Collection[str]) -> None:
        self.ifis = frozenset(ifis)
        super().__init__("an actor's data was erased here, and no more is taken")


def know_secret(db: Engine, secret_key: str) -> None:
    """Whoever takes statements in does this once, after opening the database."""
    pepper = hmac.digest(secret_key.encode(), b"blocked identities", "sha256")
    db.update_execution_options(pepper=pepper)


def digest(db: Engine | Connection, ifi: str) -> str:
    """Raises LookupError where nobody told the secret: better no statement than one that should have been refused."""
    pepper = db.get_execution_options().get("pepper")
    if pepper is None:
        raise LookupError("identifiers are blocked, and the secret key that knows them is not known here")
    return hmac.new(pepper, ifi.encode(), "sha256").hexdigest()


def refuse_blocked(tx: Connection, ifis: Collection[str]) -> None:
    """Raises Blocked when evidence of one of these identifiers is not to be taken. For those whom nobody knows yet."""
    blocked = blocked_digests(tx)
    if blocked and (found := [ifi for ifi in ifis if digest(tx, ifi) in blocked]):
        raise Blocked(found)
