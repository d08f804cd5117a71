"""The statement resource before Flask: the few kinds of requests that make up nearly all of the work.

What is answered here, Flask would answer in the same way by the same functions: it still does for HEAD, and says what is
not allowed. tests/lrs/test_front.py holds the two together.
"""

from collections.abc import Callable, Iterable, Sequence
from http import HTTPStatus
from typing import Any

from lms_tracker.actions.line import Steps
from lms_tracker.later import Ready, give
from lms_tracker.lrs import admission, statements
from lms_tracker.lrs.alternate import Wsgi
from lms_tracker.lrs.asked import Answer, Asked, Shared
from lms_tracker.lrs.told import told

ADDRESS = "/xapi/statements"
ENDPOINTS = {"GET": "xapi.get", "POST": "xapi.post", "PUT": "xapi.put"}
NO_CONTENT = HTTPStatus.NO_CONTENT.value
_LINES = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}


class Front:
    """Answers what it is for, with the headers that `always` stand in an answer of the application; the rest is `app`'s."""

    def __init__(self, app: Wsgi, shared: Shared, always: Sequence[tuple[str, str]]) -> None:
        self.app, self.shared, self.always = app, shared, always

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        endpoint = ENDPOINTS.get(environ["REQUEST_METHOD"])
        if endpoint is None or environ.get("PATH_INFO") != ADDRESS:
            return self.app(environ, start_response)
        return give(environ, start_response, self._steps(Asked(environ, self.shared, endpoint)))

    def _steps(self, asked: Asked) -> Steps[Ready]:
        answer = yield from _answer(asked)
        if isinstance(answer.body, bytes) and answer.status != NO_CONTENT:
            answer.headers.append(("Content-Length", str(len(answer.body))))
        return _LINES[answer.status], [*answer.headers, *self.always], answer.body


def _answer(asked: Asked) -> Steps[Answer]:
    try:
        try:
            admission.admit(asked)
            answer = yield from statements.VIEWS[asked.method](asked)
        except Exception as e:  # noqa: BLE001 - whatever it is, somebody waits for an answer
            answer = told(asked, e)
        try:
            answer = admission.second_thought(asked, answer.status) or answer
        except Exception as e:  # noqa: BLE001 - likewise
            answer = told(asked, e)
        answer.headers += admission.headers(asked)
        return answer
    finally:
        admission.leave(asked)
