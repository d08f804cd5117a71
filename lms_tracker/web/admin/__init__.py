"""Administration: for the people who plug the record into LMSs. One module per section, all in one blueprint.

A section is its module here (imported below, so that its routes are known), its line in SECTIONS, its templates under
`templates/admin/`, and its lines in `web/access.py`, where every rule is ADMINISTRATOR.
"""

import logging
from collections.abc import Callable

from flask import Blueprint, Response, current_app, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as N_
from flask_login import current_user
from msgspec import Struct
from sqlalchemy import Connection

from lms_tracker.store import erasure as erasure_store
from lms_tracker.store import forwarding as forwarding_store
from lms_tracker.store import quarantine as quarantine_store
from lms_tracker.store.db import reading
from lms_tracker.web.people import me

log = logging.getLogger(__name__)

bp = Blueprint("admin", __name__)


class Section(Struct, frozen=True):
    """`title` and `what` are lazy texts. `waiting` counts what somebody should look at; None where nothing ever is."""

    endpoint: str
    title: object
    what: object
    waiting: Callable[[Connection], int] | None = None


SECTIONS: tuple[Section, ...] = (
    Section(
        "admin.credentials",
        N_("来源与密钥"),
        N_("哪些平台可以写入和读取学习记录，各有什么权限，最近何时用过。"),
    ),
    Section(
        "admin.identities",
        N_("同一个人"),
        N_("一个人在几个平台上的标识：合并、拆分、规则和历史。"),
    ),
    Section(
        "admin.forwarding",
        N_("转发"),
        N_("把学习记录继续发给别的记录库，例如教育局自己的。"),
        forwarding_store.troubled,
    ),
    Section(
        "admin.quarantine",
        N_("隔离区"),
        N_("已知来源发来而被拒收的语句：查看原因，修改后重放。"),
        quarantine_store.waiting,
    ),
    Section(
        "admin.persons",
        N_("个人信息"),
        N_("答复个人的请求：取走一份副本，或删除；删除的证明。"),
        erasure_store.unscrubbed,
    ),
    Section(
        "admin.retention",
        N_("保存期限"),
        N_("每个来源的学习记录保存多少天。"),
    ),
    Section(
        "admin.api",
        N_("接口试用"),
        N_("查阅 xAPI 接口说明，并在浏览器里试发请求。"),
    ),
)
"""In the order of the page."""


@bp.get("/admin")
def index() -> ResponseReturnValue:
    """All sections, each with the number of things that wait for somebody."""
    with reading(current_app.extensions["db"]) as db:
        waiting = {s.endpoint: s.waiting(db) for s in SECTIONS if s.waiting is not None}
    return render_template("admin/index.html", sections=SECTIONS, waiting=waiting)


LOGGED = {"admin.person", "admin.person_export"}
"""What is logged though it changes nothing: who looked at all that is held of a person, and who took it along."""


@bp.after_request
def log_what_was_done(response: Response) -> Response:
    """Who changed what, and who saw whose data: numbers only, for logs name nobody."""
    done = response.status_code < 400 and current_user.is_authenticated  # strangers are sent to the login
    if done and (request.method == "POST" or request.endpoint in LOGGED):
        of = "".join(f" {name}={value}" for name, value in (request.view_args or {}).items())
        log.info("account %d: %s%s", me().id, request.endpoint, of)
    return response


@bp.app_context_processor
def _sections() -> dict[str, object]:
    return {"admin_sections": SECTIONS}


from lms_tracker.web.admin import api, credentials, forwarding, identities, namesakes, persons, quarantine, retention  # noqa: F401 - their routes
