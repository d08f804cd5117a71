"""State changes of player sessions become statements, in a thread of its own: settling never waits for it."""

import logging
import threading
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Engine

from lms_tracker.actions.tell_sessions import tell_sessions
from lms_tracker.actions.under_way import UnderWay

log = logging.getLogger(__name__)
PAUSE_S = 0.25
RETRY_S = 5.0
"""Pause after a failure, such as a database that restarts."""


class Telling:
    """Any number may run on one database: each statement is stored once."""

    def __init__(
        self, db: Engine, clock: Callable[[], datetime], home_page: str, ring: Callable[[], None], under_way: UnderWay
    ) -> None:
        self._db, self._clock, self._home_page, self._ring, self._under_way = db, clock, home_page, ring, under_way
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._tell, name="tell", daemon=True)

    def start(self) -> None:
        """Begin; what waits from before is told now."""
        self._thread.start()

    def stop(self) -> None:
        """Finish what is under way and end."""
        self._stopping.set()
        self._thread.join()

    def _tell(self) -> None:
        while not self._stopping.is_set():
            try:
                with self._under_way.storing(self._clock) as now:
                    told = tell_sessions(self._db, now, self._home_page)
                if told:
                    self._ring()
                else:
                    self._stopping.wait(PAUSE_S)
            except Exception:
                log.exception("telling of sessions failed; trying again in %s s", RETRY_S)
                self._stopping.wait(RETRY_S)
