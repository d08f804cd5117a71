"""Serving media: a file of ours in parts, or the way to where else it is.

The address is signed for one account and ends after a while, and the cookie's roles are looked at each time: an address that is
passed on opens nothing. A part is never longer than PART, whatever is asked for: a browser asks for the rest when it needs it
(RFC 9110, 15.3.7), and a thread of ours is never kept by somebody who pauses.
"""

from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, abort, current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy import Connection, Row

from lms_tracker.core.presigned import Store, presigned
from lms_tracker.settings import Settings, media_folder
from lms_tracker.store import media as store
from lms_tracker.store import media_files as files
from lms_tracker.store import objects
from lms_tracker.store.db import reading
from lms_tracker.store.places import reaches
from lms_tracker.web.access import STUDY_OR_WATCH
from lms_tracker.web.clock import now
from lms_tracker.web.people import Person, me

bp = Blueprint("media", __name__)

PART = 1024 * 1024
FRAMED = ("web", "pdf")
"""Forms that are shown in a frame."""
LASTS_S = 12 * 3600
"""How long an address is good for: longer than anybody leaves a page open and goes on."""
DOCUMENT_CSP = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; frame-ancestors 'self'; sandbox allow-same-origin"
"""A web document that staff uploaded: text and pictures, and it may do nothing."""
PDF_CSP = "default-src 'none'; object-src 'self'; plugin-types application/pdf; style-src 'unsafe-inline'; frame-ancestors 'self'"


def folder() -> Path:
    """Where media are kept."""
    settings: Settings = current_app.extensions["settings"]
    return media_folder(settings)


def object_store() -> Store | None:
    """The S3-compatible store of the settings, if there is one."""
    settings: Settings = current_app.extensions["settings"]
    if not (settings.s3_endpoint and settings.s3_key and settings.s3_secret):
        return None
    return Store(settings.s3_endpoint, settings.s3_region, settings.s3_key, settings.s3_secret)


def may_see(db: Connection, person: Person, row: Row[Any]) -> bool:
    """Whether a unit or medium (rows of store.media) that the access table let this person reach is for them now:
    whoever looks after the programme sees all, a learner what is open, while enrolled."""
    if any(role.name in STUDY_OR_WATCH[1:] and reaches(role, g.place) for role in person.roles):
        return True
    today = now().date()
    enrolled = person.learner_id is not None and store.studies(db, person.learner_id, row.programme_id, today)
    return enrolled and row.opened_at is not None


def address_of(medium_id: int) -> str:
    """The signed address of a medium for whoever is logged in."""
    return url_for("media.show", medium_id=medium_id, s=_signer().dumps([medium_id, me().id]))


@bp.get("/media/<int:medium_id>")
def show(medium_id: int) -> ResponseReturnValue:
    """The file, a part of it, or the way to it. 404 without the signature, and for whom it is not."""
    try:
        signed = _signer().loads(request.args.get("s", ""), max_age=LASTS_S)
    except BadSignature:
        abort(404)
    if signed != [medium_id, me().id]:
        abort(404)
    with reading(current_app.extensions["db"]) as db:
        row = store.medium_by_id(db, medium_id)
        if row is None or not may_see(db, me(), row):
            abort(404)
    if _asks_first(row) and is_there(row) is False:
        return _not_there()
    if row.place == "file":
        return _file(row)
    return redirect(_elsewhere(row), 302)


def is_there(row: Row[Any]) -> bool | None:
    """Whether a medium can be had now, as far as this server can know in a moment: of a file of ours, and of an object in
    the store. None: not known; pages elsewhere often answer machines otherwise than people, so they are not asked."""
    if row.place == "file":
        return files.is_there(folder() / row.location)
    if row.place == "s3":
        there, settings = object_store(), current_app.extensions["settings"]
        return there is not None and objects.is_there(there, row.location, now(), settings.s3_wait_s)
    return None


def _asks_first(row: Row[Any]) -> bool:
    """Pages ask by HEAD whether it is there. A frame cannot tell its page what it was answered, and shows it, whatever it
    is; who plays a film says it, and asks for a part every few seconds."""
    return request.method == "HEAD" or row.form in FRAMED


def _not_there() -> Response:
    answer = Response(_("这份资料现在打不开。"), 404, content_type="text/plain; charset=utf-8")
    answer.headers["Content-Security-Policy"] = DOCUMENT_CSP
    return answer


def _elsewhere(row: Row[Any]) -> str:
    if row.place == "url":
        return str(row.location)
    there = object_store()
    if there is None:
        abort(404)
    return presigned(there, row.location, now(), LASTS_S)


def _file(row: Row[Any]) -> Response:
    path = folder() / row.location
    if not path.is_file():
        abort(404)
    size = path.stat().st_size
    answer = Response(mimetype=None, content_type=row.content_type)
    answer.set_etag(row.sha256)
    answer.last_modified = row.added_at
    answer.headers["Accept-Ranges"] = "bytes"
    answer.headers["Cache-Control"] = "private, max-age=3600"
    answer.headers["Content-Disposition"] = "inline"
    if row.form in FRAMED:
        answer.headers["Content-Security-Policy"] = DOCUMENT_CSP if row.form == "web" else PDF_CSP
    if request.if_none_match.contains_weak(row.sha256):
        answer.status_code = 304
        return answer
    asked = request.range if request.method == "GET" and _still_the_same(row) else None
    if asked is None or asked.units != "bytes" or len(asked.ranges) != 1:
        answer.content_length = size
        if request.method == "GET":
            answer.response = files.blocks(path, 0, size)
        return answer
    return _part(answer, path, size, asked.range_for_length(size))


def _part(answer: Response, path: Path, size: int, span: tuple[int, int] | None) -> Response:
    if span is None:
        answer.status_code = 416
        answer.headers["Content-Range"] = f"bytes */{size}"
        answer.content_length = 0
        return answer
    start, stop = span[0], min(span[1], span[0] + PART)
    answer.status_code = 206
    answer.headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    answer.set_data(files.part(path, start, stop))
    return answer


def _still_the_same(row: Row[Any]) -> bool:
    """If-Range: whether what the browser holds is of this file (RFC 9110, 13.1.5)."""
    asked = request.if_range
    if asked.etag is None and asked.date is None:
        return True
    if asked.etag is not None:
        return bool(asked.etag == row.sha256)
    return bool(asked.date and asked.date + timedelta(seconds=1) > row.added_at)


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="media")
