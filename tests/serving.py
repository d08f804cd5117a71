"""An application of this process over HTTP, for tests that look into it or change its clock."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from werkzeug.serving import make_server
from werkzeug.test import run_wsgi_app


@contextmanager
def served(app: Flask, port: int = 0) -> Iterator[str]:
    """Its address, until the block ends; `port` 0 is any that is free."""

    def whole(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Closed before a byte is sent: this server forgets to where the client has hung up (werkzeug/serving.py, `execute`)."""
        answer, status, headers = run_wsgi_app(app, environ, buffered=True)
        start_response(status, list(headers))
        return answer

    server = make_server("127.0.0.1", port, whole, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        app.extensions["db"].dispose()
