"""Alternate request syntax: any method in a POST form, for old cross-domain clients (Communication 1.3)."""

from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl, urlencode

from lms_tracker.core.xapi.versions import is_two
from lms_tracker.lrs.cors import Cors

METHODS = {"GET", "PUT", "POST", "DELETE", "HEAD"}
HEADERS = {
    "authorization": "HTTP_AUTHORIZATION",
    "x-experience-api-version": "HTTP_X_EXPERIENCE_API_VERSION",
    "content-type": "CONTENT_TYPE",
    "if-match": "HTTP_IF_MATCH",
    "if-none-match": "HTTP_IF_NONE_MATCH",
    "accept-language": "HTTP_ACCEPT_LANGUAGE",
    "accept": "HTTP_ACCEPT",
}

_VERSION = HEADERS["x-experience-api-version"]

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class AlternateSyntax:
    """Turns `POST /xapi/…?method=PUT` with a form into the request that the form describes."""

    def __init__(self, app: Wsgi, max_body_bytes: int, cors: Cors) -> None:
        self.app, self.max_body_bytes, self.cors = app, max_body_bytes, cors

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if (
            environ["REQUEST_METHOD"] == "POST"
            and environ.get("PATH_INFO", "").startswith("/xapi/")
            and environ.get("QUERY_STRING", "").startswith("method=")
            and not is_two(environ.get(_VERSION, ""))  # IEEE 9274.1.1 has no such syntax: `method` is unknown there
        ):
            fault = self._rewrite(environ)
            if fault:
                status, words = fault
                body = b'{"error":"' + words + b'","path":null,"rule":"alternate-syntax","statement":null}'
                headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
                headers.append(("X-Experience-API-Version", "1.0.3"))
                start_response(status, headers + self.cors.headers(environ.get("HTTP_ORIGIN")))
                return [body]
            if environ["REQUEST_METHOD"] == "HEAD":
                return self.app(environ, _without_length(start_response))
        return self.app(environ, start_response)

    def _rewrite(self, environ: dict[str, Any]) -> tuple[str, bytes] | None:
        method = environ["QUERY_STRING"].removeprefix("method=").upper()
        if method not in METHODS:
            return "400 Bad Request", b"method is the only parameter in the address, and names an HTTP method"
        told = str(environ.get("CONTENT_LENGTH") or "")
        if told and not told.isdigit():
            return "400 Bad Request", b"Content-Length is no number"
        form = environ["wsgi.input"].read(min(int(told), self.max_body_bytes + 1) if told else self.max_body_bytes + 1)
        if len(form) > self.max_body_bytes:
            return "413 Request Entity Too Large", b"the body is too large"
        try:
            pairs = parse_qsl(form.decode("utf-8"), True, True, errors="strict", max_num_fields=50)
        except ValueError:
            return "400 Bad Request", b"the body is no form"
        rest = []
        content = None
        for name, value in pairs:
            if name.lower() in HEADERS:
                environ[HEADERS[name.lower()]] = value
            elif name == "content":
                content = value.encode()
            elif name.lower() != "content-length":
                rest.append((name, value))
        if content is None and method in ("PUT", "POST"):
            return "400 Bad Request", b"the form has no field named content"
        if content is not None and environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
            environ["CONTENT_TYPE"] = "application/json"
        if is_two(environ.get(_VERSION, "")):
            return "400 Bad Request", b"xAPI 2.0 has no alternate request syntax"
        environ["REQUEST_METHOD"] = method
        environ["QUERY_STRING"] = urlencode(rest)
        environ["wsgi.input"] = BytesIO(content or b"")
        environ["CONTENT_LENGTH"] = str(len(content or b""))
        return None


def _without_length(start_response: Callable[..., Any]) -> Callable[..., Any]:
    """To the server it is a POST, so it waits for as many bytes as HEAD only tells of, and cuts the connection."""

    def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
        kept = [(name, value) for name, value in headers if name.lower() != "content-length"]
        return start_response(status, [*kept, ("Content-Length", "0")], *rest)

    return start
