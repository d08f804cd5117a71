"""What all resources share, in both versions: HEAD, headers, versions, keys, content types, activities, agents, about."""

import hashlib
import json
from typing import Any

import pytest

from tests.lrs.conftest import VIDEO, Client, make_statement
from tests.lrs.requirements.conftest import VERSIONS
from tests.lrs.requirements.test_parameters import DOCUMENTS, NEW, READ
from tests.lrs.test_attachments import DATA, GOOD, KIND, SHA, body, describe

SAME_ON_HEAD = ("Content-Type", "ETag", "Last-Modified", "X-Experience-API-Version")


@pytest.fixture(params=VERSIONS)
def spoken(request: pytest.FixtureRequest, clients: dict[str, Client]) -> Client:
    return clients[request.param]


def test_head_is_get_without_its_body_everywhere(spoken: Client) -> None:
    for path, params in DOCUMENTS:
        spoken.send("PUT", path, {"a": 1}, query_string=params, headers=NEW)
    spoken.post(make_statement())
    for path, params in (*READ, ("/about", {}), ("/statements", {"limit": "x"}), ("/activities/state", {})):
        get, head = (spoken.send(method, path, query_string=params) for method in ("GET", "HEAD"))
        assert (head.status_code, head.data) == (get.status_code, b""), path
        assert [head.headers.get(name) for name in SAME_ON_HEAD] == [get.headers.get(name) for name in SAME_ON_HEAD]


def test_all_resources_are_there_under_one_address(spoken: Client) -> None:
    for path, params in READ:
        assert spoken.send("GET", path, query_string=params).status_code in (200, 404)
        assert spoken.send("GET", path, query_string=params | {"x": "y"}).status_code == 400
    assert spoken.send("GET", "/about").status_code == 200


MIXED = KIND["Content-Type"]
REFUSED_BODIES = {
    "XAPI-00127": [
        (json.dumps(make_statement()).encode(), kind) for kind in ("text/plain", "multipart/form-data; boundary=b")
    ],
    "XAPI-00128": [(body(make_statement(), (SHA, DATA)), MIXED)],
    "XAPI-00129": [(body(make_statement(attachments=[describe()])), MIXED)],
    "XAPI-00130": [(GOOD.replace(b"--b o", b""), MIXED), (GOOD.replace(b"--b o", b"--c"), MIXED)],
    "XAPI-00131": [(GOOD, "multipart/mixed"), (GOOD, 'multipart/mixed; boundary=""')],
    "XAPI-00132": [
        (GOOD.replace(b"X-Experience-API-Hash", b"X-Hash"), MIXED),
        (GOOD.replace(SHA.encode(), hashlib.sha256(b"other").hexdigest().encode()), MIXED),
    ],
    "XAPI-00133": [
        (GOOD.replace(b"\r\n--b o--", b"\r\n--b o\r\nContent-Type: application/json\r\n\r\n{}\r\n--b o--"), MIXED)
    ],
    "XAPI-00134": [(GOOD.replace(b"application/json", b"text/plain", 1), MIXED)],
    "XAPI-00135": [
        (GOOD.replace(b"Content-Transfer-Encoding: binary\r\n", b""), MIXED),
        (GOOD.replace(b"binary", b"base64", 1), MIXED),
    ],
}


@pytest.mark.parametrize("number", REFUSED_BODIES)
def test_a_body_of_another_form_is_refused(clients: dict[str, Client], number: str) -> None:
    for sent, kind in REFUSED_BODIES[number]:
        for client in clients.values():
            answer = client.post(sent, headers={"Content-Type": kind})
            assert answer.status_code == 400, (sent, kind)
            assert answer.json["rule"] in ("content-type", "multipart", "sha2", "attachment-data")


def test_attachments_go_in_and_come_out_when_asked_for(spoken: Client) -> None:
    sent = make_statement(attachments=[describe()])
    assert spoken.post(body(sent, (SHA, DATA)), headers=KIND).status_code == 200
    out = spoken.get(statementId=sent["id"], attachments="true")
    assert out.mimetype == "multipart/mixed" and DATA in out.data and SHA.encode() in out.data
    assert spoken.put(sent["id"], out.data, headers={"Content-Type": out.headers["Content-Type"]}).status_code == 204
    for params in ({}, {"attachments": "false"}):
        answer = spoken.get(statementId=sent["id"], **params)
        assert answer.mimetype == "application/json" and DATA not in answer.data
    by_address = make_statement(attachments=[describe(fileUrl="https://example.org/file")])
    assert spoken.post(by_address).status_code == 200
    assert spoken.post(body(make_statement()), headers=KIND).status_code == 200


