"""The xAPI resources in the Flask application: what stands before and after each of their views."""

from datetime import datetime

from flask import Blueprint, Response, current_app, g, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Engine
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from lms_tracker.lrs import admission
from lms_tracker.lrs.asked import Answer, Asked, Shared
from lms_tracker.lrs.told import told
from lms_tracker.store.credentials import Credential

UNKNOWN = "xapi.unknown"


def blueprint(shared: Shared) -> Blueprint:
    """The blueprint of all resources, with checks before and headers after each request."""
    resources = Blueprint("xapi", __name__, url_prefix="/xapi")

    @resources.before_request
    def admit() -> Response | None:
        if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
            ahead = shared.cors.ahead(request.headers.get("Origin"))
            if ahead is not None:
                return Response(status=204, headers=ahead)
        return admission.admit(current())

    @resources.after_request
    def add_headers(response: Response) -> Response:
        if (instead := admission.second_thought(current(), response.status_code)) is not None:
            response = as_response(instead)
        for name, value in admission.headers(current()):
            if name == "Vary":
                response.vary.add(value)
            else:
                response.headers[name] = value
        return response

    @resources.teardown_request
    def end(_: BaseException | None) -> None:
        admission.leave(current())

    @resources.errorhandler(HTTPException)
    @resources.errorhandler(Exception)
    def refused(e: Exception) -> ResponseReturnValue:
        return as_response(told(current(), e))

    return resources


def as_response(answer: Answer) -> Response:
    """The same for Flask."""
    response = Response(answer.body, answer.status, answer.headers)
    if not answer.body:  # Flask calls nothing HTML
        response.headers.remove("Content-Type")
    return response


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


def current() -> Asked:
    """The request that is being answered."""
    if "asked" not in g:
        g.asked = Asked(request.environ, current_app.extensions["xapi"], request.endpoint)
    found: Asked = g.asked
    return found


def now() -> datetime:
    """The instant at which this request began."""
    return current().now


def db() -> Engine:
    """The application's database."""
    return current().shared.db


def credential() -> Credential:
    """The source that asks."""
    return current().source
