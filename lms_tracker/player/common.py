"""What all resources of the player share: refusals as JSON, pages of other origins, and the keys of grants."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime

from flask import Blueprint, Response, current_app, jsonify, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from lms_tracker.actions.blocked import Blocked
from lms_tracker.actions.take_beats import Refused
from lms_tracker.core.player import refusals
from lms_tracker.core.player.checks import Words
from lms_tracker.core.player.grant import Keys
from lms_tracker.settings import Settings

log = logging.getLogger(__name__)

OTHER = {
    "login": (401, Words("请先登录。", "Please log in first.")),
    "csrf": (400, Words("页面已过期，请刷新后再试。", "The page is out of date; load it again.")),
    "not_learner": (403, Words("这个账号没有学习身份。", "This account does not study.")),
    "key": (401, Words("需要有效的密钥。", "A valid key and secret are needed (HTTP Basic).")),
    "scope": (403, Words("这个密钥不能写入学习记录。", "This credential may not write statements.")),
    "bounds": (
        403,
        Words("这个密钥不能代表此人或此活动。", "This credential may not speak of that actor or activity."),
    ),
    "actor": (400, Words("需要一个有标识的 actor。", "An actor with an identifier is needed.")),
    "unknown": (404, Words("没有这个学习者。", "There is no such learner.")),
    "erased": (403, Words("此人的数据已删除，不再接收。", "That person's data was erased; no more is taken.")),
    "no_check": (404, Words("没有这个在场确认，或已结束。", "There is no such check, or it is over.")),
    "active_elsewhere": (
        409,
        Words("您正在另一个页面或设备上学习。", "You are studying on another page or device."),
    ),
    "away": (
        409,
        Words(
            "要学习的内容现在打不开，不计学习时间；恢复后会自动继续。",
            "What is to be studied cannot be opened now, so no time counts; it goes on by itself when it is back.",
        ),
    ),
    "busy": (503, Words("系统正忙，请稍后再试，时间不会丢失。", "Busy; try again in a moment, no time is lost.")),
    "internal": (500, Words("系统出错了，请稍后再试。", "Something went wrong here; try again in a moment.")),
}
"""Refusals that are not of core.player.refusals: status and words."""


class Declined(Exception):
    """An answer other than success; `more` stands beside the error."""

    def __init__(self, code: str, **more: object) -> None:
        self.code, self.more = code, more
        super().__init__(code)


def words_of(code: str) -> tuple[int, Words]:
    """Status and message of a refusal."""
    known = refusals.REFUSALS.get(code)
    return (refusals.STATUS[code], known) if known is not None else OTHER[code]


def error(code: str) -> dict[str, object]:
    """The body of a refusal."""
    _, words = words_of(code)
    return {"error": {"code": code, "message": {"zh": words.zh, "en": words.en}}}


def blueprint(settings: Settings) -> Blueprint:
    """The blueprint, with the headers and refusals of all its resources."""
    resources = Blueprint("live", __name__, url_prefix="/player")
    allows = allowed_origins(settings)

    @resources.before_request
    def answer_ahead() -> Response | None:
        if request.method == "OPTIONS" and allows(request.headers.get("Origin")):
            return Response(status=204, headers=ahead(request.headers["Origin"]))
        return None

    @resources.after_request
    def headers(response: Response) -> Response:
        origin = request.headers.get("Origin")
        response.vary.add("Origin")
        if allows(origin) and origin is not None:
            response.headers["Access-Control-Allow-Origin"] = origin
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    _add_error_answers(resources)
    return resources


def ahead(origin: str) -> dict[str, str]:
    """Headers for a browser's question ahead of a request from another origin."""
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Methods": "POST, GET",
        "Access-Control-Allow-Headers": "Content-Type, Authorization",
        "Access-Control-Max-Age": "600",
        "Vary": "Origin",
    }


def allowed_origins(settings: Settings) -> Callable[[str | None], bool]:
    """Whether pages of an origin may call the player's resources: those that may call the xAPI resources."""
    allowed = {origin.strip().rstrip("/") for origin in settings.xapi_origins.split(",")} - {""}
    return lambda origin: origin is not None and ("*" in allowed or origin in allowed)


def now() -> datetime:
    """This instant; tests put another clock into `app.extensions["now"]`."""
    clock = current_app.extensions.get("now")
    return clock() if clock else datetime.now(UTC)


def db() -> Engine:
    """The application's database."""
    engine: Engine = current_app.extensions["db"]
    return engine


def keys() -> Keys:
    """The keys of grants and proofs."""
    found: Keys = current_app.extensions["player_keys"]
    return found


def _add_error_answers(resources: Blueprint) -> None:
    @resources.errorhandler(Refused)
    @resources.errorhandler(Declined)
    def refused(e: Refused | Declined) -> ResponseReturnValue:
        response = jsonify(error(e.code) | getattr(e, "more", {}))
        response.status_code = words_of(e.code)[0]
        if e.code == "key":
            response.headers["WWW-Authenticate"] = 'Basic realm="player", charset="UTF-8"'
        return response

    @resources.errorhandler(Blocked)
    def blocked(_: Blocked) -> ResponseReturnValue:
        return error("erased"), 403

    @resources.errorhandler(HTTPException)
    def http(e: HTTPException) -> ResponseReturnValue:
        return {"error": {"code": "http", "message": {"zh": e.name, "en": e.name}}}, e.code or 500

    @resources.errorhandler(PoolTimeout)
    @resources.errorhandler(DBAPIError)
    def database(e: Exception) -> ResponseReturnValue:
        log.error("%s %s: the database answered: %s", request.method, request.path, e)
        return error("busy"), 503, {"Retry-After": "2"}

    @resources.errorhandler(Exception)
    def broken(_: Exception) -> ResponseReturnValue:
        log.exception("%s %s failed", request.method, request.path)
        return error("internal"), 500
