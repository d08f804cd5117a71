"""What people read when something goes wrong: one table from status to words."""

import logging

from flask import Flask, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import HTTPException

from lms_tracker.core.study.policy import PolicyErrors
from lms_tracker.core.uploads import MB

log = logging.getLogger(__name__)

NOT_WRITABLE = ("readonly", "read-only", "disk is full", "no space left")
"""What SQLite and PostgreSQL say of a database that takes nothing."""


def words(status: int) -> tuple[str, str]:
    """Title and advice for a status, in the language of the request."""
    known = {
        400: (_("请求有误"), _("服务器没有看懂这次请求，什么也没有改变。请返回上一页，检查后再试。")),
        403: (_("不允许这样做"), _("您的账号没有这项权限。如有疑问，请联系继教中心。")),
        404: (_("找不到这个页面"), _("地址可能有误，或者这个页面不对您开放。请从首页重新进入。")),
        405: (_("不能这样打开"), _("这个地址只接受表单提交。请从首页重新进入。")),
        413: (_("内容太大"), _too_large()),
        429: (_("操作太频繁"), _("请稍等几分钟再试。")),
        500: (_("系统出错了"), _("出错的是系统，不是您。刚才的操作没有保存，错误已记入日志；请稍后再试。")),
        503: (_("系统正忙"), _("数据库正忙，什么也没有改变。请过一会儿再试。")),
    }
    return known.get(status) or known[500 if status >= 500 else 400]


def _too_large() -> str:
    most = f"{(request.max_content_length or 0) / MB:.1f}"
    return _(
        "这张表单连同附件最多 %(mb)s MB，这次提交的超过了上限，什么也没有保存。"
        "请用浏览器的“后退”回到原来的页面，写过的字一般还在那里；换成小一些的附件或减少内容后再提交。",
        mb=most,
    )


def page(status: int, title: str | None = None, advice: str | None = None) -> ResponseReturnValue:
    """An error page."""
    own_title, own_advice = words(status)
    shown = render_template("errors/error.html", status=status, title=title or own_title, advice=advice or own_advice)
    return shown, status


def register(app: Flask) -> None:
    @app.errorhandler(CSRFError)
    def expired(_error: CSRFError) -> ResponseReturnValue:
        return page(400, _("页面已过期"), _("登录状态已经改变，或者页面打开得太久。请刷新页面后重新提交。"))

    @app.errorhandler(HTTPException)
    def refused(error: HTTPException) -> ResponseReturnValue:
        if request.blueprint == "xapi" or request.path.startswith("/xapi/"):
            return error  # machines read the plain answer
        if error.code is None or error.code < 400:
            return error  # Werkzeug's redirects are exceptions too
        return page(error.code)

    @app.errorhandler(Exception)
    def broken(error: Exception) -> ResponseReturnValue:
        log.exception("%s %s failed", request.method, request.path)
        if request.blueprint == "xapi" or request.path.startswith("/xapi/"):
            return {"error": "internal error; nothing was stored"}, 500
        return page(*_own_words(error))


def _own_words(error: Exception) -> tuple[int, str | None, str | None]:
    """Status, title and advice of what went wrong on our side; the last two None where the status says enough."""
    if isinstance(error, PolicyErrors):
        return (
            500,
            _("计分规则有误"),
            _("计分规则文件里有错误，暂时算不出成绩；什么也没有改变。请告诉继教中心的管理员。"),
        )
    said = str(error.orig).lower() if isinstance(error, DBAPIError) else ""
    if any(sign in said for sign in NOT_WRITABLE):
        return 503, _("暂时只能查看"), _("数据库现在不能写入，什么也没有改变。请告诉继教中心的管理员。")
    return 503 if "locked" in said else 500, None, None
