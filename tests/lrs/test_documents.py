"""State, activity profiles and agent profiles over HTTP, on both databases."""

import hashlib
import json
import threading
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import event, select
from werkzeug.test import TestResponse

from lms_tracker.store.db import reading
from lms_tracker.store.tables import document
from tests.lrs.conftest import Client

ACTIVITY = "https://example.org/videos/1"
LI = json.dumps({"mbox": "mailto:li@example.org"})
STATE = ("/activities/state", {"activityId": ACTIVITY, "agent": LI, "stateId": "bookmark"})
ACTIVITY_PROFILE = ("/activities/profile", {"activityId": ACTIVITY, "profileId": "map"})
AGENT_PROFILE = ("/agents/profile", {"agent": LI, "profileId": "wishes"})
RESOURCES = [STATE, ACTIVITY_PROFILE, AGENT_PROFILE]
each_resource = pytest.mark.parametrize(("path", "params"), RESOURCES, ids=["state", "activity", "agent"])
NEW = {"If-None-Match": "*"}
Params = dict[str, str]


def _send(client: Client, method: str, path: str, params: Params, body: Any = None, **headers: str) -> TestResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.send(method, path, body, query_string=params, headers=named)


def _put(client: Client, path: str, params: Params, body: Any, **headers: str) -> TestResponse:
    return _send(client, "PUT", path, params, body, **(headers or {"If_None_Match": "*"}))


def _id(params: Params) -> str:
    return "stateId" if "stateId" in params else "profileId"


def _without(params: Params, *names: str) -> Params:
    return {name: value for name, value in params.items() if name not in names}


@each_resource
def test_a_document_comes_back_byte_for_byte_with_its_type(client: Client, path: str, params: Params) -> None:
    content = b"\x00\xff any bytes"
    assert _put(client, path, params, content, Content_Type="image/png; q=1", If_None_Match="*").status_code == 204
    answer = _send(client, "GET", path, params)
    assert (answer.status_code, answer.data) == (200, content)
    assert answer.headers["Content-Type"] == "image/png; q=1"
    assert answer.headers["ETag"] == f'"{hashlib.sha1(content).hexdigest()}"'
    assert answer.headers["Last-Modified"].startswith("Sun, 01 Mar 2026 08:00:")
    head = _send(client, "HEAD", path, params)
    assert (head.status_code, head.data, head.headers["ETag"]) == (200, b"", answer.headers["ETag"])


@each_resource
def test_what_a_source_has_put_can_do_nothing_in_a_browser(client: Client, path: str, params: Params) -> None:
    _put(client, path, params, b"<script>alert(1)</script>", Content_Type="text/html", If_None_Match="*")
    answer = _send(client, "GET", path, params)
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "script-src" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@each_resource
def test_bytes_without_a_type_are_just_bytes_and_may_be_none(client: Client, path: str, params: Params) -> None:
    for content in (b"", b"abc"):
        _send(client, "DELETE", path, params)
        headers = {"Content-Type": "", "If-None-Match": "*"}
        assert client.send("PUT", path, content, query_string=params, headers=headers).status_code == 204
        answer = _send(client, "GET", path, params)
        assert (answer.data, answer.headers["Content-Type"]) == (content, "application/octet-stream")


@each_resource
def test_what_was_never_put_is_not_found(client: Client, path: str, params: Params) -> None:
    assert _send(client, "GET", path, params).status_code == 404
    assert _send(client, "HEAD", path, params).status_code == 404
    assert _send(client, "DELETE", path, params).status_code == 204


@each_resource
def test_deleting_one_document_leaves_the_others(client: Client, path: str, params: Params) -> None:
    other = params | {_id(params): "other"}
    _put(client, path, params, {"a": 1})
    _put(client, path, other, {"a": 2})
    assert _send(client, "DELETE", path, params).status_code == 204
    assert _send(client, "GET", path, params).status_code == 404
    assert _send(client, "GET", path, other).json == {"a": 2}


@each_resource
def test_posting_merges_one_level_deep_and_keeps_numbers_as_written(client: Client, path: str, params: Params) -> None:
    assert _send(client, "POST", path, params, b'{"a": 1.10, "b": {"c": 1}, "d": null}').status_code == 204
    assert _send(client, "POST", path, params, b'{"b": {"e": 1e400}, "f": 12345678901234567890123}').status_code == 204
    answer = _send(client, "GET", path, params)
    assert answer.data == b'{"a":1.10,"b":{"e": 1e400},"d":null,"f":12345678901234567890123}'
    assert answer.headers["Content-Type"] == "application/json"


