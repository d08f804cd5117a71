"""A Flask client that speaks xAPI with a key of its own."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from lms_tracker.actions.credentials import create_credential
from lms_tracker.app import create_app
from lms_tracker.settings import Settings

START = datetime(2026, 3, 1, 8, tzinfo=UTC)
PLAYED = "https://w3id.org/xapi/video/verbs/played"
VIDEO = "https://example.org/videos/1"


class Clock:
    """Advances by a second each time it is asked."""

    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at


class Client:
    """Requests to /xapi with version and key filled in."""

    def __init__(self, app: Flask, key: str, secret: str) -> None:
        self.http = app.test_client()
        self.headers = {
            "X-Experience-API-Version": "1.0.3",
            "Authorization": "Basic " + base64.b64encode(f"{key}:{secret}".encode()).decode(),
        }

    def send(self, method: str, path: str, body: Any = None, **kw: Any) -> TestResponse:
        headers = self.headers | kw.pop("headers", {})
        headers = {name: value for name, value in headers.items() if value is not None}
        if body is not None:
            kw["data"] = body if isinstance(body, bytes) else json.dumps(body).encode()
            headers.setdefault("Content-Type", "application/json")
        return self.http.open("/xapi" + path, method=method, headers=headers, **kw)

    def get(self, *, headers: Any = None, **params: Any) -> TestResponse:
        return self.send("GET", "/statements", query_string=params, headers=headers or {})

    def post(self, body: Any, **kw: Any) -> TestResponse:
        return self.send("POST", "/statements", body, **kw)

    def put(self, id: str, body: Any, **kw: Any) -> TestResponse:
        return self.send("PUT", "/statements", body, query_string={"statementId": id}, **kw)


def make_statement(**changes: Any) -> dict[str, Any]:
    """A valid statement with an id; `None` leaves a property out."""
    statement = {
        "id": str(uuid4()),
        "actor": {"mbox": "mailto:li@example.org"},
        "verb": {"id": PLAYED},
        "object": {"id": VIDEO},
    } | changes
    return {name: value for name, value in statement.items() if value is not None}


@pytest.fixture
def app(any_db: Engine, tmp_path: Path) -> Iterator[Flask]:
    url = any_db.url.render_as_string(hide_password=False)
    settings = Settings(
        database_url=url, var_dir=str(tmp_path), public_url="https://lrs.example.org", max_body_bytes=100_000
    )
    app = create_app(settings)
    app.extensions["now"] = Clock()
    yield app
    app.extensions["db"].dispose()


@pytest.fixture
def client(app: Flask) -> Client:
    credential, secret = create_credential(app.extensions["db"], "moodle", now=START)
    return Client(app, credential.key, secret)
