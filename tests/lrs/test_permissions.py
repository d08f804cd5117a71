"""What a key may do: by scope, within its bounds, until it expires (Communication 4.2)."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import func, select

from lms_tracker.actions import credentials
from lms_tracker.actions.credentials import CredentialError, create_credential, rotate_secret
from lms_tracker.core.xapi.scopes import SCOPES, Bounds
from lms_tracker.lrs.admission import OPEN_ENDPOINTS
from lms_tracker.lrs.permissions import NEEDED, NOTHING_THERE
from lms_tracker.store.credentials import credential_named, revoke
from lms_tracker.store.db import reading, writing
from lms_tracker.store.tables import definition, statement
from tests.lrs.conftest import START, VIDEO, Client, make_statement

LI = {"mbox": "mailto:li@example.org"}
LI_IFI = "mbox:mailto:li@example.org"
WANG = {"mbox": "mailto:wang@example.org"}
LI_JSON, WANG_JSON = '{"mbox": "mailto:li@example.org"}', '{"mbox": "mailto:wang@example.org"}'
STATE = {"activityId": VIDEO, "agent": LI_JSON, "stateId": "bookmark"}
MAP = {"activityId": VIDEO, "profileId": "map"}
WISHES = {"agent": LI_JSON, "profileId": "wishes"}

# (method, path, parameters) -> the scopes that open it, beside `all`
MAY: dict[tuple[str, str], tuple[dict[str, str], set[str]]] = {
    ("PUT", "/statements"): ({}, {"statements/write"}),
    ("POST", "/statements"): ({}, {"statements/write"}),
    ("GET", "/statements"): ({}, {"statements/read", "statements/read/mine", "all/read"}),
    ("HEAD", "/statements"): ({}, {"statements/read", "statements/read/mine", "all/read"}),
    **{(m, "/activities/state"): (STATE, {"state"}) for m in ("PUT", "POST", "DELETE")},
    **{(m, "/activities/state"): (STATE, {"state", "all/read"}) for m in ("GET", "HEAD")},
    **{(m, "/activities/profile"): (MAP, {"profile"}) for m in ("PUT", "POST", "DELETE")},
    **{(m, "/activities/profile"): (MAP, {"profile", "all/read"}) for m in ("GET", "HEAD")},
    **{(m, "/agents/profile"): (WISHES, {"profile"}) for m in ("PUT", "POST", "DELETE")},
    **{(m, "/agents/profile"): (WISHES, {"profile", "all/read"}) for m in ("GET", "HEAD")},
    **{
        (m, "/activities"): (
            {"activityId": VIDEO},
            {"statements/read", "statements/read/mine", "state", "profile", "define", "all/read"},
        )
        for m in ("GET", "HEAD")
    },
    **{(m, "/agents"): ({"agent": LI_JSON}, {"statements/read", "profile", "all/read"}) for m in ("GET", "HEAD")},
}


def _holder(app: Flask, name: str = "source", **given: Any) -> Client:
    credential, secret = create_credential(app.extensions["db"], name, now=START, **given)
    return Client(app, credential.key, secret)


def _ask(client: Client, method: str, path: str, params: dict[str, str]) -> Any:
    body, params = None, dict(params)
    if method in ("PUT", "POST"):
        body = {"a": 1}
        if path == "/statements":
            body = make_statement()
            params = {"statementId": body["id"]} if method == "PUT" else {}
    headers = {"If-None-Match": "*"} if method == "PUT" and path != "/statements" else {}
    return client.send(method, path, body, query_string=params, headers=headers)


def test_every_route_has_its_scopes(app: Flask) -> None:
    routes = {rule.endpoint for rule in app.url_map.iter_rules() if rule.endpoint.startswith("xapi.")}
    assert routes == set(NEEDED) | NOTHING_THERE | OPEN_ENDPOINTS


@pytest.mark.parametrize("scope", SCOPES)
def test_a_scope_opens_what_is_its_own_and_nothing_else(app: Flask, scope: str) -> None:
    client = _holder(app, scopes=[scope])
    for (method, path), (params, scopes) in MAY.items():
        answer = _ask(client, method, path, params)
        if scope in scopes | {"all"}:
            assert answer.status_code in (200, 204, 404, 412), (method, path, answer.text)
        else:
            assert answer.status_code == 403, (method, path)
            if method != "HEAD":
                assert answer.json["rule"] == "scope"
                assert all(name in answer.json["error"] for name in scopes), "it names what is missing"


def test_what_was_refused_for_its_scope_is_not_stored(app: Flask, client: Client) -> None:
    assert _holder(app, scopes=["statements/read"]).post(make_statement()).status_code == 403
    assert client.get().json["statements"] == []


def test_who_reads_only_its_own_finds_nothing_of_others_by_any_way(app: Flask, client: Client) -> None:
    mine, other = make_statement(), make_statement()
    own = _holder(app, scopes=["statements/write", "statements/read/mine"])
    about_other = make_statement(object={"objectType": "StatementRef", "id": other["id"]})
    assert own.post([mine, about_other]).status_code == 200
    client.post([other, make_statement(object={"objectType": "StatementRef", "id": mine["id"]})])
    void = make_statement(
        verb={"id": "http://adlnet.gov/expapi/verbs/voided"},
        object={"objectType": "StatementRef", "id": client.post(make_statement()).json[0]},
    )
    client.post(void)
    ids = {mine["id"], about_other["id"]}
    asked: list[dict[str, str]] = [{}, {"agent": LI_JSON}, {"activity": VIDEO}, {"verb": mine["verb"]["id"]}]
    for params in [*asked, {"agent": LI_JSON, "related_agents": "true"}]:
        assert {one["id"] for one in own.get(**params).json["statements"]} <= ids, params
    assert {one["id"] for one in own.get().json["statements"]} == ids
    assert own.get(statementId=mine["id"]).status_code == 200
    assert own.get(statementId=other["id"]).status_code == 404
    assert own.get(voidedStatementId=void["object"]["id"]).status_code == 404
    page = own.get(limit="1").json
    rest = own.http.get(page["more"], headers=own.headers).json
    assert {one["id"] for one in page["statements"] + rest["statements"]} == ids


def test_without_define_a_statement_teaches_nothing_about_its_activity(app: Flask, client: Client) -> None:
    told = make_statement(object={"id": VIDEO, "definition": {"name": {"en": "One"}}})
    assert _holder(app, scopes=["statements/write"]).post(told).status_code == 200
    with reading(app.extensions["db"]) as tx:
        assert tx.scalar(select(func.count()).select_from(definition)) == 0
    assert client.get(statementId=told["id"]).json["object"] == told["object"], "the statement keeps it"
    again = told | {"id": str(uuid4())}
    assert _holder(app, "teacher", scopes=["statements/write", "define"]).post(again).status_code == 200
    assert client.send("GET", "/activities", query_string={"activityId": VIDEO}).json["definition"]


CHECK = {"id": "https://example.org/checks/1", "definition": {"type": "https://example.org/check"}}
PARENT = {"contextActivities": {"parent": {"id": VIDEO}}}
WITHIN = {
    "the activity": {},
    "a check of it": {"object": CHECK, "context": PARENT},
    "a part of it": {"object": CHECK, "context": {"contextActivities": {"grouping": [{"id": "urn:x"}, {"id": VIDEO}]}}},
}
BEYOND = {
    "another actor": {"actor": WANG},
    "a group": {"actor": {"objectType": "Group", "member": [LI]}},
    "another activity": {"object": {"id": "https://example.org/videos/2"}},
    "another one of the same category": {
        "object": CHECK,
        "context": {"contextActivities": {"category": [{"id": VIDEO}], "other": [{"id": VIDEO}]}},
    },
    "a person": {"object": {"objectType": "Agent", **WANG}, "context": PARENT},
    "what somebody said": {"object": {"objectType": "StatementRef", "id": str(uuid4())}, "context": PARENT},
    "voiding": {
        "verb": {"id": "http://adlnet.gov/expapi/verbs/voided"},
        "object": {"objectType": "StatementRef", "id": str(uuid4())},
    },
}
GRANT = {"scopes": ["statements/write", "state", "profile"], "bounds": Bounds(LI_IFI, VIDEO)}


@pytest.mark.parametrize("what", WITHIN)
def test_a_grant_takes_what_its_person_says_of_its_activity(app: Flask, what: str) -> None:
    assert _holder(app, **GRANT).post(make_statement(**WITHIN[what])).status_code == 200


@pytest.mark.parametrize("what", BEYOND)
def test_a_grant_takes_nothing_else_and_nothing_beside_it(app: Flask, what: str) -> None:
    answer = _holder(app, **GRANT).post([make_statement(), make_statement(**BEYOND[what])])
    assert (answer.status_code, answer.json["rule"], answer.json["statement"]) == (403, "bounds", 1)
    assert answer.json["path"].startswith("$[1].")
    with reading(app.extensions["db"]) as tx:
        assert tx.scalar(select(func.count()).select_from(statement)) == 0


def test_a_grant_keeps_its_own_documents_and_reads_no_other_person_s(app: Flask, client: Client) -> None:
    grant = _holder(app, **GRANT)
    client.send("PUT", "/activities/profile", {"a": 1}, query_string=MAP, headers={"If-None-Match": "*"})
    assert grant.send("PUT", "/activities/state", b"12", query_string=STATE).status_code == 204
    assert grant.send("GET", "/activities/state", query_string=STATE).data == b"12"
    for change in ({"agent": WANG_JSON}, {"activityId": "https://example.org/videos/2"}):
        for method in ("GET", "HEAD", "PUT", "POST", "DELETE"):
            body = b"{}" if method in ("PUT", "POST") else None
            answer = grant.send(method, "/activities/state", body, query_string=STATE | change)
            assert answer.status_code == 403, (method, change)
    assert grant.send("GET", "/activities/profile", query_string=MAP).status_code == 200
    assert grant.send("POST", "/activities/profile", {"b": 2}, query_string=MAP).status_code == 403, "it is everybody's"
    assert grant.send("GET", "/agents/profile", query_string={"agent": WANG_JSON}).status_code == 403
    assert grant.send("GET", "/agents", query_string={"agent": WANG_JSON}).status_code == 403
    assert grant.send("GET", "/activities", query_string={"activityId": "https://example.org/v/2"}).status_code == 403
    assert grant.send("GET", "/agents", query_string={"agent": LI_JSON}).status_code == 200


def test_a_key_for_one_activity_learns_nothing_of_people(app: Flask) -> None:
    package = _holder(app, **GRANT | {"bounds": Bounds(activity=GRANT["bounds"].activity)})
    for path in ("/agents", "/agents/profile"):
        assert package.send("GET", path, query_string={"agent": LI_JSON}).status_code == 403, path
    assert package.send("PUT", "/activities/state", b"1", query_string=STATE).status_code == 204
    assert package.send("GET", "/activities/state", query_string=STATE).status_code == 200


def test_a_key_opens_until_it_expires(app: Flask) -> None:
    client = _holder(app, expires_at=START + timedelta(seconds=3))
    assert client.post(make_statement()).status_code == 200  # the clock advances by a second with each request
    assert client.get().status_code == 200
    assert client.post(make_statement()).status_code == 401
    assert client.get().status_code == 401


def test_a_new_secret_closes_the_old_one_at_once_also_where_it_is_remembered(app: Flask) -> None:
    client = _holder(app)
    assert client.post(make_statement()).status_code == 200
    rotated = rotate_secret(app.extensions["db"], "source")
    assert rotated is not None
    fresh = Client(app, *rotated)
    for body in (make_statement(), [], {"actor": "nobody"}):
        assert client.post(body).status_code == 401
    assert fresh.post(make_statement()).status_code == 200
    assert client.post(make_statement()).status_code == 401
    assert client.get().status_code == 401
    assert len(fresh.get().json["statements"]) == 2
    assert rotate_secret(app.extensions["db"], "nobody") is None


def test_no_secret_is_taken_for_an_option_by_the_command_that_is_given_it(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = iter(["-m", "-", "Z-", "--u", "a"])
    monkeypatch.setattr(credentials.secrets, "token_urlsafe", lambda _bytes: next(drawn))
    _, secret = create_credential(app.extensions["db"], "dashing", now=START)
    rotated = rotate_secret(app.extensions["db"], "dashing")
    assert rotated is not None
    assert (secret, rotated[1]) == ("Z-", "a")


@pytest.mark.parametrize("asked", [{}, {"limit": "x"}, {"statementId": "00000000-0000-4000-8000-000000000000"}])
def test_a_revoked_key_reads_nothing_from_that_moment(app: Flask, asked: dict[str, str]) -> None:
    client = _holder(app)
    assert client.post(make_statement()).status_code == 200
    assert client.get().status_code == 200
    with writing(app.extensions["db"]) as tx:  # as another process does it
        assert revoke(tx, "source", START)
    assert client.get(**asked).status_code == 401


def test_the_last_use_is_known_to_the_minute_for_one_write_a_minute(app: Flask) -> None:
    db = app.extensions["db"]
    client, seen = _holder(app), []
    for _ in range(130):
        client.send("GET", "/nothing")
        with reading(db) as tx:
            row = credential_named(tx, "source")
        assert row is not None
        seen.append(row.last_used_at)
    assert seen == sorted(seen)
    assert sorted(set(seen)) == [START + timedelta(seconds=s) for s in (1, 61, 121)]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"scopes": []}, "needs a scope"),
        ({"scopes": ["statements/write", "everything"]}, "no scope is called everything"),
        ({"scopes": ["all"], "bounds": Bounds(LI_IFI)}, "all would reach beyond"),
        ({"scopes": ["statements/read"], "bounds": Bounds(activity=VIDEO)}, "statements/read would reach beyond"),
        ({"scopes": ["state"], "bounds": Bounds(activity="video one")}, "no absolute IRI"),
        ({"expires_at": START}, "expired already"),
        ({"evidence": "sure"}, "declared or proved"),
    ],
)
def test_a_credential_that_contradicts_itself_is_not_made(app: Flask, given: dict[str, Any], why: str) -> None:
    with pytest.raises(CredentialError, match=why):
        create_credential(app.extensions["db"], "source", now=START, **given)


def test_voiding_what_another_source_stored_is_forbidden_and_says_where(app: Flask) -> None:
    sent = make_statement()
    _holder(app, "own").post([sent])
    reference = {"objectType": "StatementRef", "id": sent["id"]}
    voiding = make_statement(verb={"id": "http://adlnet.gov/expapi/verbs/voided"}, object=reference)
    answer = _holder(app, "other", scopes=["statements/write"]).post([voiding])
    told = (answer.status_code, answer.json["rule"], answer.json["path"], answer.json["statement"])
    assert told == (403, "void", "$[0].object.id", 0)
    assert _holder(app, "third").post([voiding]).status_code == 200
