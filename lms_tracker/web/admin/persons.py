"""Personal information: finding a person, the copy of what is held, erasing it, and the certificates of that."""

import json
from typing import Any

from flask import Response, abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as N_
from sqlalchemy import Row

from lms_tracker.actions.erase_person import ErasureRefused, Preview, clean_up, erase_person, preview_erasure
from lms_tracker.core.typed import legible
from lms_tracker.store import erasure as store
from lms_tracker.store.db import reading
from lms_tracker.store.find_people import people_rows, search_people
from lms_tracker.web.admin import bp
from lms_tracker.web.admin.parts import PAGE, Page, page_number, zone
from lms_tracker.web.clock import now
from lms_tracker.web.people import me
from lms_tracker.web.privacy import copy_of

MAX_REASON = 500
WHAT = {
    "statements": N_("本人的学习记录（语句）：删除"),
    "redacted": N_("他人记录中提到本人之处：换成化名"),
    "attachments": N_("只有这些记录用到的附件：删除"),
    "documents": N_("学习状态等文档：删除"),
    "quarantine": N_("隔离区中提到本人的请求：删除"),
    "put_aside": N_("转发时搁置的记录：删除"),
    "credentials": N_("只为本人发放的密钥：撤销"),
    "identities": N_("标识（邮箱、平台账号等）：删除"),
    "accounts": N_("登录账号：删除"),
    "roles": N_("职务：删除"),
    "remarks": N_("作业评语：删除"),
    "marks": N_("作业分数：以化名保留"),
    "certificates": N_("结业证书：删除，查验页从此查不到"),
    "objections": N_("对公示结果的异议：删除"),
    "results_redacted": N_("已冻结的成绩：去掉姓名与学校，分数保留"),
    "achievements": N_("出勤、考试、证书等记录：以化名保留，去掉名称与备注"),
    "decisions": N_("关于本人学习时间的审核决定：删除"),
    "appeals": N_("本人的申诉及附件：删除"),
    "player_sessions": N_("播放器的学习记录：删除"),
    "beats": N_("播放器的心跳：删除"),
    "submissions": N_("本人提交的作业（各版本、附件、评语）：删除"),
    "peer_reviews": N_("给同学的互评：保留，不再署名"),
    "declarations": N_("本人的申报（请假、成果、笔记、读书）及材料：删除"),
    "exams": N_("考试成绩：以化名保留，去掉地址、设备与备注"),
    "presences": N_("出勤登记：以化名保留，去掉说明"),
}
"""By the counts of a preview and of a certificate."""


@bp.get("/admin/persons")
def persons() -> ResponseReturnValue:
    """Whom ?q= finds, and all erasures, the latest first."""
    asked, number = request.args.get("q", "").strip()[:200].replace("\0", ""), page_number()
    with reading(current_app.extensions["db"]) as db:
        ids, found = search_people(db, asked, PAGE, (number - 1) * PAGE) if asked else ([], 0)
        people = people_rows(db, ids)
        before = request.args.get("before", type=int)
        erasures = store.erasures(db, PAGE + 1, before)
    return render_template(
        "admin/persons.html",
        asked=asked,
        people=[people[id] for id in ids],
        page=Page(number, found),
        erasures=erasures[:PAGE],
        older=erasures[PAGE - 1].id if len(erasures) > PAGE else None,
        zone=zone(),
    )


@bp.get("/admin/persons/<int:learner_id>")
def person(learner_id: int) -> ResponseReturnValue:
    return _page(learner_id)


@bp.get("/admin/persons/<int:learner_id>/export")
def person_export(learner_id: int) -> ResponseReturnValue:
    return copy_of(learner_id)


@bp.post("/admin/persons/<int:learner_id>/erase")
def erase(learner_id: int) -> ResponseReturnValue:
    """Only upon the counts that were shown, with a reason, and the name typed."""
    form = request.form
    reason = legible(form.get("reason", ""))[:MAX_REASON]
    preview = _preview(learner_id)
    if form.get("seen") != preview.digest:
        return _page(learner_id, _("数据刚有变化，请看过新的数目后再确认。什么也没有改变。"), reason)
    if not reason:
        return _page(learner_id, _("请写明理由。什么也没有改变。"), reason)
    if form.get("name", "").strip() != name_to_type(preview):
        return _page(learner_id, _("输入的姓名不一致。什么也没有改变。"), reason)
    try:
        number = erase_person(
            current_app.extensions["db"],
            learner_id,
            ordered_by=me().login,
            reason=reason,
            now=now(),
            block="block" in form,
            seen=preview.digest,
        )
    except ErasureRefused:
        return _page(learner_id, _("数据刚有变化，请看过新的数目后再确认。什么也没有改变。"), reason)
    flash(_("已删除。这是证明，请存档。"))
    return redirect(url_for("admin.erasure", erasure_id=number), 303)


@bp.get("/admin/erasures/<int:erasure_id>")
def erasure(erasure_id: int) -> ResponseReturnValue:
    """The certificate, to read."""
    row = _erasure(erasure_id)
    return render_template(
        "admin/erasure.html", row=row, certificate=json.loads(row.certificate), what=WHAT, zone=zone()
    )


@bp.get("/admin/erasures/<int:erasure_id>.json")
def certificate(erasure_id: int) -> ResponseReturnValue:
    """The certificate, byte for byte as it was sealed."""
    answer = Response(_erasure(erasure_id).certificate, mimetype="application/json")
    answer.headers["Content-Disposition"] = f"attachment; filename=erasure-{erasure_id}.json"
    return answer


@bp.post("/admin/persons/clean")
def clean() -> ResponseReturnValue:
    """Rid the database's files of what was erased."""
    done = clean_up(current_app.extensions["db"], now())
    flash(_("数据库文件已清理。") if done else _("数据库正忙，请稍后再试；后台也会每天再试。"))
    return redirect(url_for("admin.persons"), 303)


def name_to_type(preview: Preview) -> str:
    """What somebody types who means it: the name, or the number where there is none."""
    return (preview.person.name or str(preview.person.learner_id)).strip()


def _page(learner_id: int, fault: str | None = None, reason: str = "") -> ResponseReturnValue:
    preview = _preview(learner_id)
    shown = render_template(
        "admin/person.html",
        preview=preview,
        who=preview.person,
        to_type=name_to_type(preview),
        what=WHAT,
        fault=fault,
        reason=reason,
        max_reason=MAX_REASON,
    )
    return shown, 400 if fault else 200


def _preview(learner_id: int) -> Preview:
    try:
        return preview_erasure(current_app.extensions["db"], learner_id, now())
    except ErasureRefused:
        abort(404)


def _erasure(erasure_id: int) -> Row[Any]:
    with reading(current_app.extensions["db"]) as db:
        row = store.erasure_by_id(db, erasure_id)
    if row is None:
        abort(404)
    return row
