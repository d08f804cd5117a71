"""Statements about statements are found by what they are about, up to 16 steps away (Communication 2.1.3)."""

import json
from typing import Any
from uuid import uuid4

import pytest

from tests.lrs.conftest import VIDEO, Client, make_statement

TEACHER = {"mbox": "mailto:teacher@example.org"}
LI = json.dumps({"mbox": "mailto:li@example.org"})
COMMENTED = {"id": "http://adlnet.gov/expapi/verbs/commented"}


def _about(target: str, **changes: Any) -> dict[str, Any]:
    reference = {"objectType": "StatementRef", "id": target}
    return make_statement(actor=TEACHER, verb=COMMENTED, object=reference) | changes


def _found(client: Client, **params: Any) -> list[str]:
    answer = client.get(ascending="true", **params)
    assert answer.status_code == 200, answer.text
    return [one["id"] for one in answer.json["statements"]]


@pytest.fixture
def way(client: Client) -> list[str]:
    """c is about b, b about a; and one statement that has nothing to do with them."""
    registration = str(uuid4())
    a = make_statement(context={"registration": registration, "contextActivities": {"parent": {"id": VIDEO + "/p"}}})
    b = _about(a["id"])
    c = _about(b["id"], actor={"mbox": "mailto:inspector@example.org"})
    for one in (c, make_statement(actor=TEACHER), b, a):  # what is referred to may come later
        client.post(one)
    return [c["id"], b["id"], a["id"], registration]


def test_a_way_may_have_sixteen_steps(client: Client) -> None:
    chain = [make_statement()]
    for _ in range(18):
        chain.append(_about(chain[-1]["id"]))
    client.post(chain)
    assert _found(client, activity=VIDEO) == [one["id"] for one in chain[:17]]


def test_each_filter_is_followed_to_the_end(client: Client, way: list[str]) -> None:
    c, b, a, registration = way
    assert _found(client, registration=registration) == [c, b, a]
    assert _found(client, agent=LI) == [c, b, a]
    assert _found(client, activity=VIDEO, registration=registration) == [c, b, a]
    assert _found(client, activity=VIDEO + "/p") == []
    assert _found(client, activity=VIDEO + "/p", related_activities="true") == [c, b, a]
    authority = json.dumps({"account": {"homePage": "https://lrs.example.org", "name": "moodle"}})
    assert len(_found(client, agent=authority, related_agents="true")) == 4


def test_one_filter_may_be_met_by_the_statement_and_another_by_what_it_is_about(client: Client, way: list[str]) -> None:
    c, b, _, registration = way
    assert _found(client, verb=COMMENTED["id"], registration=registration) == [c, b]
    assert _found(client, agent=json.dumps(TEACHER), registration=registration) == [c, b]


def test_bounds_of_time_are_those_of_the_statement_itself(client: Client, way: list[str]) -> None:
    c, b, a, registration = way
    stored = {id: client.get(statementId=id).json["stored"] for id in (c, b, a)}
    assert _found(client, registration=registration, since=stored[c]) == [b, a]
    assert _found(client, registration=registration, until=stored[c]) == [c]


@pytest.mark.parametrize("ascending", ["true", "false"])
def test_pages_follow_each_other(client: Client, way: list[str], ascending: str) -> None:
    answer = client.get(registration=way[3], limit=1, ascending=ascending)
    found = [one["id"] for one in answer.json["statements"]]
    while answer.json["more"]:
        answer = client.send("GET", answer.json["more"].removeprefix("/xapi"))
        found += [one["id"] for one in answer.json["statements"]]
    assert found == (way[:3] if ascending == "true" else way[2::-1])


def test_a_voided_statement_is_passed_through_but_not_given_out(client: Client, way: list[str]) -> None:
    c, b, a, registration = way
    voiding = _about(b, verb={"id": "http://adlnet.gov/expapi/verbs/voided"})
    client.post(voiding)
    assert _found(client, registration=registration) == [c, a, voiding["id"]]


def test_a_circle_ends(client: Client) -> None:
    ids = [str(uuid4()) for _ in range(3)]
    client.post([_about(ids[(n + 1) % 3], id=ids[n]) for n in range(3)] + [_about(own := str(uuid4()), id=own)])
    assert _found(client, agent=json.dumps(TEACHER)) == [*ids, own]
    assert _found(client, agent=LI) == []