@each_resource
@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("application/json", b'{"a": 1}'), ("text/plain", b'{"b": 1}')),
        (("text/plain", b'{"a": 1}'), ("application/json", b'{"b": 1}')),
        (("application/json", b'{"a": 1}'), ("application/json", b"[1]")),
        (("application/json", b'{"a": 1}'), ("application/json", b'{"b": 1}{')),
        (("application/json", b'{"a": 1}'), ("application/json", b"\xff")),
        (("application/json", b'{"a": 1}'), ("application/json", b'{"a":' * 5000)),
        (("application/json; charset=utf-8", b"[1]"), ("application/json", b'{"b": 1}')),
    ],
)
def test_what_cannot_be_merged_is_refused_and_nothing_changes(
    client: Client, path: str, params: Params, first: tuple[str, bytes], second: tuple[str, bytes]
) -> None:
    _put(client, path, params, first[1], Content_Type=first[0], If_None_Match="*")
    answer = _send(client, "POST", path, params, second[1], Content_Type=second[0])
    assert (answer.status_code, answer.json["rule"]) == (400, "merge")
    assert _send(client, "GET", path, params).data == first[1]


@each_resource
def test_posting_what_says_that_it_is_json_and_is_none_is_refused(client: Client, path: str, params: Params) -> None:
    assert _send(client, "POST", path, params, b'{"a": 1}[').status_code == 400
    assert _send(client, "GET", path, params).status_code == 404
    assert _send(client, "POST", path, params, b"abc", Content_Type="text/plain").status_code == 204


@each_resource
def test_if_match_guards_put_post_and_delete(client: Client, path: str, params: Params) -> None:
    _put(client, path, params, {"a": 1})
    etag = _send(client, "GET", path, params).headers["ETag"]
    for method, body in (("PUT", {"b": 2}), ("POST", {"b": 2}), ("DELETE", None)):
        answer = _send(client, method, path, params, body, If_Match='"' + "1" * 40 + '"')
        assert (answer.status_code, answer.json["rule"]) == (412, "precondition")
        assert _send(client, "GET", path, params).json == {"a": 1}
    assert _send(client, "PUT", path, params, {"b": 2}, If_Match=f'"x", {etag}').status_code == 204
    assert _send(client, "POST", path, params, {"c": 3}, If_Match="*").status_code == 204
    assert _send(client, "GET", path, params).json == {"b": 2, "c": 3}
    etag = _send(client, "GET", path, params).headers["ETag"]
    assert _send(client, "DELETE", path, params, If_Match=etag).status_code == 204
    assert _send(client, "PUT", path, params, {"d": 4}, If_Match=etag).status_code == 412
    assert _send(client, "PUT", path, params, {"d": 4}, If_Match="*").status_code == 412


@each_resource
def test_a_weak_etag_matches_nothing(client: Client, path: str, params: Params) -> None:
    _put(client, path, params, {"a": 1})
    etag = _send(client, "GET", path, params).headers["ETag"]
    assert _send(client, "PUT", path, params, {"b": 2}, If_Match=f"W/{etag}").status_code == 412


@each_resource
def test_if_none_match_keeps_what_is_there(client: Client, path: str, params: Params) -> None:
    assert _put(client, path, params, {"a": 1}).status_code == 204
    assert _put(client, path, params, {"a": 2}).status_code == 412
    etag = _send(client, "GET", path, params).headers["ETag"]
    assert _put(client, path, params, {"a": 2}, If_None_Match=etag).status_code == 412
    assert _send(client, "GET", path, params).json == {"a": 1}
    assert _put(client, path, params, {"a": 2}, If_None_Match='"other"').status_code == 204


@each_resource
def test_who_has_the_document_already_is_not_sent_it_again(client: Client, path: str, params: Params) -> None:
    _put(client, path, params, {"a": 1})
    etag = _send(client, "GET", path, params).headers["ETag"]
    answer = _send(client, "GET", path, params, If_None_Match=etag)
    assert (answer.status_code, answer.data) == (304, b"")
    assert _send(client, "GET", path, params, If_None_Match='"other"').json == {"a": 1}


