"""Parameters that are missing, malformed or unknown, by the number of each requirement: refused by name, changing nothing."""

from typing import NamedTuple
from uuid import uuid4

import pytest

from tests.lrs.conftest import VIDEO, Client
from tests.lrs.requirements.conftest import VERSIONS
from tests.lrs.test_documents import ACTIVITY_PROFILE, AGENT_PROFILE, LI, STATE, Params

NEW = {"If-None-Match": "*"}
STATEMENTS = ("/statements", {})
AGENTS = ("/agents", {"agent": LI})
ACTIVITIES = ("/activities", {"activityId": VIDEO})
DOCUMENTS = (STATE, ACTIVITY_PROFILE, AGENT_PROFILE)
READ = (STATEMENTS, AGENTS, ACTIVITIES, *DOCUMENTS)


class Fault(NamedTuple):
    """Requirements `first`, `first + 1`, … : one per method, each with this change of good parameters (None: left out)."""

    first: int
    resource: tuple[str, Params]
    change: dict[str, str | None]
    methods: str


FAULTS = [
    Fault(145, STATEMENTS, {"statementId": None}, "PUT"),
    Fault(196, STATE, {"agent": "{no json"}, "DELETE GET POST PUT"),
    Fault(200, STATE, {"registration": "no uuid"}, "DELETE GET POST PUT"),
    Fault(204, STATE, {"since": "yesterday"}, "GET"),
    Fault(206, STATE, {"stateId": None}, "PUT"),
    Fault(207, STATE, {"activityId": None}, "DELETE GET POST PUT"),
    Fault(211, STATE, {"stateId": None}, "POST"),
    Fault(212, STATE, {"agent": None}, "DELETE GET POST PUT"),
    Fault(224, STATE, {"stateId": ""}, "DELETE GET POST"),
    Fault(228, STATE, {"stateId": ""}, "PUT"),
    Fault(243, AGENTS, {"agent": None}, "GET"),
    Fault(249, AGENTS, {"agent": '{"objectType": "Agent", "name": "Li"}'}, "GET"),
    Fault(250, ACTIVITIES, {"activityId": None}, "GET"),
    Fault(255, AGENT_PROFILE, {"agent": '{"mbox": "li"}'}, "DELETE POST PUT GET"),
    Fault(260, AGENT_PROFILE, {"since": "2026-13-01"}, "GET"),
    Fault(261, AGENT_PROFILE, {"agent": None}, "GET DELETE POST PUT"),
    Fault(265, AGENT_PROFILE, {"profileId": None}, "DELETE POST PUT"),
    Fault(276, AGENT_PROFILE, {"profileId": ""}, "POST PUT"),
    Fault(295, ACTIVITY_PROFILE, {"since": "soon"}, "GET"),
    Fault(296, ACTIVITY_PROFILE, {"activityId": None}, "GET DELETE POST PUT"),
    Fault(300, ACTIVITY_PROFILE, {"profileId": None}, "DELETE POST PUT"),
    Fault(304, ACTIVITY_PROFILE, {"agent": LI}, "GET"),
    Fault(305, ACTIVITY_PROFILE, {"profileId": ""}, "DELETE POST PUT"),
]
ROWS = {
    f"XAPI-00{fault.first + i}": (method, fault) for fault in FAULTS for i, method in enumerate(fault.methods.split())
}
FILTERS = {
    "agent": LI,
    "verb": "https://example.org/verb",
    "activity": VIDEO,
    "registration": str(uuid4()),
    "related_activities": "true",
    "related_agents": "true",
    "since": "2026-03-01T08:00:00Z",
    "until": "2026-03-01T08:00:00Z",
    "limit": "1",
    "ascending": "true",
}
MALFORMED = {
    "agent": ("", "li", "[]", '{"mbox": "li"}', '{"objectType": "Group", "member": []}'),
    "verb": ("", "played", "a b:c"),
    "activity": ("", "course"),
    "registration": ("", "1", "g" * 36),
    "related_activities": ("", "yes", "1"),
    "related_agents": ("", "no", "0"),
    "since": ("", "yesterday", "2026-02-30T08:00:00Z"),
    "until": ("", "2026-03-01T08:00:00-00:00"),
    "limit": ("", "-1", "1.5", "many"),
    "ascending": ("", "up"),
    "format": ("", "short", "Exact"),
    "attachments": ("", "some"),
    "statementId": ("", "1", "{}"),
    "voidedStatementId": ("", "1"),
}


def _refused(client: Client, method: str, path: str, params: dict[str, str], name: str) -> None:
    body = {"a": 1} if method in ("PUT", "POST") else None
    answer = client.send(method, path, body, query_string=params, headers=NEW if body else {})
    assert (answer.status_code, answer.json["path"].partition(".")[0]) == (400, name), (method, path, params)
    assert answer.json["rule"] and answer.json["error"]


@pytest.fixture(params=VERSIONS)
def speaker(request: pytest.FixtureRequest, clients: dict[str, Client]) -> Client:
    client = clients[request.param]
    for path, params in DOCUMENTS:
        client.send("PUT", path, {"kept": 1}, query_string=params, headers=NEW)
    return client


@pytest.mark.parametrize("number", ROWS)
def test_a_parameter_that_is_needed_is_there_and_well_formed(clients: dict[str, Client], number: str) -> None:
    method, fault = ROWS[number]
    path, good = fault.resource
    (name,) = fault.change
    params = {key: text for key, text in (good | fault.change).items() if text is not None}
    for client in clients.values():
        if path not in (where for where, _ in DOCUMENTS):
            _refused(client, method, path, params, name)
            continue
        client.send("PUT", path, {"kept": 1}, query_string=good, headers=NEW)
        _refused(client, method, path, params, name)
        assert client.send("GET", path, query_string=good).json == {"kept": 1}
        assert len(client.send("GET", path, query_string=_without_id(good)).json) == 1


def _without_id(params: Params) -> Params:
    return {name: text for name, text in params.items() if name not in ("stateId", "profileId")}


@pytest.mark.parametrize("name", ["voidedStatementId", "statementId"], ids=["XAPI-00150", "XAPI-00151"])
def test_who_asks_for_one_statement_filters_nothing(speaker: Client, name: str) -> None:
    for other, value in FILTERS.items():
        _refused(speaker, "GET", "/statements", {name: str(uuid4()), other: value}, other)
    for other, value in (("format", "ids"), ("attachments", "true")):
        answer = speaker.get(**{name: str(uuid4()), other: value})
        assert answer.status_code == 404


def test_values_in_an_address_follow_the_rules_of_values_in_a_statement(speaker: Client) -> None:
    for name, values in MALFORMED.items():
        for value in values:
            _refused(speaker, "GET", "/statements", {name: value}, name)


def test_a_parameter_that_nobody_knows_is_refused_everywhere(speaker: Client) -> None:
    for path, params in READ:
        _refused(speaker, "GET", path, params | {"other": "1"}, "other")
    for path, params in DOCUMENTS:
        for method in ("PUT", "POST", "DELETE"):
            _refused(speaker, method, path, params | {"other": "1"}, "other")
    for method in ("PUT", "POST"):
        _refused(speaker, method, "/statements", {"other": "1"}, "other")


def test_the_case_of_a_parameter_counts_everywhere(speaker: Client) -> None:
    for name, value in FILTERS.items():
        _refused(speaker, "GET", "/statements", {name.capitalize(): value}, name.capitalize())
    for path, params in READ[1:]:
        for name, value in params.items():
            rest = {key: text for key, text in params.items() if key != name}
            _refused(speaker, "GET", path, rest | {name.upper(): value}, name.upper())
