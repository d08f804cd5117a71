"""The only place where the pages ask for the time; tests put another clock into `app.extensions["now"]`."""

from datetime import UTC, datetime

from flask import current_app


def now() -> datetime:
    """This instant, aware, in UTC."""
    clock = current_app.extensions.get("now")
    return clock() if clock else datetime.now(UTC)
