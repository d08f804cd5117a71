"""Forwarding: the record stores that statements go on to, how far each is, and what it did not take."""

from typing import Any

from flask import abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as N_
from msgspec import json
from sqlalchemy import Row

from lms_tracker.actions import targets
from lms_tracker.actions.targets import TargetForm, TargetRefused
from lms_tracker.core.forwarding import MOST_ASIDE, VERSIONS, Filter
from lms_tracker.store import forwarding as store
from lms_tracker.store.db import reading
from lms_tracker.web.admin import bp
from lms_tracker.web.admin.parts import PAGE, Page, page_number, zone
from lms_tracker.web.clock import now

TROUBLES = {
    "unreachable": N_("地址没有应答"),
    "timeout": N_("对方没有及时应答"),
    "cut": N_("连接在应答之前断开"),
    "tls": N_("对方的证书不可信"),
    "credentials": N_("对方不接受密钥，或者不允许写入"),
    "address": N_("这个地址上没有记录库"),
    "busy": N_("对方要求稍后再来"),
    "failing": N_("对方自己出错"),
    "answer": N_("应答不像来自记录库"),
    "secret": N_("系统密钥已更换，请重新填写对方的密钥"),
    "refuses-all": N_("对方连续拒收了一百条，已自动暂停，请先查明原因"),
    "aside-full": N_("对方没有收下的已有一万条，已自动暂停：请重新发送，或者放弃"),
    "internal": N_("本系统出错，详情见日志"),
}
ASIDE = {
    "refused": N_("对方认为不合规则"),
    "conflict": N_("对方已有同号的另一条"),
    "too-large": N_("超过对方的上限"),
    "failing": N_("对方处理这一条时总是出错"),
    "version": N_("2.0 的语句，对方只用 1.0"),
}
LINES = {
    "verbs": N_("动词"),
    "activities": N_("活动"),
    "sources": N_("来源"),
    "categories": N_("类别"),
    "programmes": N_("培训项目"),
    "organisations": N_("单位"),
}
"""Of a filter."""
HINTS = {
    "verbs": N_("动词的 IRI"),
    "activities": N_("活动的 IRI；末尾写 * 表示以此开头的都算"),
    "sources": N_("密钥的名称"),
    "categories": N_("contextActivities.category 中的 IRI"),
    "programmes": N_("项目代号：发送时是该项目学员的"),
    "organisations": N_("单位名称：发送时是该单位或其下属单位学员的"),
}


@bp.get("/admin/forwarding")
def forwarding() -> ResponseReturnValue:
    """All targets with their state."""
    with reading(current_app.extensions["db"]) as db:
        rows = store.targets(db)
        waiting = {row.id: store.waiting(db, row.position) for row in rows}
        former = store.former_targets(db)
    return render_template("admin/forwarding.html", rows=rows, waiting=waiting, former=former, **_words())


@bp.get("/admin/forwarding/new")
def new_target() -> ResponseReturnValue:
    return _form(TargetForm("", ""), None)


@bp.post("/admin/forwarding/new")
def add_target() -> ResponseReturnValue:
    """A new target; its first statements go within a second or two."""
    form, from_beginning = _given(), request.form.get("start") == "beginning"
    key = current_app.config["SECRET_KEY"]
    try:
        made = targets.add_target(
            current_app.extensions["db"], form, from_beginning=from_beginning, secret_key=key, now=now()
        )
    except TargetRefused as e:
        return _form(form, None, e.faults, from_beginning)
    flash(_("已添加。"))
    return redirect(url_for("admin.target", target_id=made), 303)


@bp.get("/admin/forwarding/<int:target_id>")
def target(target_id: int) -> ResponseReturnValue:
    """How far it is, what is wrong, and what was put aside."""
    number = page_number()
    with reading(current_app.extensions["db"]) as db:
        row = store.target(db, target_id)
        if row is None:
            abort(404)
        aside = store.aside(db, target_id, PAGE, (number - 1) * PAGE)
        waiting = store.waiting(db, row.position)
    return render_template(
        "admin/forwarding_target.html",
        row=row,
        aside=aside,
        waiting=waiting,
        page=Page(number, row.aside),
        filter=_filter(row.filter),
        **_words(),
    )