@pytest.mark.parametrize(("path", "params"), RESOURCES[1:], ids=["activity", "agent"])
def test_a_profile_is_not_put_without_saying_what_it_replaces(client: Client, path: str, params: Params) -> None:
    answer = _send(client, "PUT", path, params, {"a": 1})
    assert answer.status_code == 400
    assert "If-None-Match" in answer.json["error"]
    _put(client, path, params, {"a": 1})
    answer = _send(client, "PUT", path, params, {"a": 2})
    assert answer.status_code == 409
    assert "ETag" in answer.json["error"]
    assert _send(client, "GET", path, params).json == {"a": 1}


def test_a_state_is_put_without_ceremony(client: Client) -> None:
    for n in (1, 2):
        assert _send(client, "PUT", *STATE, {"a": n}).status_code == 204
        assert _send(client, "GET", *STATE).json == {"a": n}


@each_resource
def test_ids_are_listed_and_since_tells_the_newer_ones(client: Client, path: str, params: Params) -> None:
    ids = ["c", "a", "b/é?"]
    for id in ids:
        _put(client, path, params | {_id(params): id}, {"a": 1})
    listing = _without(params, _id(params))
    assert _send(client, "GET", path, listing).json == sorted(ids)
    one = _send(client, "GET", path, params | {_id(params): "c"}).headers["Last-Modified"]
    assert one == "Sun, 01 Mar 2026 08:00:01 GMT"
    assert _send(client, "GET", path, listing | {"since": "2026-03-01T08:00:01Z"}).json == sorted(ids[1:])
    assert _send(client, "GET", path, listing | {"since": "2026-03-02T08:00:01Z"}).json == []
    assert _send(client, "GET", path, listing | {"since": "yesterday"}).status_code == 400
    assert _send(client, "HEAD", path, listing).status_code == 200


def test_states_of_a_registration_stand_apart(client: Client) -> None:
    path, params = STATE
    first, second = str(uuid4()), str(uuid4())
    _put(client, path, params, {"of": "none"})
    _put(client, path, params | {"registration": first}, {"of": "first"})
    _put(client, path, params | {"registration": second, "stateId": "other"}, {"of": "second"})
    assert _send(client, "GET", path, params).json == {"of": "none"}
    assert _send(client, "GET", path, params | {"registration": first.upper()}).json == {"of": "first"}
    listing = _without(params, "stateId")
    assert _send(client, "GET", path, listing | {"registration": second}).json == ["other"]
    assert _send(client, "GET", path, listing).json == ["bookmark", "other"]
    assert _send(client, "DELETE", path, listing | {"registration": second}).status_code == 204
    assert _send(client, "GET", path, listing).json == ["bookmark"]
    assert _send(client, "DELETE", path, listing).status_code == 204
    assert _send(client, "GET", path, listing).json == []


def test_states_of_others_are_neither_seen_nor_deleted(client: Client) -> None:
    path, params = STATE
    wang = params | {"agent": json.dumps({"mbox": "mailto:wang@example.org"})}
    elsewhere = params | {"activityId": "https://example.org/videos/2"}
    for one in (params, wang, elsewhere):
        _put(client, path, one, {"a": 1})
    assert _send(client, "DELETE", path, _without(params, "stateId")).status_code == 204
    assert _send(client, "GET", path, params).status_code == 404
    assert _send(client, "GET", path, wang).json == _send(client, "GET", path, elsewhere).json == {"a": 1}


def test_one_actor_is_the_same_however_it_is_written(client: Client) -> None:
    path, params = AGENT_PROFILE
    _put(client, path, params, {"a": 1})
    other = json.dumps({"objectType": "Agent", "name": "李", "mbox": "mailto:li@example.org"})
    assert _send(client, "GET", path, params | {"agent": other}).json == {"a": 1}


@pytest.mark.parametrize(("path", "params"), RESOURCES[1:], ids=["activity", "agent"])
def test_profiles_are_not_deleted_by_the_dozen(client: Client, path: str, params: Params) -> None:
    _put(client, path, params, {"a": 1})
    assert _send(client, "DELETE", path, _without(params, "profileId")).status_code == 400
    assert _send(client, "GET", path, params).status_code == 200


