"""Asking for statements: every filter, pages, formats, and parameters that are refused."""

import json
import random
from typing import Any
from uuid import uuid4

import pytest

from tests.lrs.conftest import VIDEO, Client, make_statement


def _ids(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [found["id"] for found in answer.json["statements"]]


def test_each_filter_finds_its_statements(client: Client) -> None:
    registration = str(uuid4())
    batch = [
        make_statement(actor={"mbox": "mailto:wang@example.org"}),
        make_statement(verb={"id": "https://example.org/verb"}),
        make_statement(object={"id": "https://example.org/activity"}),
        make_statement(context={"registration": registration}),
        make_statement(object={"objectType": "Agent", "openid": "https://example.org/teacher"}),
        make_statement(
            actor={"objectType": "Group", "member": [{"mbox": "mailto:member@example.org"}]},
        ),
    ]
    ids = client.post(batch).json
    assert _ids(client.get(agent='{"mbox":"mailto:wang@example.org"}')) == [ids[0]]
    assert _ids(client.get(verb="https://example.org/verb")) == [ids[1]]
    assert _ids(client.get(activity="https://example.org/activity")) == [ids[2]]
    assert _ids(client.get(registration=registration.upper())) == [ids[3]]
    assert _ids(client.get(agent='{"openid":"https://example.org/teacher"}')) == [ids[4]]
    assert _ids(client.get(agent='{"mbox":"mailto:member@example.org"}')) == [ids[5]]
    assert _ids(client.get(agent='{"mbox":"mailto:li@example.org"}', verb="https://example.org/verb")) == [ids[1]]
    assert _ids(client.get(agent='{"mbox":"mailto:none@example.org"}')) == []


def test_related_filters_look_into_contexts_and_sub_statements(client: Client) -> None:
    sub = {
        "objectType": "SubStatement",
        "actor": {"mbox": "mailto:inner@example.org"},
        "verb": {"id": "https://example.org/verb"},
        "object": {"id": "https://example.org/inner"},
    }
    context = {
        "instructor": {"mbox": "mailto:teacher@example.org"},
        "contextActivities": {"parent": {"id": "https://example.org/course"}},
    }
    ids = client.post([make_statement(context=context), make_statement(object=sub)]).json
    teacher, inner = '{"mbox":"mailto:teacher@example.org"}', '{"mbox":"mailto:inner@example.org"}'
    assert _ids(client.get(agent=teacher)) == []
    assert _ids(client.get(agent=teacher, related_agents="true")) == [ids[0]]
    assert _ids(client.get(agent=inner, related_agents="true")) == [ids[1]]
    authority = '{"account":{"homePage":"https://lrs.example.org","name":"moodle"}}'
    assert _ids(client.get(agent=authority, related_agents="true", ascending="true")) == ids
    assert _ids(client.get(activity="https://example.org/course")) == []
    assert _ids(client.get(activity="https://example.org/course", related_activities="true")) == [ids[0]]
    assert _ids(client.get(activity="https://example.org/inner", related_activities="true")) == [ids[1]]
    both = client.get(
        agent=teacher, related_agents="true", activity="https://example.org/course", related_activities="true"
    )
    assert _ids(both) == [ids[0]]


def test_since_is_exclusive_and_until_inclusive(client: Client) -> None:
    ids = [client.post(make_statement()).json[0] for _ in range(3)]
    stored = [client.get(statementId=id).json["stored"] for id in ids]
    assert _ids(client.get(since=stored[1])) == [ids[2]]
    assert _ids(client.get(until=stored[1])) == [ids[1], ids[0]]
    assert _ids(client.get(since=stored[0], until=stored[1])) == [ids[1]]


@pytest.mark.parametrize("ascending", ["false", "true"])
@pytest.mark.parametrize(
    "filters", [{}, {"agent": '{"mbox":"mailto:li@example.org"}'}, {"activity": VIDEO, "related_activities": "true"}]
)
def test_pages_follow_each_other_without_gap_or_repeat_while_more_arrives(
    client: Client, ascending: str, filters: dict[str, str]
) -> None:
    ids = client.post([make_statement() for _ in range(4)]).json
    ids += client.post([make_statement() for _ in range(3)]).json
    answer = client.get(limit=2, ascending=ascending, **filters)
    pages = [_ids(answer)]
    while answer.json["more"]:
        client.post(make_statement())
        answer = client.send("GET", answer.json["more"].removeprefix("/xapi"))
        pages.append(_ids(answer))
    assert [len(page) for page in pages] == [2, 2, 2, 1]
    assert [id for page in pages for id in page] == (ids if ascending == "true" else ids[::-1])


def test_limit_zero_means_as_many_as_the_server_gives(client: Client) -> None:
    client.post([make_statement() for _ in range(150)])
    assert len(_ids(client.get(limit=0))) == 150
    assert len(_ids(client.get())) == 100


def test_ids_format_leaves_only_what_identifies(client: Client) -> None:
    sent = make_statement(
        actor={"mbox": "mailto:li@example.org", "name": "李"},
        verb={"id": "https://example.org/v", "display": {"en": "did"}},
        object={"id": VIDEO, "definition": {"name": {"en": "One"}}},
    )
    client.post(sent)
    got = client.get(format="ids").json["statements"][0]
    assert got["actor"] == {"mbox": "mailto:li@example.org"}
    assert got["verb"] == {"id": "https://example.org/v"}
    assert got["object"] == {"id": VIDEO}


def test_canonical_format_chooses_the_language(client: Client) -> None:
    names = {"en-US": "one", "zh-CN": "一", "fr": "un"}
    sent = make_statement(object={"id": VIDEO, "definition": {"name": names}})
    client.post(sent)
    got = client.send(
        "GET",
        "/statements",
        query_string={"format": "canonical", "statementId": sent["id"]},
        headers={"Accept-Language": "zh;q=0.9, de;q=1"},
    )
    assert got.json["object"]["definition"]["name"] == {"zh-CN": "一"}
    assert client.get(statementId=sent["id"]).json["object"]["definition"]["name"] == names


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_what_is_canonical_says_that_it_follows_the_languages_that_were_asked_for(client: Client, method: str) -> None:
    """Else a cache gives one reader's language to the next (RFC 9110 12.5.5)."""
    sent = make_statement()
    client.post(sent)
    for form, varies in {"canonical": True, "exact": False, "ids": False}.items():
        for given in ({"format": form}, {"format": form, "statementId": sent["id"]}):
            answer = client.send(method, "/statements", query_string=given)
            assert answer.status_code == 200
            assert ("Accept-Language" in answer.vary) is varies, given


@pytest.mark.parametrize(
    "params",
    [
        {"Agent": "{}"},
        {"statementid": str(uuid4())},
        {"foo": "1"},
        {"statementId": "1"},
        {"statementId": str(uuid4()), "verb": "https://a.b"},
        {"statementId": str(uuid4()), "voidedStatementId": str(uuid4())},
        {"agent": "{}"},
        {"agent": "nobody"},
        {"agent": '{"objectType":"Group","member":[{"mbox":"mailto:a@b.c"}]}'},
        {"agent": '{"mbox":"mailto:a@b.c","openid":"https://a.b"}'},
        {"verb": "played"},
        {"activity": "one"},
        {"registration": "1"},
        {"since": "yesterday"},
        {"until": "2026-03-01T00:00:00-00:00"},
        {"limit": "-1"},
        {"limit": "many"},
        {"ascending": "perhaps"},
        {"related_agents": "1"},
        {"format": "short"},
        {"cursor": "1~2"},
        {"cursor": "x"},
    ],
)
def test_a_parameter_that_is_unknown_or_malformed_is_refused(client: Client, params: dict[str, str]) -> None:
    answer = client.get(**params)
    assert answer.status_code == 400
    assert answer.json["error"]


def test_a_parameter_twice_is_refused(client: Client) -> None:
    assert client.send("GET", "/statements?verb=https://a.b&verb=https://a.c").status_code == 400


def test_head_answers_like_get_without_a_body(client: Client) -> None:
    client.post(make_statement())
    answer = client.send("HEAD", "/statements")
    assert answer.status_code == 200
    assert answer.data == b""
    assert "X-Experience-API-Consistent-Through" in answer.headers
    assert client.send("HEAD", "/about").status_code == 200


def test_names_as_long_as_allowed_are_stored_and_found(client: Client) -> None:
    noise = random.Random(1)  # what cannot be compressed is what an index could choke on
    name = "".join(chr(noise.randrange(0x4E00, 0x9FFF)) for _ in range(640))
    actor = {"account": {"homePage": "https://example.org", "name": name}}
    iri = "https://example.org/" + name
    sent = make_statement(actor=actor, verb={"id": iri}, object={"id": iri})
    assert client.post(sent).status_code == 200
    assert _ids(client.get(agent=json.dumps(actor), verb=iri, activity=iri)) == [sent["id"]]
