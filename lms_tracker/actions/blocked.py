"""Identifiers of erased persons whose evidence is refused, known again without being kept.

What is kept is an HMAC under a key that follows from LMS_TRACKER_SECRET_KEY, which is not in the database: a copy of the
database tells nobody who was erased. Another secret key, and the blocks are lost.
"""

import hmac
from collections.abc import Callable, Collection

from sqlalchemy import Connection, Engine

from lms_tracker.store.erasure import blocked_digests


class Blocked(Exception):
    """Statements or documents of somebody whose data was erased, with the order to take no more."""

    def __init__(self) -> None:
        super().__init__("an actor's data was erased here, and no more is taken")


def know_secret(db: Engine, secret_key: Callable[[], str]) -> None:
    """Whoever takes statements in says once, after opening the database, how to learn the secret key if need be."""
    db.update_execution_options(secret_key=secret_key)


def digests(tx: Connection) -> Callable[[str], str]:
    """What is kept of an identifier. Raises LookupError where nobody told the secret: better no statement than one that
    should have been refused."""
    secret_key = tx.engine.get_execution_options().get("secret_key")  # of now: a connection may be older than that
    if secret_key is None:
        raise LookupError("identifiers are blocked, and the secret key that knows them is not known here")
    pepper = hmac.digest(secret_key().encode(), b"blocked identities", "sha256")
    return lambda ifi: hmac.new(pepper, ifi.encode(), "sha256").hexdigest()


def knows_blocked(tx: Connection) -> Callable[[str | None], bool] | None:
    """Says of an identifier whether its evidence is not to be taken; None where nobody is blocked, so none need be read."""
    blocked = blocked_digests(tx)
    if not blocked:
        return None
    digest = digests(tx)
    return lambda ifi: ifi is not None and digest(ifi) in blocked


def refuse_blocked(tx: Connection, ifis: Collection[str]) -> None:
    """Raises Blocked when evidence of one of these identifiers is not to be taken. For those whom nobody knows yet."""
    is_blocked = knows_blocked(tx)
    if is_blocked is not None and any(is_blocked(ifi) for ifi in ifis):
        raise Blocked
