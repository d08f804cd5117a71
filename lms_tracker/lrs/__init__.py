"""The xAPI resources over HTTP, under /xapi: parse, call one action, answer."""

from collections.abc import Sequence
from datetime import UTC, datetime

from flask import Flask

from lms_tracker.lrs import about, about_things, alternate, documents, front, openapi, protocol, statements
from lms_tracker.lrs.asked import Shared
from lms_tracker.lrs.cors import Cors
from lms_tracker.settings import Settings


def register(app: Flask, settings: Settings, always: Sequence[tuple[str, str]]) -> None:
    """Add the resources. `app.extensions["db"]` and `["bell"]` must be set; `["now"]`, where set, is the clock.

    `always` are the headers that the application puts into every answer.
    """

    def clock() -> datetime:
        at: datetime = app.extensions["now"]() if "now" in app.extensions else datetime.now(UTC)
        return at

    shared = Shared(app.extensions["db"], app.extensions["bell"], settings, Cors(settings.xapi_origins), clock)
    app.extensions["xapi"] = shared
    resources = protocol.blueprint(shared)
    about.add_routes(resources)
    statements.add_routes(resources)
    documents.add_routes(resources)
    about_things.add_routes(resources)
    openapi.add_routes(resources)
    protocol.add_fallback(resources)
    app.register_blueprint(resources)
    if csrf := app.extensions.get("csrf"):
        csrf.exempt(resources)  # a key in every request, no cookies: nothing to forge
    before = front.Front(app.wsgi_app, shared, always)
    app.wsgi_app = alternate.AlternateSyntax(before, settings.max_body_bytes, shared.cors)  # type: ignore[method-assign]
