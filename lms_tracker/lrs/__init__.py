"""The xAPI resources over HTTP, under /xapi: parse, call one action, answer."""

from flask import Flask

from lms_tracker.lrs import about, about_things, alternate, documents, openapi, protocol, statements
from lms_tracker.settings import Settings


def register(app: Flask, settings: Settings) -> None:
    """Add the resources. `app.extensions["db"]` must be set."""
    resources = protocol.blueprint(settings)
    about.add_routes(resources)
    statements.add_routes(resources)
    documents.add_routes(resources)
    about_things.add_routes(resources)
    openapi.add_routes(resources)
    protocol.add_fallback(resources)
    app.register_blueprint(resources)
    if csrf := app.extensions.get("csrf"):
        csrf.exempt(resources)  # a key in every request, no cookies: nothing to forge
    app.wsgi_app = alternate.AlternateSyntax(app.wsgi_app, settings.max_body_bytes)  # type: ignore[method-assign]
