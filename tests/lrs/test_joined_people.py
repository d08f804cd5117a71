"""What the xAPI resources say of one person with several identifiers: a Person has all, a filter means just one."""

import json
from typing import Any

from flask import Flask

from lms_tracker.actions.join_learners import join_learners
from lms_tracker.actions.split_learner import split_learner
from lms_tracker.store.db import reading
from lms_tracker.store.learners import known_learners
from tests.lrs.conftest import START, Client, make_statement

MAIL: dict[str, Any] = {"mbox": "mailto:li@example.org"}
ACCOUNT: dict[str, Any] = {"account": {"homePage": "https://a.example", "name": "li"}}
OPENID: dict[str, Any] = {"openid": "https://li.example.org"}
IFIS = ("mbox:mailto:li@example.org", "account:https://a.example li", "openid:https://li.example.org")


def _join_all(app: Flask) -> int:
    db = app.extensions["db"]
    with reading(db) as tx:
        known = known_learners(tx, IFIS)
    for ifi in IFIS[1:]:
        join_learners(db, known[ifi], known[IFIS[0]], reason="one person", made_by=None, now=START)
    return known[IFIS[0]]


def _found(client: Client, agent: dict[str, Any], **params: str) -> list[str]:
    ids, answer = [], client.get(agent=json.dumps(agent), limit="2", **params).json
    while True:
        ids += [one["id"] for one in answer["statements"]]
        if not answer["more"]:
            return ids
        answer = client.http.get(answer["more"], headers=client.headers).json


def test_a_filter_by_agent_means_the_identifier_and_not_the_person(app: Flask, client: Client) -> None:
    sent = {name: [make_statement(actor=actor) for _ in range(5)] for name, actor in _actors().items()}
    mixed = [one for group in zip(*sent.values(), strict=True) for one in group]
    client.post(mixed)
    who = _join_all(app)
    client.post([late := make_statement(actor=ACCOUNT)])
    sent["account"].append(late)
    for times in range(2):  # joined, then split
        for name, actor in _actors().items():
            expected = {one["id"] for one in sent[name]}
            for params in ({}, {"related_agents": "true"}, {"ascending": "true"}, {"verb": late["verb"]["id"]}):
                found = _found(client, actor, **params)
                assert len(found) == len(expected) and set(found) == expected, (name, params)
        if times == 0:
            split_learner(app.extensions["db"], who, IFIS[1:2], reason="two", made_by=None, now=START)
    assert client.get().json["statements"][0]["actor"] == ACCOUNT, "what was said stays as it was said"


def test_a_person_has_all_identifiers_in_both_versions(app: Flask, client: Client) -> None:
    client.post([make_statement(actor=actor) for actor in _actors().values()])
    _join_all(app)
    for version in ("1.0.3", "2.0.0"):
        for actor in _actors().values():
            headers = {"X-Experience-API-Version": version}
            params = {"agent": json.dumps(actor)}
            person = client.send("GET", "/agents", query_string=params, headers=headers).json
            assert person["objectType"] == "Person"
            assert (person["mbox"], person["account"], person["openid"]) == (
                [MAIL["mbox"]],
                [ACCOUNT["account"]],
                [OPENID["openid"]],
            )
            assert len(person["mbox_sha1sum"]) == 1


def test_documents_stay_with_the_identifier(app: Flask, client: Client) -> None:
    client.post([make_statement(actor=actor) for actor in _actors().values()])
    place = {"activityId": "https://a.b/c", "stateId": "s"}
    for name, actor in _actors().items():
        params = place | {"agent": json.dumps(actor)}
        assert client.send("PUT", "/activities/state", name.encode(), query_string=params).status_code == 204
    _join_all(app)
    for name, actor in _actors().items():
        params = place | {"agent": json.dumps(actor)}
        assert client.send("GET", "/activities/state", query_string=params).data == name.encode()


def _actors() -> dict[str, dict[str, Any]]:
    return {"mail": MAIL, "account": ACCOUNT, "openid": OPENID}
