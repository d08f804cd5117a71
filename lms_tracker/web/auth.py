"""Logging in and out, changing the password, an address for mail, choosing the language."""

from urllib.parse import urlsplit

from flask import Blueprint, current_app, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user, login_user, logout_user

from lms_tracker.actions.change_password import Change, change_password
from lms_tracker.actions.choose_locale import choose_locale
from lms_tracker.actions.log_in import LOCKED_FOR, Outcome, log_in
from lms_tracker.actions.log_out import log_out
from lms_tracker.actions.mail import set_address
from lms_tracker.actions.passwords import MAX_LENGTH, MIN_LENGTH
from lms_tracker.store.accounts import account_by_id
from lms_tracker.store.db import reading
from lms_tracker.web.clock import now
from lms_tracker.web.i18n import LANGUAGES
from lms_tracker.web.people import Person, me, person_of

bp = Blueprint("auth", __name__)
PLAYER_LOGIN = "player_login"
"""In the session cookie: names this login to the player, so that logging out ends the grants that it was given."""


@bp.route("/login", methods=["GET", "POST"])
def login() -> ResponseReturnValue:
    wanted = inside(request.args.get("next"))
    if request.method != "POST":  # HEAD reads, too
        if current_user.is_authenticated:
            return redirect(wanted)
        return render_template("auth/login.html", wanted=wanted, login="", fault=None)
    name, password = request.form.get("login", "")[:200], request.form.get("password", "")
    checked = log_in(current_app.extensions["db"], name, password, now=now())
    person = person_of(checked.account_id) if checked.account_id is not None else None
    if checked.outcome is not Outcome.WELCOME or person is None:
        locked = checked.outcome is Outcome.LOCKED
        page = render_template("auth/login.html", wanted=wanted, login=name, fault=_locked() if locked else _refused())
        return page, 429 if locked else 401
    _enter(person)
    return redirect(wanted, 303)


@bp.post("/logout")
def logout() -> ResponseReturnValue:
    language = session.get("locale")
    log_out(current_app.extensions["db"], session.get(PLAYER_LOGIN))
    logout_user()
    session.clear()
    if language:
        session["locale"] = language
    flash(_("您已退出登录。"))
    return redirect(url_for("auth.login"), 303)


@bp.route("/password", methods=["GET", "POST"])
def password() -> ResponseReturnValue:
    if request.method != "POST":  # HEAD reads, too
        return render_template("auth/password.html", fault=None, min_length=MIN_LENGTH)
    old, new = request.form.get("old", ""), request.form.get("new", "")
    if new != request.form.get("again", ""):
        return _again(_("两次输入的新密码不一样。"), 400)
    change = change_password(current_app.extensions["db"], me().id, old, new, now=now())
    if change is not Change.DONE:
        return _again(_change_fault(change), 429 if change is Change.LOCKED else 400)
    person = person_of(me().id)
    assert person is not None
    _enter(person)  # this session goes on, all others end
    flash(_("密码已修改。其他设备上的登录已全部退出。"))
    return redirect(url_for("home.index"), 303)


@bp.route("/mail", methods=["GET", "POST"])
def mail() -> ResponseReturnValue:
    """Where one's own reminders go."""
    db = current_app.extensions["db"]
    if request.method != "POST":
        return render_template("auth/mail.html", fault=None, address=_address(), may_send=_may_send())
    given = request.form.get("address", "")
    try:
        kept = set_address(db, me().id, given)
    except ValueError:
        fault = _("这不像是一个邮箱地址，请检查后再试。")
        return render_template("auth/mail.html", fault=fault, address=given, may_send=_may_send()), 400
    flash(_("提醒以后会发到 %(address)s。", address=kept) if kept else _("以后不再给您发邮件。"))
    return redirect(url_for("auth.mail"), 303)


def _address() -> str:
    with reading(current_app.extensions["db"]) as connection:
        row = account_by_id(connection, me().id)
    return (row.mail if row is not None else None) or ""


def _may_send() -> bool:
    return bool(current_app.extensions["settings"].smtp_url)


@bp.post("/language")
def language() -> ResponseReturnValue:
    chosen = request.form.get("locale", "")
    if chosen in LANGUAGES:
        session["locale"] = chosen
        if current_user.is_authenticated:
            choose_locale(current_app.extensions["db"], me().id, chosen)
    return redirect(inside(request.form.get("next")), 303)


def inside(address: str | None) -> str:
    """The address if it is a path of ours, else the home page: nobody is sent to another host."""
    home = url_for("home.index")
    if not address or not address.startswith("/") or address[1:2] in ("/", "\\") or not address.isprintable():
        return home
    parts = urlsplit(address)
    return home if parts.scheme or parts.netloc else address


def _enter(person: Person) -> None:
    language = session.get("locale")
    session.clear()  # nothing that was planted before the login survives it, the CSRF token included
    if language:
        session["locale"] = language
    login_user(person)


def _again(fault: str, status: int) -> ResponseReturnValue:
    return render_template("auth/password.html", fault=fault, min_length=MIN_LENGTH), status


def _refused() -> str:
    return _("登录名或密码不正确。连续输错十次，该登录名将锁定 15 分钟。")


def _locked() -> str:
    minutes = int(LOCKED_FOR.total_seconds() // 60)
    return _(
        "密码连续输错次数过多，该登录名已锁定，请在 %(minutes)d 分钟后再试。忘记密码请联系继教中心。", minutes=minutes
    )


def _change_fault(change: Change) -> str:
    return {
        Change.WRONG: _("原密码不正确，密码没有改变。"),
        Change.LOCKED: _locked(),
        Change.TOO_SHORT: _("新密码至少要有 %(length)d 个字符。", length=MIN_LENGTH),
        Change.TOO_LONG: _("新密码最多 %(length)d 个字符。", length=MAX_LENGTH),
        Change.SAME: _("新密码不能与原密码或登录名相同。"),
    }[change]
