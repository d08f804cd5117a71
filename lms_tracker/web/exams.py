"""Exams: a learner's own results; for whoever runs the programme setting them, results, and notes to look at."""

from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec
from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as N_

from lms_tracker.actions.exams import (
    COUNTS_AS,
    ExamForm,
    Planned,
    close_note,
    create_exam,
    import_results,
    preview_results,
    record_result,
)
from lms_tracker.actions.read_table import UnreadableTable
from lms_tracker.core.exams import STATUSES, Sitting, checked_mark
from lms_tracker.core.grading.kinds import KINDS
from lms_tracker.core.sheet import SheetFaults
from lms_tracker.core.study.review import NotAllowed
from lms_tracker.store import exams as store
from lms_tracker.store.db import reading
from lms_tracker.store.programmes import enrolments
from lms_tracker.web.clock import now
from lms_tracker.web.frame import frame_of, typed_day, typed_number
from lms_tracker.web.people import me
from lms_tracker.web.previews import SHOWN, at_cells
from lms_tracker.web.tables_in import carried, table_in, unreadable

bp = Blueprint("exams", __name__)

STATUS_WORDS = {"sat": N_("已考"), "absent": N_("缺考"), "excused": N_("缓考"), "void": N_("作废")}
SIGNALS = {
    "device": N_("同一设备有多人使用"),
    "address": N_("同一地址、几乎同时开始、用时相同"),
    "new-device": N_("与本人以往的考试设备都不同"),
    "pace": N_("用时不到一般的四成，成绩却高于半数人"),
}
WORDS: dict[str, Any] = {"statuses": STATUS_WORDS, "signals": SIGNALS, "kinds": KINDS, "keys": STATUSES}


def refusal(e: NotAllowed) -> str:
    """What somebody reads whose form changed nothing."""
    return {
        "title": _("请填写考试名称（最多 150 个字）。"),
        "same": _("本项目已有同名的考试。"),
        "kind": _("请选择类别。"),
        "marks": _("合格分应在 0 与满分之间，满分不超过 1000。"),
        "resit": _("不能补考：已合格、没有参加前一次考试，或已有补考。"),
        "day": _("补考不能早于前一次考试。"),
        "stranger": _("没有这位学员。"),
        "own": _("不能登记自己的成绩。"),
        "early": _("考试日期还没有到。"),
        "status": _("请选择考试情况。"),
        "mark": _("请填写成绩，从 0 到满分；缺考、缓考不填成绩。"),
        "why": _("请写明理由（最多 500 个字），没有保存。"),
        "decided": _("刚才已有人处理过了，没有重复处理。"),
    }[e.why]


@bp.get("/programmes/<int:programme_id>/my-exams")
def mine(programme_id: int) -> ResponseReturnValue:
    """A learner's own results. A resit is for whoever did not pass before."""
    learner_id = me().learner_id
    assert learner_id is not None
    with reading(current_app.extensions["db"]) as db:
        frame = frame_of(db, programme_id, now())
        rows = store.results_for(db, programme_id, learner_id)
    needless = {row.id for row in rows if row.status == "sat" and row.mark is not None and row.mark >= row.pass_mark}
    for row in reversed(rows):  # the earliest attempt first
        if row.resit_of in needless and row.status is None:
            needless.add(row.id)
    shown = [row for row in rows if row.status is not None or row.id not in needless]
    return render_template("exams/mine.html", frame=frame, rows=shown, **WORDS)


@bp.get("/programmes/<int:programme_id>/exams")
def listing(programme_id: int) -> ResponseReturnValue:
    return _listing(programme_id)


@bp.post("/programmes/<int:programme_id>/exams")
def create(programme_id: int) -> ResponseReturnValue:
    """Sets an exam, or the resit of one."""
    asked = request.form
    day = typed_day(asked.get("held_on", ""))
    if day is None:
        return _listing(programme_id, _("请填写考试日期。"))
    try:
        numbers = [Decimal(asked.get(name, "") or usual) for name, usual in (("out_of", "100"), ("pass_mark", "60"))]
    except InvalidOperation:
        return _listing(programme_id, _("合格分应在 0 与满分之间，满分不超过 1000。"))
    if not all(number.is_finite() for number in numbers):
        return _listing(programme_id, _("合格分应在 0 与满分之间，满分不超过 1000。"))
    resit = typed_number(asked.get("resit_of", ""))
    form = ExamForm(asked.get("title", ""), day, asked.get("counts_as", ""), numbers[0], numbers[1], resit)
    try:
        id = create_exam(current_app.extensions["db"], programme_id, form, by=me().id, now=now())
    except NotAllowed as e:
        return _listing(programme_id, refusal(e))
    flash(_("已建立，可以导入或登记成绩。"))
    return redirect(url_for("exams.show", exam_id=id), 303)


@bp.get("/exams/<int:exam_id>")
def show(exam_id: int) -> ResponseReturnValue:
    return _page(exam_id)


