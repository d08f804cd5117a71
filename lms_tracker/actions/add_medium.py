"""A unit gets its medium: a file in pieces or from a disk, or an address. The one before stays, replaced."""

import hashlib
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from msgspec import Struct
from sqlalchemy import Connection, Engine, Row

from lms_tracker.core.media import (
    HEAD_BYTES,
    Form,
    MediumFault,
    form_of,
    form_of_address,
    parse_chapters,
    write_chapters,
)
from lms_tracker.store import media as store
from lms_tracker.store import media_files as files
from lms_tracker.store.db import reading, writing
from lms_tracker.store.people import activity_with_iri

MAX_NAME = 120


class Upload(Struct, frozen=True):
    """A file that somebody sends in pieces; the same file again goes on where it stopped. `modified` is the browser's."""

    activity: str
    name: str
    size: int
    modified: str
    by: int

    @property
    def key(self) -> str:
        """Its name while it arrives: nobody else's, and no other file's."""
        told = "\0".join((self.activity, self.name, str(self.size), self.modified, str(self.by)))
        return hashlib.sha256(told.encode()).hexdigest()


def begin_upload(db: Engine, folder: Path, upload: Upload, most: int) -> int:
    """How many bytes of it are here. Raises MediumFault `size` (larger than `most`, or empty), `live`."""
    if not 0 < upload.size <= most:
        raise MediumFault("size", str(most))
    with reading(db) as tx:
        row = _activity(tx, upload.activity)
    if row.kind == "live":
        raise MediumFault("live")
    return files.received(folder, upload.key)


def take_piece(
    db: Engine, folder: Path, upload: Upload, offset: int, piece: BinaryIO, *, most: int, now: datetime
) -> tuple[int, int | None]:
    """(bytes that are here, the new medium's id once all are). Raises MediumFault: as `begin_upload` does, and `offset`
    (with the bytes that are here), `type`, `kind`; of the last two nothing is kept."""
    begin_upload(db, folder, upload, most)
    try:
        here = files.take_piece(folder, upload.key, offset, piece, upload.size)
    except files.OutOfStep as e:
        raise MediumFault("offset", str(e.received)) from e
    with reading(db) as tx:
        kind = _activity(tx, upload.activity).kind
    try:
        form = form_of(files.head_of(files.incoming(folder, upload.key), HEAD_BYTES), kind)
    except MediumFault:
        if here >= min(HEAD_BYTES, upload.size):
            files.drop(folder, upload.key)
            raise
        return here, None
    if here < upload.size:
        return here, None
    return here, _keep(db, folder, files.incoming(folder, upload.key), upload, form, move=True, by=upload.by, now=now)


def add_file(db: Engine, folder: Path, activity: str, source: Path, *, by: int | None, now: datetime) -> int:
    """A file of this machine, which stays where it is; the medium's id. Raises MediumFault, OSError."""
    with reading(db) as tx:
        kind = _activity(tx, activity).kind
    form = form_of(files.head_of(source, HEAD_BYTES), kind)
    upload = Upload(activity, source.name, source.stat().st_size, "", by or 0)
    return _keep(db, folder, source, upload, form, move=False, by=by, now=now)


def add_address(db: Engine, activity: str, address: str, *, by: int | None, now: datetime) -> int:
    """An https: address, or s3://bucket/key; the medium's id. Raises MediumFault."""
    with writing(db) as tx:
        form = form_of_address(address, _activity(tx, activity).kind)
        place = "s3" if address.startswith("s3:") else "url"
        values = {"place": place, "form": form.form, "content_type": form.content_type, "location": address}
        name = address.split("?")[0].rstrip("/").rsplit("/", 1)[-1][:MAX_NAME] or address[:MAX_NAME]
        return store.add_medium(tx, store.ensure_unit(tx, activity), now, **values, name=name, added_by=by)


def set_chapters(db: Engine, activity: str, text: str) -> None:
    """The chapters that learners see, as `core.media.parse_chapters` reads them. Raises MediumFault `chapters`."""
    chapters = write_chapters(parse_chapters(text))
    with writing(db) as tx:
        _activity(tx, activity)
        store.set_unit(tx, store.ensure_unit(tx, activity), chapters=chapters)


def open_unit(db: Engine, activity: str, *, is_open: bool, by: int | None, now: datetime) -> None:
    """Show the unit to learners, or no longer. Raises MediumFault `nothing` where there is no medium to show."""
    with writing(db) as tx:
        _activity(tx, activity)
        unit_id = store.ensure_unit(tx, activity)
        if is_open and store.medium_in_force(tx, unit_id) is None:
            raise MediumFault("nothing")
        store.set_unit(tx, unit_id, opened_at=now if is_open else None, opened_by=by)


def _keep(
    db: Engine, folder: Path, source: Path, upload: Upload, form: Form, *, move: bool, by: int | None, now: datetime
) -> int:
    name, size, sha256 = files.keep(folder, source, form.suffix, move=move)
    values: dict[str, Any] = {"place": "file", "form": form.form, "content_type": form.content_type}
    values |= {"location": name, "name": _plain(upload.name), "size_bytes": size, "sha256": sha256, "added_by": by}
    with writing(db) as tx:
        return store.add_medium(tx, store.ensure_unit(tx, upload.activity), now, **values)


def _plain(name: str) -> str:
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(c for c in last if c.isprintable())[-MAX_NAME:] or "file"


def _activity(tx: Connection, iri: str) -> Row[Any]:
    row = activity_with_iri(tx, iri)
    if row is None:
        raise MediumFault("activity", iri)
    return row
