"""Pages of other origins that may call the xAPI resources: content packages in a browser (Fetch standard, CORS)."""

HEADERS = "Authorization, Content-Type, Accept-Language, If-Match, If-None-Match, X-Experience-API-Version"
SHOWN = "ETag, Last-Modified, X-Experience-API-Version, X-Experience-API-Consistent-Through"
METHODS = "GET, HEAD, PUT, POST, DELETE"
REMEMBER_S = 600


class Cors:
    """For `origins`, separated by commas (`*`: any); everybody else's browser refuses. No cookies either way."""

    def __init__(self, origins: str) -> None:
        self._allowed = {origin.strip().rstrip("/") for origin in origins.split(",")} - {""}

    def ahead(self, origin: str | None) -> list[tuple[str, str]] | None:
        """Headers for a browser's question ahead of a request, which carries no key; None where it is none of its own."""
        if not self._allows(origin):
            return None
        return [
            ("Access-Control-Allow-Methods", METHODS),
            ("Access-Control-Allow-Headers", HEADERS),
            ("Access-Control-Max-Age", str(REMEMBER_S)),
        ]

    def headers(self, origin: str | None) -> list[tuple[str, str]]:
        """What every answer has."""
        if not self._allowed:
            return []
        found = [("Vary", "Origin")]
        if origin is not None and self._allows(origin):
            found += [("Access-Control-Allow-Origin", origin), ("Access-Control-Expose-Headers", SHOWN)]
        return found

    def _allows(self, origin: str | None) -> bool:
        return origin is not None and ("*" in self._allowed or origin in self._allowed)
