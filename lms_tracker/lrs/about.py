"""What this LRS is (Communication 2.8)."""

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from lms_tracker.core.xapi.versions import SUPPORTED


def add_routes(resources: Blueprint) -> None:
    """GET /about, open to everybody."""

    @resources.get("/about")
    def about() -> ResponseReturnValue:
        return jsonify(version=list(SUPPORTED))
