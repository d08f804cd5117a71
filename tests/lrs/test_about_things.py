"""What is known about activities and agents."""

import json
from hashlib import sha1
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from lms_tracker.store.db import reading, writing
from lms_tracker.store.tables import definition, identity
from tests.lrs.conftest import VIDEO, Client, make_statement

TYPE = "https://example.org/types/video"


def _activity(client: Client, iri: str = VIDEO) -> Any:
    answer = client.send("GET", "/activities", query_string={"activityId": iri})
    assert answer.status_code == 200, answer.text
    return answer.json


def _agent(client: Client, agent: dict[str, Any]) -> Any:
    answer = client.send("GET", "/agents", query_string={"agent": json.dumps(agent)})
    assert answer.status_code == 200, answer.text
    return answer.json


def test_an_activity_that_nobody_described_is_its_id(client: Client) -> None:
    assert _activity(client) == {"objectType": "Activity", "id": VIDEO}


def test_what_statements_say_of_an_activity_adds_up(client: Client) -> None:
    ext = "https://example.org/ext/"
    said = [
        {"name": {"en": "One", "zh": "一"}, "type": TYPE, "extensions": {ext + "a": 1}},
        {"name": {"en": "Uno", "fr": "Un"}, "description": {"en": "first"}, "extensions": {ext + "b": [None]}},
    ]
    for one in said:
        client.post(make_statement(object={"id": VIDEO, "definition": one}))
    assert _activity(client) == {
        "objectType": "Activity",
        "id": VIDEO,
        "definition": {
            "name": {"en": "Uno", "zh": "一", "fr": "Un"},
            "description": {"en": "first"},
            "type": TYPE,
            "extensions": {ext + "a": 1, ext + "b": [None]},
        },
    }


def test_contexts_and_sub_statements_describe_activities_too(client: Client) -> None:
    def called(name: str) -> dict[str, Any]:
        return {"id": f"https://example.org/{name}", "definition": {"name": {"en": name}}}

    sub = make_statement(id=None, object=called("a"), context={"contextActivities": {"other": [called("b")]}})
    sub["objectType"] = "SubStatement"
    context = {"contextActivities": {"parent": called("c"), "category": [called("d"), called("e")]}}
    client.post(make_statement(object=sub, context=context))
    for name in "abcde":
        assert _activity(client, f"https://example.org/{name}")["definition"] == {"name": {"en": name}}


def test_a_definition_is_kept_once_and_a_refused_batch_teaches_nothing(app: Flask, client: Client) -> None:
    one = {"id": VIDEO, "definition": {"name": {"en": "One"}}}
    bad = make_statement(object={"id": VIDEO, "definition": {"name": {"en": "Bad"}}})
    taken = make_statement()
    client.post(taken)
    assert client.post([bad, taken | {"actor": {"mbox": "mailto:other@example.org"}}]).status_code == 409
    for _ in range(3):
        client.post([make_statement(object=one), make_statement(object=one)])
    with reading(app.extensions["db"]) as tx:
        assert tx.scalar(select(func.count()).select_from(definition)) == 1
    client.post(bad)  # what failed before is not thought to be kept already
    assert _activity(client)["definition"] == {"name": {"en": "Bad"}}


def test_an_agent_that_nobody_knows_is_the_person_that_was_asked_for(client: Client) -> None:
    asked = {"name": "李", "account": {"homePage": "https://a.b/c d".replace(" ", ""), "name": "l i"}}
    assert _agent(client, asked) == {"objectType": "Person", "name": ["李"], "account": [asked["account"]]}


def test_a_person_has_all_names_and_identifiers_of_the_learner(app: Flask, client: Client) -> None:
    client.post(make_statement(actor={"mbox": "mailto:li@example.org", "name": "李"}))
    client.post(make_statement(actor={"mbox_sha1sum": "A" * 40}))
    with writing(app.extensions["db"]) as tx:  # joined by hand
        li = tx.scalar(select(identity.c.learner_id).where(identity.c.ifi == "mbox:mailto:li@example.org"))
        tx.execute(update(identity).values(learner_id=li))
    digests = [sha1(b"mailto:li@example.org").hexdigest(), "a" * 40]
    expected = {"objectType": "Person", "name": ["李"], "mbox": ["mailto:li@example.org"], "mbox_sha1sum": digests}
    assert _agent(client, {"mbox": "mailto:li@example.org"}) == expected
    assert _agent(client, {"mbox_sha1sum": "a" * 40}) == expected | {"mbox_sha1sum": digests[::-1]}, (
        "the asked one first"
    )
    assert _agent(client, {"openid": "https://li.example.org"}) == {
        "objectType": "Person",
        "openid": ["https://li.example.org"],
    }


@pytest.mark.parametrize("path", ["/activities", "/agents"])
def test_head_is_get_without_a_body_and_bad_parameters_are_named(client: Client, path: str) -> None:
    name, good = ("activityId", VIDEO) if path == "/activities" else ("agent", '{"mbox": "mailto:a@b.org"}')
    head = client.send("HEAD", path, query_string={name: good})
    assert (head.status_code, head.data) == (200, b"")
    for params in ({}, {name: "x"}, {name: good, "other": "1"}, {name.upper(): good}):
        answer = client.send("GET", path, query_string=params)
        assert answer.status_code == 400
        assert answer.json["path"]


def test_the_canonical_form_says_of_activities_what_all_statements_say(client: Client) -> None:
    parent = {"id": "https://example.org/course"}
    bare = make_statement(context={"contextActivities": {"parent": [parent]}})
    sub = make_statement(id=None, object=parent) | {"objectType": "SubStatement"}
    within = make_statement(object=sub)
    told = [{"name": {"en": "One", "zh": "一"}}, {"type": TYPE}]
    client.post([bare, within, *(make_statement(object={"id": VIDEO, "definition": one}) for one in told)])
    client.post(make_statement(object=parent | {"definition": {"name": {"fr": "Cours"}}}))
    got = client.get(statementId=bare["id"], format="canonical", headers={"Accept-Language": "zh"}).json
    assert got["object"] == {"id": VIDEO, "definition": {"name": {"zh": "一"}, "type": TYPE}}
    assert got["context"]["contextActivities"]["parent"] == [parent | {"definition": {"name": {"fr": "Cours"}}}]
    page = client.get(format="canonical").json["statements"]
    assert {one["id"]: one for one in page}[within["id"]]["object"]["object"]["definition"] == {"name": {"fr": "Cours"}}
    assert client.get(statementId=bare["id"]).json["object"] == {"id": VIDEO}
