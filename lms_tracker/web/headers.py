"""Security headers of every answer."""

from flask import Flask, Response, request

from lms_tracker.settings import Settings

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
DOCUMENT_CSP = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; frame-ancestors 'none'; sandbox"
)
"""For whole documents that carry their own style: they may do nothing at all."""

ALWAYS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
"""Where a view says nothing else."""
PUBLIC_SCRIPTS = ("/static/tracker.js", "/static/tracker.mjs")
"""What pages of other origins may import (docs/tracker.md)."""
STRICT = {"Strict-Transport-Security": "max-age=31536000"}


def always(settings: Settings) -> dict[str, str]:
    """Headers of every answer."""
    return ALWAYS | (STRICT if settings.secure_cookies else {})


def register(app: Flask, settings: Settings) -> None:
    headers = always(settings)

    @app.after_request
    def protect(response: Response) -> Response:
        given = {name.lower() for name, _ in response.headers}
        for name, value in headers.items():
            if name.lower() not in given:
                response.headers.add(name, value)
        if request.path in PUBLIC_SCRIPTS:
            response.headers["Access-Control-Allow-Origin"] = "*"
        if request.endpoint != "static" and request.blueprint != "xapi":
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response
