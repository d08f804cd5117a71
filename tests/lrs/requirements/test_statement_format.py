"""Each requirement on the form of a statement, by its number: what it forbids is refused, what it allows is stored.

Over HTTP, in both versions, on SQLite: nothing of what is forbidden gets as far as the database.
"""

from typing import Any
from uuid import uuid4

import pytest

from tests.core.xapi.statements import AGENT, FULL, GROUP, ID, QUESTION, SUB, changed
from tests.lrs.conftest import Client
from tests.lrs.requirements import actors_and_objects, parts
from tests.lrs.requirements.actors_and_objects import Changes
from tests.lrs.requirements.conftest import VERSIONS

WITHIN_TOO = {"actor", "verb", "object", "result", "context", "timestamp", "attachments"}
"""Properties that a SubStatement has, too."""
ASSIGNED = {"stored", "authority", "timestamp"}
OTHER_OBJECTS = [AGENT, GROUP, {"objectType": "StatementRef", "id": ID}]

Clients = dict[str, Client]


def each(*tables: Changes) -> Any:
    """The test once per requirement, whose number becomes its name."""
    rows = {number: changes for table in tables for number, changes in table.items()}
    return pytest.mark.parametrize("changes", rows.values(), ids=rows)


def _statements(changes: list[tuple[str, Any]]) -> list[dict[str, Any]]:
    """The statement with everything after each change, and after the same change within its SubStatement."""
    outer = changed(FULL, "object", SUB) | {"context": {"registration": ID}}
    within = [changed(outer, f"object {path}", value) for path, value in changes if path.split()[0] in WITHIN_TOO]
    return [changed(FULL, path, value) for path, value in changes] + within


def _refused(client: Client, statement: dict[str, Any]) -> None:
    id = str(uuid4())
    if statement.get("id") == ID:
        statement = statement | {"id": id}
    answer = client.post(statement)
    assert answer.status_code == 400, statement
    assert answer.json["path"].startswith("$") and answer.json["rule"] and answer.json["error"], answer.json
    if statement.get("id") == id:
        assert client.put(id, statement).json == answer.json
        assert client.get(statementId=id).status_code == 404


def _stored(client: Client, statement: dict[str, Any]) -> None:
    statement = statement | {"id": str(uuid4())}
    answer = client.post(statement)
    assert answer.status_code == 200, answer.text
    got = client.get(statementId=statement["id"]).json
    for said in (got, got["object"], statement, statement["object"]):
        for name in ASSIGNED & said.keys():
            del said[name]
    assert got == statement


@each(actors_and_objects.FORBIDDEN, parts.FORBIDDEN)
def test_what_is_forbidden_is_refused(clients: Clients, changes: list[tuple[str, Any]]) -> None:
    for statement in _statements(changes):
        for version in VERSIONS:
            _refused(clients[version], statement)


@each(actors_and_objects.ACCEPTED, parts.ACCEPTED)
def test_what_is_allowed_is_stored(clients: Clients, changes: list[tuple[str, Any]]) -> None:
    for statement in _statements(changes):
        for version in VERSIONS:
            _stored(clients[version], statement)


@pytest.mark.parametrize(
    ("property", "value"), [("revision", "1"), ("platform", "player")], ids=["XAPI-00084", "XAPI-00085"]
)
def test_what_belongs_to_activities_is_refused_elsewhere(clients: Clients, property: str, value: str) -> None:
    base = changed(FULL, "context", {property: value})
    inner = changed(FULL, "object", SUB) | {"context": {"registration": ID}}
    for version in VERSIONS:
        _stored(clients[version], base)
        _stored(clients[version], changed(inner, "object context", {property: value}))
        for other in (*OTHER_OBJECTS, SUB | {"context": {}}):
            _refused(clients[version], base | {"object": other})
        for other in OTHER_OBJECTS:
            sub = SUB | {"object": other, "context": {property: value}}
            _refused(clients[version], inner | {"object": sub})


@each(parts.OF_TWO)
def test_what_2_0_forbids_is_refused(clients: Clients, changes: list[tuple[str, Any]]) -> None:
    for statement in _statements(changes):
        _refused(clients["2.0.0"], statement)


@each(parts.ACCEPTED_OF_TWO)
def test_what_2_0_allows_is_stored(clients: Clients, changes: list[tuple[str, Any]]) -> None:
    for statement in _statements(changes):
        _stored(clients["2.0.0"], statement)


def test_an_object_may_be_of_each_type(clients: Clients) -> None:
    base = changed(FULL, "context", {"registration": ID})
    for version in VERSIONS:
        for other in (QUESTION, *OTHER_OBJECTS, SUB):
            _stored(clients[version], base | {"object": dict(other)})
        for other in OTHER_OBJECTS:
            _stored(clients[version], base | {"object": SUB | {"object": other, "context": {"registration": ID}}})
