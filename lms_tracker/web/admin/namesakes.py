"""Pairs of one name who were found to be two people: who said so when, and taking it back."""

from flask import current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms_tracker.actions.dismiss_namesakes import dismiss_namesakes, restore_namesakes
from lms_tracker.store.db import reading
from lms_tracker.store.namesakes import dismissed
from lms_tracker.store.tables import LARGEST_ID
from lms_tracker.web.admin import bp
from lms_tracker.web.admin.identities import known_people
from lms_tracker.web.admin.parts import PAGE, Page, page_number, zone
from lms_tracker.web.clock import now
from lms_tracker.web.people import me


@bp.get("/admin/identities/namesakes")
def namesakes() -> ResponseReturnValue:
    """The latest first."""
    number = page_number()
    with reading(current_app.extensions["db"]) as db:
        rows, total = dismissed(db, PAGE, (number - 1) * PAGE)
        known = known_people(db, [id for row in rows for id in (row.younger, row.older)])
    return render_template("admin/namesakes.html", rows=rows, page=Page(number, total), zone=zone(), **known)


@bp.post("/admin/identities/namesakes/<any(dismiss, restore):what>")
def judge_namesakes(what: str) -> ResponseReturnValue:
    """They are two people, or may be one after all."""
    one, other = (request.form.get(name, 0, type=int) for name in ("one", "other"))
    db = current_app.extensions["db"]
    if not (0 < one <= LARGEST_ID and 0 < other <= LARGEST_ID):
        done = False
    elif what == "dismiss":
        done = dismiss_namesakes(db, one, other, made_by=me().id, now=now())
    else:
        done = restore_namesakes(db, one, other)
    said = {"dismiss": _("已记下：不是同一人，不再列出。"), "restore": _("已撤销，重新列为可能是同一人。")}
    flash(said[what] if done else _("没有改变：这一对已经处理过了。"))
    return redirect(url_for("admin.identities" if what == "dismiss" else "admin.namesakes"), 303)
