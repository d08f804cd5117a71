"""Requests that wait at one moment share a transaction, whatever they are: one commit for all of them.

Whoever comes while nobody is writing writes at once, and alone. Whoever comes meanwhile waits; the first of those then
writes for all.
"""

import threading
from collections.abc import Callable
from typing import Any

MOST = 200
"""What requests weigh together that share a transaction; a larger one has its own."""
GATHER_S = 0.004
"""How long a writer looks out for as many as there were the last time, at most: those who were answered together may be
back together. Without, every second transaction holds one request, the first that comes back."""


class Waiting:
    """A request in line. Whoever writes gives it an outcome: a value, or an exception to be raised."""

    __slots__ = ("outcome", "turn", "weight", "what")

    def __init__(self, what: Any, weight: int) -> None:
        self.what, self.weight = what, weight
        self.outcome: Any = None
        self.turn = threading.Lock()
        self.turn.acquire()  # released when there is an outcome, or when it is this request's turn to write


class Line:
    """`write` gives every request that it gets an outcome, in one transaction.

    Those of one transaction weigh `most` together; where `enough` wait, nobody waits for more.
    """

    def __init__(self, write: Callable[[list[Waiting]], None], *, most: int = MOST, enough: int = MOST) -> None:
        self._write, self._most, self._enough = write, most, enough
        self._lock = threading.Lock()
        self._waiting: list[Waiting] = []
        self._busy = False
        self._expected = 1
        self._gathering = False
        self._gate = threading.Lock()
        self._gate.acquire()  # released to the writer who is gathering, when all who were expected are there

    def put(self, what: Any, weight: int = 1) -> Any:
        """The outcome, once it is durable. Raises what became of it otherwise."""
        request = Waiting(what, weight)
        if not self._join(request):
            request.turn.acquire()
        if request.outcome is None:
            self._write_for_all()
        if isinstance(request.outcome, BaseException):
            raise request.outcome
        return request.outcome

    def _join(self, request: Waiting) -> bool:
        """Whether nobody is writing, so that this one does."""
        with self._lock:
            self._waiting.append(request)
            first, self._busy = not self._busy, True
            if self._gathering and len(self._waiting) >= self._expected:
                self._gathering = False
                self._gate.release()
            return first

    def _write_for_all(self) -> None:
        self._gather()
        with self._lock:
            together = self._take()
            self._expected = len(together) + len(self._waiting)
        try:
            self._write(together)
        finally:
            with self._lock:
                following = self._waiting[0] if self._waiting else None
                self._busy = following is not None
            if following is not None:
                following.turn.release()
            for done in together:
                if done.outcome is None:
                    done.outcome = RuntimeError("the writing thread was stopped")
            for done in together[1:]:
                done.turn.release()

    def _take(self) -> list[Waiting]:
        count, total = 1, self._waiting[0].weight
        while count < len(self._waiting) and (total := total + self._waiting[count].weight) <= self._most:
            count += 1
        taken, self._waiting[:count] = self._waiting[:count], []
        return taken

    def _gather(self) -> None:
        with self._lock:
            enough = sum(request.weight for request in self._waiting) >= self._enough
            if enough or len(self._waiting) >= self._expected:
                return
            self._gathering = True
        if not self._gate.acquire(timeout=GATHER_S):
            with self._lock:
                if self._gathering:
                    self._gathering = False
                else:  # released in this very moment
                    self._gate.acquire()
