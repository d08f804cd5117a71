"""An answer is given at once where nothing is waited for; otherwise later, where the server takes it later."""

from collections.abc import Iterator
from typing import Any

import pytest

from lms_tracker.actions.line import Line, Place, Steps, Waiting
from lms_tracker.later import LATER, AnsweredLater, Ready, give


def _answer(together: list[Waiting]) -> None:
    for request in together:
        request.outcome = request.what.upper()


def _at_once(body: Any) -> Steps[Ready]:
    yield from ()
    return "200 OK", [("A", "b")], body


def _waits() -> Steps[Ready]:
    body = yield Place(Line(_answer), b"text")
    return "201 Created", [], body


class Server:
    """What a server is told, either way."""

    def __init__(self, *, later: bool) -> None:
        self.started: list[Any] = []
        self.sent: list[Any] = []
        self.environ = {LATER: lambda *answer: self.sent.append(answer)} if later else {}

    def ask(self, steps: Steps[Ready]) -> Any:
        return give(self.environ, lambda *line: self.started.append(line), steps)


def _pieces() -> Iterator[bytes]:
    yield b"a"
    yield b"b"


@pytest.mark.parametrize("later", [True, False])
def test_what_is_there_is_given_at_once_and_piece_by_piece_where_it_comes_so(later: bool) -> None:
    server, pieces = Server(later=later), _pieces()
    assert server.ask(_at_once(b"whole")) == [b"whole"]
    assert server.ask(_at_once(pieces)) is pieces
    assert server.started == [("200 OK", [("A", "b")])] * 2 and server.sent == []


def test_what_must_be_waited_for_is_sent_later_if_the_server_takes_it() -> None:
    server = Server(later=True)
    with pytest.raises(AnsweredLater):
        server.ask(_waits())
    assert server.sent == [(201, [], b"TEXT")] and server.started == []


def test_another_server_s_thread_waits() -> None:
    server = Server(later=False)
    assert server.ask(_waits()) == [b"TEXT"]
    assert server.started == [("201 Created", [])]
