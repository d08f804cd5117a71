"""Bringing in a table in two steps, the same for every kind of table: what it would do row by row, or all that is wrong
with it cell by cell; then the button that does just that.

Nothing lies on the server between the two: the preview carries the cells, and the digest of what was shown.
"""

from collections.abc import Callable
from typing import Any

from flask import current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as N_
from msgspec import Struct
from sqlalchemy import Engine

from lms_tracker.actions.read_table import UnreadableTable
from lms_tracker.core.grading.words import Words
from lms_tracker.core.planned import Plan, PlanChanged
from lms_tracker.core.roster import IDENTITY_NUMBER
from lms_tracker.core.sheet import Fault, SheetFaults
from lms_tracker.store.classes import programme_row
from lms_tracker.store.db import reading
from lms_tracker.web.i18n import locale
from lms_tracker.web.tables_in import Table, carried, table_in, unreadable

SHOWN = 500
WHATS = {"added": N_("新增"), "changed": N_("更改"), "same": N_("不变")}
ORDER = tuple(WHATS)


class Sort(Struct, frozen=True):
    """One kind of table. `title`: what is brought in, and `columns` the hint under the file, lazy texts; `endpoint`: where
    the form goes, `back`: the page that it is reached from, both of a programme; `headers`: of the preview's cells."""

    title: object
    columns: object
    endpoint: str
    back: str
    headers: tuple[object, ...]
    plan: Callable[[Engine, int, Table], Plan]
    """Raises SheetFaults."""
    bring: Callable[[Engine, int, Table, str], object]
    """Does what was seen. Raises SheetFaults, PlanChanged."""


def form_of(sort: Sort, programme_id: int, fault: str | None = None) -> ResponseReturnValue:
    """Where the file is chosen."""
    page = render_template("imports/upload.html", **_about(sort, programme_id), fault=fault)
    return page, 400 if fault else 200


def bring_in(sort: Sort, programme_id: int) -> ResponseReturnValue:
    """What a form of `sort` is answered with: a preview of the file, or the import of what was previewed."""
    try:
        table = table_in()
    except UnreadableTable as e:
        return form_of(sort, programme_id, unreadable(e))
    if table is None:
        return form_of(sort, programme_id, _("请先选择一个文件。"))
    seen = request.form.get("seen")
    if seen is None:
        return _preview(sort, programme_id, table)
    try:
        sort.bring(current_app.extensions["db"], programme_id, table, seen)
    except (SheetFaults, PlanChanged):
        flash(_("预览之后数据有了变化，没有导入任何内容。请再看一遍。"))
        return _preview(sort, programme_id, table)
    flash(_("已导入。"))
    return redirect(url_for(sort.back, programme_id=programme_id), 303)


def _preview(sort: Sort, programme_id: int, table: Table) -> ResponseReturnValue:
    about = _about(sort, programme_id)
    try:
        plan = sort.plan(current_app.extensions["db"], programme_id, table)
    except SheetFaults as e:
        return render_template("imports/faults.html", **about, faults=at_cells(table, e.faults), shown=SHOWN), 400
    lines = sorted(plan.lines, key=lambda line: ORDER.index(line.what))
    return render_template(
        "imports/preview.html", **about, plan=plan, lines=lines, table=carried(table), shown=SHOWN, whats=WHATS,
        said=_said,
    )  # fmt: skip


def _about(sort: Sort, programme_id: int) -> dict[str, Any]:
    with reading(current_app.extensions["db"]) as db:
        programme = programme_row(db, programme_id)
    address, back = (url_for(endpoint, programme_id=programme_id) for endpoint in (sort.endpoint, sort.back))
    return {"programme": programme, "sort": sort, "address": address, "back": back, "title": sort.title}


def _said(text: str | Words) -> str:
    return text(locale()) if isinstance(text, Words) else text


def at_cells(table: Table, faults: list[Fault]) -> list[tuple[Fault, str]]:
    """Each fault with what stands in its cell, cut short; no identity number is shown again."""
    return [(fault, _cell(table, fault.row, fault.column)) for fault in faults]


def _cell(table: Table, row: int, column: int | None) -> str:
    if column is None or not 0 < row <= len(table) or column >= len(table[row - 1]):
        return ""
    text = table[row - 1][column]
    return "…" if IDENTITY_NUMBER.search(text) else text[:60]
