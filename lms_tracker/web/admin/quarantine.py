"""The quarantine: what known sources sent and was refused, to be mended and replayed, or dismissed."""

from contextlib import AbstractContextManager
from datetime import datetime

from flask import abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as N_

from lms_tracker.actions import quarantine as actions
from lms_tracker.actions.quarantine import NotReplayed
from lms_tracker.actions.under_way import UnderWay
from lms_tracker.core.xapi.errors import StatementError
from lms_tracker.core.xapi.marked import marked_lines, readable
from lms_tracker.store import quarantine as store
from lms_tracker.store.db import reading
from lms_tracker.web.access import MAX_FORM_BYTES
from lms_tracker.web.admin import bp
from lms_tracker.web.admin.parts import PAGE, Page, page_number, zone
from lms_tracker.web.clock import now
from lms_tracker.web.people import me
from lms_tracker.web.rule_words import RULE_WORDS, refusal

STATES = {"open": N_("待处理"), "replayed": N_("已重放"), "dismissed": N_("已忽略")}
EDITABLE = MAX_FORM_BYTES // 4
"""Bytes. Written in a form, a byte of Chinese becomes three."""


@bp.get("/admin/quarantine")
def quarantine() -> ResponseReturnValue:
    """What waits, by source and rule, and the requests one by one, the latest first."""
    asked, number = request.args, page_number()
    state = asked.get("state", "open")
    chosen = {
        "source": asked.get("source") or None,
        "rule": asked["rule"] if "rule" in asked and asked.get("source") else None,
        "state": state if state in STATES else None,
    }
    with reading(current_app.extensions["db"]) as db:
        rows, total = store.find(db, **chosen, limit=PAGE, offset=(number - 1) * PAGE)
        kinds, dropped = store.kinds(db), store.dropped(db)
    return render_template(
        "admin/quarantine.html",
        rows=rows,
        page=Page(number, total),
        kinds=kinds,
        dropped=dropped,
        chosen=chosen,
        states=STATES,
        refusal=refusal,
        words=RULE_WORDS,
        zone=zone(),
    )


@bp.get("/admin/quarantine/<int:request_id>")
def refused(request_id: int) -> ResponseReturnValue:
    return _page(request_id)


@bp.post("/admin/quarantine/<int:request_id>/<any(replay, mend, dismiss):what>")
def decide(request_id: int, what: str) -> ResponseReturnValue:
    """Replay as it is, mend and replay, or dismiss. Who, when and why stay with it."""
    db, why = current_app.extensions["db"], request.form.get("why", "").replace("\0", "")
    who = {"by": me().id, "now": now()}
    typed = request.form.get("json", "")
    try:
        if what == "dismiss":
            actions.dismiss(db, request_id, why=why, **who)
            flash(_("已忽略。"))
        else:
            if what == "mend":
                actions.mend(db, request_id, typed.encode("utf-8", "replace"), why=why, **who)
            with _storing() as at:
                stored = actions.replay(db, request_id, home_page=_home_page(), by=me().id, now=at)
            flash(_("已存入 %(n)d 条。", n=stored))
    except NotReplayed as e:
        if e.kind == "gone":
            abort(404)
        if what == "mend" and e.kind in ("reason", "too-large"):
            return _page(request_id, _said(e), typed, why)
        flash(_said(e))
    return redirect(url_for("admin.refused", request_id=request_id), 303)


@bp.post("/admin/quarantine/replay")
def replay_kind() -> ResponseReturnValue:
    """All that one source was refused for one reason."""
    source, rule = request.form.get("source", ""), request.form.get("rule", "")
    db = current_app.extensions["db"]
    with reading(db) as tx:
        ids = store.ids_of(tx, source, rule)
    with _storing() as at:
        done, waiting = actions.replay_all(db, ids, home_page=_home_page(), by=me().id, now=at)
    flash(_("重放了 %(a)d 个请求，还有 %(b)d 个没有通过。", a=done, b=waiting))
    return redirect(url_for("admin.quarantine"), 303)


def _storing() -> AbstractContextManager[datetime]:
    """Whoever reads on meanwhile is not told that what is stored inside is there."""
    under_way: UnderWay = current_app.extensions["xapi"].under_way
    return under_way.storing(now)


def _page(request_id: int, fault: str | None = None, typed: str | None = None, why: str = "") -> ResponseReturnValue:
    with reading(current_app.extensions["db"]) as db:
        row = store.one(db, request_id)
    if row is None:
        abort(404)
    body, is_part = None, False
    try:
        body, is_part = actions.body_of(row)
    except (NotReplayed, StatementError):
        body = None if row.raw is None else bytes(row.raw)
    path = row.path if row.state == "open" else None
    if is_part and path is not None:
        path = path.replace(f"$[{row.position}]", "$", 1)
    lines, is_cut = marked_lines(body, path) if body is not None else ([], False)
    shown = render_template(
        "admin/quarantine_request.html",
        row=row,
        lines=lines,
        is_cut=is_cut,
        original=marked_lines(bytes(row.raw), None)[0] if row.edited is not None and row.raw is not None else [],
        is_part=is_part,
        text=typed if typed is not None else _editable(body),
        why=why if typed is not None else row.note or "",
        fault=fault,
        refusal=refusal,
        states=STATES,
        zone=zone(),
    )
    return shown, 400 if fault else 200


def _editable(body: bytes | None) -> str | None:
    """What can be mended in a form; None for what is too long, or no text."""
    if body is None or len(body) > EDITABLE:
        return None
    try:
        return readable(body)
    except UnicodeDecodeError:
        return None


def _said(e: NotReplayed) -> str:
    words = {
        "reason": _("请写明理由，什么也没有改变。"),
        "closed": _("这个请求已经处理过了。"),
        "too-large": _("内容太大，没有保留，不能重放。"),
        "scope": _("来源的密钥没有写入语句的权限，没有存入。"),
        "erased": _("其中有信息已删除、不再接收的人，没有存入。"),
        "revoked": _("来源的密钥已撤销，没有存入。"),
    }
    return words.get(e.kind) or _(
        "仍不合规则，没有存入。%(path)s：%(reason)s", path=e.path or "$", reason=refusal(e.rule, 400, e.reason)
    )


def _home_page() -> str:
    home: str = current_app.extensions["settings"].public_url
    return home
