"""Pages of configured origins may call the resources from a browser; others may not."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from lms_tracker.actions.credentials import create_credential
from lms_tracker.app import create_app
from lms_tracker.settings import Settings
from tests.lrs.conftest import START, Client, make_statement

OURS, OTHERS = "https://courses.example.org", "https://evil.example.org"
AHEAD = {"Access-Control-Request-Method": "PUT", "Authorization": None, "X-Experience-API-Version": None}
ALLOW = "Access-Control-Allow-Origin"
Make = Callable[[str], Client]


@pytest.fixture
def client_of(db: Engine, tmp_path: Path) -> Iterator[Make]:
    credential, secret = create_credential(db, "moodle", now=START)
    engines = []

    def make(origins: str) -> Client:
        url = db.url.render_as_string(hide_password=False)
        app = create_app(Settings(database_url=url, var_dir=str(tmp_path), xapi_origins=origins))
        engines.append(app.extensions["db"])
        return Client(app, credential.key, secret)

    yield make
    for engine in engines:
        engine.dispose()


@pytest.mark.parametrize("path", ["/statements", "/activities/state", "/about"])
def test_a_browser_that_asks_ahead_is_told_what_it_may_send(client_of: Make, path: str) -> None:
    answer = client_of(f"https://a.example, {OURS}/").send("OPTIONS", path, headers=AHEAD | {"Origin": OURS})
    assert (answer.status_code, answer.data) == (204, b"")
    assert answer.headers[ALLOW] == OURS
    assert "PUT" in answer.headers["Access-Control-Allow-Methods"]
    for header in ("Authorization", "Content-Type", "X-Experience-API-Version", "If-Match"):
        assert header in answer.headers["Access-Control-Allow-Headers"]


def test_answers_can_be_read_with_their_headers_errors_too(client_of: Make) -> None:
    client = client_of(OURS)
    answers = [
        client.post(make_statement(), headers={"Origin": OURS}),
        client.post(b"{", headers={"Origin": OURS}),
        client.send("GET", "/statements", headers={"Origin": OURS, "Authorization": None}),
    ]
    assert [answer.status_code for answer in answers] == [200, 400, 401]
    for answer in answers:
        assert answer.headers[ALLOW] == OURS
        assert "ETag" in answer.headers["Access-Control-Expose-Headers"]
        assert "Origin" in answer.headers["Vary"]
        assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize("origins", ["", OURS])
def test_a_page_of_another_origin_is_told_nothing(client_of: Make, origins: str) -> None:
    client = client_of(origins)
    ahead = client.send("OPTIONS", "/statements", headers=AHEAD | {"Origin": OTHERS})
    assert ahead.status_code == 401
    assert not [name for name, _ in ahead.headers if name.startswith("Access-Control")]
    assert ALLOW not in client.send("GET", "/statements", headers={"Origin": OTHERS}).headers


def test_any_origin_can_be_allowed(client_of: Make) -> None:
    answer = client_of("*").send("GET", "/statements", headers={"Origin": OTHERS})
    assert answer.headers[ALLOW] == OTHERS


def test_what_a_form_of_the_alternate_syntax_lacks_can_be_read_too(client_of: Make) -> None:
    answer = client_of(OURS).http.post("/xapi/statements?method=FETCH", headers={"Origin": OURS})
    assert (answer.status_code, answer.headers[ALLOW]) == (400, OURS)


@pytest.mark.parametrize("path", ["/statements", "/activities/state", "/activities", "/about"])
def test_no_browser_keeps_an_answer_and_takes_it_for_the_next(client_of: Make, path: str) -> None:
    """Without a word on it, RFC 9111 4.2.2 lets it guess by Last-Modified, and Chromium does."""
    client, agent = client_of(OURS), {"mbox": "mailto:li@example.org"}
    state = {"activityId": "urn:x:1", "agent": json.dumps(agent), "stateId": "place"}
    assert client.send("PUT", "/activities/state", {"at": 1}, query_string=state).status_code == 204
    given = {"/activities/state": state, "/activities": {"activityId": "urn:x:1"}}.get(path, {})
    for method in ("GET", "HEAD"):
        answer = client.send(method, path, query_string=given)
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
