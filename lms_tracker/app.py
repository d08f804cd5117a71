"""Composition root of the HTTP side: the xAPI resources and the pages in one Flask application."""

import threading
from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask, Request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface

from lms_tracker import lrs, player, web
from lms_tracker.actions.blocked import know_secret
from lms_tracker.paths import PACKAGE, resource
from lms_tracker.settings import Settings, load, with_secret_key
from lms_tracker.store.bell import Bell
from lms_tracker.store.db import open_db
from lms_tracker.web import headers


class _App(Flask):
    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """No function here is a coroutine: looking whether it is, for each of each request, takes a twentieth of it."""
        return func


class _Sessions(SecureCookieSessionInterface):
    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Whoever shows a key has no session; reading and writing one would take a tenth of a request."""
        if request.path.startswith("/xapi/"):
            return self.make_null_session(app)
        return super().open_session(app, request)


def create_app(settings: Settings) -> Flask:
    """The application. `app.extensions["db"]` is the Engine; `["now"]`, where set, is the clock."""
    settings = with_secret_key(settings)
    app = _App("lms_tracker", template_folder=str(resource("templates")), static_folder=str(PACKAGE / "static"))
    app.session_interface = _Sessions()
    app.config["SECRET_KEY"] = settings.secret_key
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body_bytes
    app.extensions["db"] = open_db(settings.database_url)
    know_secret(app.extensions["db"], lambda: settings.secret_key)
    app.extensions["bell"] = Bell(settings.redis_url)
    app.extensions["settings"] = settings
    web.register(app, settings)
    lrs.register(app, settings, list(headers.always(settings).items()))
    player.register(app, settings)
    return app


_lock = threading.Lock()
_app: Flask | None = None


def wsgi(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """For any WSGI server: `lms_tracker.app:wsgi`. Settings are read at the first request."""
    global _app
    if _app is None:
        with _lock:
            if _app is None:
                _app = create_app(load())
    return _app.wsgi_app(environ, start_response)
