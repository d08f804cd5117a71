"""Statements of known sources that were refused go to the quarantine: why, and what was sent."""

import logging

from flask import current_app, g, request
from msgspec import Struct
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

from lms_tracker.actions.quarantine import keep_refused

log = logging.getLogger(__name__)

KEPT = {400, 403, 409, 413}
"""What somebody can mend. Without a valid key (401) nothing is ever kept."""

ERASED = "erased"
"""The rule that refuses people who were erased: what is sent of them is not kept here either."""

FORM = "method"
"""The parameter of the alternate request syntax. Where there is none, the form stays one: its secret is not for keeping."""


class Refusal(Struct, frozen=True):
    """What the sender was told."""

    reason: str
    path: str | None
    rule: str | None
    statement: int | None


def keep_refusal(status: int) -> None:
    """Keep the request that is being answered, if it is one to keep. It never changes the answer."""
    refusal: Refusal | None = g.get("refusal")
    if status not in KEPT or refusal is None or g.get("credential") is None:
        return
    if refusal.rule == ERASED or FORM in request.args:
        return
    try:
        raw = None if status == 413 else _body()
        keep_refused(
            current_app.extensions["db"],
            g.credential,
            raw,
            refusal.path,
            refusal.rule,
            refusal.reason,
            g.at,
            status=status,
            content_type=request.content_type or "",
            version=request.headers.get("X-Experience-API-Version"),
            put_id=request.args.get("statementId") if request.method == "PUT" else None,
            position=refusal.statement,
            size=(request.content_length or len(g.get("body", b""))) if raw is None else None,
        )
    except SQLAlchemyError as e:
        log.warning("a refused request of credential %d could not be kept: %s", g.credential.id, type(e).__name__)


def _body() -> bytes | None:
    """What was sent; None where nobody has read it and it is too long to be."""
    if "body" not in g:  # refused before it came to that
        try:
            g.body = request.get_data(cache=False)
        except (RequestEntityTooLarge, ClientDisconnected):
            return None
    body: bytes = g.body
    return body
