"""xAPI 2.0 (IEEE 9274.1.1) where it differs from 1.0.3."""

import json
from typing import Any

import pytest

from tests.lrs.conftest import VIDEO, Client, make_statement
from tests.lrs.test_documents import RESOURCES, STATE, Params, _send, each_resource

LI, WANG = {"mbox": "mailto:li@example.org"}, {"mbox": "mailto:wang@example.org", "name": "王"}
CLASS = {"objectType": "Group", "account": {"homePage": "https://a.b", "name": "class"}, "member": [WANG]}
AGENTS = [{"objectType": "contextAgent", "agent": WANG, "relevantTypes": ["https://example.org/types/teacher"]}]
GROUPS = [{"objectType": "contextGroup", "group": CLASS}]
CONTEXT = {"contextAgents": AGENTS, "contextGroups": GROUPS}


@pytest.fixture
def two(client: Client) -> Client:
    client.headers["X-Experience-API-Version"] = "2.0.0"
    return client


def _sub(**context: Any) -> dict[str, Any]:
    return make_statement(id=None, context=context) | {"objectType": "SubStatement"}


@pytest.mark.parametrize("version", ["2.0.0", "2.0.1"])
def test_it_is_spoken_to_who_asks_for_it(client: Client, version: str) -> None:
    answer = client.send("GET", "/statements", headers={"X-Experience-API-Version": version})
    assert (answer.status_code, answer.headers["X-Experience-API-Version"]) == (200, version)


@pytest.mark.parametrize("version", ["2.0", "2.1.0", "2", "2.0.x"])
def test_what_only_looks_like_it_is_refused(client: Client, version: str) -> None:
    assert client.send("GET", "/statements", headers={"X-Experience-API-Version": version}).status_code == 400


def test_a_statement_is_given_the_version_of_the_request_or_keeps_its_own(two: Client) -> None:
    for own, kept in ((None, "2.0.0"), ("2.0.0", "2.0.0"), ("1.0.3", "1.0.3")):
        sent = make_statement(version=own)
        assert two.post(sent).status_code == 200
        assert two.get(statementId=sent["id"]).json["version"] == kept


def test_a_newer_statement_than_the_request_is_refused(client: Client) -> None:
    answer = client.post(make_statement(version="2.0.0"))
    assert (answer.status_code, answer.json["rule"], answer.json["path"]) == (400, "version", "$.version")


@pytest.mark.parametrize("object", [{"id": VIDEO}, _sub(**CONTEXT)])
def test_context_agents_and_groups_come_back_as_sent(two: Client, object: dict[str, Any]) -> None:
    sent = make_statement(context=CONTEXT, object=object)
    assert two.post(sent).status_code == 200
    got = two.get(statementId=sent["id"]).json
    assert (got["context"], got["object"]) == (sent["context"], sent["object"])
    assert two.put(sent["id"], sent).status_code == 204
    other = CONTEXT | {"contextAgents": [AGENTS[0] | {"agent": LI}]}
    assert two.put(sent["id"], sent | {"context": other}).status_code == 409


@pytest.mark.parametrize("context", [{"contextAgents": AGENTS}, {"contextGroups": GROUPS}])
def test_they_are_found_as_related_agents_only(two: Client, context: dict[str, Any]) -> None:
    direct = make_statement(context=context)
    within = make_statement(object=_sub(**context))
    two.post([direct, within, make_statement()])
    wang = json.dumps(WANG)
    found = two.get(agent=wang, related_agents="true").json["statements"]
    assert {one["id"] for one in found} == {direct["id"], within["id"]}
    assert two.get(agent=wang).json["statements"] == []


def test_they_are_reduced_to_ids(two: Client) -> None:
    two.post(make_statement(context=CONTEXT))
    (got,) = two.get(format="ids").json["statements"]
    assert got["context"]["contextAgents"][0]["agent"] == {"mbox": WANG["mbox"]}
    assert "member" not in got["context"]["contextGroups"][0]["group"]


