"""`GET /player/profile`: the study-time profile as an xAPI Profile document (JSON-LD)."""

import msgspec
from flask import Blueprint, current_app
from flask.typing import ResponseReturnValue

from lms_tracker.core.player.profile import PROFILE

_DOCUMENT = msgspec.json.format(msgspec.json.encode(PROFILE), indent=2)


def add_routes(resources: Blueprint) -> None:
    """`live.profile`."""

    @resources.get("/profile")
    def profile() -> ResponseReturnValue:
        answer = current_app.response_class(_DOCUMENT, mimetype="application/ld+json")
        answer.headers["Cache-Control"] = "public, max-age=3600"
        answer.headers["Access-Control-Allow-Origin"] = "*"
        return answer
