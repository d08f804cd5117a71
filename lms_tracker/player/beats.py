"""`POST /player/beats`, answered before Flask: a beat is small, and there are many. No cookie is needed, nor read.

The body is JSON, whatever its type says: `sendBeacon` sends text/plain, which needs no question ahead from another origin.
"""

import logging
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec
from flask import Flask
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from lms_tracker.actions.line import Steps
from lms_tracker.actions.take_beats import Refused, Request, Taken, renewed, taking
from lms_tracker.core.player import refusals
from lms_tracker.core.player.answer import MAX_BYTES, Told, answer_of
from lms_tracker.core.player.grant import Forged, keys_of, read, sign
from lms_tracker.later import Ready, give
from lms_tracker.player.common import ahead, allowed_origins, error, words_of
from lms_tracker.settings import Settings

log = logging.getLogger(__name__)
PATH = "/player/beats"
_decode = msgspec.json.Decoder(Told).decode
_encode = msgspec.json.Encoder().encode
_STATUS = {
    200: "200 OK",
    204: "204 No Content",
    400: "400 Bad Request",
    401: "401 Unauthorized",
    405: "405 Method Not Allowed",
    409: "409 Conflict",
    413: "413 Content Too Large",
    500: "500 Internal Server Error",
    503: "503 Service Unavailable",
}
StartResponse = Callable[..., Any]


class BeatsDoor:
    """Answers beats, and passes on everything else."""

    def __init__(self, app: Flask, settings: Settings) -> None:
        self._app, self._inner = app, app.wsgi_app
        # What protects pages would double what goes over the wire, and JSON is never shown.
        self._headers = [
            ("Content-Type", "application/json"),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
        ]
        self._allows = allowed_origins(settings)
        self._keys = app.extensions["player_keys"] = keys_of(settings.secret_key)

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"] != PATH:
            return self._inner(environ, start_response)
        return give(environ, start_response, self._steps(environ))

    def _steps(self, environ: dict[str, Any]) -> Steps[Ready]:
        status, body = yield from self._answer(environ)
        headers = [*self._headers, ("Content-Length", str(len(body)))]
        origin = environ.get("HTTP_ORIGIN")
        if origin is not None and self._allows(origin):
            headers += ahead(origin).items()
        if status == 405:
            headers.append(("Allow", "POST, OPTIONS"))
        return _STATUS[status], headers, body

    def _answer(self, environ: dict[str, Any]) -> Steps[tuple[int, bytes]]:
        method = environ["REQUEST_METHOD"]
        if method == "OPTIONS":
            return 204, b""
        if method != "POST":
            return 405, b""
        length = environ.get("CONTENT_LENGTH") or ""
        if not length.isdecimal():
            return self._refused(refusals.MALFORMED)
        if int(length) > MAX_BYTES:
            return 413, _encode(error(refusals.MALFORMED))
        clock = self._app.extensions.get("now")
        now = clock() if clock else datetime.now(UTC)
        try:
            told = _decode(environ["wsgi.input"].read(int(length)))
            grant = read(self._keys, told.g)
            request = Request(grant, told.n, told.p, told.b, now, self._keys, told.t)
            taken = yield from taking(self._app.extensions["db"], request)
        except (msgspec.MsgspecError, UnicodeError):
            return self._refused(refusals.MALFORMED)
        except Forged:
            return self._refused(refusals.FOREIGN)
        except Refused as e:
            return self._refused(e.code)
        except (DBAPIError, PoolTimeout) as e:
            log.error("beats: the database answered: %s", e)
            return 503, _encode(error("busy"))
        except Exception:
            log.exception("beats failed")
            return 500, _encode(error("internal"))
        answer = answer_of(taken.live, taken.n, taken.proof, taken.state, taken.every_s)
        self._add(answer, taken, grant, now)
        return 200, _encode(answer)

    def _add(self, answer: Any, taken: Taken, grant: Any, now: datetime) -> None:
        if taken.check is not None:
            answer.check = msgspec.Raw(_encode(taken.check))
        if (longer := renewed(taken, grant, now)) is not None:
            answer.grant = sign(self._keys, longer)

    def _refused(self, code: str) -> tuple[int, bytes]:
        return words_of(code)[0], _encode(error(code))