def test_every_answer_names_the_version_and_a_request_without_one_is_refused(clients: dict[str, Client]) -> None:
    for version, client in clients.items():
        for path, params in READ:
            assert client.send("GET", path, query_string=params).headers["X-Experience-API-Version"] == version
            for wrong in (None, "0.9", "0.95", "1.1.0", "3.0.0", ""):
                answer = client.send("GET", path, query_string=params, headers={"X-Experience-API-Version": wrong})
                assert (answer.status_code, answer.headers["X-Experience-API-Version"]) == (400, version)
                assert "2.0.0" in answer.json["error"]
        assert client.post(make_statement(), headers={"X-Experience-API-Version": None}).status_code == 400
    assert clients["1.0.3"].get(headers={"X-Experience-API-Version": "1.0"}).status_code == 200


def test_a_statement_keeps_the_version_that_it_came_with(spoken: Client) -> None:
    for version in ("1.0.0", "1.0.1", "1.0.3"):
        sent = make_statement(version=version)
        spoken.post(sent)
        assert spoken.get(statementId=sent["id"]).json["version"] == version


def test_only_who_has_a_key_comes_in(spoken: Client) -> None:
    for path, params in READ:
        for wrong in (None, "Basic bm9ib2R5Om5vdGhpbmc=", "Bearer x"):
            answer = spoken.send("GET", path, query_string=params, headers={"Authorization": wrong})
            assert (answer.status_code, answer.headers["WWW-Authenticate"][:5]) == (401, "Basic")
    assert spoken.post(make_statement(), headers={"Authorization": None}).status_code == 401


def test_about_tells_the_versions_to_everybody(spoken: Client) -> None:
    for headers in ({}, {"Authorization": None, "X-Experience-API-Version": None}):
        answer = spoken.send("GET", "/about", headers=headers)
        assert answer.status_code == 200
        assert set(answer.json) <= {"version", "extensions"}
        assert {"1.0.0", "1.0.3"} <= set(answer.json["version"])
        assert all(isinstance(version, str) for version in answer.json["version"])
    two = spoken.send("GET", "/about", headers={"X-Experience-API-Version": "2.0.0"}).json["version"]
    assert "2.0.0" in two


def test_an_activity_is_what_all_statements_say_of_it(spoken: Client) -> None:
    iri = "https://example.org/told"
    assert spoken.send("GET", "/activities", query_string={"activityId": iri}).json == {
        "objectType": "Activity",
        "id": iri,
    }
    for definition in ({"name": {"en": "One"}}, {"name": {"zh": "一"}, "type": "https://example.org/video"}):
        spoken.post(make_statement(object={"id": iri, "definition": definition}))
    answer = spoken.send("GET", "/activities", query_string={"activityId": iri})
    expected = {"name": {"en": "One", "zh": "一"}, "type": "https://example.org/video"}
    assert (answer.status_code, answer.json["definition"]) == (200, expected)


PERSONS: list[tuple[dict[str, Any], str]] = [
    ({"mbox": "mailto:a@example.org"}, "mbox"),
    ({"mbox_sha1sum": "a" * 40}, "mbox_sha1sum"),
    ({"openid": "https://example.org/a"}, "openid"),
    ({"account": {"homePage": "https://example.org", "name": "a"}}, "account"),
]


@pytest.mark.parametrize(("agent", "property"), PERSONS, ids=[property for _, property in PERSONS])
def test_a_person_has_lists_of_names_and_identifiers(spoken: Client, agent: dict[str, Any], property: str) -> None:
    answer = spoken.send("GET", "/agents", query_string={"agent": json.dumps(agent)})
    assert (answer.status_code, answer.json) == (200, {"objectType": "Person", property: [agent[property]]})
    spoken.post(make_statement(actor=agent | {"name": "安"}, object={"id": VIDEO}))
    known = spoken.send("GET", "/agents", query_string={"agent": json.dumps(agent)}).json
    assert {"objectType": "Person", "name": ["安"], property: [agent[property]]}.items() <= known.items()
    assert all(isinstance(values, list) for name, values in known.items() if name != "objectType")


def test_the_alternate_syntax_is_of_1_0_3_alone(clients: dict[str, Client]) -> None:
    for version, client in clients.items():
        status = 200 if version == "1.0.3" else 400
        answer = client.http.post("/xapi/statements?method=GET", data=client.headers | {"limit": "1"})
        assert answer.status_code == status
        extra = client.http.post("/xapi/statements?method=GET&limit=1", data=client.headers)
        assert extra.status_code == 400
    one = clients["1.0.3"]
    sent = make_statement()
    form = {"statementId": sent["id"], "content": json.dumps(sent)}
    assert one.send("PUT", "/statements?method=PUT", data=form).status_code == 400
    wrong = one.http.post("/xapi/statements?method=PUT", data=one.headers | form | {"X-Experience-API-Version": "0.8"})
    assert wrong.status_code == 400
    assert one.http.post("/xapi/statements?method=PUT", data=one.headers | form).status_code == 204
    assert one.get(statementId=sent["id"]).status_code == 200
