"""Bulletins as they were issued: for the bureau, staff, liaison and head teachers."""

from io import BytesIO
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, current_app, render_template, send_file
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection

from lms_tracker.actions.programme_policy import policy_of_programme
from lms_tracker.core.organisations import ROLE_KINDS
from lms_tracker.core.sealed import opened
from lms_tracker.reports import render_html, render_pdf, render_xlsx
from lms_tracker.store.bulletins import bulletin, bulletins_of
from lms_tracker.store.classes import programme_row, programmes_reached
from lms_tracker.store.db import reading
from lms_tracker.web.access import READ_BULLETINS
from lms_tracker.web.clock import now
from lms_tracker.web.headers import DOCUMENT_CSP
from lms_tracker.web.i18n import locale
from lms_tracker.web.people import Person, me

bp = Blueprint("bulletins", __name__)

TYPES = {
    "html": "text/html; charset=utf-8",
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
}


@bp.get("/bulletins")
def listing() -> ResponseReturnValue:
    """All bulletins of the programmes that the person's roles reach; superseded ones stay readable."""
    with reading(current_app.extensions["db"]) as db:
        rows = bulletins_of(db, _programmes(db, me()))
        programmes = {row.programme_id: programme_row(db, row.programme_id) for row in rows}
        zones = {id: policy_of_programme(db, programme, now()).study.zone for id, programme in programmes.items()}
    return render_template("bulletins/listing.html", rows=rows, zones=zones)


@bp.get("/bulletins/<int:bulletin_id>")
def show(bulletin_id: int) -> ResponseReturnValue:
    """The main figures, and the whole bulletin to open or take away."""
    with reading(current_app.extensions["db"]) as db:
        row = bulletin(db, bulletin_id)
        if row is None:
            abort(404)
        others = [other for other in bulletins_of(db, [row.programme_id]) if other.period == row.period]
    content = opened(row.content)
    zone = ZoneInfo(content["timezone"])
    return render_template("bulletins/show.html", row=row, content=content, zone=zone, newest=others[0])


@bp.get("/bulletins/<int:bulletin_id>.<any(html, pdf, xlsx, json):form>")
def download(bulletin_id: int, form: str) -> ResponseReturnValue:
    """The bulletin as a file. JSON is byte for byte what was issued."""
    with reading(current_app.extensions["db"]) as db:
        row = bulletin(db, bulletin_id)
    if row is None:
        abort(404)
    content = opened(row.content)
    if form == "json":
        data = row.content.encode()
    elif form == "html":
        data = render_html(content, locale()).encode()
    else:
        data = (render_pdf if form == "pdf" else render_xlsx)(content, locale())
    name = f"{row.slug}-{row.period}-v{row.version}.{form}"
    answer = send_file(BytesIO(data), TYPES[form], as_attachment=form in ("xlsx", "json"), download_name=name)
    if form == "html":
        answer.headers["Content-Security-Policy"] = DOCUMENT_CSP
    return answer


def _programmes(db: Connection, person: Person) -> set[int]:
    mine = [role for role in person.roles if role.name in READ_BULLETINS]
    return programmes_reached(
        db,
        {role.programme_id for role in mine if role.name in ("liaison", "staff") and role.programme_id},
        {role.cohort_id for role in mine if role.name == "head_teacher" and role.cohort_id},
        {role.organisation_id for role in mine if role.name in ROLE_KINDS and role.organisation_id},
    )
