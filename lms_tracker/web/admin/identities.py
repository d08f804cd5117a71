"""Who is one person: finding people and what they are known by, joining and splitting, the history of it, and rules."""

from typing import Any

from flask import abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as N_
from sqlalchemy import Row

from lms_tracker.actions.identity_rules import MAIL_AND_DIGEST, apply_rules, drop_rule, make_rule
from lms_tracker.actions.join_learners import (
    MAX_REASON,
    Fault,
    IdentityRefused,
    join_learners,
    what_stands_in_the_way,
)
from lms_tracker.actions.split_learner import split_learner
from lms_tracker.core.identities import KINDS, MAX_PLACE
from lms_tracker.store import find_people as people
from lms_tracker.store import identity_history as history
from lms_tracker.store.db import reading
from lms_tracker.store.identity_rules import all_rules
from lms_tracker.store.namesakes import possible_namesakes
from lms_tracker.store.tables import LARGEST_ID
from lms_tracker.web.admin import bp
from lms_tracker.web.admin.parts import PAGE, Page, page_number, zone
from lms_tracker.web.clock import now
from lms_tracker.web.people import me

HOW = {
    "seen": N_("随语句而来"),
    "implied": N_("由邮箱推出"),
    "roster": N_("名单"),
    "rule": N_("规则"),
    "hand": N_("人工"),
}
KIND_WORDS = {
    "same-name": N_("两个平台上同名的账号是同一人"),
    "mail-name": N_("平台上的账号名就是该域名邮箱 @ 前的部分"),
}
FAULTS = {
    "reason": N_("请写明理由，最多 %(most)s 个字。"),
    "unknown": N_("没有编号为 %(learner)s 的学员。"),
    "gone": N_("%(learner)s 号学员已经并入 %(into)s 号。"),
    "erased": N_("%(learner)s 号学员的个人信息已经删除，留下的账目不属于任何人。"),
    "same": N_("两边是同一位学员。"),
    "accounts": N_("两边都有登录账号（%(one)s 和 %(other)s）：请先停用前一个，或者反过来合并，停用后一个。"),
    "enrolments": N_("两边都报名了 %(programme)s：请先登记前一位已退出（lms-tracker roster leave）。"),
    "achievements": N_("%(kind)s“%(item)s”两边都有记录（%(one)d 号和 %(other)d 号）：请先撤销不该算的那一条。"),
    "marks": N_("“%(work)s”两边都有分数（%(one)s 和 %(other)s）：请先把两边都评成应算的那个分数。"),
    "no-identity": N_("这位学员没有标识 %(ifis)s。"),
    "none-named": N_("请选出要拆分的标识。"),
    "all": N_("这是此人的全部标识，至少要留下一个。"),
    "beside": N_("%(ifis)s 不是一起并入的：请分开拆分，或拆分为新学员。"),
    "rule": N_("地址或域名的写法不对：平台填 https:// 开头的完整地址，邮箱填 @ 后的域名；两处不能相同。"),
    "rule-twice": N_("%(rule)s 号规则已经这样规定。"),
}


def told(fault: Fault) -> str:
    """A fault in the language of the request."""
    return str(FAULTS[fault.key]) % fault.values


@bp.get("/admin/identities")
def identities() -> ResponseReturnValue:
    """Whom ?q= finds; without it, who may be one person."""
    asked, number = request.args.get("q", "").strip()[:200].replace("\0", ""), page_number()
    with reading(current_app.extensions["db"]) as db:
        if asked:
            ids, total = people.search_people(db, asked, PAGE, (number - 1) * PAGE)
            pairs: list[tuple[int, int]] = []
        else:
            pairs, total = possible_namesakes(db, PAGE, (number - 1) * PAGE)
            ids = [id for pair in pairs for id in pair]
        known = known_people(db, ids)
    page = Page(number, total)
    return render_template("admin/identities.html", asked=asked, ids=ids, pairs=pairs, page=page, **known)


@bp.get("/admin/identities/<int:learner_id>")
def identity(learner_id: int) -> ResponseReturnValue:
    return _person(learner_id)


@bp.post("/admin/identities/<int:learner_id>/split")
def split_identity(learner_id: int) -> ResponseReturnValue:
    """Identities that are somebody else's go back, or to a learner of their own."""
    form, chosen = request.form, request.form.getlist("ifi")
    reason = form.get("reason", "")
    try:
        done = split_learner(
            current_app.extensions["db"],
            learner_id,
            chosen,
            reason=reason,
            made_by=me().id,
            now=now(),
            new=form.get("to") == "new",
        )
    except IdentityRefused as e:
        return _person(learner_id, [told(fault) for fault in e.faults], chosen, reason)
    flash(_("已拆分，学习时间几秒内重算。这是拆出去的人。"))
    return redirect(url_for("admin.identity", learner_id=done.learner_id), 303)


@bp.get("/admin/identities/<int:learner_id>/join")
def compare(learner_id: int) -> ResponseReturnValue:
    """The learner beside the one whom ?into= names, or whom ?q= finds to choose from."""
    return _compare(learner_id, request.args.get("into", type=int))


@bp.post("/admin/identities/<int:learner_id>/join")
def join(learner_id: int) -> ResponseReturnValue:
    """All that is the learner's goes to another."""
    into, reason = request.form.get("into", type=int), request.form.get("reason", "")
    if into is None or into > LARGEST_ID:
        return _compare(learner_id, None)
    try:
        join_learners(current_app.extensions["db"], learner_id, into, reason=reason, made_by=me().id, now=now())
    except IdentityRefused as e:
        return _compare(learner_id, into, [told(fault) for fault in e.faults], reason)
    flash(_("已合并，学习时间几秒内重算。需要时可以拆分，一切照原样退回。"))
    return redirect(url_for("admin.identity", learner_id=into), 303)


