"""Who manages what in a programme: the tree with the people responsible, and, for staff, appointing and dismissing them."""

from collections import Counter, defaultdict
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as N_
from msgspec import Struct
from sqlalchemy import Connection, Row

from lms_tracker.actions.appoint import DUTIES, NotYours, appoint, bar, dismiss, hand_out_password, is_within
from lms_tracker.actions.create_account import AccountError, Term
from lms_tracker.actions.programme_policy import policy_of_programme
from lms_tracker.core.organisations import KINDS, above, below
from lms_tracker.store import organisations as tree
from lms_tracker.store.classes import programme_row
from lms_tracker.store.db import reading
from lms_tracker.store.members import cohorts_of
from lms_tracker.store.places import reaches
from lms_tracker.store.roles import roles_in
from lms_tracker.web.access import SEE_MEMBERS
from lms_tracker.web.clock import now
from lms_tracker.web.guard import opens
from lms_tracker.web.members import members_of
from lms_tracker.web.people import me

bp = Blueprint("responsible", __name__)

ORGANISATIONS = {
    "leading_group": N_("领导小组"),
    "bureau": N_("教育局"),
    "centre": N_("培训中心"),
    "district": N_("区县"),
    "school": N_("学校"),
}
ROLES = {
    "leading_group": N_("领导小组"),
    "bureau": N_("教育局"),
    "centre": N_("培训中心"),
    "staff": N_("工作人员"),
    "liaison": N_("联络员"),
    "expert": N_("专家"),
    "head_teacher": N_("班主任"),
    "monitor": N_("班长"),
}


class Branch(Struct, frozen=True):
    """One organisation of the tree. `depth` from 0; `people` hold a role there; `learners` of the programme under it."""

    row: Row[Any]
    depth: int
    people: list[Row[Any]]
    schools: int
    learners: int


class Class(Struct, frozen=True):
    row: Row[Any]
    head_teachers: list[Row[Any]]
    monitors: list[Row[Any]]


@bp.get("/programmes/<int:programme_id>/people")
def show(programme_id: int) -> ResponseReturnValue:
    return _page(programme_id)


@bp.post("/programmes/<int:programme_id>/people")
def add(programme_id: int) -> ResponseReturnValue:
    """Gives somebody a duty, with an account where there is none."""
    form, at = request.form, now()
    with reading(current_app.extensions["db"]) as db:
        zone = policy_of_programme(db, programme_row(db, programme_id), at).study.zone
    try:
        made = appoint(
            current_app.extensions["db"],
            programme_id,
            login=form.get("login", "").strip(),
            name=form.get("name", ""),
            duty=form.get("duty", ""),
            cohort_id=form.get("cohort", type=int),
            organisation_id=form.get("organisation", type=int),
            term=Term(
                from_at=_midnight(form.get("from_on"), zone),
                until_at=_midnight(form.get("until_on"), zone, after=True),
                by=me().id,
                reason=form.get("reason", "").strip()[:200],
            ),
            now=at,
        )
    except NotYours as e:
        return _page(programme_id, refusal(e.code))
    except AccountError:
        return _page(programme_id, refusal("duty"))
    if made is not None:
        return _slips(programme_id, [made], _("已建立账号并任命。"))
    flash(_("已任命。"))
    return redirect(url_for("responsible.show", programme_id=programme_id), 303)


@bp.post("/programmes/<int:programme_id>/people/<int:role_id>/end")
def end(programme_id: int, role_id: int) -> ResponseReturnValue:
    """Ends a duty now; it stays in the history."""
    reason = request.form.get("reason", "").strip()[:200]
    try:
        dismiss(current_app.extensions["db"], programme_id, role_id, by=me().id, reason=reason, now=now())
    except NotYours as e:
        return _page(programme_id, refusal(e.code))
    except AccountError:
        return _page(programme_id, refusal("outside"))
    flash(_("已免去，历史里仍可查到。"))
    return redirect(url_for("responsible.show", programme_id=programme_id), 303)


@bp.post("/programmes/<int:programme_id>/accounts/<int:account_id>/<any(password, bar, open):what>")
def account(programme_id: int, account_id: int, what: str) -> ResponseReturnValue:
    """A new password, shown this once; or closing an account, or opening it again."""
    db, by, at = current_app.extensions["db"], me().id, now()
    try:
        if what == "password":
            made = hand_out_password(db, programme_id, account_id, by=by, now=at)
            return _slips(programme_id, [made], _("已重设密码，此前的登录已全部退出。"))
        bar(db, programme_id, account_id, barred=what == "bar", by=by, now=at)
    except NotYours as e:
        return _page(programme_id, refusal(e.code))
    flash(_("账号已停用。") if what == "bar" else _("账号已恢复。"))
    return redirect(url_for("responsible.show", programme_id=programme_id), 303)


