"""The learners of a programme: a list to search, and of each the class and the school from when on; moving them."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from flask import Blueprint, abort, current_app, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as N_
from sqlalchemy import Connection

from lms_tracker.actions.create_programme import ProgrammeError
from lms_tracker.actions.leave_programme import leave_programme
from lms_tracker.actions.move_learner import MAX_REASON, MoveError, move_learner, return_to_programme
from lms_tracker.actions.programme_policy import policy_of_programme
from lms_tracker.store import members as store
from lms_tracker.store.classes import programme_row
from lms_tracker.store.db import reading
from lms_tracker.store.enrolment_history import events_of
from lms_tracker.store.places import reaches
from lms_tracker.web.access import SEE_MEMBERS
from lms_tracker.web.clock import now
from lms_tracker.web.guard import opens
from lms_tracker.web.people import Role, me

bp = Blueprint("members", __name__)

PAGE = 100
EVENTS = {"began": N_("入班"), "moved": N_("转班或调校"), "left": N_("离开"), "returned": N_("回来")}


def members_of(db: Connection, programme_id: int, roles: Iterable[Role]) -> tuple[bool, set[int], set[int]]:
    """What roles that reach a programme see of its people: (everybody, these classes, these learners)."""
    mine = list(roles)
    bound = {role.organisation_id for role in mine if role.organisation_id is not None}
    if any(role.programme_id is not None for role in mine) or bound & store.run_for(db, programme_id):
        return True, set(), set()
    cohorts = {role.cohort_id for role in mine if role.cohort_id is not None}
    return False, cohorts, store.learners_under(db, programme_id, bound) if bound else set()


@bp.get("/programmes/<int:programme_id>/learners")
def listing(programme_id: int) -> ResponseReturnValue:
    """?q= text in name or school, or a login; ?cohort= one class; ?page= from 1."""
    text, page = request.args.get("q", "").strip()[:100], max(1, request.args.get("page", 1, type=int))
    cohort_id = request.args.get("cohort", type=int)
    with reading(current_app.extensions["db"]) as db:
        whole, cohorts, learners = members_of(db, programme_id, _roles())
        count, rows = store.members(
            db,
            programme_id,
            cohort_ids=None if whole else cohorts,
            learner_ids=learners,
            text=text,
            cohort_id=cohort_id,
            limit=PAGE,
            offset=(page - 1) * PAGE,
        )
        classes = [row for row in store.cohorts_of(db, programme_id) if whole or row.id in cohorts]
        programme = programme_row(db, programme_id)
    return render_template(
        "members/listing.html",
        programme=programme,
        rows=rows,
        count=count,
        classes=classes,
        asked={"q": text, "cohort": cohort_id, "page": page},
        pages=-(-count // PAGE),
    )


@bp.get("/programmes/<int:programme_id>/learners/<int:learner_id>")
def show(programme_id: int, learner_id: int) -> ResponseReturnValue:
    return _page(programme_id, learner_id)


@bp.post("/programmes/<int:programme_id>/learners/<int:learner_id>/<any(move, leave, back):what>")
def change(programme_id: int, learner_id: int, what: str) -> ResponseReturnValue:
    """Moves a learner to another class or school, or says that they left or are back; with date and reason."""
    form, db = request.form, current_app.extensions["db"]
    said: dict[str, Any] = {"reason": form.get("reason", ""), "by": me().id, "now": now()}
    try:
        on = date.fromisoformat(form.get("on", ""))
        cohort_id = form.get("cohort", type=int)
        if what == "move":
            school = form.get("school", "").strip() or None
            move_learner(db, learner_id, programme_id, cohort_id=cohort_id, school=school, on=on, **said)
        elif what == "back":
            return_to_programme(db, learner_id, programme_id, cohort_id=cohort_id, on=on, **said)
        else:
            leave_programme(db, learner_id, programme_id, on=on, **said)
    except MoveError as e:
        return _page(programme_id, learner_id, refusal(e))
    except (ProgrammeError, ValueError):
        return _page(programme_id, learner_id, _("日期不对：不能早于上一次变动。"))
    flash({"move": _("已转班或调校。"), "leave": _("已登记离开。"), "back": _("已登记回来。")}[what])
    return redirect(url_for("members.show", programme_id=programme_id, learner_id=learner_id), 303)


def refusal(e: MoveError) -> str:
    """Why a move is refused, in words."""
    return {
        "unknown": _("这位学员不在本项目里。"),
        "left": _("这位学员已经离开，请先登记回来。"),
        "there": _("这位学员没有离开。"),
        "class": _("请选择本项目的一个班级。"),
        "same": _("已经在这个班级和学校了。"),
        "early": _("日期不对：不能早于上一次变动。"),
        "late": _("日期不能晚于今天；到那天再登记。"),
        "reason": _("请写明原因，不超过 %(n)d 字。", n=MAX_REASON),
        "school": _("没有这所学校，请从列表里选择。"),
    }[e.code]


def _roles() -> list[Role]:
    return [role for role in me().roles if role.name in SEE_MEMBERS and reaches(role, g.place)]


def _page(programme_id: int, learner_id: int, fault: str | None = None) -> ResponseReturnValue:
    at = now()
    with reading(current_app.extensions["db"]) as db:
        row = store.member(db, programme_id, learner_id)
        if row is None:
            abort(404)
        programme = programme_row(db, programme_id)
        zone = policy_of_programme(db, programme, at).study.zone
        events = events_of(db, [row.id])
        edits = opens(me(), "members.change", g.place)
        classes, schools = (store.cohorts_of(db, programme_id), store.schools_of(db)) if edits else ([], [])
    page = render_template(
        "members/show.html",
        programme=programme,
        row=row,
        events=events,
        words=EVENTS,
        edits=edits,
        follows=opens(me(), "cohort.learner", g.place),
        classes=classes,
        schools=schools,
        today=at.astimezone(zone).date(),
        zone=zone,
        fault=fault,
        max_reason=MAX_REASON,
        typed=request.form,
    )
    return page, 400 if fault else 200
