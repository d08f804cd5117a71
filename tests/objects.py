"""An S3-compatible store: s3rver over a folder (it knows keys, but does not work out signatures of version 4; tests/core/test_media.py
holds those); and stores that are out of order."""

import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.error import HTTPError, URLError

from msgspec.structs import replace

from lms_tracker.core.presigned import Store, presigned
from tests import services
from tests.patience import ATTEMPT_S, PATIENCE_S

CLIENTS = Path(__file__).resolve().parent / "clients"
BUCKET = "courses"


def put(store: Store, location: str, content: bytes, content_type: str) -> None:
    """Put an object in its place, in whichever bucket."""
    _call(store, location, "PUT", content, {"Content-Type": content_type})


def take_away(store: Store, location: str) -> None:
    """And it is gone."""
    _call(store, location, "DELETE")


def _call(
    store: Store, location: str, method: str, content: bytes | None = None, headers: dict[str, str] | None = None
) -> None:
    address = presigned(store, location, datetime.now(UTC), 60, method)
    urllib.request.urlopen(urllib.request.Request(address, content, headers or {}, method=method), timeout=20).close()


@contextmanager
def object_store(folder: Path) -> Iterator[Store]:
    """A store with an empty bucket, on a port of its own."""
    services.node_modules(CLIENTS)
    port = services.free_port()
    store = Store(f"http://127.0.0.1:{port}", "us-east-1", "S3RVER", "S3RVER")
    command = ["node", str(CLIENTS / "node_modules" / "s3rver" / "bin" / "s3rver.js"), "-d", str(folder), "-a", "127.0.0.1",
               "-p", str(port), "--no-vhost-buckets", "--configure-bucket", BUCKET]  # fmt: skip
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        _until_it_answers(store, process, folder / "log")
        yield store
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


def _until_it_answers(store: Store, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            urllib.request.urlopen(store.endpoint, timeout=ATTEMPT_S).close()
        except HTTPError:
            return
        except (URLError, OSError):
            if process.poll() is not None or time.monotonic() > until:
                raise AssertionError(log.read_text()) from None
            time.sleep(0.1)
        else:
            return


class _OutOfOrder(BaseHTTPRequestHandler):
    def do_HEAD(self) -> None:
        self.server.asked.append(self.path)  # type: ignore[attr-defined]
        if self.server.status is None:  # type: ignore[attr-defined]
            self.server.released.wait(60)  # type: ignore[attr-defined]
            return
        self.send_response(self.server.status)  # type: ignore[attr-defined]
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_HEAD

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def out_of_order(status: int | None) -> Iterator[tuple[Store, list[str]]]:
    """A store that answers everything with one status (None: nothing at all), and the paths it was asked for."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _OutOfOrder)
    server.status, server.asked, server.released = status, [], threading.Event()  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield Store(f"http://127.0.0.1:{server.server_port}", "us-east-1", "k", "s"), server.asked  # type: ignore[attr-defined]
    finally:
        server.released.set()  # type: ignore[attr-defined]
        server.shutdown()
        thread.join()
        server.server_close()


def with_other_key(store: Store) -> Store:
    """The same store by a key that it does not know."""
    return replace(store, key="another")