@bp.post("/exams/<int:exam_id>")
def record(exam_id: int) -> ResponseReturnValue:
    """One result by hand, or a correction with its reason."""
    asked, db = request.form, current_app.extensions["db"]
    learner_id, typed = typed_number(asked.get("learner", ""), 0) or 0, asked.get("mark", "").strip()
    with reading(db) as tx:
        row = store.exam_by_id(tx, exam_id)
    if row is None:
        abort(404)
    try:
        mark = checked_mark(typed, row.out_of) if typed else None
        sitting = Sitting(asked.get("status", ""), mark)  # type: ignore[arg-type]
        record_result(db, exam_id, learner_id, sitting, reason=asked.get("reason", ""), by=me().id, now=now())
    except ValueError as e:
        return _page(exam_id, refusal(e if isinstance(e, NotAllowed) else NotAllowed("mark")), learner_id)
    flash(_("已保存。"))
    return redirect(url_for("exams.show", exam_id=exam_id, _anchor=f"learner-{learner_id}"), 303)


@bp.route("/exams/<int:exam_id>/import", methods=["GET", "POST"])
def bring_in(exam_id: int) -> ResponseReturnValue:
    """A sheet of results: looked at first, kept on the second button."""
    if request.method != "POST":
        return _import_page(exam_id)
    db, at = current_app.extensions["db"], now()
    try:
        table = table_in()
        if table is None:
            return _import_page(exam_id, fault=_("请选择文件。"))
        if request.form.get("what") != "keep":
            return _import_page(exam_id, plan=preview_results(db, exam_id, table, at), table=carried(table))
        _plan, count = import_results(db, exam_id, table, by=me().id, now=at)
    except UnreadableTable as e:
        return _import_page(exam_id, fault=unreadable(e))
    except SheetFaults as e:
        return _import_page(exam_id, faults=at_cells(table or [], e.faults))
    flash(_("已导入，%(n)d 人的成绩有变化。", n=count))
    return redirect(url_for("exams.show", exam_id=exam_id), 303)


@bp.post("/exams/<int:exam_id>/notes/<int:note_id>")
def close(exam_id: int, note_id: int) -> ResponseReturnValue:
    """Says what was found. No mark changes by it."""
    try:
        words = request.form.get("words", "")
        close_note(current_app.extensions["db"], exam_id, note_id, words=words, by=me().id, now=now())
    except NotAllowed as e:
        return _page(exam_id, refusal(e))
    flash(_("已保存核实情况，成绩没有改变。"))
    return redirect(url_for("exams.show", exam_id=exam_id), 303)


def _listing(programme_id: int, fault: str | None = None) -> ResponseReturnValue:
    with reading(current_app.extensions["db"]) as db:
        frame = frame_of(db, programme_id, now())
        rows = store.exams_of(db, programme_id)
    taken = {row.resit_of for row in rows}
    shown = render_template(
        "exams/listing.html", frame=frame, rows=rows, fault=fault, typed=request.form, counts_as=COUNTS_AS,
        open_to_resit=[row for row in rows if row.id not in taken], **WORDS,
    )  # fmt: skip
    return shown, 400 if fault else 200


def _page(exam_id: int, fault: str | None = None, fault_at: int = 0) -> ResponseReturnValue:
    with reading(current_app.extensions["db"]) as db:
        row = store.exam_by_id(db, exam_id)
        if row is None:
            abort(404)
        frame = frame_of(db, row.programme_id, now())
        people = enrolments(db, row.programme_id, None, row.held_on)
        results, before, notes = store.results_of(db, exam_id), store.history(db, exam_id), store.notes_of(db, exam_id)
        first = None if row.resit_of is None else store.exam_by_id(db, row.resit_of)
    names = {one.learner_id: one.name for one in people}
    others = {note.id: [names.get(id) or "—" for id in msgspec.json.decode(note.others)] for note in notes}
    passed = sum(1 for r in results.values() if r.status == "sat" and r.mark is not None and r.mark >= row.pass_mark)
    shown = render_template(
        "exams/show.html", row=row, frame=frame, people=people, results=results, before=before, notes=notes,
        others=others, first=first, passed=passed, own=me().learner_id, fault=fault, fault_at=fault_at,
        typed=request.form, **WORDS,
    )  # fmt: skip
    return shown, 400 if fault else 200


def _import_page(
    exam_id: int, plan: list[Planned] | None = None, table: str = "", fault: str | None = None, faults: Any = ()
) -> ResponseReturnValue:
    with reading(current_app.extensions["db"]) as db:
        row = store.exam_by_id(db, exam_id)
        if row is None:
            abort(404)
        frame = frame_of(db, row.programme_id, now())
    shown = render_template(
        "exams/import.html",
        row=row,
        frame=frame,
        plan=plan,
        table=table,
        fault=fault,
        faults=faults,
        shown=SHOWN,
        **WORDS,
    )
    return shown, 400 if fault or faults else 200
