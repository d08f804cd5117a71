"""The client that measures reads takes an answer as it comes, and no other one for it."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.bench.load import Reader, post
from tests.bench.servers import bare_view

BODY = b"0123456789" * 1000


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        whole = len(BODY) if self.path != "/more" else len(BODY) + 1
        self.send_response(404 if self.path == "/none" else 200)
        self.send_header("Content-Length", str(whole))
        self.end_headers()
        for start in range(0, len(BODY), 3000):  # in pieces
            self.wfile.write(BODY[start : start + 3000])
            self.wfile.flush()
        self.close_connection = self.path == "/more"

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def reader() -> Iterator[Reader]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        opened = Reader(f"http://127.0.0.1:{server.server_port}/", {"X-Any": "1"})
        yield opened
        opened.socket.close()
        server.shutdown()
        thread.join()


def test_answers_that_come_in_pieces_are_read_one_after_the_other(reader: Reader) -> None:
    assert [reader.get("/one"), reader.get("/two")] == [BODY, BODY]


@pytest.mark.parametrize("address", ["/none", "/more"])
def test_whatever_is_no_whole_success_is_no_figure(reader: Reader, address: str) -> None:
    with pytest.raises(RuntimeError):
        reader.get(address)


def test_the_view_to_compare_with_is_served_as_the_product_is() -> None:
    with bare_view() as endpoint:
        load = post(endpoint.url, endpoint.headers, lambda: b"{}", connections=2, seconds=0.1)
    assert load.latencies and not load.faults
