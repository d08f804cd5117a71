"""Statements that this process is about to store: what is stored before them is not yet all there (Communication 2.1.3)."""

import threading
from collections.abc import Callable
from datetime import datetime


class UnderWay:
    """Instants of requests that store statements and have not been answered yet.

    A statement's `stored` is the instant at which its request began, so it shows up later than it says. Who reads in
    between must not be told that everything before is there. Other processes' requests are not seen.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._begun: dict[object, datetime] = {}

    def begin(self, clock: Callable[[], datetime], request: object, *, stores: bool) -> tuple[datetime, datetime]:
        """The instant at which a request begins, and the instant before which whatever was stored is there."""
        with self._lock:  # the clock too: nobody begins earlier than somebody who has looked
            at = clock()
            through = min(self._begun.values(), default=at)
            if stores:
                self._begun[request] = at
            return at, min(at, through)

    def end(self, request: object) -> None:
        """It is answered: stored or not."""
        with self._lock:
            self._begun.pop(request, None)
