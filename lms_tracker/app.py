"""Composition root of the HTTP side: the xAPI resources and the pages in one Flask application."""

import threading
from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask

from lms_tracker import lrs, web
from lms_tracker.paths import PACKAGE, resource
from lms_tracker.settings import Settings, load, with_secret_key
from lms_tracker.store.bell import Bell
from lms_tracker.store.db import open_db


def create_app(settings: Settings) -> Flask:
    """The application. `app.extensions["db"]` is the Engine; `["now"]`, where set, is the clock."""
    settings = with_secret_key(settings)
    app = Flask("lms_tracker", template_folder=str(resource("templates")), static_folder=str(PACKAGE / "static"))
    app.config["SECRET_KEY"] = settings.secret_key
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body_bytes
    app.extensions["db"] = open_db(settings.database_url)
    app.extensions["bell"] = Bell(settings.redis_url)
    app.extensions["settings"] = settings
    web.register(app, settings)
    lrs.register(app, settings)
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
