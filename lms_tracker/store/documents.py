"""Documents of the state and profile resources: one table, found by the digest of their place."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, select, update

from lms_tracker.core.xapi.documents import Document, Place
from lms_tracker.store.tables import document

NO_REGISTRATION = ""


def find_document(
    db: Connection, place: Place, registration: str, id: str, *, to_change: bool = False
) -> tuple[Document, datetime] | None:
    """The document and when it was last changed. With `to_change` other writers wait until this transaction ends."""
    d = document.c
    query = select(d.content_type, d.content, d.updated).where(_here(place, registration, id))
    row = db.execute(query.with_for_update() if to_change else query).one_or_none()
    return None if row is None else (Document(row.content_type, bytes(row.content)), row.updated)


def add_document(db: Connection, place: Place, registration: str, id: str, content: Document, now: datetime) -> None:
    """Raises IntegrityError when another writer has just added one there."""
    where = {"place": place.digest(), "registration": registration, "id": id}
    about = {"kind": place.kind, "activity": place.activity, "ifi": place.ifi}
    row = {"content_type": content.content_type, "content": content.content, "updated": now}
    db.execute(insert(document), where | about | row)


def replace_document(
    db: Connection, place: Place, registration: str, id: str, content: Document, now: datetime
) -> None:
    """Of a document that find_document has locked."""
    row = {"content_type": content.content_type, "content": content.content, "updated": now}
    db.execute(update(document).where(_here(place, registration, id)).values(row))


def delete_documents(db: Connection, place: Place, registration: str | None, id: str | None) -> None:
    """One, or all of a place; of one registration, or of any where that is None."""
    query = delete(document).where(document.c.place == place.digest())
    if registration is not None:
        query = query.where(document.c.registration == registration)
    if id is not None:
        query = query.where(document.c.id == id)
    db.execute(query)


def document_ids(
    db: Connection, place: Place, registration: str | None, since: datetime | None
) -> Sequence[Row[*tuple[Any, ...]]]:
    """(id, updated) in the order of ids; of one registration, or of any where that is None; changed after `since`."""
    d = document.c
    query = select(d.id, func.max(d.updated).label("updated")).where(d.place == place.digest())
    if registration is not None:
        query = query.where(d.registration == registration)
    if since is not None:
        query = query.where(d.updated > since)
    return db.execute(query.group_by(d.id).order_by(d.id)).all()


def _here(place: Place, registration: str, id: str) -> ColumnElement[bool]:
    d = document.c
    return (d.place == place.digest()) & (d.registration == registration) & (d.id == id)
