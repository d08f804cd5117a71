"""What all xAPI resources share: who asks, in which version, and how refusals look (Communication 1.2, 3.2-4)."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime

from flask import Blueprint, Response, current_app, g, jsonify, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound, RequestEntityTooLarge

from lms_tracker.actions.blocked import Blocked
from lms_tracker.actions.credentials import authenticate, note_use
from lms_tracker.actions.ingest import Conflict, Revoked
from lms_tracker.core.xapi import versions
from lms_tracker.core.xapi.documents import DocumentError, PreconditionFailed, Unguarded
from lms_tracker.core.xapi.errors import StatementError
from lms_tracker.core.xapi.timestamps import format_timestamp
from lms_tracker.core.xapi.versions import SUPPORTED, is_supported
from lms_tracker.lrs import cors
from lms_tracker.lrs.permissions import lack
from lms_tracker.lrs.refusals import ERASED, Refusal, keep_refusal
from lms_tracker.lrs.under_way import UnderWay
from lms_tracker.settings import Settings
from lms_tracker.store.credentials import Closed, Credential

log = logging.getLogger(__name__)

VERSION = "X-Experience-API-Version"
CONSISTENT_THROUGH = "X-Experience-API-Consistent-Through"
NO_KEY = "a valid key and secret are needed (HTTP Basic)"
FORBIDDEN = {"bounds", "void"}
"""Rules of statements that are well-formed, but not the credential's to send."""
OPEN_ENDPOINTS = {"xapi.about", "xapi.openapi"}
"""Communication 2.8 and 4: what can be asked without a key, and without naming a version."""
UNKNOWN = "xapi.unknown"


class Refused(Exception):
    """An answer other than success: status and reason."""

    def __init__(self, status: int, reason: str, *, path: str | None = None, rule: str | None = None) -> None:
        self.status, self.reason, self.path, self.rule = status, reason, path, rule
        super().__init__(reason)


def blueprint(settings: Settings) -> Blueprint:
    """The blueprint of all resources, with checks before and headers after each request."""
    resources = Blueprint("xapi", __name__, url_prefix="/xapi")
    under_way = UnderWay()
    cors.add_headers(resources, settings.xapi_origins)

    @resources.before_request
    def admit() -> None:
        clock: Callable[[], datetime] = current_app.extensions.get("now") or (lambda: datetime.now(UTC))
        stores = request.method in ("POST", "PUT") and request.path.endswith("/statements")
        g.request = object()
        g.at, g.through = under_way.begin(clock, g.request, stores=stores)
        g.credential, g.remembered = None, False
        if request.endpoint in OPEN_ENDPOINTS:
            return
        # Who stores or asks for statements is looked at where that is done: Closed, and Revoked of actions.ingest.
        g.remembered = request.path.endswith("/statements")
        g.credential = _who(remembered=g.remembered)
        if (missing := lack(g.credential, request.endpoint)) is not None:
            raise Refused(403, missing, rule="scope")
        asked = request.headers.get(VERSION)
        if asked is None:
            raise Refused(400, f"the header {VERSION} is missing; this LRS speaks {', '.join(SUPPORTED)}")
        if not is_supported(asked):
            raise Refused(400, f"version {asked[:20]!r} is not supported; this LRS speaks {', '.join(SUPPORTED)}")

    @resources.after_request
    def add_headers(response: Response) -> Response:
        asked = request.headers.get(VERSION, "")
        if g.get("remembered") and 400 <= response.status_code < 500:  # perhaps nothing has looked
            try:
                _who()
            except Refused as e:
                response, response.status_code = _answer(e.status, e.reason)
            if request.method in ("POST", "PUT"):
                keep_refusal(response.status_code)
        if g.get("credential") is not None:
            note_use(db(), g.credential, now=g.at)
        response.headers[VERSION] = asked if is_supported(asked) else settings.xapi_default_version
        # There is no delayed index: what was answered before this request began is found by it.
        if "through" in g:  # not for a browser's question ahead
            response.headers[CONSISTENT_THROUGH] = format_timestamp(g.through)
        return response

    @resources.teardown_request
    def end(_: BaseException | None) -> None:
        under_way.end(g.get("request"))

    _add_error_answers(resources)
    return resources


def add_fallback(resources: Blueprint) -> None:
    """Unknown resources are refused like known ones: first the key, then 404. A method that one lacks: 405."""
    methods = ["GET", "PUT", "POST", "DELETE", "PATCH"]

    @resources.route("/", defaults={"rest": ""}, methods=methods)
    @resources.route("/<path:rest>", methods=methods)
    def unknown(rest: str) -> ResponseReturnValue:
        if has := _methods_here():
            raise MethodNotAllowed(has)
        raise NotFound(f"there is no xAPI resource {rest[:80]!r} here")

    @resources.after_request
    def say_what_is_allowed(response: Response) -> Response:
        if request.method == "OPTIONS" and "Allow" in response.headers:  # Flask counts the route above
            response.headers["Allow"] = ", ".join(_methods_here())
        return response


