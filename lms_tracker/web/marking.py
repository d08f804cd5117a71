"""Marks by experts and the liaison: one page per piece of work, one small form per learner."""

from decimal import Decimal, InvalidOperation
from typing import Any

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Connection, Row

from lms_tracker.actions.programme_policy import policy_in_force
from lms_tracker.actions.record_mark import MarkRefused, record_mark
from lms_tracker.core.grading.policy import Policy
from lms_tracker.core.typed import legible
from lms_tracker.store.assignments import setting_of
from lms_tracker.store.db import reading
from lms_tracker.store.marking import assignments_within, people_with_marks
from lms_tracker.web import marking_works
from lms_tracker.web.access import MARK
from lms_tracker.web.clock import now
from lms_tracker.web.people import me

bp = Blueprint("marking", __name__)
marking_works.register(bp)

MAX_REMARK = 2000
MAX_DIGITS = 10


@bp.get("/marking")
def listing() -> ResponseReturnValue:
    """All pieces of work of the person's programmes, with how many are marked."""
    mine = {role.programme_id for role in me().roles if role.name in MARK and role.programme_id}
    with reading(current_app.extensions["db"]) as db:
        rows = assignments_within(db, mine)
        titles = {row.programme_id: _part_titles(_policy(db, row)) for row in rows}
    return render_template("marking/listing.html", rows=rows, titles=titles)


@bp.get("/marking/<int:assignment_id>")
def show(assignment_id: int) -> ResponseReturnValue:
    """What was handed in; of an assignment without terms, a form for each learner."""
    with reading(current_app.extensions["db"]) as db:
        setting = setting_of(db, assignment_id)
    return marking_works.queue(setting) if setting else _page(assignment_id)


@bp.post("/marking/<int:assignment_id>/<int:learner_id>")
def record(assignment_id: int, learner_id: int) -> ResponseReturnValue:
    """Puts one mark in force. A mark is never edited: the one before stays on record."""
    typed, remark = request.form.get("mark", "").strip(), legible(request.form.get("comment", ""))
    db = current_app.extensions["db"]
    with reading(db) as tx:
        if setting_of(tx, assignment_id):  # its marks follow from what markers found
            abort(404)
    try:
        mark = _number(typed)
        if len(remark) > MAX_REMARK:
            return _page(assignment_id, learner_id, _("评语最多 %(n)d 个字，没有保存。", n=MAX_REMARK), typed, remark)
        record_mark(db, assignment_id, learner_id, mark, marked_by=me().id, comment=remark or None, now=now())
    except (InvalidOperation, MarkRefused):
        return _page(assignment_id, learner_id, _("分数应是 0 到 100 之间的数，没有保存。"), typed, remark)
    flash(_("已保存。"))
    return redirect(url_for("marking.show", assignment_id=assignment_id, _anchor=f"learner-{learner_id}"), 303)


def _number(typed: str) -> Decimal:
    if len(typed) > MAX_DIGITS or "_" in typed:  # Decimal takes any number of digits, and 1_0 for ten
        raise InvalidOperation
    return Decimal(typed.replace("，", ".").replace(",", "."))


def _page(
    assignment_id: int, learner_id: int | None = None, fault: str | None = None, typed: str = "", remark: str = ""
) -> ResponseReturnValue:
    with reading(current_app.extensions["db"]) as db:
        people = people_with_marks(db, assignment_id)
        programme_ids = {role.programme_id for role in me().roles if role.name in MARK and role.programme_id}
        work = next(row for row in assignments_within(db, programme_ids) if row.id == assignment_id)
        policy = _policy(db, work)
    shown = render_template(
        "marking/show.html",
        work=work,
        titles=_part_titles(policy),
        people=people,
        zone=policy.study.zone,
        fault=fault,
        fault_at=learner_id,
        typed=typed,
        remark=remark,
        max_remark=MAX_REMARK,
    )
    return shown, 400 if fault else 200


def _policy(db: Connection, work: Row[Any]) -> Policy:
    return policy_in_force(db, work.programme_id, work.policy, now())


def _part_titles(policy: Policy) -> dict[str, object]:
    grading = policy.grading
    return {part.key: part.title for part in grading.parts} if grading else {}
