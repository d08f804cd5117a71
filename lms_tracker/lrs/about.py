"""What this LRS is (Communication 2.8)."""

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from lms_tracker.core.xapi.versions import SUPPORTED, is_two
from lms_tracker.lrs.asked import VERSION

DESCRIPTION = '</xapi/openapi.json>; rel="service-desc"; type="application/json"'
"""RFC 8631: where machines find the description of what stands here."""


def add_routes(resources: Blueprint) -> None:
    """GET /about, open to everybody."""

    @resources.get("/about")
    def about() -> ResponseReturnValue:
        # A client of 1.0 may hold any other version for a fault (the Python client does), and 1.0.3 allows no other.
        asked = request.headers.get(VERSION, "")
        response = jsonify(version=[v for v in SUPPORTED if not asked.startswith("1.") or not is_two(v)])
        response.headers["Link"] = DESCRIPTION
        return response
