"""What somebody is told who is refused: one table from what was raised to status and words (Communication 3.2)."""

import json
import logging

from sqlalchemy.exc import DBAPIError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from lms_tracker.actions.blocked import Blocked
from lms_tracker.actions.ingest import Conflict, Revoked
from lms_tracker.core.xapi.documents import DocumentError, PreconditionFailed, Unguarded
from lms_tracker.core.xapi.errors import StatementError
from lms_tracker.lrs.asked import JSON, Answer, Asked, Refusal, Refused
from lms_tracker.lrs.refusals import ERASED
from lms_tracker.store.credentials import Closed

log = logging.getLogger(__name__)

NO_KEY = "a valid key and secret are needed (HTTP Basic)"
FORBIDDEN = {"bounds", "void"}
"""Rules of statements that are well-formed, but not the credential's to send."""
FAILED = "internal error; nothing was stored"
BUSY = "the database is busy or cannot be written; nothing was stored, try again"


def told(asked: Asked, e: Exception) -> Answer:
    """The answer to a request that ended with this. What was said is kept in `asked.refusal`."""
    match e:
        case Refused():
            return _answer(asked, e.status, e.reason, path=e.path, rule=e.rule)
        case StatementError():
            status = 403 if e.rule in FORBIDDEN else 400
            return _answer(asked, status, e.message, path=e.path, rule=e.rule, statement=e.index)
        case Conflict():
            return _answer(asked, 409, str(e), path=f"$[{e.index}].id", rule="conflict", statement=e.index)
        case Blocked():
            return _answer(asked, 403, str(e), path="$.actor" if asked.remembered else "agent", rule=ERASED)
        case Closed() | Revoked():
            return _answer(asked, 401, NO_KEY)
        case DocumentError():
            return _answer(asked, 400, str(e), rule="merge")
        case PreconditionFailed():
            return _answer(asked, 412, str(e), rule="precondition")
        case Unguarded():
            return _answer(asked, 409 if e.exists else 400, str(e), rule="precondition")
        case RequestEntityTooLarge():
            most = asked.shared.settings.max_body_bytes
            return _answer(asked, 413, f"the body is longer than {most:,} bytes, the most that is taken here")
        case HTTPException():
            answer = _answer(asked, e.code or 500, e.description or e.name)
            answer.headers += [(name, value) for name, value in e.get_headers() if name in ("Allow", "Retry-After")]
            return answer
        case DBAPIError() | PoolTimeout():
            log.error("%s %s: the database answered: %s", asked.method, asked.path, e)
            if not isinstance(e, OperationalError | InternalError | PoolTimeout):  # PostgreSQL calls read-only internal
                return _answer(asked, 500, FAILED)
            answer = _answer(asked, 503, BUSY)
            answer.headers.append(("Retry-After", "1"))
            return answer
    log.error("%s %s failed", asked.method, asked.path, exc_info=e)
    return _answer(asked, 500, FAILED)


def _answer(
    asked: Asked,
    status: int,
    reason: str,
    *,
    path: str | None = None,
    rule: str | None = None,
    statement: int | None = None,
) -> Answer:
    asked.refusal = Refusal(reason, path, rule, statement)
    said = {"error": reason, "path": path, "rule": rule, "statement": statement}
    answer = Answer(status, json.dumps(said).encode(), [("Content-Type", JSON)])  # whatever stands in a text: ASCII
    if status == 415:  # RFC 9110 15.5.16: it was the coding
        answer.headers.append(("Accept-Encoding", "identity"))
    if status == 401:
        answer.headers.append(("WWW-Authenticate", 'Basic realm="xAPI", charset="UTF-8"'))
    return answer