def refusal(code: str) -> str:
    """Why it is refused, in words."""
    return {
        "login": _("登录名不能为空、不能含空格，最多 64 个字符。"),
        "name": _("姓名不能为空；登录名已存在时，姓名必须与该账号一致。"),
        "duty": _("请选择职责。"),
        "class": _("班主任和班长须选择本项目的一个班级。"),
        "organisation": _("请选择只在本项目里有学员的机构；跨项目的机构由系统管理员任命。"),
        "outside": _("这个账号或职责不在您的管理范围内，没有改变任何内容。"),
        "self": _("不能停用、重设或免去自己。"),
        "held": _("此人已担任这项职责。"),
        "term": _("结束日期早于开始日期或早于今天。"),
    }[code]


def _slips(programme_id: int, accounts: list[Any], words: str) -> str:
    with reading(current_app.extensions["db"]) as db:
        programme = programme_row(db, programme_id)
    address = current_app.extensions["settings"].public_url
    return render_template("roster/slips.html", programme=programme, accounts=accounts, words=words, address=address)


def _page(programme_id: int, fault: str | None = None) -> ResponseReturnValue:
    at, edits = now(), opens(me(), "responsible.add", g.place)
    with reading(current_app.extensions["db"]) as db:
        programme = programme_row(db, programme_id)
        zone = policy_of_programme(db, programme, at).study.zone
        branches = branches_of(db, programme, at)
        held = roles_in(db, programme_id, {branch.row.id for branch in branches}, at)
        everything = roles_in(db, programme_id, {branch.row.id for branch in branches}, None)
        whole, seen, _ = members_of(
            db, programme_id, [r for r in me().roles if r.name in SEE_MEMBERS and reaches(r, g.place)]
        )
        classes = _classes(cohorts_of(db, programme_id), held, None if whole else seen)
        mine = {r.account_id for r in held if edits and is_within(db, programme_id, r.account_id, at)}
        giving = _may_give(db, programme_id, branches) if edits else []
    page = render_template(
        "responsible/show.html",
        programme=programme,
        branches=branches,
        classes=classes,
        central=[r for r in held if r.role in ("staff", "liaison", "expert")],
        past=[r for r in everything if r.id not in {one.id for one in held} and (whole or r.role != "monitor")],
        edits=edits,
        mine=mine,
        giving=giving,
        duties=DUTIES,
        roles=ROLES,
        kinds=ORGANISATIONS,
        zone=zone,
        fault=fault,
        typed=request.form,
        me_id=me().id,
    )
    return page, 400 if fault else 200


def branches_of(db: Connection, programme: Row[Any], at: datetime) -> list[Branch]:
    """The organisations that have to do with the programme, each after the one that it stands under."""
    parents = tree.parents_of(db)
    ids = tree.over_somebody(db, programme.id) | below(parents, {programme.organisation_id} - {None})
    rows = tree.organisations(db, ids)
    held = roles_in(db, programme.id, set(rows), at)
    holders: dict[int, list[Row[Any]]] = defaultdict(list)
    for role in held:
        if role.organisation_id is not None:
            holders[role.organisation_id].append(role)
    schools, learners = Counter[int](), Counter[int]()
    for parent, school_count, learner_count in tree.people_by_parent(db, programme.id):
        for one in above(parents, parent):
            schools[one] += school_count
            learners[one] += learner_count
    branches = []

    def walk(parent: int | None, depth: int) -> None:
        theirs = [r for r in rows.values() if (r.parent_id if r.parent_id in rows else None) == parent]
        for row in sorted(theirs, key=lambda r: (list(KINDS).index(r.kind), r.name)):
            branches.append(Branch(row, depth, holders[row.id], schools[row.id], learners[row.id]))
            walk(row.id, depth + 1)

    walk(None, 0)
    return branches


def _classes(rows: list[Row[Any]], held: list[Row[Any]], seen: set[int] | None) -> list[Class]:
    """A monitor is a learner: named to those alone who see the class (`seen`; None: all of them)."""
    return [
        Class(
            row,
            [r for r in held if r.cohort_id == row.id and r.role == "head_teacher"],
            [r for r in held if r.cohort_id == row.id and r.role == "monitor" and (seen is None or row.id in seen)],
        )
        for row in rows
    ]


def _may_give(db: Connection, programme_id: int, branches: list[Branch]) -> list[Row[Any]]:
    """The organisations whose duties this programme's staff may give."""
    rows = [branch.row for branch in branches]
    return [row for row in rows if tree.programmes_of_organisations(db, [row.id]) == {programme_id}]


def _midnight(text: str | None, zone: ZoneInfo, *, after: bool = False) -> datetime | None:
    """The beginning of a local date, or its end. Raises NotYours."""
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise NotYours("term") from None
    return datetime.combine(day + timedelta(days=1) if after else day, time(), zone)
