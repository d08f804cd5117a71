"""Experts grade research output; whoever runs the programme seats them and rules; everybody reads the list of output."""

from io import BytesIO
from typing import Any

from flask import Blueprint, abort, current_app, flash, g, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from openpyxl import Workbook
from sqlalchemy import Connection, Row

from lms_tracker.actions.panels import MAX_WORDS, grade_output, rule_output, seat_expert
from lms_tracker.core.grading.kinds import LEVEL_WORDS
from lms_tracker.core.study.review import NotAllowed
from lms_tracker.reports.view import Cell
from lms_tracker.reports.workbook import Sheet, saved
from lms_tracker.store import declarations
from lms_tracker.store import panels as store
from lms_tracker.store.db import reading
from lms_tracker.store.places import reaches
from lms_tracker.web.access import RUN_A_PROGRAMME
from lms_tracker.web.clock import now
from lms_tracker.web.declaration_words import VALUES
from lms_tracker.web.declarations import WORDS
from lms_tracker.web.files import as_download
from lms_tracker.web.frame import frame_of, typed_number
from lms_tracker.web.i18n import locale
from lms_tracker.web.panel_view import panel_view
from lms_tracker.web.people import me

bp = Blueprint("panels", __name__)

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def refusal(e: NotAllowed) -> str:
    """What somebody reads whose form changed nothing."""
    return {
        "own": _("不能评定自己的成果。"),
        "stranger": _("请选择本项目的专家。"),
        "seated": _("这位专家已在评审组中。"),
        "graded": _("评审已经开始，不能再增加专家。"),
        "no-third": _("目前不需要第三位专家。"),
        "not-confirmed": _("成果还没有确认，不能评审。"),
        "not-seated": _("还没有专家评定过，不能裁定。"),
        "level": _("请选择等级。"),
        "words": _("请写明意见（最多 %(n)d 个字），没有保存。", n=MAX_WORDS),
        "settled": _("等级已经评定，不能再改；如有疑问请联系继教中心。"),
    }[e.why]


@bp.get("/programmes/<int:programme_id>/panel")
def listing(programme_id: int) -> ResponseReturnValue:
    """What this expert is asked to grade."""
    with reading(current_app.extensions["db"]) as db:
        frame = frame_of(db, programme_id, now())
        work = store.work_of(db, programme_id, me().id)
    facts = {row.id: declarations.facts(row) for row, _seat in work}
    return render_template("panels/listing.html", frame=frame, work=work, facts=facts, level_words=LEVEL_WORDS, **WORDS)


@bp.get("/panel/<int:declaration_id>")
def show(declaration_id: int) -> ResponseReturnValue:
    return _page(declaration_id)


@bp.post("/panel/<int:declaration_id>")
def grade(declaration_id: int) -> ResponseReturnValue:
    """An expert's level."""
    with reading(current_app.extensions["db"]) as db:
        row, _seat = _seated(db, declaration_id)
    try:
        level, words = request.form.get("level", ""), request.form.get("words", "")
        grade_output(current_app.extensions["db"], declaration_id, level, words=words, by=me().id, now=now())
    except NotAllowed as e:
        return _page(declaration_id, refusal(e))
    flash(_("已保存。评审结束前可以修改。"))
    return redirect(url_for("panels.listing", programme_id=row.programme_id), 303)


@bp.get("/panel/<int:declaration_id>/files/<int:file_id>")
def download(declaration_id: int, file_id: int) -> ResponseReturnValue:
    """A proof, for the expert who grades it."""
    with reading(current_app.extensions["db"]) as db:
        _seated(db, declaration_id)
        row = declarations.file_of(db, declaration_id, file_id)
    if row is None:
        abort(404)
    return as_download(row.name, row.kind, bytes(row.content))


@bp.post("/declarations/<int:declaration_id>/panel")
def seat(declaration_id: int) -> ResponseReturnValue:
    """Asks one more expert."""
    third = request.form.get("part") == "third"
    try:
        expert = typed_number(request.form.get("expert", ""), 0) or 0
        seat_expert(current_app.extensions["db"], declaration_id, expert, third=third, by=me().id, now=now())
    except NotAllowed as e:
        flash(refusal(e))
    else:
        flash(_("已请专家评审。"))
    return redirect(url_for("declarations.show", declaration_id=declaration_id, _anchor="panel"), 303)


