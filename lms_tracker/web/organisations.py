"""The tree of organisations of a programme, for its staff: add, rename, move, close, and import from a table."""

from typing import Any

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as N_
from sqlalchemy import Connection, Row

from lms_tracker.actions import organise
from lms_tracker.actions.organise import OrganisationRefused, Who
from lms_tracker.actions.programme_policy import policy_of_programme
from lms_tracker.core.organisations import KINDS
from lms_tracker.core.organisations_sheet import parse_organisations
from lms_tracker.store import organisations as store
from lms_tracker.store.classes import programme_row
from lms_tracker.store.db import reading
from lms_tracker.web import previews
from lms_tracker.web.clock import now
from lms_tracker.web.people import me
from lms_tracker.web.responsible import ORGANISATIONS, branches_of

bp = Blueprint("organisations", __name__)

WHAT = {
    "added": N_("建立"),
    "renamed": N_("更名"),
    "moved": N_("移动"),
    "closed": N_("停用"),
    "opened": N_("恢复"),
}


@bp.get("/programmes/<int:programme_id>/organisations")
def listing(programme_id: int) -> ResponseReturnValue:
    """?under=: the schools of one branch (0: those that stand nowhere)."""
    return _listing(programme_id)


@bp.post("/programmes/<int:programme_id>/organisations")
def add(programme_id: int) -> ResponseReturnValue:
    form = request.form
    try:
        organise.found(
            current_app.extensions["db"],
            _who(programme_id),
            name=form.get("name", ""),
            kind=form.get("kind", ""),
            school_kind=form.get("school_kind") if form.get("kind") == "school" else None,
            parent_id=form.get("parent", type=int),
        )
    except OrganisationRefused as e:
        return _listing(programme_id, refusal(e.code))
    flash(_("已建立。"))
    return redirect(url_for("organisations.listing", programme_id=programme_id, under=form.get("parent") or None), 303)


@bp.post("/programmes/<int:programme_id>/organisations/import")
def import_(programme_id: int) -> ResponseReturnValue:
    return previews.bring_in(TABLE, programme_id)


@bp.get("/programmes/<int:programme_id>/organisations/<int:organisation_id>")
def show(programme_id: int, organisation_id: int) -> ResponseReturnValue:
    return _page(programme_id, organisation_id)


@bp.post("/programmes/<int:programme_id>/organisations/<int:organisation_id>/<any(rename, move, close, open):what>")
def change(programme_id: int, organisation_id: int, what: str) -> ResponseReturnValue:
    db, who = current_app.extensions["db"], _who(programme_id)
    try:
        if what == "rename":
            organise.rename(db, who, organisation_id, request.form.get("name", ""))
        elif what == "move":
            organise.move(db, who, organisation_id, request.form.get("parent", type=int))
        else:
            organise.close(db, who, organisation_id, closed=what == "close")
    except OrganisationRefused as e:
        if e.code in ("gone", "outside"):
            abort(404)
        return _page(programme_id, organisation_id, refusal(e.code))
    flash(_("已更改。"))
    return redirect(url_for("organisations.show", programme_id=programme_id, organisation_id=organisation_id), 303)


def refusal(code: str) -> str:
    """Why it is refused, in words."""
    return {
        "name": _("名称不能为空，也不能超过 100 个字符。"),
        "taken": _("已有同名的机构。"),
        "kind": _("请选择类别；学校还须选择城市直属或乡镇。"),
        "place": _("不能放在那里：上级的类别不对，或已停用。"),
        "ring": _("不能放到它自己的下级里。"),
        "gone": _("没有这个机构。"),
        "outside": _("这个机构不只属于本项目，请系统管理员更改。"),
        "open": _("它下面还有未停用的机构，请先停用或移走。"),
    }[code]


def _who(programme_id: int) -> Who:
    return Who(programme_id, me().id, now())


TABLE = previews.Sort(
    N_("导入机构"),
    N_(
        "Excel（.xlsx）或 CSV，列标题：机构、类别、上级、学校类别。已有的机构会移到表里的上级下面；有一处不对就什么也不导入。"
    ),
    "organisations.import_",
    "organisations.listing",
    (N_("机构"), N_("类别"), N_("上级")),
    lambda db, programme_id, table: organise.import_organisations(
        db, _who(programme_id), parse_organisations(table), dry_run=True
    ),
    lambda db, programme_id, table, seen: organise.import_organisations(
        db, _who(programme_id), parse_organisations(table), seen=seen
    ),
)


def _listing(programme_id: int, fault: str | None = None) -> ResponseReturnValue:
    under = request.values.get("under", type=int)
    with reading(current_app.extensions["db"]) as db:
        programme = programme_row(db, programme_id)
        branches = branches_of(db, programme, now())
        schools = [] if under is None else store.schools_under(db, under or None, programme_id)
    page = render_template(
        "organisations/listing.html",
        programme=programme,
        branches=branches,
        schools=schools,
        under=under,
        kinds=ORGANISATIONS,
        fault=fault,
        columns=TABLE.columns,
        typed=request.form,
    )
    return page, 400 if fault else 200


def _page(programme_id: int, organisation_id: int, fault: str | None = None) -> ResponseReturnValue:
    at = now()
    with reading(current_app.extensions["db"]) as db:
        programme = programme_row(db, programme_id)
        row = store.organisation(db, organisation_id)
        if row is None or not _is_near(db, programme_id, row):
            abort(404)
        edits = organise.may_change(db, _who(programme_id), row)
        places = store.organisations(db, organise.places_of(db, programme_id))
        above = store.organisation(db, row.parent_id)
        events = store.events_of(db, organisation_id)
        zone = policy_of_programme(db, programme, at).study.zone
    fitting = [
        one for one in places.values() if one.kind in KINDS[row.kind] and one.closed_at is None and one.id != row.id
    ]
    page = render_template(
        "organisations/show.html",
        programme=programme,
        row=row,
        above=above,
        edits=edits,
        places=sorted(fitting, key=lambda one: (list(KINDS).index(one.kind), one.name)),
        events=events,
        kinds=ORGANISATIONS,
        what=WHAT,
        zone=zone,
        fault=fault,
    )
    return page, 400 if fault else 200


def _is_near(db: Connection, programme_id: int, row: Row[Any]) -> bool:
    """Whether it is in the programme's part of the tree, or has people of it."""
    near = {row.id, row.parent_id} & organise.places_of(db, programme_id)
    return bool(near) or programme_id in store.programmes_of_organisations(db, [row.id])
