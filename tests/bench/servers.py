"""The product, and the view to compare it with, as separate processes on free ports."""

import base64
import http.client
import os
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click
from flask import Flask, request
from granian.constants import Interfaces
from granian.log import LogLevels
from msgspec import Struct

from lms_tracker.actions.credentials import create_credential
from lms_tracker.actions.upgrade_database import upgrade_database
from lms_tracker.commands.serve import TURNS, Server
from lms_tracker.store.db import open_db
from tests.patience import ATTEMPT_S, PATIENCE_S
from tests.services import free_port

HTTP_PROCESSES = 2
READY = "answers requests"
"""In the log once for each HTTP process: connections that came earlier would all stay with the first of them."""


class Endpoint(Struct, frozen=True):
    """Where to post statements, with which headers, and the process that all of the server descends from."""

    url: str
    headers: dict[str, str]
    pid: int


@contextmanager
def product(database_url: str | None = None, **settings: str) -> Iterator[Endpoint]:
    """`lms-tracker serve` with a fresh SQLite database, or with `database_url`; `settings` by their upper-case names."""
    with tempfile.TemporaryDirectory(prefix="lms-bench-") as folder:
        url = database_url or f"sqlite:///{Path(folder) / 'bench.db'}"
        db = open_db(url)
        upgrade_database(db)
        credential, secret = create_credential(db, f"bench {uuid.uuid4()}", now=datetime.now(UTC))
        db.dispose()
        port = free_port()
        chosen = {"DATABASE_URL": url, "PORT": str(port), "VAR_DIR": folder, "WEB_WORKERS": str(HTTP_PROCESSES)}
        environment = {f"LMS_TRACKER_{name}": value for name, value in (chosen | settings).items()}
        processes = int(environment["LMS_TRACKER_WEB_WORKERS"])
        command = [sys.executable, "-m", "lms_tracker.cli", "serve"]
        with _running(command, processes, port, Path(folder), environment) as pid:
            password = base64.b64encode(f"{credential.key}:{secret}".encode()).decode()
            headers = {"Authorization": f"Basic {password}", "X-Experience-API-Version": "1.0.3"}
            yield Endpoint(f"http://127.0.0.1:{port}/xapi/statements", headers, pid)


@contextmanager
def bare_view() -> Iterator[Endpoint]:
    """A Flask view that only reads the body, behind the same server with the same processes, as many requests at a time, and processors."""
    port = free_port()
    with (
        tempfile.TemporaryDirectory(prefix="lms-bench-") as folder,
        _running(
            [sys.executable, "-m", "tests.bench.servers", str(port)], HTTP_PROCESSES, port, Path(folder), {}
        ) as pid,
    ):
        yield Endpoint(f"http://127.0.0.1:{port}/", {}, pid)


@contextmanager
def _running(command: list[str], processes: int, port: int, folder: Path, environment: dict[str, str]) -> Iterator[int]:
    with open(folder / "log", "wb") as log:
        process = subprocess.Popen(command, env=os.environ | environment, stdout=log, stderr=log)
    try:
        _wait(process, processes, port, folder / "log")
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE_S)


def _wait(process: subprocess.Popen[bytes], processes: int, port: int, log: Path) -> None:
    """Until each of its HTTP processes answers."""
    until = time.monotonic() + PATIENCE_S
    while log.read_text(errors="replace").count(READY) < processes or not _answers(port):
        if process.poll() is not None or time.monotonic() > until:
            raise RuntimeError(f"{process.args!r} did not start:\n{log.read_text(errors='replace')}")
        time.sleep(0.1)


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ATTEMPT_S)
    try:
        connection.request("GET", "/xapi/about")
        connection.getresponse().read()
    except OSError:
        return False
    finally:
        connection.close()
    return True


def make_view() -> Flask:
    """The view to compare with."""
    app = Flask(__name__)

    @app.post("/")
    def read() -> tuple[str, int]:
        request.get_data()
        return "", 200

    print("this process", READY, flush=True)
    return app


@click.command()
@click.argument("port", type=int)
def serve_view(port: int) -> None:
    """Serve the view."""
    Server(
        "tests.bench.servers:make_view",
        factory=True,
        port=port,
        interface=Interfaces.WSGI,
        workers=HTTP_PROCESSES,
        blocking_threads=TURNS,
        log_level=LogLevels.error,
    ).serve()


if __name__ == "__main__":
    serve_view()
