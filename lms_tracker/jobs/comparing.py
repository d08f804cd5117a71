"""Comparing works in the worker, as they come in: a thread of its own, so that a slow file delays nobody's study time."""

import logging
import threading
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Engine

from lms_tracker.actions.compare_texts import Comparer

log = logging.getLogger(__name__)

LOOK_S = 1.0
RETRY_S = 5.0


class Comparing:
    """Looks for works that wait to be compared. Any number may run on one database."""

    def __init__(self, db: Engine, clock: Callable[[], datetime], yield_first: Callable[[], None]) -> None:
        self._db, self._clock, self._yield_first = db, clock, yield_first
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._look, name="compare", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End after the works that are being compared: claimed ones are taken up again by whoever comes."""
        self._stopping.set()
        self._thread.join()

    def _look(self) -> None:
        self._yield_first()
        comparer = Comparer(self._db)
        while not self._stopping.is_set():
            pause_s = LOOK_S
            try:
                if comparer.run(self._clock):
                    continue
            except Exception:
                log.exception("comparing works failed; trying again in %s s", RETRY_S)
                pause_s = RETRY_S
            self._stopping.wait(pause_s)
