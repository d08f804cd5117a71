"""Whether an object of an S3-compatible store can be had: asked briefly, and remembered for a moment.

A page waits for the answer, so it never waits long: what a store does not say in time is not known, and a store that was
silent is not asked again for a while. Its address is looked up, connected to and read on threads of its own, as nothing bounds
the first of these.
"""

import http.client
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from lms_tracker.core.presigned import Store, presigned

LASTS_S = 5.0
"""How long an answer stands: a page, its frame and its grant ask within a moment."""
SILENT_S = 30.0
MOST = 10_000
AWAY = frozenset({403, 404, 410})
"""Whom the key may not see, a store says 403 of, whether it is there or not. So does a browser with the same key."""


@dataclass
class _Answer:
    coming: Future[bool | None]
    since: float


_lock = threading.Lock()
_answers: dict[tuple[Store, str], _Answer] = {}
_silent_until: dict[Store, float] = {}
_threads = ThreadPoolExecutor(4, thread_name_prefix="objects")


def is_there(store: Store, location: str, now: datetime, waits_s: float) -> bool | None:
    """Whether `s3://bucket/key` can be had; None: the store did not say so in time, or said something else. Never raises."""
    clock = time.monotonic()
    with _lock:
        if clock < _silent_until.get(store, 0.0):
            return None
        answer = _answers.get((store, location))
        if answer is None or answer.since + LASTS_S < clock:
            if len(_answers) >= MOST:
                _answers.clear()
            answer = _Answer(_threads.submit(_ask, store, location, now, 2 * waits_s), clock)
            _answers[store, location] = answer
    try:
        return answer.coming.result(max(0.0, answer.since + waits_s - clock))
    except TimeoutError:
        with _lock:
            _silent_until[store] = time.monotonic() + SILENT_S
        return None


def _ask(store: Store, location: str, now: datetime, step_s: float) -> bool | None:
    address = urlsplit(presigned(store, location, now, 60, "HEAD"))
    kind = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
    try:
        with closing(kind(address.hostname or "", address.port, timeout=step_s)) as connection:
            host = {"Host": address.netloc}  # as it was signed: with a port where the setting names one
            connection.request("HEAD", f"{address.path}?{address.query}", headers=host)
            status = connection.getresponse().status
    except (OSError, http.client.HTTPException, ValueError):  # the last of a setting that is no address
        return None
    return True if 200 <= status < 300 else False if status in AWAY or status >= 500 else None
