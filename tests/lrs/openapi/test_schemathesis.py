"""What the OpenAPI document promises holds for requests that nobody thought of."""

from flask import Flask

from tests.lrs.openapi.fuzz import run


def test_the_server_keeps_what_its_description_promises(app: Flask) -> None:
    # What databases do differently is soon seen; what requests may hold takes more of them.
    examples = 10 if app.extensions["db"].dialect.name == "sqlite" else 4
    found = run(app, examples=examples)
    assert found.requests > 25 * examples
    assert found == [], "\n".join(found[:20])