@pytest.mark.parametrize(
    ("context", "path"),
    [
        ({"contextAgents": [AGENTS[0] | {"objectType": "contextGroup"}]}, "contextAgents[0].objectType"),
        ({"contextAgents": [{"agent": WANG}]}, "contextAgents[0].objectType"),
        ({"contextAgents": [{"objectType": "contextAgent"}]}, "contextAgents[0].agent"),
        ({"contextAgents": [AGENTS[0] | {"agent": CLASS}]}, "contextAgents[0].agent.objectType"),
        ({"contextAgents": [AGENTS[0] | {"agent": {"mbox": "x"}}]}, "contextAgents[0].agent.mbox"),
        ({"contextAgents": [AGENTS[0] | {"relevantTypes": []}]}, "contextAgents[0].relevantTypes"),
        ({"contextAgents": [AGENTS[0] | {"relevantTypes": ["x"]}]}, "contextAgents[0].relevantTypes[0]"),
        ({"contextAgents": [AGENTS[0] | {"other": 1}]}, "contextAgents[0].other"),
        ({"contextAgents": AGENTS[0]}, "contextAgents"),
        ({"contextGroups": [GROUPS[0] | {"objectType": "contextAgent"}]}, "contextGroups[0].objectType"),
        ({"contextGroups": [GROUPS[0] | {"group": WANG}]}, "contextGroups[0].group.objectType"),
        ({"contextGroups": [GROUPS[0] | {"group": {"objectType": "Group"}}]}, "contextGroups[0].group"),
        ({"contextGroups": [GROUPS[0] | {"relevantTypes": [1]}]}, "contextGroups[0].relevantTypes[0]"),
        ({"contextGroups": None}, "contextGroups"),
    ],
)
def test_malformed_ones_are_refused_by_path(two: Client, context: dict[str, Any], path: str) -> None:
    for sent, prefix in (
        (make_statement(context=context), "$."),
        (make_statement(object=_sub(**context)), "$.object."),
    ):
        answer = two.post(sent)
        assert (answer.status_code, answer.json["path"]) == (400, f"{prefix}context.{path}")
    assert two.get().json["statements"] == []


@pytest.mark.parametrize("sent", [make_statement(context=CONTEXT), make_statement(object=_sub(contextGroups=GROUPS))])
def test_who_speaks_1_0_3_has_no_such_properties(client: Client, sent: dict[str, Any]) -> None:
    answer = client.post(sent)
    assert (answer.status_code, answer.json["rule"]) == (400, "unknown-property")


def test_timestamps_are_put_in_utc(two: Client) -> None:
    sub = _sub() | {"timestamp": "2026-03-01T08:00:00.5+08:00"}
    sent = make_statement(timestamp="2026-03-01T08:00:00+08:00", object=sub)
    two.post(sent)
    got = two.get(statementId=sent["id"]).json
    assert got["timestamp"] == "2026-03-01T00:00:00.000000Z"
    assert got["object"]["timestamp"] == "2026-03-01T00:00:00.500000Z"
    assert two.put(sent["id"], sent).status_code == 204
    untouched = make_statement(timestamp="2026-03-01T08:00:00.1234567Z")
    two.post(untouched)
    assert two.get(statementId=untouched["id"]).json["timestamp"] == untouched["timestamp"]


def test_who_speaks_1_0_3_gets_timestamps_as_sent(client: Client) -> None:
    sent = make_statement(timestamp="2026-03-01T08:00:00+08:00")
    client.post(sent)
    assert client.get(statementId=sent["id"]).json["timestamp"] == sent["timestamp"]


def test_durations_are_compared_to_a_hundredth_of_a_second(two: Client) -> None:
    sent = make_statement(result={"duration": "PT1.239S"})
    two.post(sent)
    assert two.put(sent["id"], sent | {"result": {"duration": "PT1.23S"}}).status_code == 204
    assert two.put(sent["id"], sent | {"result": {"duration": "PT1.24S"}}).status_code == 409
    assert two.get(statementId=sent["id"]).json["result"] == sent["result"]


@each_resource
def test_whatever_replaces_a_document_says_what_it_replaces(two: Client, path: str, params: Params) -> None:
    assert _send(two, "PUT", path, params, {"a": 1}).status_code == 204
    answer = _send(two, "PUT", path, params, {"a": 2})
    assert (answer.status_code, "ETag" in answer.json["error"]) == (409, True)
    assert _send(two, "GET", path, params).json == {"a": 1}
    etag = _send(two, "GET", path, params).headers["ETag"]
    assert _send(two, "PUT", path, params, {"a": 2}, If_Match=etag).status_code == 204
    assert len(RESOURCES) == 3


def test_the_alternate_request_syntax_is_gone(two: Client) -> None:
    path, params = STATE
    for method in ("GET", "PUT", "POST"):
        assert two.send("POST", f"/statements?method={method}", data={"content": "{}"}).status_code == 400
        assert two.send("POST", f"{path}?method={method}", data=params | {"content": "{}"}).status_code == 400
    del two.headers["X-Experience-API-Version"]
    form = {"X-Experience-API-Version": "2.0.0"}
    assert two.send("POST", "/statements?method=GET", data=form).status_code == 400
