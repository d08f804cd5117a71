"""What state, activity profiles and agent profiles must do, in both versions and on both databases."""

import hashlib
import json
from typing import Any
from uuid import uuid4

import pytest
from werkzeug.test import TestResponse

from tests.lrs.conftest import Client
from tests.lrs.requirements.conftest import VERSIONS
from tests.lrs.test_documents import ACTIVITY, STATE, Params, each_resource

JSON = "application/json"
NEW = {"If-None-Match": "*"}


@pytest.fixture(params=VERSIONS)
def spoken(request: pytest.FixtureRequest, client: Client) -> Client:
    client.headers["X-Experience-API-Version"] = request.param
    return client


def _send(client: Client, method: str, path: str, params: Params, body: Any = None, **headers: str) -> TestResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.send(method, path, body, query_string=params, headers=named)


def _put(client: Client, path: str, params: Params, body: Any, **headers: str) -> None:
    assert _send(client, "PUT", path, params, body, If_None_Match="*", **headers).status_code == 204


def _name(params: Params) -> str:
    return "stateId" if "stateId" in params else "profileId"


def _all(params: Params) -> Params:
    return {name: text for name, text in params.items() if name != _name(params)}


@each_resource
def test_a_document_is_put_read_and_deleted(spoken: Client, path: str, params: Params) -> None:
    _put(spoken, path, params, {"a": 1})
    answer = _send(spoken, "GET", path, params)
    assert (answer.status_code, answer.json, answer.mimetype) == (200, {"a": 1}, JSON)
    head = _send(spoken, "HEAD", path, params)
    assert (head.status_code, head.data, head.headers["ETag"]) == (200, b"", answer.headers["ETag"])
    gone = _send(spoken, "DELETE", path, params)
    assert (gone.status_code, gone.data) == (204, b"")
    assert _send(spoken, "GET", path, params).status_code == 404


@each_resource
def test_documents_are_listed_and_since_leaves_the_newer_ones(spoken: Client, path: str, params: Params) -> None:
    for id in ("one", "two", "three"):
        _put(spoken, path, params | {_name(params): id}, {"a": 1})
    assert sorted(_send(spoken, "GET", path, _all(params)).json) == ["one", "three", "two"]
    second = _send(spoken, "GET", path, params | {_name(params): "two"}).headers["Last-Modified"]
    assert second.startswith("Sun, 01 Mar 2026 08:00:")
    since = f"2026-03-01T08:00:{second[23:25]}Z"
    assert _send(spoken, "GET", path, _all(params) | {"since": since}).json == ["three"]
    assert _send(spoken, "GET", path, _all(params) | {"since": "2030-01-01T00:00:00Z"}).json == []


@each_resource
def test_posting_stores_or_merges_one_level_deep(spoken: Client, path: str, params: Params) -> None:
    for sent in ({"a": {"b": 1, "c": 2}, "d": 1}, {"a": {"b": 3}, "e": [1]}):
        answer = _send(spoken, "POST", path, params, sent)
        assert (answer.status_code, answer.data) == (204, b"")
    assert _send(spoken, "GET", path, params).json == {"a": {"b": 3}, "d": 1, "e": [1]}


@each_resource
def test_only_json_objects_are_merged(spoken: Client, path: str, params: Params) -> None:
    _put(spoken, path, params, {"a": 1})
    text = params | {_name(params): "text"}
    _put(spoken, path, text, b"abc", Content_Type="text/plain")
    for target, body, kind in (
        (params, b"b", "text/plain"),
        (params, b"[1]", JSON),
        (params, b'{"b": ', JSON),
        (text, b'{"b": 1}', JSON),
        (params | {_name(params): "new"}, b'{"a": 1}[', JSON),
    ):
        before = _send(spoken, "GET", path, target).data
        assert _send(spoken, "POST", path, target, body, Content_Type=kind).status_code == 400
        assert _send(spoken, "GET", path, target).data == before


