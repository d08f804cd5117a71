"""A server process of our own for clients that others wrote."""

import base64
from collections.abc import Iterator

import pytest

from tests.bench.servers import product

ORIGIN = "http://content.example"
"""Where the pages of content packages come from: another origin than the record store's."""


@pytest.fixture(scope="package")
def lrs() -> Iterator[dict[str, str]]:
    """Endpoint, key and secret, as a client's configuration has them."""
    with product(XAPI_ORIGINS=ORIGIN, WORKER="false", WEB_WORKERS="1") as endpoint:
        basic = endpoint.headers["Authorization"].removeprefix("Basic ")
        key, secret = base64.b64decode(basic).decode().split(":")
        address = endpoint.url.removesuffix("statements")
        yield {"LRS_ENDPOINT": address, "LRS_KEY": key, "LRS_SECRET": secret}