@bp.post("/declarations/<int:declaration_id>/ruling")
def rule(declaration_id: int) -> ResponseReturnValue:
    """The chair's word."""
    try:
        level, words = request.form.get("level", ""), request.form.get("words", "")
        rule_output(current_app.extensions["db"], declaration_id, level, words=words, by=me().id, now=now())
    except NotAllowed as e:
        flash(refusal(e))
    else:
        flash(_("已裁定。"))
    return redirect(url_for("declarations.show", declaration_id=declaration_id, _anchor="panel"), 303)


@bp.get("/programmes/<int:programme_id>/publications")
def publications(programme_id: int) -> ResponseReturnValue:
    """What the authors agreed to have listed, for everybody of the programme."""
    with reading(current_app.extensions["db"]) as db:
        frame = frame_of(db, programme_id, now())
        rows = store.publications(db, programme_id, listed_only=True)
        rulings = store.levels_of(db, [row.id for row in rows])
    runs = any(role.name in RUN_A_PROGRAMME and reaches(role, g.place) for role in me().roles)
    facts = {row.id: declarations.facts(row) for row in rows}
    return render_template(
        "panels/publications.html", frame=frame, rows=rows, rulings=rulings, facts=facts, runs=runs,
        level_words=LEVEL_WORDS, **WORDS,
    )  # fmt: skip


@bp.get("/programmes/<int:programme_id>/publications.xlsx")
def export(programme_id: int) -> ResponseReturnValue:
    """All confirmed output, listed or not, for whoever runs the programme."""
    with reading(current_app.extensions["db"]) as db:
        frame = frame_of(db, programme_id, now())
        rows = store.publications(db, programme_id, listed_only=False)
        rulings = store.levels_of(db, [row.id for row in rows])
    header = [
        _("姓名"),
        _("学校"),
        _("班级"),
        _("题目"),
        _("形式"),
        _("级别"),
        _("合作者"),
        _("发表或获奖处"),
        _("日期"),
    ]
    header += [_("专家等级"), _("公开列出")]
    book = Workbook(write_only=True)
    sheet = Sheet(book, _("研修成果"), header, [12, 24, 14, 40, 10, 10, 20, 24, 12, 10, 10])
    for row in rows:
        said, level = declarations.facts(row), rulings[row.id].level
        texts = [row.name, row.school, row.cohort, row.title, VALUES[said["form"]], VALUES[said["level"]]]
        texts += [said["authors"], said["where"], row.happened_on, LEVEL_WORDS[level](locale()) if level else ""]
        sheet.add([Cell("" if text is None else str(text)) for text in [*texts, VALUES[said["listed"]]]])
    return send_file(
        BytesIO(saved(book)), XLSX, as_attachment=True, download_name=f"{frame.programme.slug}-research.xlsx"
    )


def _seated(db: Connection, declaration_id: int) -> tuple[Row[Any], Row[Any]]:
    """What an expert was asked to grade, and their seat; nobody else's work exists for them."""
    row = declarations.declaration_by_id(db, declaration_id)
    mine = None if row is None else store.seat_of(db, declaration_id, me().id)
    if row is None or mine is None or row.state != "confirmed":
        abort(404)
    return row, mine


def _page(declaration_id: int, fault: str | None = None) -> ResponseReturnValue:
    with reading(current_app.extensions["db"]) as db:
        row, mine = _seated(db, declaration_id)
        frame = frame_of(db, row.programme_id, now())
        files = declarations.files_of(db, declaration_id)
        panel = panel_view(db, row, me(), g.place)
    shown = render_template(
        "panels/show.html", row=row, seat=mine, frame=frame, files=files, panel=panel, facts=declarations.facts(row),
        fault=fault, typed=request.form, max_words=MAX_WORDS, kind="research", **WORDS,
    )  # fmt: skip
    return shown, 400 if fault else 200
