"""How many requests a process works on at a time, and who does not count: whoever is still sending.

A server's threads are what it works with; a sender who goes on slowly, or not at all, would hold one each, and sixteen hold up
everybody. So there are many threads, and few turns.
"""

from collections.abc import Callable, Iterator
from functools import partial
from queue import SimpleQueue
from typing import Any


class Turns:
    """So many go on at a time, the others in the order in which they came."""

    def __init__(self, count: int) -> None:
        free = SimpleQueue[None]()  # a semaphore in C
        for _ in range(count):
            free.put(None)
        self.take, self.give_back = free.get, partial(free.put, None)


class Arriving:
    """A request's body, as `wsgi.input`: who waits for what is still being sent has no turn meanwhile."""

    def __init__(self, body: Any, turns: Turns) -> None:
        self._body, self._turns = body, turns

    def _wait_for(self, read: Callable[..., Any], *size: int) -> Any:
        self._turns.give_back()
        try:
            return read(*size)
        finally:
            self._turns.take()

    def read(self, *size: int) -> bytes:
        """Up to `size` bytes, all without; none at the end."""
        return self._wait_for(self._body.read, *size)

    def readline(self, *size: int) -> bytes:
        """A line."""
        return self._wait_for(self._body.readline, *size)

    def readlines(self, *hint: int) -> list[bytes]:
        """All lines."""
        return self._wait_for(self._body.readlines, *hint)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.readline, b"")