@each_resource
def test_the_etag_is_the_quoted_sha_1_and_guards_the_document(spoken: Client, path: str, params: Params) -> None:
    _put(spoken, path, params, b'{"a": 1}')
    etag = _send(spoken, "GET", path, params).headers["ETag"]
    assert etag == '"' + hashlib.sha1(b'{"a": 1}').hexdigest() + '"'
    for method, body in (("PUT", {"b": 1}), ("POST", {"b": 1}), ("DELETE", None)):
        assert _send(spoken, method, path, params, body, If_Match='"x"').status_code == 412
        assert _send(spoken, "GET", path, params).json == {"a": 1}
    assert _send(spoken, "PUT", path, params, {"b": 1}, If_None_Match="*").status_code == 412
    assert _send(spoken, "PUT", path, params, {"b": 1}, If_None_Match=etag).status_code == 412
    assert _send(spoken, "GET", path, params).json == {"a": 1}
    for method, body in (("PUT", {"a": 2}), ("POST", {"a": 3}), ("DELETE", None)):
        etag = _send(spoken, "GET", path, params).headers["ETag"]
        assert _send(spoken, method, path, params, body, If_Match=etag).status_code == 204


@each_resource
def test_who_replaces_a_document_unseen_is_told_how(spoken: Client, path: str, params: Params) -> None:
    _put(spoken, path, params, {"a": 1})
    answer = _send(spoken, "PUT", path, params, {"a": 2})
    if path == STATE[0] and spoken.headers["X-Experience-API-Version"] == "1.0.3":
        assert answer.status_code == 204
        return
    assert (answer.status_code, "ETag" in answer.json["error"]) == (409, True)
    assert _send(spoken, "GET", path, params).json == {"a": 1}


@each_resource
def test_last_modified_follows_the_document_and_the_newest_of_many(spoken: Client, path: str, params: Params) -> None:
    _put(spoken, path, params, {"a": 1})
    first = _send(spoken, "GET", path, params).headers["Last-Modified"]
    assert _send(spoken, "POST", path, params, {"a": 2}).status_code == 204
    second = _send(spoken, "GET", path, params).headers["Last-Modified"]
    assert first < second
    _put(spoken, path, params | {_name(params): "other"}, {"a": 1})
    newest = _send(spoken, "GET", path, params | {_name(params): "other"}).headers["Last-Modified"]
    assert second < newest == _send(spoken, "GET", path, _all(params)).headers["Last-Modified"]


def test_a_registration_has_states_of_its_own(spoken: Client) -> None:
    path, params = STATE
    one = params | {"registration": str(uuid4())}
    for target, value in ((params, "none"), (one, "one")):
        assert _send(spoken, "POST", path, target, {"of": value}).status_code == 204
    assert _send(spoken, "GET", path, one).json == {"of": "one"}
    etag = _send(spoken, "GET", path, one).headers["ETag"]
    assert _send(spoken, "PUT", path, one, {"of": "two"}, If_Match=etag).status_code == 204
    assert _send(spoken, "GET", path, _all(one)).json == ["bookmark"]
    assert _send(spoken, "DELETE", path, one).status_code == 204
    assert _send(spoken, "GET", path, one).status_code == 404
    assert _send(spoken, "GET", path, params).json == {"of": "none"}


def test_all_states_of_somebody_in_an_activity_are_deleted_at_once(spoken: Client) -> None:
    path, params = STATE
    other = params | {"agent": json.dumps({"openid": "https://example.org/wang"})}
    for target in (params, params | {"stateId": "two"}, other):
        _put(spoken, path, target, {"a": 1})
    assert _send(spoken, "DELETE", path, _all(params)).status_code == 204
    assert _send(spoken, "GET", path, _all(params)).json == []
    assert _send(spoken, "GET", path, other).json == {"a": 1}


def test_activity_and_agent_need_not_be_known(spoken: Client) -> None:
    unknown = {"activityId": f"{ACTIVITY}/{uuid4()}", "agent": json.dumps({"mbox": f"mailto:{uuid4()}@example.org"})}
    _put(spoken, STATE[0], unknown | {"stateId": "x"}, {"a": 1})
    assert _send(spoken, "GET", STATE[0], unknown).json == ["x"]
