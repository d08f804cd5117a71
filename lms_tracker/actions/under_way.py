"""Statements that this server is about to store: what is stored before them is not yet all there (Communication 2.1.3)."""

import threading
from collections.abc import Callable, Iterator, MutableSequence
from contextlib import contextmanager
from datetime import datetime

from lms_tracker.core.instants import from_us, to_us

Board = MutableSequence[int]
"""Of each process of a server the earliest instant of its own, in microseconds; 0 where nothing is under way."""


class UnderWay:
    """Instants of requests, and of what the server does by itself, that store statements and have not ended yet.

    A statement's `stored` is the instant at which its request began, so it shows up later than it says. Who reads in
    between must not be told that everything before is there. What other processes store is seen on a board that they
    share, as those of one server do; what other machines or commands store is not.
    """

    def __init__(self, board: Board | None = None, mine: int = 0) -> None:
        self._lock = threading.Lock()
        self._begun: dict[object, datetime] = {}
        self._board, self._mine = board, mine
        if board is not None:
            board[mine] = 0  # of whoever was in this place before, and was killed

    def begin(self, clock: Callable[[], datetime], request: object, *, stores: bool) -> tuple[datetime, datetime]:
        """The instant at which a request begins, and the instant before which whatever was stored is there."""
        with self._lock:  # the clock too: nobody begins earlier than somebody who has looked
            if stores and self._board is not None and not self._begun:
                self._board[self._mine] = to_us(clock())  # before it begins: whoever looks meanwhile sees it
            at = clock()
            through = min([at, *self._begun.values(), *self._elsewhere()])
            if stores:
                self._begun[request] = at
            return at, through

    @contextmanager
    def storing(self, clock: Callable[[], datetime]) -> Iterator[datetime]:
        """The instant at which that begins which stores statements inside."""
        request = object()
        at, _ = self.begin(clock, request, stores=True)
        try:
            yield at
        finally:
            self.end(request)

    def end(self, request: object) -> None:
        """It is answered: stored or not."""
        with self._lock:
            if self._begun.pop(request, None) is not None and self._board is not None:
                self._board[self._mine] = to_us(min(self._begun.values())) if self._begun else 0

    def _elsewhere(self) -> list[datetime]:
        if self._board is None:
            return []
        return [from_us(at) for n, at in enumerate(self._board) if at and n != self._mine]
