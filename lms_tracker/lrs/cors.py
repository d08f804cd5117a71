"""Pages of other origins that may call the xAPI resources: content packages in a browser (Fetch standard, CORS)."""

from flask import Blueprint, Response, request

HEADERS = "Authorization, Content-Type, Accept-Language, If-Match, If-None-Match, X-Experience-API-Version"
SHOWN = "ETag, Last-Modified, X-Experience-API-Version, X-Experience-API-Consistent-Through"
METHODS = "GET, HEAD, PUT, POST, DELETE"
REMEMBER_S = 600


def add_headers(resources: Blueprint, origins: str) -> None:
    """For `origins`, separated by commas (`*`: any); everybody else's browser refuses. No cookies either way.

    To be called before the key is asked for: a browser's question ahead of a request carries none.
    """
    allowed = {origin.strip().rstrip("/") for origin in origins.split(",")} - {""}

    if not allowed:
        return

    def is_allowed() -> bool:
        origin = request.headers.get("Origin")
        return origin is not None and ("*" in allowed or origin in allowed)

    @resources.before_request
    def answer_ahead() -> Response | None:
        asked = "Access-Control-Request-Method" in request.headers
        if request.method != "OPTIONS" or not asked or not is_allowed():
            return None
        headers = {
            "Access-Control-Allow-Methods": METHODS,
            "Access-Control-Allow-Headers": HEADERS,
            "Access-Control-Max-Age": str(REMEMBER_S),
        }
        return Response(status=204, headers=headers)

    @resources.after_request
    def allow(response: Response) -> Response:
        response.vary.add("Origin")
        if is_allowed():
            response.headers["Access-Control-Allow-Origin"] = request.headers["Origin"]
            response.headers["Access-Control-Expose-Headers"] = SHOWN
        return response
