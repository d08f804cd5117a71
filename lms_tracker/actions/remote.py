"""Speaking to another record store: tincan's RemoteLRS, with what it lacks.

Of tincan 1.0.0 we use the request, the answer and the addressing. `save_statements` itself would not do: it reads each
statement into its own model and writes it anew, which refuses what xAPI 2.0 added, knows no data of attachments (its
request takes text only), and has no time-out. So the bytes of our record go out as they are, over `_send_request`,
which is written anew here with a time-out, a bound on the answer, and no way to another host.
"""

import base64
import http.client
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, ClassVar
from urllib.parse import urlencode, urlsplit
from uuid import UUID

from tincan.http_request import HTTPRequest
from tincan.lrs_response import LRSResponse
from tincan.remote_lrs import RemoteLRS

VERSION = "X-Experience-API-Version"
TIMEOUT_S = 20.0
"""For each step of a request: connecting, sending, every piece of the answer."""
MOST_S = 50.0
"""For a whole request, whose steps may be many: an answer can come byte by byte. Within a lease of actions.forward."""
MOST_ANSWER_BYTES = 4 * 1024 * 1024
DETAIL = 300
"""Characters kept of what a target says."""


class Trouble(Exception):
    """The target as a whole cannot be had: `kind` is a key of core.forwarding.TROUBLES."""

    def __init__(self, kind: str, detail: str = "", retry_after_s: float | None = None) -> None:
        self.kind, self.detail, self.retry_after_s = kind, detail, retry_after_s
        super().__init__(f"{kind}: {detail}")


class Answer:
    """Status and body. `said` is what the target says in words, cut short."""

    def __init__(self, response: Any) -> None:
        self.status: int = response.response.status
        self.text: str = response.data
        self.retry_after: str = response.response.headers.get("Retry-After", "")

    @property
    def said(self) -> str:
        words = self.text
        try:
            told = json.loads(self.text)
            if isinstance(told, dict):
                words = next((str(told[k]) for k in ("error", "message", "reason") if told.get(k)), self.text)
        except ValueError:
            pass
        return f"{self.status} {' '.join(words.replace(chr(0), '').split())}"[:DETAIL]


class Remote(RemoteLRS):  # type: ignore[misc]  # tincan has no types
    """A record store at an address. One request, one connection."""

    _props: ClassVar[list[str]] = [*RemoteLRS._props, "spoken"]

    def __init__(self, endpoint: str, username: str, secret: str, version: str) -> None:
        # RemoteLRS makes the header from ASCII only, and knows no version after 1.0.3: both are given to it ready.
        auth = "Basic " + base64.b64encode(f"{username}:{secret}".encode()).decode()
        super().__init__(endpoint=endpoint, auth=auth)
        self.spoken = version

    def post(self, body: bytes, content_type: str) -> Answer:
        """POST /statements with these very bytes. Raises Trouble when there is no answer."""
        request = HTTPRequest(method="POST", resource="statements", headers={"Content-Type": content_type})
        request._content = body  # its setter takes text only
        return Answer(self._send_request(request))

    def statement(self, id: UUID) -> bytes | None:
        """The target's statement of this id, voided or not; None when it does not show one. Raises Trouble."""
        for parameter in ("statementId", "voidedStatementId"):
            request = HTTPRequest(method="GET", resource="statements", query_params={parameter: str(id)})
            answer = Answer(self._send_request(request))
            if answer.status == 200:
                return answer.text.encode()
        return None

    def _send_request(self, request: HTTPRequest) -> LRSResponse:
        parts = urlsplit(self.endpoint + request.resource)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(parts.hostname or "", parts.port, timeout=TIMEOUT_S)
        query = urlencode(request.query_params)
        headers = {VERSION: self.spoken, "Authorization": self.auth, "Accept": "application/json", **request.headers}
        body = request.content
        if body is not None:
            headers["Content-Length"] = str(len(body))
        sent = False
        overdue = threading.Event()
        try:
            connection.connect()
            sent = True
            with _cut_off(connection.sock, overdue):
                with suppress(BrokenPipeError, ConnectionResetError):  # 413 may be there before everything is sent
                    connection.request(request.method, parts.path + (f"?{query}" if query else ""), body, headers)
                response = connection.getresponse()
                data = response.read(MOST_ANSWER_BYTES)
            if overdue.is_set():
                raise TimeoutError
        except (OSError, http.client.HTTPException, ValueError) as e:
            raise _trouble(TimeoutError() if overdue.is_set() else e, sent) from e
        finally:
            connection.close()
        text = data.decode("utf-8", "replace")
        return LRSResponse(success=200 <= response.status < 300, request=request, response=response, data=text)


def _trouble(e: Exception, sent: bool) -> Trouble:
    match e:
        case ssl.SSLError():
            return Trouble("tls", str(e)[:DETAIL])
        case TimeoutError():
            return Trouble("timeout")
        case OSError():
            return Trouble("cut" if sent else "unreachable", str(e)[:DETAIL])
    return Trouble("cut" if isinstance(e, http.client.IncompleteRead) else "answer", type(e).__name__)


@contextmanager
def _cut_off(connected: socket.socket, overdue: threading.Event) -> Iterator[None]:
    """End whatever waits for this connection once the request has taken MOST_S; `overdue` says so."""

    def cut() -> None:
        overdue.set()
        with suppress(OSError):
            connected.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(MOST_S, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
