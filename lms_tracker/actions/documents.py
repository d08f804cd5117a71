"""Put, merge and delete documents of the state and profile resources, guarded by ETags.

Nothing is put there for somebody who was erased, with the order to take no more: that raises Blocked.
"""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import IntegrityError

from lms_tracker.actions.blocked import refuse_blocked
from lms_tracker.core.xapi.documents import Document, Place, Precondition, merge, require_object
from lms_tracker.store import documents as store
from lms_tracker.store.db import writing
from lms_tracker.store.learners import known_learners

_ATTEMPTS = 5


def put_document(
    db: Engine,
    place: Place,
    id: str,
    sent: Document,
    *,
    registration: str = store.NO_REGISTRATION,
    guard: Precondition,
    two: bool,
    now: datetime,
) -> None:
    """Put the document there, whatever was there. `two` asks for the rules of xAPI 2.0.

    Raises PreconditionFailed; Unguarded where `guard` is empty and the version asks for one.
    """

    def put(there: Document | None) -> Document:
        guard.require(there, two=two, kind=place.kind)
        guard.check(there)
        return sent

    _change(db, place, registration, id, put, now)


def merge_document(
    db: Engine,
    place: Place,
    id: str,
    sent: Document,
    *,
    registration: str = store.NO_REGISTRATION,
    guard: Precondition,
    now: datetime,
) -> None:
    """Put the properties of a JSON object over those that are there; where nothing is, put the document there.

    Raises PreconditionFailed; DocumentError where one of the two is no JSON object, or what is sent says that it is JSON and is none.
    """

    require_object(sent)

    def put(there: Document | None) -> Document:
        guard.check(there)
        return sent if there is None else merge(there, sent)

    _change(db, place, registration, id, put, now)


def delete_document(
    db: Engine, place: Place, id: str, *, registration: str = store.NO_REGISTRATION, guard: Precondition
) -> None:
    """Delete the document; one that is not there is as good as deleted. Raises PreconditionFailed."""
    with writing(db) as tx:
        guard.check(_there(tx, place, registration, id))
        store.delete_documents(tx, place, registration, id)


def delete_all_documents(db: Engine, place: Place, *, registration: str | None) -> None:
    """Delete all documents of a place: those of one registration, or with None those of any and of none."""
    with writing(db) as tx:
        store.delete_documents(tx, place, registration, None)


def _change(
    db: Engine, place: Place, registration: str, id: str, put: Callable[[Document | None], Document], now: datetime
) -> None:
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            with writing(db) as tx:
                if place.ifi and not known_learners(tx, [place.ifi]):
                    refuse_blocked(tx, [place.ifi])
                there = _there(tx, place, registration, id)
                write = store.add_document if there is None else store.replace_document
                return write(tx, place, registration, id, put(there), now)
        except IntegrityError:  # another writer was first: what is there now decides
            if attempt == _ATTEMPTS:
                raise


def _there(tx: Connection, place: Place, registration: str, id: str) -> Document | None:
    found = store.find_document(tx, place, registration, id, to_change=True)
    return None if found is None else found[0]