@each_resource
@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE"])
def test_parameters_that_are_missing_unknown_or_malformed_are_named(
    client: Client, path: str, params: Params, method: str
) -> None:
    body = {"a": 1} if method in ("PUT", "POST") else None
    bad = [params | {"other": "x"}, params | {_id(params).upper(): "x"}, params | {_id(params): "x" * 2001}]
    bad += [params | {_id(params): "a\0b"}, params | {_id(params): ""}]
    bad += [_without(params, name) for name in ("activityId", "agent") if name in params]
    bad += [_without(params, _id(params))] if body else []
    if "activityId" in params:
        bad.append(params | {"activityId": "no iri"})
    if "agent" in params:
        bad += [params | {"agent": agent} for agent in ("x", "{}", '{"mbox": 1}', '{"name": "x"}', "[" * 9000)]
        long = json.dumps({"openid": "https://a.b/" + "x" * 2000})
        bad.append(params | {"agent": long})
    if path == STATE[0]:
        bad.append(params | {"registration": "x"})
    for given in bad:
        answer = _send(client, method, path, given, body, **({"If_None_Match": "*"} if body else {}))
        assert (answer.status_code, answer.json["path"] is not None) == (400, True), given


@each_resource
def test_a_packed_document_is_refused(client: Client, path: str, params: Params) -> None:
    answer = _put(client, path, params, b"x", Content_Encoding="gzip")
    assert (answer.status_code, answer.json["rule"]) == (415, "content-encoding")
    assert _send(client, "GET", path, params).status_code == 404


@each_resource
def test_a_document_above_the_limit_is_refused(client: Client, path: str, params: Params) -> None:
    answer = _put(client, path, params, b"x" * 200_000)
    assert answer.status_code == 413
    assert _send(client, "GET", path, params).status_code == 404


@each_resource
def test_of_two_writers_that_read_the_same_only_one_gets_through(app: Flask, path: str, params: Params) -> None:
    from lms_tracker.actions.credentials import create_credential
    from tests.lrs.conftest import START

    credential, secret = create_credential(app.extensions["db"], "racer", now=START)
    clients = [Client(app, credential.key, secret) for _ in range(6)]
    codes: list[int] = []

    def race(number: int, guard: dict[str, str]) -> None:
        codes.append(_send(clients[number], "PUT", path, params, {"by": number}, **guard).status_code)

    def start(guard: dict[str, str]) -> list[int]:
        codes.clear()
        threads = [threading.Thread(target=race, args=(number, guard)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return sorted(codes)

    assert start({"If_None_Match": "*"}) == [204] + [412] * 5
    etag = _send(clients[0], "GET", path, params).headers["ETag"]
    before = _send(clients[0], "GET", path, params).json["by"]
    after = start({"If_Match": etag})
    # who puts the very same content again leaves the ETag as it is, and the door open for one more
    assert after in ([204] + [412] * 5, [204, 204] + [412] * 4), (before, after)


def test_writers_of_different_properties_both_get_through(app: Flask, client: Client) -> None:
    path, params = STATE
    _put(client, path, params, {})

    def add(number: int) -> None:
        other = Client(app, "", "")
        other.headers = client.headers
        assert _send(other, "POST", path, params, {str(number): number}).status_code == 204

    threads = [threading.Thread(target=add, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert _send(client, "GET", path, params).json == {str(n): n for n in range(6)}


def test_a_document_is_found_by_its_key_alone(app: Flask, client: Client) -> None:
    path, params = STATE
    seen: list[str] = []
    event.listen(app.extensions["db"], "before_cursor_execute", lambda *args: seen.append(args[2]))
    _put(client, path, params, {"a": 1})
    _send(client, "GET", path, params)
    queries = [sql for sql in seen if "FROM document" in sql]
    assert queries and all("document.place = " in sql for sql in queries)
    with reading(app.extensions["db"]) as tx:
        (row,) = tx.execute(select(document.c.kind, document.c.activity, document.c.ifi)).all()
    assert tuple(row) == ("state", ACTIVITY, "mbox:mailto:li@example.org")


def test_an_old_browser_puts_a_state_in_a_form(client: Client) -> None:
    path, params = STATE
    form = params | {"content": '{"a": 1}', "Content-Type": "application/json"}
    answer = client.send("POST", f"{path}?method=PUT", data=form)
    assert answer.status_code == 204
    assert client.send("POST", f"{path}?method=GET", data=params).json == {"a": 1}
    assert client.send("POST", f"{path}?method=DELETE", data=params).status_code == 204
    assert client.send("POST", f"{path}?method=GET", data=params).status_code == 404
