"""Who may come in: the key holder may; strangers, former key holders and guessers see nothing."""

import base64
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from lms_tracker.actions.credentials import create_credential, revoke_credential
from tests.lrs.conftest import START, VIDEO, Client, make_statement

DOCUMENTS = ("/activities/state", "/activities/profile", "/agents/profile")
ROUTES = [
    ("GET", "/statements"),
    ("HEAD", "/statements"),
    ("PUT", "/statements"),
    ("POST", "/statements"),
    ("GET", "/activities"),
    ("HEAD", "/activities"),
    ("GET", "/agents"),
    ("HEAD", "/agents"),
    *((method, path) for path in DOCUMENTS for method in ("GET", "HEAD", "PUT", "POST", "DELETE")),
    ("GET", "/nothing"),
    ("DELETE", "/nothing"),
    ("GET", "/"),
]


LI = '{"mbox": "mailto:li@example.org"}'
PARAMS = {
    "/activities": {"activityId": VIDEO},
    "/activities/state": {"activityId": VIDEO, "agent": LI, "stateId": "bookmark"},
    "/activities/profile": {"activityId": VIDEO, "profileId": "map"},
    "/agents": {"agent": LI},
    "/agents/profile": {"agent": LI, "profileId": "wishes"},
}


def test_the_list_above_holds_every_route(app: Flask) -> None:
    rules = {str(rule) for rule in app.url_map.iter_rules() if str(rule).startswith("/xapi")}
    asked = {f"/xapi{path}" for _, path in ROUTES if path not in ("/nothing",)}
    assert rules == asked | {"/xapi/about", "/xapi/openapi.json", "/xapi/<path:rest>"}


def _basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


OUTSIDERS: dict[str, Callable[[str, str], str | None]] = {
    "nobody": lambda key, secret: None,
    "a guesser": lambda key, secret: _basic(f"{key}:guess"),
    "an unknown key": lambda key, secret: _basic(f"nobody:{secret}"),
    "an empty secret": lambda key, secret: _basic(f"{key}:"),
    "no colon": lambda key, secret: _basic(key),
    "another scheme": lambda key, secret: f"Bearer {secret}",
    "no base64": lambda key, secret: "Basic %%%",
    "a NUL": lambda key, secret: _basic("\0:\0"),
}


@pytest.mark.parametrize("outsider", OUTSIDERS)
@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_an_outsider_is_turned_away_from_every_route(app: Flask, method: str, path: str, outsider: str) -> None:
    credential, secret = create_credential(app.extensions["db"], "moodle", now=START)
    inside = Client(app, credential.key, secret)
    inside.post(make_statement())
    assert inside.send("PUT", "/activities/state", b"mine", query_string=PARAMS["/activities/state"]).status_code == 204
    wrong = {"Authorization": OUTSIDERS[outsider](credential.key, secret)}
    answer = inside.send(method, path, headers=wrong, query_string=PARAMS.get(path), **_body(method))
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic")
    assert answer.headers["X-Experience-API-Version"] == "1.0.3"
    assert "li@example.org" not in answer.text
    assert "mine" not in answer.text
    assert inside.send("GET", "/activities/state", query_string=PARAMS["/activities/state"]).data == b"mine"
    assert len(inside.get().json["statements"]) == 1


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_a_revoked_key_opens_nothing(app: Flask, client: Client, method: str, path: str) -> None:
    assert client.get().status_code == 200
    assert revoke_credential(app.extensions["db"], "moodle", now=START)
    assert client.send(method, path, **_body(method)).status_code == 401


def test_one_key_is_revoked_without_the_other(app: Flask, client: Client) -> None:
    other, secret = create_credential(app.extensions["db"], "openedx", now=START)
    revoke_credential(app.extensions["db"], "moodle", now=START)
    assert Client(app, other.key, secret).get().status_code == 200


def test_about_is_open_and_tells_the_versions_only(client: Client) -> None:
    answer = client.send("GET", "/about", headers={"Authorization": None, "X-Experience-API-Version": None})
    assert answer.status_code == 200
    assert answer.json == {"version": ["1.0.0", "1.0.1", "1.0.2", "1.0.3", "2.0.0"]}
    assert answer.headers["X-Experience-API-Version"] == "1.0.3"


def test_who_speaks_1_0_is_told_of_no_other_version(client: Client) -> None:
    versions = client.send("GET", "/about").json["version"]
    assert versions == ["1.0.0", "1.0.1", "1.0.2", "1.0.3"]


@pytest.mark.parametrize("version", ["1.0", "1.0.0", "1.0.3", "1.0.9"])
def test_the_answer_names_the_version_that_was_asked_for(client: Client, version: str) -> None:
    answer = client.send("GET", "/statements", headers={"X-Experience-API-Version": version})
    assert answer.status_code == 200
    assert answer.headers["X-Experience-API-Version"] == version


@pytest.mark.parametrize("version", [None, "", "0.9", "1.1.0", "2.1.0", "1.0.3\u0661", "latest"])
def test_a_request_without_a_supported_version_is_refused(client: Client, version: str | None) -> None:
    sent = make_statement()
    if version is not None and not version.isascii():
        version = version.encode().decode("latin-1")
    answer = client.post(sent, headers={"X-Experience-API-Version": version})
    assert answer.status_code == 400
    assert answer.headers["X-Experience-API-Version"] == "1.0.3"
    assert client.get(statementId=sent["id"]).status_code == 404


def test_unknown_resources_and_methods_are_named_in_json(client: Client) -> None:
    answer = client.send("GET", "/nothing")
    assert (answer.status_code, answer.mimetype) == (404, "application/json")
    answer = client.send("DELETE", "/statements")
    assert answer.status_code in (404, 405)
    assert answer.mimetype == "application/json"
    assert answer.headers["X-Experience-API-Version"] == "1.0.3"


def test_no_answer_sets_a_cookie(client: Client) -> None:
    assert "Set-Cookie" not in client.get().headers
    assert "Set-Cookie" not in client.post(make_statement()).headers


def test_the_secret_is_kept_nowhere(app: Flask) -> None:
    _, secret = create_credential(app.extensions["db"], "moodle", now=START)
    with app.extensions["db"].connect() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM credential").all()
    assert len(secret) >= 40
    assert secret not in str(rows)


def _body(method: str) -> dict[str, Any]:
    return {"body": make_statement()} if method in ("PUT", "POST") else {}


def test_a_key_that_was_just_used_is_revoked_at_once_also_for_what_is_never_stored(app: Flask, client: Client) -> None:
    assert client.post(make_statement()).status_code == 200
    revoke_credential(app.extensions["db"], "moodle", now=START)
    for body in (make_statement(), [], {"actor": "nobody"}, [make_statement(), make_statement()]):
        assert client.post(body).status_code == 401
