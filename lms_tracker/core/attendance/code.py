"""The code on the organiser's screen: six digits that follow from a secret and the server's clock."""

import hmac
from datetime import datetime, timedelta

STEP_S = 20
"""A new code so often. The one before is still good: reading and typing takes a while."""
KEPT = 1
DIGITS = 6
MAX_WRONG = 5
"""So many wrong codes for one meeting, and the learner waits LOCKED_FOR: a million codes cannot be tried."""
LOCKED_FOR = timedelta(minutes=5)
OPENS_BEFORE = timedelta(minutes=30)


def code_at(secret: str, meeting_id: int, at: datetime) -> str:
    """The code that is shown at an instant."""
    return _code(secret, meeting_id, int(at.timestamp()) // STEP_S)


def is_code(secret: str, meeting_id: int, typed: str, at: datetime) -> bool:
    """Whether what somebody typed is shown now, or was a moment ago. Blanks between the digits don't matter."""
    plain = "".join(typed.split())
    window = int(at.timestamp()) // STEP_S
    good = [_code(secret, meeting_id, window - back) for back in range(KEPT + 1)]
    return any(hmac.compare_digest(one.encode(), plain.encode()) for one in good)


def left_s(at: datetime) -> int:
    """Seconds until the code changes."""
    return STEP_S - int(at.timestamp()) % STEP_S


def _code(secret: str, meeting_id: int, window: int) -> str:
    digest = hmac.digest(bytes.fromhex(secret), f"{meeting_id}:{window}".encode(), "sha256")
    return str(int.from_bytes(digest[:8]) % 10**DIGITS).zfill(DIGITS)