@bp.get("/admin/identities/history")
def identity_history() -> ResponseReturnValue:
    """All joins and splits, the latest first."""
    number = page_number()
    with reading(current_app.extensions["db"]) as db:
        rows, total = history.events(db, None, PAGE, (number - 1) * PAGE), history.count_events(db)
    return render_template("admin/identity_history.html", events=rows, page=Page(number, total), zone=zone())


@bp.get("/admin/identities/rules")
def identity_rules() -> ResponseReturnValue:
    return _rules()


@bp.post("/admin/identities/rules")
def add_rule() -> ResponseReturnValue:
    """A rule for whoever is new from now on."""
    form = {key: request.form.get(key, "").replace("\0", "").strip() for key in ("kind", "one", "other")}
    try:
        make_rule(current_app.extensions["db"], **form, made_by=me().id, now=now())
    except IdentityRefused as e:
        return _rules(form, [told(fault) for fault in e.faults])
    flash(_("规则已生效，今后新来的人按它归并。已有的人请点“应用规则”。"))
    return redirect(url_for("admin.identity_rules"), 303)


@bp.post("/admin/identities/rules/<int:rule_id>/drop")
def drop_a_rule(rule_id: int) -> ResponseReturnValue:
    """The rule holds no longer; who is joined stays joined."""
    if drop_rule(current_app.extensions["db"], rule_id, now=now()):
        flash(_("规则已停用。已经合并的人不变。"))
    return redirect(url_for("admin.identity_rules"), 303)


@bp.post("/admin/identities/rules/apply")
def apply_all_rules() -> ResponseReturnValue:
    """Joins who is one person by rule; tells who could not be."""
    done = apply_rules(current_app.extensions["db"], made_by=me().id, now=now())
    flash(_("合并了 %(n)d 对，%(m)d 对未能合并。", n=len(done.joined), m=len(done.refused)))
    if not done.refused:
        return redirect(url_for("admin.identity_rules"), 303)
    refused = [(same, [told(fault) for fault in faults]) for same, faults in done.refused]
    return _rules(refused=refused)


@bp.app_template_filter("why_one")
def why_one(event: Row[Any]) -> str:
    """Why a join or split happened, in the language of the page: people's words as they are, those of a rule in ours."""
    if event.rule_id is not None and event.reason:
        kind, _space, places = event.reason.partition(": ")[2].partition(" ")  # actions.identity_rules.Same.reason
        return f"{KIND_WORDS.get(kind, kind)} {places}"
    return _("邮箱和它的 SHA-1") if event.reason == MAIL_AND_DIGEST else str(event.reason)


def _person(
    learner_id: int, faults: list[str] | None = None, chosen: list[str] | None = None, reason: str = ""
) -> ResponseReturnValue:
    with reading(current_app.extensions["db"]) as db:
        known = known_people(db, [learner_id])
        events = history.events(db, learner_id, PAGE)
        joined = people.people_rows(db, history.joined_into(db, learner_id))
    if learner_id not in known["people"]:
        abort(404)
    shown = render_template(
        "admin/identity.html",
        id=learner_id,
        events=events,
        joined=joined,
        faults=faults,
        chosen=chosen or [],
        reason=reason,
        max_reason=MAX_REASON,
        zone=zone(),
        **known,
    )
    return shown, 400 if faults else 200


def _compare(
    learner_id: int, into: int | None, faults: list[str] | None = None, reason: str = ""
) -> ResponseReturnValue:
    asked, number = request.args.get("q", "").strip()[:200].replace("\0", ""), page_number()
    db = current_app.extensions["db"]
    into = into if into is not None and 0 < into <= LARGEST_ID else None
    with reading(db) as tx:
        found, total = people.search_people(tx, asked, PAGE, (number - 1) * PAGE) if asked else ([], 0)
        known = known_people(tx, [learner_id, *found, *([] if into is None else [into])])
    if learner_id not in known["people"] or (into is not None and into not in known["people"]):
        abort(404)
    in_the_way = [] if into is None else [told(fault) for fault in what_stands_in_the_way(db, learner_id, into)]
    shown = render_template(
        "admin/identity_join.html",
        id=learner_id,
        into=into,
        asked=asked,
        found=[one for one in found if one != learner_id],
        page=Page(number, total),
        in_the_way=in_the_way,
        faults=None if faults == in_the_way else faults,
        reason=reason,
        max_reason=MAX_REASON,
        **known,
    )
    return shown, 400 if faults else 200


def _rules(
    form: dict[str, str] | None = None, faults: list[str] | None = None, refused: list[Any] | None = None
) -> ResponseReturnValue:
    with reading(current_app.extensions["db"]) as db:
        rows = all_rules(db)
    shown = render_template(
        "admin/identity_rules.html",
        rows=rows,
        kinds=KINDS,
        words=KIND_WORDS,
        form=form or {},
        faults=faults,
        refused=refused,
        max_place=MAX_PLACE,
        zone=zone(),
    )
    return shown, 400 if faults else 200


def known_people(db: Any, ids: list[int]) -> dict[str, Any]:
    """What the pages show of these people, by learner."""
    rows = history.identities_of(db, ids)
    mine: dict[int, list[Any]] = {}
    for row in rows:
        mine.setdefault(row.learner_id, []).append(row)
    return {
        "people": people.people_rows(db, ids),
        "schools": people.enrolments_of(db, ids),
        "identities_of": mine,
        "counts": people.statement_counts(db, rows),
        "how": HOW,
    }
