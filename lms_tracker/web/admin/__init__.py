"""Administration: for the people who plug the record into LMSs. One module per section, all in one blueprint.

A section is its module here (imported below, so that its routes are known), its line in SECTIONS, its templates under
`templates/admin/`, and its lines in `web/access.py`, where every rule is ADMINISTRATOR.
"""

from collections.abc import Callable

from flask import Blueprint, current_app, render_template
from flask.typing import ResponseReturnValue
from msgspec import Struct
from sqlalchemy import Connection

from lms_tracker.store.db import reading

bp = Blueprint("admin", __name__)


class Section(Struct, frozen=True):
    """`title` and `what` are lazy texts. `waiting` counts what somebody should look at; None where nothing ever is."""

    endpoint: str
    title: object
    what: object
    waiting: Callable[[Connection], int] | None = None


SECTIONS: tuple[Section, ...] = ()
"""In the order of the page."""


@bp.get("/admin")
def index() -> ResponseReturnValue:
    """All sections, each with the number of things that wait for somebody."""
    with reading(current_app.extensions["db"]) as db:
        waiting = {s.endpoint: s.waiting(db) for s in SECTIONS if s.waiting is not None}
    return render_template("admin/index.html", sections=SECTIONS, waiting=waiting)


@bp.app_context_processor
def _sections() -> dict[str, object]:
    return {"admin_sections": SECTIONS}
