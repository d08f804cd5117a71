"""A request as the resources see it, and an answer: what a WSGI environ says, without a web framework.

A source asks the statement resource hundreds of times a second, and a framework would take most of such a request's time.
So it is answered without one (lrs.front), and what all resources share is written against this.
"""

from binascii import a2b_base64
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

import msgspec
import werkzeug.urls  # noqa: F401 - knows the errors of `parse_qsl` below
from sqlalchemy import Engine
from werkzeug.datastructures import Authorization, LanguageAccept
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge
from werkzeug.http import parse_accept_header, parse_options_header
from werkzeug.wsgi import get_content_length, get_input_stream

from lms_tracker.actions.under_way import UnderWay
from lms_tracker.core.xapi import versions
from lms_tracker.lrs.cors import Cors
from lms_tracker.settings import Settings
from lms_tracker.store.bell import Bell
from lms_tracker.store.credentials import Credential

VERSION = "X-Experience-API-Version"
JSON = "application/json"


class Refused(Exception):
    """An answer other than success: status and reason."""

    def __init__(self, status: int, reason: str, *, path: str | None = None, rule: str | None = None) -> None:
        self.status, self.reason, self.path, self.rule = status, reason, path, rule
        super().__init__(reason)


class Refusal(msgspec.Struct, frozen=True):
    """What a sender was told who was refused."""

    reason: str
    path: str | None
    rule: str | None
    statement: int | None


class Answer(msgspec.Struct):
    """Status, body and headers. A body that is not bytes is given out piece by piece."""

    status: int
    body: bytes | Iterable[bytes] = b""
    headers: list[tuple[str, str]] = msgspec.field(default_factory=list)


class Shared(msgspec.Struct):
    """What all requests to one application share."""

    db: Engine
    bell: Bell
    settings: Settings
    cors: Cors
    clock: Callable[[], datetime]
    under_way: UnderWay = msgspec.field(default_factory=UnderWay)


class Asked:
    """One request: what its environ says, and what has become known of it since."""

    def __init__(self, environ: dict[str, Any], shared: Shared, endpoint: str | None) -> None:
        self.environ, self.shared, self.endpoint = environ, shared, endpoint
        self.method: str = environ["REQUEST_METHOD"]
        self.path: str = environ.get("PATH_INFO", "")
        self.version: str = environ.get("HTTP_X_EXPERIENCE_API_VERSION", "")
        """The version that it speaks, as the header says; "" without one."""
        self.at: datetime | None = None
        """When it began; None until it is admitted."""
        self.through: datetime | None = None
        """What was stored before it is there."""
        self.credential: Credential | None = None
        self.remembered = False
        """Whether the credential is known from before: then nothing is certain until the database has looked."""
        self.refusal: Refusal | None = None
        self.body: bytes | None = None
        """Once it was read."""

    def header(self, name: str) -> str | None:
        """A header other than Content-Type and Content-Length."""
        found: str | None = self.environ.get("HTTP_" + name.upper().replace("-", "_"))
        return found

    @property
    def now(self) -> datetime:
        """When it began."""
        assert self.at is not None
        return self.at

    @property
    def source(self) -> Credential:
        """Who asks."""
        assert self.credential is not None
        return self.credential

    @property
    def is_two(self) -> bool:
        """Whether it speaks xAPI 2.0; otherwise it speaks 1.0."""
        return versions.is_two(self.version)

    @property
    def given(self) -> list[tuple[str, str]]:
        """The parameters of its address, in order."""
        text: str = self.environ.get("QUERY_STRING", "")
        if not text:
            return []
        if text.isascii() and "%" not in text and "+" not in text:  # as it stands, such as one id
            pairs = [pair.partition("=") for pair in text.split("&") if pair]
            return [(name, value) for name, _, value in pairs]
        text = text.encode("latin-1").decode(errors="replace")
        return parse_qsl(text, keep_blank_values=True, errors="werkzeug.url_quote")

    @property
    def content_type(self) -> str:
        """As it stands in the header."""
        return self.environ.get("CONTENT_TYPE", "")

    @property
    def mimetype(self) -> str:
        """The content type without its parameters, in lower case."""
        full = self.content_type
        return full if full == JSON else parse_options_header(full)[0].lower()

    @property
    def content_length(self) -> int | None:
        """What the header says; None where the body is sent piece by piece."""
        return get_content_length(self.environ)

    @property
    def basic(self) -> tuple[str, str] | None:
        """Key and secret."""
        text: str = self.environ.get("HTTP_AUTHORIZATION", "")
        if text.startswith("Basic "):  # as nearly everybody writes it; Werkzeug takes ten times as long to say the same
            with suppress(ValueError):
                key, _, secret = a2b_base64(text[6:]).decode().partition(":")
                return key, secret
        given = Authorization.from_header(text)
        return None if given is None or given.type != "basic" else (given.username or "", given.password or "")

    @property
    def languages(self) -> list[str]:
        """Language tags that are accepted, the preferred first."""
        accepted = parse_accept_header(self.header("Accept-Language"), LanguageAccept)
        return [tag for tag, quality in accepted if quality > 0 and tag != "*"]

    def read(self) -> bytes:
        """The body, whatever it is. Raises RequestEntityTooLarge, and ClientDisconnected for a sender who has gone."""
        if self.body is None:
            most, length = self.shared.settings.max_body_bytes, self.content_length
            if length is not None and length <= most:
                self.body = _read(self.environ["wsgi.input"], length)
            else:
                self.body = get_input_stream(self.environ, max_content_length=most).read()
            # Without Content-Length Werkzeug stops reading at the limit and says nothing.
            if length is None and len(self.body) >= most:
                raise RequestEntityTooLarge
        return self.body


def _read(stream: Any, length: int) -> bytes:
    body: bytes = stream.read(length) if length else b""
    while len(body) < length:
        more = stream.read(length - len(body))
        if not more:
            raise ClientDisconnected
        body += more
    return body


def read_body(asked: Asked) -> bytes:
    """The request's body. Raises RequestEntityTooLarge, and Refused where it is packed: what it holds has no bound."""
    if (asked.header("Content-Encoding") or "identity").lower() != "identity":
        raise Refused(415, "a body comes as it is, without Content-Encoding", rule="content-encoding")
    return asked.read()
