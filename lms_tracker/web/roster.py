"""Bringing in the people of a programme from a spreadsheet: look first, then import just that. For staff.

Nothing is kept between the two: the preview carries the table with it, and the digest of what it would do.
"""

import base64
import binascii
import zlib
from io import BytesIO

import msgspec
from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms_tracker.actions.import_roster import RosterChanged, import_people
from lms_tracker.actions.passwords import one_time_password
from lms_tracker.actions.read_table import UnreadableTable, table_of
from lms_tracker.actions.roster_state import RosterResult
from lms_tracker.core.roster import parse_roster
from lms_tracker.core.sheet import SheetFaults
from lms_tracker.reports.roster import slips_xlsx, template_xlsx
from lms_tracker.store.classes import programme_row
from lms_tracker.store.db import reading
from lms_tracker.web.clock import now
from lms_tracker.web.people import me
from lms_tracker.web.previews import SHOWN, at_cells
from lms_tracker.web.tables_in import unreadable

bp = Blueprint("roster", __name__)

Table = list[list[str]]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MAX_ROWS = 20_000
MAX_TABLE_BYTES = 30_000_000


@bp.get("/programmes/<int:programme_id>/roster")
def upload(programme_id: int) -> ResponseReturnValue:
    return _form(programme_id)


@bp.get("/programmes/<int:programme_id>/roster/template.xlsx")
def template(programme_id: int) -> ResponseReturnValue:
    """An empty roster with its headers, an example, and what may stand in each column."""
    return send_file(BytesIO(template_xlsx()), XLSX, as_attachment=True, download_name="roster-template.xlsx")


@bp.post("/programmes/<int:programme_id>/roster/preview")
def preview(programme_id: int) -> ResponseReturnValue:
    """What the file would do, row by row; or all that is wrong with it, cell by cell. Nothing is changed."""
    file = request.files.get("file")
    if file is None or not file.filename:
        return _form(programme_id, _("请先选择一个文件。"))
    try:
        table = table_of(file.filename, file.read())
    except UnreadableTable as e:
        return _form(programme_id, unreadable(e))
    if len(table) > MAX_ROWS:
        return _form(programme_id, _("超过 %(n)d 行：请分成几个文件。", n=MAX_ROWS))
    return _preview(programme_id, table)


@bp.post("/programmes/<int:programme_id>/roster")
def import_(programme_id: int) -> ResponseReturnValue:
    """Imports what was previewed; the passwords of new accounts are shown this once, as slips or as a workbook."""
    table = _unpacked(request.form.get("table", ""))
    try:
        result = _try(programme_id, table, dry_run=False, seen=request.form.get("seen", ""))
    except (SheetFaults, RosterChanged):
        flash(_("预览之后数据有了变化，没有导入任何内容。请再看一遍。"))
        return _preview(programme_id, table)
    words = _(
        "已导入：新增 %(a)d 人，更改 %(c)d 人，%(u)d 人不变。", a=result.added, c=result.changed, u=result.unchanged
    )
    if not result.accounts:
        flash(words)
        return redirect(url_for("programmes.show", programme_id=programme_id), 303)
    with reading(current_app.extensions["db"]) as db:
        programme = programme_row(db, programme_id)
    address = current_app.extensions["settings"].public_url
    if request.form.get("how") == "xlsx":
        data = slips_xlsx(result.accounts, programme.name, address)
        return send_file(BytesIO(data), XLSX, as_attachment=True, download_name=f"{programme.slug}-accounts.xlsx")
    return render_template(
        "roster/slips.html", programme=programme, accounts=result.accounts, words=words, address=address
    )


def _form(programme_id: int, fault: str | None = None) -> ResponseReturnValue:
    with reading(current_app.extensions["db"]) as db:
        programme = programme_row(db, programme_id)
    page = render_template("roster/upload.html", programme=programme, fault=fault)
    return page, 400 if fault else 200


def _preview(programme_id: int, table: Table) -> ResponseReturnValue:
    with reading(current_app.extensions["db"]) as db:
        programme = programme_row(db, programme_id)
    try:
        result = _try(programme_id, table, dry_run=True)
    except SheetFaults as e:
        page = render_template(
            "imports/faults.html",
            programme=programme,
            title=_("导入名单"),
            back=url_for("roster.upload", programme_id=programme_id),
            address=url_for("roster.preview", programme_id=programme_id),
            faults=at_cells(table, e.faults),
            shown=SHOWN,
        )
        return page, 400
    lines = sorted(result.lines, key=lambda line: ("added", "changed", "same").index(line.what))
    return render_template(
        "roster/preview.html", programme=programme, result=result, lines=lines, packed=_packed(table), shown=SHOWN
    )


def _try(programme_id: int, table: Table, *, dry_run: bool, seen: str | None = None) -> RosterResult:
    with reading(current_app.extensions["db"]) as db:
        slug = programme_row(db, programme_id).slug
    return import_people(
        current_app.extensions["db"],
        parse_roster(table),
        slug,
        home_page=current_app.extensions["settings"].public_url,
        now=now(),
        new_password=one_time_password,
        must_change=True,
        by=me().id,
        seen=seen,
        dry_run=dry_run,
    )


def _packed(table: Table) -> str:
    return base64.b64encode(zlib.compress(msgspec.json.encode(table))).decode()


def _unpacked(text: str) -> Table:
    """Raises 400 for what we did not pack."""
    try:
        unfold = zlib.decompressobj()
        data = unfold.decompress(base64.b64decode(text, validate=True), MAX_TABLE_BYTES)
        return msgspec.json.decode(data, type=Table)
    except (binascii.Error, zlib.error, msgspec.DecodeError):
        abort(400)
