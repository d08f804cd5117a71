"""Keys of sources: who may send and read what, since when, until when, and used when."""

from datetime import UTC, datetime, time
from typing import Any

from flask import abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as N_
from sqlalchemy import Row

from lms_tracker.actions.credentials import (
    EVIDENCE,
    MAX_NAME,
    CredentialError,
    create_credential,
    revoke_credential,
    rotate_secret,
)
from lms_tracker.core.roster import parse_actor
from lms_tracker.core.xapi.actors import identify
from lms_tracker.core.xapi.scopes import SCOPES, USUAL, Bounds
from lms_tracker.store import credentials as store
from lms_tracker.store.db import reading
from lms_tracker.web.admin import bp
from lms_tracker.web.admin.parts import PAGE, Page, page_number, zone
from lms_tracker.web.clock import now

WORDS = {
    "statements/write": N_("写入语句"),
    "statements/read/mine": N_("读取自己写入的语句"),
    "statements/read": N_("读取所有来源的语句"),
    "state": N_("读写学习状态"),
    "profile": N_("读写活动与人员的档案"),
    "define": N_("更新活动的名称和说明"),
    "all/read": N_("读取全部数据"),
    "all": N_("不受限制"),
}
EVIDENCE_WORDS = {"declared": N_("自报"), "proved": N_("已证实")}
FAULTS = {
    "name": N_("请填写名称，最多 %(n)d 个字。", n=MAX_NAME),
    "taken": N_("这个名称已经用过。停用的名称也不再给别人：学习时间账目里记着它。"),
    "evidence": N_("请选择证据的等级。"),
    "scopes": N_("请至少选一项权限。"),
    "bounds": N_("限定了人员或活动的密钥只能有这几项权限：写入语句、读取自己写入的语句、学习状态、档案。"),
    "actor": N_("人员应写成邮箱，或者“https://平台地址 账号”。"),
    "activity": N_("活动应是完整的地址（IRI）。"),
    "expires": N_("失效日期应在今天之后。"),
}


@bp.get("/admin/credentials")
def credentials() -> ResponseReturnValue:
    """All keys, those in use first."""
    number = page_number()
    with reading(current_app.extensions["db"]) as db:
        rows, total = store.credentials_page(db, PAGE, (number - 1) * PAGE)
    return render_template("admin/credentials.html", rows=rows, page=Page(number, total), **_common())


@bp.get("/admin/credentials/new")
def new_credential() -> ResponseReturnValue:
    return _form({"evidence": "declared"}, USUAL)


@bp.post("/admin/credentials/new")
def add_credential() -> ResponseReturnValue:
    """Makes a key. Its secret is on this one answer and nowhere else, so there is no redirect."""
    form = {key: request.form.get(key, "").replace("\0", "").strip() for key in _FIELDS}
    scopes = tuple(request.form.getlist("scope"))
    try:
        credential, secret = create_credential(
            current_app.extensions["db"],
            form["name"],
            evidence=form["evidence"],
            scopes=scopes,
            bounds=Bounds(_actor(form["actor"]), form["activity"] or None),
            expires_at=_day(form["expires"]),
            now=now(),
        )
    except CredentialError as e:
        return _form(form, scopes, e.about)
    return _secret(credential.name, credential.key, secret)


@bp.get("/admin/credentials/<int:credential_id>")
def credential(credential_id: int) -> ResponseReturnValue:
    return render_template("admin/credential.html", row=_row(credential_id), **_common())


@bp.post("/admin/credentials/<int:credential_id>/rotate")
def rotate_credential(credential_id: int) -> ResponseReturnValue:
    """A new secret, shown on this one answer."""
    row = _row(credential_id)
    made = rotate_secret(current_app.extensions["db"], row.name)
    if made is None:
        flash(_("这个密钥已经停用，没有改变。"))
        return redirect(url_for("admin.credential", credential_id=credential_id), 303)
    return _secret(row.name, *made)


@bp.post("/admin/credentials/<int:credential_id>/revoke")
def revoke_a_credential(credential_id: int) -> ResponseReturnValue:
    """Closes the door at once."""
    if revoke_credential(current_app.extensions["db"], _row(credential_id).name, now=now()):
        flash(_("已停用，从现在起不能再用。它写入的语句都还在。"))
    return redirect(url_for("admin.credential", credential_id=credential_id), 303)


_FIELDS = ("name", "evidence", "actor", "activity", "expires")


def _form(form: dict[str, str], scopes: tuple[str, ...], fault: str | None = None) -> ResponseReturnValue:
    shown = render_template(
        "admin/credential_form.html",
        form=form,
        chosen=scopes,
        scopes=SCOPES,
        evidence=EVIDENCE,
        fault=fault,
        faults=FAULTS,
        max_name=MAX_NAME,
        **_common(),
    )
    return shown, 400 if fault else 200


def _secret(name: str, key: str, secret: str) -> ResponseReturnValue:
    endpoint = f"{current_app.extensions['settings'].public_url}/xapi/"
    return render_template("admin/credential_secret.html", name=name, key=key, secret=secret, endpoint=endpoint)


def _common() -> dict[str, Any]:
    return {"words": WORDS, "evidence_words": EVIDENCE_WORDS, "zone": zone(), "now": now()}


def _row(credential_id: int) -> Row[Any]:
    with reading(current_app.extensions["db"]) as db:
        row = store.credential_by_id(db, credential_id)
    if row is None:
        abort(404)
    return row


def _actor(text: str) -> str | None:
    try:
        return identify(parse_actor(text)) if text else None
    except ValueError as e:
        raise CredentialError("actor", str(e)) from e


def _day(text: str) -> datetime | None:
    """The beginning of a day in the zone of administration."""
    try:
        return datetime.combine(datetime.fromisoformat(text), time(), zone()).astimezone(UTC) if text else None
    except ValueError as e:
        raise CredentialError("expires", str(e)) from e
