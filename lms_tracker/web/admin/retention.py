"""How long sources keep what they sent."""

from flask import current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms_tracker.actions.retain import LONGEST, old_by_source, set_retention
from lms_tracker.web.admin import bp
from lms_tracker.web.admin.parts import PAGE, Page, page_number
from lms_tracker.web.clock import now


@bp.get("/admin/retention")
def retention() -> ResponseReturnValue:
    """All sources, with how much of each is older than it keeps."""
    return _page()


@bp.post("/admin/retention")
def keep() -> ResponseReturnValue:
    """Set one source's days; without any it keeps for ever."""
    name, typed = request.form.get("name", ""), request.form.get("days", "").strip()
    if typed and not (typed.isdecimal() and len(typed) <= 6 and 1 <= int(typed) <= LONGEST):
        return _page(_("天数应为 1 到 %(n)d，或者留空。什么也没有改变。", n=LONGEST), name, typed)
    if not set_retention(current_app.extensions["db"], name, int(typed) if typed else None):
        return _page(_("没有这个来源。什么也没有改变。"))
    flash(
        _("%(name)s 的记录保存 %(n)d 天，到期的由后台每天删除。", name=name, n=int(typed))
        if typed
        else _("%(name)s 的记录一直保存。", name=name)
    )
    return redirect(url_for("admin.retention", page=page_number()), 303)


def _page(fault: str | None = None, name: str = "", typed: str = "") -> ResponseReturnValue:
    rows, number = old_by_source(current_app.extensions["db"], now()), page_number()
    here, page = rows[(number - 1) * PAGE : number * PAGE], Page(number, len(rows))
    shown = render_template("admin/retention.html", rows=here, page=page, fault=fault, fault_at=name, typed=typed)
    return shown, 400 if fault else 200