@bp.get("/admin/forwarding/<int:target_id>/edit")
def edit_target(target_id: int) -> ResponseReturnValue:
    row = _row(target_id)
    return _form(TargetForm(row.name, row.endpoint, row.username, "", row.version, _filter(row.filter)), target_id)


@bp.post("/admin/forwarding/<int:target_id>/edit")
def change_target(target_id: int) -> ResponseReturnValue:
    """An empty secret leaves the one there is."""
    _row(target_id)
    form, key = _given(), current_app.config["SECRET_KEY"]
    try:
        targets.change_target(current_app.extensions["db"], target_id, form, secret_key=key, now=now())
    except TargetRefused as e:
        return _form(form, target_id, e.faults)
    flash(_("已保存。"))
    return redirect(url_for("admin.target", target_id=target_id), 303)


@bp.post("/admin/forwarding/<int:target_id>/<any(pause, resume, again, give_up, remove):what>")
def steer_target(target_id: int, what: str) -> ResponseReturnValue:
    """Pause, go on, send once more what was put aside (one, or all), give it up, or forget the target."""
    row, db = _row(target_id), current_app.extensions["db"]
    if what in ("remove", "give_up") and request.form.get("sure") != "yes":
        flash(_("请先勾选确认。什么也没有改变。"))
        return redirect(url_for("admin.target", target_id=target_id), 303)
    if what == "remove":
        targets.remove(db, target_id, now())
        flash(_("已删除 %(name)s。", name=row.name))
        return redirect(url_for("admin.forwarding"), 303)
    if what == "again":
        seq = request.form.get("seq", "")
        asked = targets.ask_again(db, target_id, int(seq) if seq.isdecimal() and len(seq) < 19 else None, now())
        flash(_("%(n)d 条将重新发送。", n=asked))
    elif what == "give_up":
        flash(_("已放弃 %(n)d 条，不再发送。", n=targets.give_up(db, target_id)))
    else:
        (targets.pause if what == "pause" else targets.resume)(db, target_id, now())
        flash(_("已暂停。") if what == "pause" else _("已继续。"))
    return redirect(url_for("admin.target", target_id=target_id), 303)


def _row(target_id: int) -> Row[Any]:
    with reading(current_app.extensions["db"]) as db:
        row = store.target(db, target_id)
    return row if row is not None else abort(404)


def _given() -> TargetForm:
    form = request.form
    lines = {key: [line.strip() for line in form.get(key, "").splitlines() if line.strip()] for key in LINES}
    plain = {key: form.get(key, "").strip() for key in ("name", "endpoint", "username", "secret")}
    filter = {key: values for key, values in lines.items() if values}
    return TargetForm(**plain, version=form.get("version", VERSIONS[0]), filter=filter)


def _form(
    form: TargetForm, target_id: int | None, faults: list[str] | None = None, from_beginning: bool = False
) -> ResponseReturnValue:
    shown = render_template(
        "admin/forwarding_form.html",
        form=form,
        target_id=target_id,
        faults=[_fault(fault) for fault in faults or ()],
        from_beginning=from_beginning,
        versions=VERSIONS,
        lines=LINES,
        hints=HINTS,
    )
    return shown, 400 if faults else 200


def _fault(fault: str) -> str:
    """In the words of the page: which field, and what was wrong where that is not plain."""
    key, _colon, what = fault.partition(": ")
    fields = {
        "name": _("名称要填写，不能与别的目标相同，最多 500 字。"),
        "endpoint": _("地址须以 https:// 或 http:// 开头，不含密钥、问号和井号。"),
        "username": _("用户名最多 500 字，不能有冒号。"),
        "secret": _("密钥要填写，改了地址后也要重新填写；最多 500 字。"),
        "version": _("版本只能选列出的。"),
    }
    if key in fields:
        return fields[key]
    line = LINES.get(key.removeprefix("filter."), key)
    return _("%(line)s：有不认识或写错的内容（%(what)s）", line=line, what=what)


def _filter(text: str) -> dict[str, list[str]]:
    filter = json.decode(text, type=Filter)
    return {key: list(values) for key in LINES if (values := getattr(filter, key))}


def _words() -> dict[str, object]:
    counts = {"up_to": store.COUNT_UP_TO, "most_aside": MOST_ASIDE}
    return {"troubles": TROUBLES, "kinds": ASIDE, "lines": LINES, "zone": zone(), **counts}
