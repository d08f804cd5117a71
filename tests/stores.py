"""Other record stores for tests of forwarding: our own product on another port, and one that fails on purpose."""

import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from sqlalchemy import Engine, select

from lms_tracker.actions.credentials import create_credential
from lms_tracker.actions.ingest import ingest
from lms_tracker.actions.targets import TargetForm, add_target
from lms_tracker.app import create_app
from lms_tracker.settings import Settings
from lms_tracker.store.db import reading
from lms_tracker.store.tables import statement
from tests.serving import served

KEY = "k" * 40
"""The secret key of the side that forwards."""
NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)


class Other:
    """A second installation of our product, reached over HTTP."""

    def __init__(self, db: Engine, endpoint: str, username: str, secret: str) -> None:
        self.db, self.endpoint, self.username, self.secret = db, endpoint, username, secret

    def ids(self) -> list[str]:
        """What it has stored, in order."""
        with reading(self.db) as tx:
            return [str(id) for id in tx.scalars(select(statement.c.id).order_by(statement.c.seq))]


@contextmanager
def other_store(db: Engine, folder: Any, **settings: Any) -> Iterator[Other]:
    url = db.url.render_as_string(hide_password=False)
    app = create_app(Settings(database_url=url, var_dir=str(folder), secret_key="o" * 40, worker=False, **settings))
    with served(app) as address:
        credential, secret = create_credential(db, "elsewhere", now=NOW)
        yield Other(db, f"{address}/xapi/", credential.key, secret)


class Failing:
    """A record store that answers as it is told: `answer(body, headers)` gives (status, headers, body) or does worse."""

    def __init__(self) -> None:
        self.endpoint = ""
        self.kept: list[dict[str, Any]] = []
        self.requests: list[tuple[str, str, bytes]] = []
        self.plan: list[Callable[[bytes], tuple[int, dict[str, str], bytes] | None]] = []
        """Steps for the next requests; afterwards everything is taken."""

    def take(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        said = json.loads(body)
        known = {one["id"] for one in self.kept}
        self.kept += [one for one in said if one["id"] not in known]
        return 200, {}, json.dumps([one["id"] for one in said]).encode()


def answers(status: int, body: str = "", **headers: str) -> Callable[[bytes], tuple[int, dict[str, str], bytes]]:
    return lambda _: (status, {name.replace("_", "-"): value for name, value in headers.items()}, body.encode())


@contextmanager
def failing_store(tls: ssl.SSLContext | None = None) -> Iterator[Failing]:
    store = Failing()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            store.requests.append((self.command, self.path, body))
            step = store.plan.pop(0) if store.plan else store.take
            found = step(body)
            if found is None:  # cut: the other side sees a reset, or an end before the answer
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.close_connection = True
                return
            status, headers, answer = found
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST = answer

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # a client that hangs up is no news
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    store.endpoint = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}/xapi/"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield store
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def add(db: Engine, to: Other | Failing, *, from_beginning: bool = True, version: str = "1.0.3", **filter: Any) -> int:
    """A target; its id."""
    username, secret = (to.username, to.secret) if isinstance(to, Other) else ("key", "geheim 密")
    form = TargetForm("区教育局", to.endpoint, username, secret, version, filter)
    return add_target(db, form, from_beginning=from_beginning, secret_key=KEY, now=NOW)


def keep(db: Engine, *statements: dict[str, Any], credential: Any = None, **more: Any) -> None:
    """Statements come in, in one request."""
    ingest(db, statements, credential=credential, evidence="declared", now=NOW, **more)
