"""Forwarding in the worker: a thread for each target that is due, so that a slow one delays nobody."""

import logging
import random
import threading
import time
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Engine

from lms_tracker.actions.forward import forward
from lms_tracker.store import forwarding as store
from lms_tracker.store.db import reading

log = logging.getLogger(__name__)

LOOK_S = 1.0
"""How often it is looked for something to send."""
RETRY_S = 5.0
MOST_AT_ONCE = 8
STOP_S = 2.0
"""How long stopping waits for requests under way. Whatever they do not finish is sent again, to no effect."""


class Forwarding:
    """Looks for targets that are due, and sends. Any number may run on one database."""

    def __init__(self, db: Engine, secret_key: str, clock: Callable[[], datetime]) -> None:
        self._db, self._secret_key, self._clock = db, secret_key, clock
        self._stopping = threading.Event()
        self._sending: dict[int, threading.Thread] = {}
        self._thread = threading.Thread(target=self._look, name="forward", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End soon."""
        self._stopping.set()
        self._thread.join()
        until = time.monotonic() + STOP_S
        for thread in list(self._sending.values()):
            thread.join(max(0.0, until - time.monotonic()))

    def _look(self) -> None:
        while not self._stopping.is_set():
            pause_s = LOOK_S
            try:
                self._sending = {id: thread for id, thread in self._sending.items() if thread.is_alive()}
                with reading(self._db) as tx:
                    due = store.due(tx, self._clock())
                for id in [id for id in due if id not in self._sending][: MOST_AT_ONCE - len(self._sending)]:
                    self._sending[id] = threading.Thread(target=self._send, args=(id,), name="send", daemon=True)
                    self._sending[id].start()
            except Exception:
                log.exception("looking for what is to be forwarded failed; trying again in %s s", RETRY_S)
                pause_s = RETRY_S
            self._stopping.wait(pause_s)

    def _send(self, target_id: int) -> None:
        """One target, until nothing is due for it."""
        try:
            while not self._stopping.is_set() and forward(
                self._db, target_id, secret_key=self._secret_key, clock=self._clock, jitter=random.random
            ):
                pass
        except Exception:
            log.exception("forwarding to target %s failed", target_id)
