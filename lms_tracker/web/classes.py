"""Classes of a programme for staff: how large they are, how large they should be, and dividing learners into new ones."""

from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms_tracker.actions.form_classes import ClassesRefused, Proposal, form_classes, propose_classes
from lms_tracker.actions.set_class_size import set_class_size
from lms_tracker.core.cohorts import MOST
from lms_tracker.store.classes import programme_row
from lms_tracker.store.db import reading
from lms_tracker.store.members import cohorts_of
from lms_tracker.web.clock import now
from lms_tracker.web.people import me

bp = Blueprint("classes", __name__)


@bp.get("/programmes/<int:programme_id>/classes")
def show(programme_id: int) -> ResponseReturnValue:
    """With ?source= one or more, ?way=, ?size=, ?pattern=: the proposal, too."""
    if not request.args.getlist("source"):
        return _page(programme_id)
    try:
        plan = propose_classes(current_app.extensions["db"], programme_id, **_asked(request.args))
    except ClassesRefused as e:
        return _page(programme_id, fault=refusal(e.code))
    return _page(programme_id, plan)


@bp.post("/programmes/<int:programme_id>/classes")
def form(programme_id: int) -> ResponseReturnValue:
    """Does what was proposed, or nothing."""
    seen, reason = request.form.get("seen", ""), request.form.get("reason", "").strip()[:200]
    try:
        count = form_classes(
            current_app.extensions["db"],
            programme_id,
            **_asked(request.form),
            seen=seen,
            reason=reason,
            by=me().id,
            now=now(),
        )
    except ClassesRefused as e:
        return _page(programme_id, fault=refusal(e.code))
    flash(_("已编班：%(n)d 人进入新的班级。", n=count))
    return redirect(url_for("classes.show", programme_id=programme_id), 303)


@bp.post("/programmes/<int:programme_id>/classes/size")
def size(programme_id: int) -> ResponseReturnValue:
    """How many learners a class should have at most."""
    wanted = request.form.get("size", 0, type=int)
    if not 1 <= wanted <= MOST:
        return _page(programme_id, fault=refusal("size"))
    set_class_size(current_app.extensions["db"], programme_id, wanted, by=me().id)
    flash(_("已改为每班最多 %(n)d 人。", n=wanted))
    return redirect(url_for("classes.show", programme_id=programme_id), 303)


def refusal(code: str) -> str:
    """Why it is refused, in words."""
    return {
        "size": _("每班人数应在 1 到 %(n)d 之间。", n=MOST),
        "way": _("请选择编班方式。"),
        "source": _("请至少选择一个班级。"),
        "name": _("新班名称里要有 {n}，代表序号，例如：校长{n}班。"),
        "taken": _("已有同名的班级，请换一个名称。"),
        "changed": _("预览之后有了变化，没有编班。请再看一遍。"),
    }[code]


def _asked(given: Any) -> dict[str, Any]:
    return {
        "sources": sorted({int(id) for id in given.getlist("source") if id.isdecimal() and len(id) < 10}),
        "size": given.get("size", 0, type=int),
        "way": given.get("way", ""),
        "pattern": given.get("pattern", "").strip(),
    }


def _page(programme_id: int, plan: Proposal | None = None, fault: str | None = None) -> ResponseReturnValue:
    with reading(current_app.extensions["db"]) as db:
        programme = programme_row(db, programme_id)
        rows = cohorts_of(db, programme_id)
    asked = _asked(request.values)
    page = render_template("classes/show.html", programme=programme, rows=rows, plan=plan, asked=asked, fault=fault)
    return page, 400 if fault else 200
