"""The description of the xAPI resources to read and to try: static/tryit.js makes the page from the OpenAPI document.

A page of our own, for the usual ones (Swagger UI, RapiDoc) speak English only, need inline styles, and weigh a megabyte.
"""

from flask import render_template
from flask.typing import ResponseReturnValue

from lms_tracker.core.xapi.versions import SUPPORTED
from lms_tracker.web.admin import bp


@bp.get("/admin/api")
def api() -> ResponseReturnValue:
    """Requests go from the browser, with a key that is typed in and kept nowhere."""
    return render_template("admin/api.html", versions=SUPPORTED)
