"""What happens before and after each request, whoever answers it: who asks, in which version, and what is told beside
the answer (Communication 1.2, 3.2-4)."""

from lms_tracker.actions.credentials import authenticate, note_use
from lms_tracker.core.xapi.timestamps import format_timestamp
from lms_tracker.core.xapi.versions import SUPPORTED, is_supported
from lms_tracker.lrs.asked import VERSION, Answer, Asked, Refused
from lms_tracker.lrs.permissions import lack
from lms_tracker.lrs.refusals import keep_refusal
from lms_tracker.lrs.told import NO_KEY, told
from lms_tracker.store.credentials import Credential

CONSISTENT_THROUGH = "X-Experience-API-Consistent-Through"
OPEN_ENDPOINTS = {"xapi.about", "xapi.openapi"}
"""Communication 2.8 and 4: what can be asked without a key, and without naming a version."""
KEPT_BY_NOBODY = ("Cache-Control", "no-store")
"""Else a browser takes what has not changed for ten days as good for one more (RFC 9111 4.2.2), and a course does not see
what another device has stored since."""
STATEMENTS = "/statements"


def admit(asked: Asked) -> None:
    """Raises Refused. What is admitted has begun: `leave` must follow."""
    stores = asked.method in ("POST", "PUT") and asked.path.endswith(STATEMENTS)
    asked.at, asked.through = asked.shared.under_way.begin(asked.shared.clock, asked, stores=stores)
    if asked.endpoint in OPEN_ENDPOINTS:
        return
    # Who stores or asks for statements is looked at where that is done: Closed, and Revoked of actions.ingest.
    asked.remembered = asked.path.endswith(STATEMENTS)
    asked.credential = _who(asked, remembered=asked.remembered)
    if (missing := lack(asked.credential, asked.endpoint)) is not None:
        raise Refused(403, missing, rule="scope")
    if not asked.version:
        raise Refused(400, f"the header {VERSION} is missing; this LRS speaks {', '.join(SUPPORTED)}")
    if not is_supported(asked.version):
        raise Refused(400, f"version {asked.version[:20]!r} is not supported; this LRS speaks {', '.join(SUPPORTED)}")


def second_thought(asked: Asked, status: int) -> Answer | None:
    """To be asked before an answer goes out: what is answered instead, if anything. A refused request is kept here."""
    answer = None
    if asked.remembered and 400 <= status < 500:  # perhaps nothing has looked
        try:
            _who(asked)
        except Refused as e:
            answer = told(asked, e)
            status = answer.status
        if asked.method in ("POST", "PUT"):
            keep_refusal(asked, status)
    if asked.credential is not None:
        note_use(asked.shared.db, asked.credential, now=asked.now)
    return answer


def headers(asked: Asked) -> list[tuple[str, str]]:
    """What stands in every answer."""
    version = asked.version if is_supported(asked.version) else asked.shared.settings.xapi_default_version
    found = [(VERSION, version), KEPT_BY_NOBODY, *asked.shared.cors.headers(asked.environ.get("HTTP_ORIGIN"))]
    # There is no delayed index: what was answered before this request began is found by it.
    if asked.through is not None:  # not for a browser's question ahead
        found.append((CONSISTENT_THROUGH, format_timestamp(asked.through)))
    return found


def leave(asked: Asked) -> None:
    """It is answered."""
    asked.shared.under_way.end(asked)


def _who(asked: Asked, *, remembered: bool = False) -> Credential:
    given = asked.basic
    if given is not None:
        found = authenticate(asked.shared.db, *given, now=asked.now, remembered=remembered)
        if found is not None:
            return found
    raise Refused(401, NO_KEY)
