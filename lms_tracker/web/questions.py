"""The bank of questions that presence checks draw from: what is there, and bringing in a spreadsheet."""

import json
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from msgspec import Struct
from sqlalchemy import Row

from lms_tracker.actions.import_questions import import_questions
from lms_tracker.actions.read_table import UnreadableTable
from lms_tracker.core.media import clock
from lms_tracker.core.sheet import Fault, SheetFaults
from lms_tracker.store.checks import outcomes, questions_of
from lms_tracker.store.classes import programme_row
from lms_tracker.store.db import reading
from lms_tracker.store.programmes import activities
from lms_tracker.web.clock import now
from lms_tracker.web.people import me
from lms_tracker.web.tables_in import table_in, unreadable

bp = Blueprint("questions", __name__)
SHOWN = 500


class Question(Struct, frozen=True):
    """One question as the page shows it; `when` is the part of the media. `asked`, `right`: how often."""

    when: str
    text: dict[str, str]
    answer: dict[str, str]
    wrong: list[dict[str, str]]
    asked: int
    right: int


class Unit(Struct, frozen=True):
    row: Row[Any]
    questions: list[Question]


@bp.get("/programmes/<int:programme_id>/questions")
def listing(programme_id: int) -> ResponseReturnValue:
    return _page(programme_id, ())


@bp.post("/programmes/<int:programme_id>/questions")
def import_(programme_id: int) -> ResponseReturnValue:
    """All questions of a file, or none and every fault at its cell."""
    try:
        table = table_in()
    except UnreadableTable as e:
        return _page(programme_id, (), unreadable(e))
    if table is None:
        return _page(programme_id, (), _("请先选择一个文件。"))
    db = current_app.extensions["db"]
    try:
        result = import_questions(db, table, programme_id=programme_id, made_by=me().id, now=now())
    except SheetFaults as e:
        return _page(programme_id, e.faults)
    flash(_("已导入 %(a)d 个问题；%(r)d 个旧问题不再使用。", a=result.added, r=result.retired))
    return redirect(url_for("questions.listing", programme_id=programme_id), 303)


def _page(programme_id: int, faults: Any, fault: str | None = None) -> ResponseReturnValue:
    with reading(current_app.extensions["db"]) as db:
        programme = programme_row(db, programme_id)
        units = []
        for row in activities(db, programme_id):
            if row.kind in ("video", "audio"):
                found = questions_of(db, row.iri)
                told = outcomes(db, [one.id for one in found])
                units.append(Unit(row, [_question(one, *told.get(one.id, (0, 0))) for one in found]))
    shown: list[Fault] = list(faults)[:SHOWN]
    page = render_template(
        "questions/listing.html", programme=programme, units=units, faults=shown, count=len(faults), fault=fault
    )
    return page, 400 if faults or fault else 200


def _question(row: Row[Any], asked: int, right: int) -> Question:
    said = json.loads(row.asked)
    when = f"{clock(row.from_ms // 1000)}–{clock(row.until_ms // 1000)}"
    return Question(when, said["text"], said["right"], said["wrong"], asked, right)
