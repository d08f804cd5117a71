"""What the OpenAPI document promises holds for requests that nobody thought of."""

from flask import Flask

from tests.lrs.openapi.fuzz import run


def test_the_server_keeps_what_its_description_promises(app: Flask) -> None:
    found = run(app, examples=10)
    assert found.requests > 250
    assert found == [], "\n".join(found[:20])
