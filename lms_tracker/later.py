"""Answers that are given when they are there, by whatever thread: none waits for them.

A thread that waits for its request's transaction is woken for nothing but to pass its outcome on. A server that takes an
answer later says so in the environ; any other one is answered by the thread that asks, as WSGI has it (PEP 3333).
"""

from collections.abc import Callable, Iterable
from typing import Any

from lms_tracker.actions.line import Steps, finish, later

LATER = "lms_tracker.later"
"""Where a server takes an answer later: what is called with status, headers and body."""

Ready = tuple[str, list[tuple[str, str]], bytes | Iterable[bytes]]
"""Status line, headers and body."""


class AnsweredLater(Exception):
    """Tells the server that its request is in other hands."""


def give(environ: dict[str, Any], start_response: Callable[..., Any], steps: Steps[Ready]) -> Iterable[bytes]:
    """The answer, or AnsweredLater is raised: only where it must be waited for, and the server takes answers later."""
    try:
        place = next(steps)
    except StopIteration as end:
        return _given(start_response, *end.value)
    send = environ.get(LATER)
    if send is None:
        return _given(start_response, *finish(steps, place))
    later(steps, place, lambda ready: send(int(ready[0][:3]), ready[1], _whole(ready[2])))
    raise AnsweredLater


def _given(
    start_response: Callable[..., Any], status: str, headers: list[tuple[str, str]], body: bytes | Iterable[bytes]
) -> Iterable[bytes]:
    start_response(status, headers)
    return [body] if isinstance(body, bytes) else body


def _whole(body: bytes | Iterable[bytes]) -> bytes:
    return body if isinstance(body, bytes) else b"".join(body)