def _methods_here() -> list[str]:
    """The methods of the resource at this request's address; none where there is no resource."""
    rules = [r for r in current_app.url_map.iter_rules() if r.rule == request.path and r.endpoint != UNKNOWN]
    return sorted({method for rule in rules for method in rule.methods or ()})


def now() -> datetime:
    """The instant at which this request began; tests put another clock into `app.extensions["now"]`."""
    at: datetime = g.at
    return at


def db() -> Engine:
    """The application's database."""
    engine: Engine = current_app.extensions["db"]
    return engine


def credential() -> Credential:
    """The source that asks."""
    found: Credential = g.credential
    return found


def read_body() -> bytes:
    """The request's body. Raises RequestEntityTooLarge, and Refused where it is packed: what it holds has no bound."""
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Refused(400, "a body comes as it is, without Content-Encoding", rule="content-type")
    body: bytes = request.get_data(cache=False)
    g.body = body  # what is refused is kept
    # Without Content-Length Werkzeug stops reading at the limit and says nothing.
    if request.content_length is None and len(body) >= current_app.config["MAX_CONTENT_LENGTH"]:
        raise RequestEntityTooLarge
    return body


def is_two() -> bool:
    """Whether the request speaks xAPI 2.0; otherwise it speaks 1.0."""
    return versions.is_two(request.headers.get(VERSION, ""))


def _who(*, remembered: bool = False) -> Credential:
    given = request.authorization
    if given is not None and given.type == "basic":
        found = authenticate(db(), given.username or "", given.password or "", now=g.at, remembered=remembered)
        if found is not None:
            return found
    raise Refused(401, NO_KEY)


def _add_error_answers(resources: Blueprint) -> None:
    @resources.errorhandler(Refused)
    def refused(e: Refused) -> ResponseReturnValue:
        return _answer(e.status, e.reason, path=e.path, rule=e.rule)

    @resources.errorhandler(StatementError)
    def invalid(e: StatementError) -> ResponseReturnValue:
        return _answer(403 if e.rule in FORBIDDEN else 400, e.message, path=e.path, rule=e.rule, statement=e.index)

    @resources.errorhandler(Conflict)
    def conflict(e: Conflict) -> ResponseReturnValue:
        return _answer(409, str(e), path=f"$[{e.index}].id", rule="conflict", statement=e.index)

    @resources.errorhandler(Blocked)
    def blocked(e: Blocked) -> ResponseReturnValue:
        return _answer(403, str(e), path="$.actor" if g.remembered else "agent", rule=ERASED)

    @resources.errorhandler(Closed)
    @resources.errorhandler(Revoked)
    def revoked(_: Exception) -> ResponseReturnValue:
        return _answer(401, NO_KEY)

    @resources.errorhandler(DocumentError)
    def unmergeable(e: DocumentError) -> ResponseReturnValue:
        return _answer(400, str(e), rule="merge")

    @resources.errorhandler(PreconditionFailed)
    def changed(e: PreconditionFailed) -> ResponseReturnValue:
        return _answer(412, str(e), rule="precondition")

    @resources.errorhandler(Unguarded)
    def unguarded(e: Unguarded) -> ResponseReturnValue:
        return _answer(409 if e.exists else 400, str(e), rule="precondition")

    @resources.errorhandler(HTTPException)
    def http(e: HTTPException) -> ResponseReturnValue:
        response, status = _answer(e.code or 500, e.description or e.name)
        for name, value in e.get_headers():
            if name in ("Allow", "Retry-After"):
                response.headers[name] = value
        return response, status

    @resources.errorhandler(PoolTimeout)
    @resources.errorhandler(DBAPIError)
    def database(e: Exception) -> ResponseReturnValue:
        log.error("%s %s: the database answered: %s", request.method, request.path, e)
        if not isinstance(e, OperationalError | InternalError | PoolTimeout):  # PostgreSQL calls read-only internal
            return _answer(500, "internal error; nothing was stored")
        response, status = _answer(503, "the database is busy or cannot be written; nothing was stored, try again")
        response.headers["Retry-After"] = "1"
        return response, status

    @resources.errorhandler(Exception)
    def broken(_: Exception) -> ResponseReturnValue:
        log.exception("%s %s failed", request.method, request.path)
        return _answer(500, "internal error; nothing was stored")


def _answer(
    status: int, reason: str, *, path: str | None = None, rule: str | None = None, statement: int | None = None
) -> tuple[Response, int]:
    g.refusal = Refusal(reason, path, rule, statement)
    response = jsonify(error=reason, path=path, rule=rule, statement=statement)
    if status == 401:
        response.headers["WWW-Authenticate"] = 'Basic realm="xAPI", charset="UTF-8"'
    return response, status
