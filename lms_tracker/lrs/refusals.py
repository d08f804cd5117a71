"""Statements of known sources that were refused go to the quarantine: why, and what was sent."""

import logging

from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

from lms_tracker.actions.quarantine import keep_refused
from lms_tracker.lrs.asked import VERSION, Asked

log = logging.getLogger(__name__)

KEPT = {400, 403, 409, 413, 415}
"""What somebody can mend. Without a valid key (401) nothing is ever kept."""

ERASED = "erased"
"""The rule that refuses people who were erased: what is sent of them is not kept here either."""

FORM = "method"
"""The parameter of the alternate request syntax. Where there is none, the form stays one: its secret is not for keeping."""


def keep_refusal(asked: Asked, status: int) -> None:
    """Keep the request that is being answered, if it is one to keep. It never changes the answer."""
    refusal, source = asked.refusal, asked.credential
    if status not in KEPT or refusal is None or source is None:
        return
    given = dict(reversed(asked.given))  # of several, the first
    if refusal.rule == ERASED or FORM in given:
        return
    try:
        raw = None if status == 413 else _body(asked)
        keep_refused(
            asked.shared.db,
            source,
            raw,
            refusal.path,
            refusal.rule,
            refusal.reason,
            asked.now,
            status=status,
            content_type=asked.content_type,
            version=asked.header(VERSION),
            put_id=given.get("statementId") if asked.method == "PUT" else None,
            position=refusal.statement,
            size=(asked.content_length or len(asked.body or b"")) if raw is None else None,
        )
    except SQLAlchemyError as e:
        log.warning("a refused request of credential %d could not be kept: %s", source.id, type(e).__name__)


def _body(asked: Asked) -> bytes | None:
    """What was sent; None where nobody has read it and it is too long to be."""
    try:
        return asked.read()  # it may have been refused before it came to that
    except (RequestEntityTooLarge, ClientDisconnected):
        return None
