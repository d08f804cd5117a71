"""What the statement resource must do, in both versions and on both databases."""

import json
from typing import Any
from uuid import uuid4

import pytest

from tests.core.xapi.statements import FULL
from tests.lrs.conftest import VIDEO, Client, make_statement
from tests.lrs.requirements.conftest import VERSIONS

VOIDED = {"id": "http://adlnet.gov/expapi/verbs/voided"}
LI, WANG = {"mbox": "mailto:li@example.org"}, {"mbox": "mailto:wang@example.org"}
THROUGH = "X-Experience-API-Consistent-Through"


@pytest.fixture(params=VERSIONS)
def spoken(request: pytest.FixtureRequest, client: Client) -> Client:
    client.headers["X-Experience-API-Version"] = request.param
    return client


def _ref(id: str) -> dict[str, str]:
    return {"objectType": "StatementRef", "id": id}


def _void(id: str, **changes: Any) -> dict[str, Any]:
    return make_statement(verb=VOIDED, object=_ref(id), **changes)


def _found(client: Client, **params: Any) -> list[str]:
    answer = client.get(**params)
    assert answer.status_code == 200, answer.text
    assert set(answer.json) <= {"statements", "more"}
    return [one["id"] for one in answer.json["statements"]]


def test_put_stores_one_statement_under_the_id_of_its_address(spoken: Client) -> None:
    id, sent = str(uuid4()), make_statement(id=None)
    answer = spoken.put(id, sent)
    assert (answer.status_code, answer.data) == (204, b"")
    assert spoken.get(statementId=id).json["id"] == id
    assert spoken.put(str(uuid4()), sent | {"id": id}).status_code == 400


def test_post_stores_one_or_many_and_answers_their_ids_in_order(spoken: Client) -> None:
    one = spoken.post(make_statement(id=None))
    assert (one.status_code, len(one.json)) == (200, 1)
    many = [make_statement() for _ in range(3)]
    answer = spoken.post(many)
    assert (answer.status_code, answer.json) == (200, [sent["id"] for sent in many])
    assert set(_found(spoken)) == {*one.json, *answer.json}


def test_a_stored_statement_is_never_changed(spoken: Client) -> None:
    sent = make_statement()
    spoken.post(sent)
    before = spoken.get(statementId=sent["id"]).data
    assert spoken.post(sent).json == [sent["id"]]
    for other in (
        sent | {"actor": WANG},
        sent | {"result": {"success": True}},
        sent | {"object": {"id": VIDEO + "/2"}},
    ):
        assert spoken.put(sent["id"], other).status_code == 409
        assert spoken.post(other).status_code == 409
    assert spoken.get(statementId=sent["id"]).data == before


def test_the_record_assigns_what_is_its_own(spoken: Client) -> None:
    sent = make_statement(stored="2001-01-01T00:00:00Z", authority=LI)
    spoken.post([sent, make_statement(id=None)])
    for got in spoken.get().json["statements"]:
        assert got["stored"].startswith("2026-03-01T08:00:") and got["stored"] == got["timestamp"]
        assert got["authority"]["account"]["name"] == "moodle"
        assert got["version"] in ("1.0.0", "2.0.0") and len(got["id"]) == 36


def test_what_was_sent_comes_back_as_it_was(spoken: Client) -> None:
    sent = FULL | {"id": str(uuid4()), "timestamp": "2026-03-01T00:00:00.123Z"}
    assert spoken.post(sent).status_code == 200
    for got in (spoken.get(statementId=sent["id"]).json, spoken.get(format="exact").json["statements"][0]):
        assert {name: value for name, value in got.items() if name not in ("stored", "authority")} == {
            name: value for name, value in sent.items() if name not in ("stored", "authority")
        }


def test_a_single_activity_of_a_context_comes_back_in_a_list(spoken: Client) -> None:
    sent = make_statement(context={"contextActivities": {"parent": {"id": VIDEO}, "other": [{"id": VIDEO}]}})
    spoken.post(sent)
    expected = {"parent": [{"id": VIDEO}], "other": [{"id": VIDEO}]}
    assert spoken.get(statementId=sent["id"]).json["context"]["contextActivities"] == expected


def test_a_timestamp_of_the_future_or_of_nanoseconds_is_taken(spoken: Client) -> None:
    for timestamp in ("2026-03-01T08:05:00Z", "2026-03-01T07:00:00.123456789Z", "20260301T070000.123Z"):
        sent = make_statement(timestamp=timestamp)
        assert spoken.post(sent).status_code == 200
        assert spoken.get(statementId=sent["id"]).json["timestamp"][-6:] != "00.000"


def test_numbers_keep_the_precision_of_a_double(spoken: Client) -> None:
    values = [0.1, -1e-300, 1.7976931348623157e308, 123456789.123456789, 2**53 + 1]
    sent = make_statement(result={"extensions": {"https://example.org/n": values}})
    spoken.post(sent)
    assert spoken.get(statementId=sent["id"]).json["result"]["extensions"]["https://example.org/n"] == values


def test_text_is_utf_8(spoken: Client) -> None:
    sent = make_statement(result={"response": "远程学习 – é \U0001f393 \u202e"})
    assert spoken.post(json.dumps(sent, ensure_ascii=False).encode()).status_code == 200
    assert spoken.get(statementId=sent["id"]).json["result"] == sent["result"]
    assert spoken.post(json.dumps(make_statement(), ensure_ascii=False).encode() + b"\xff").status_code == 400


def test_voiding_hides_a_statement_and_nothing_else(spoken: Client) -> None:
    sent, about = make_statement(), str(uuid4())
    reference = make_statement(id=about, verb={"id": "https://example.org/commented"}, object=_ref(sent["id"]))
    void = _void(sent["id"])
    assert [spoken.post(one).status_code for one in (sent, reference, void)] == [200] * 3
    assert spoken.get(statementId=sent["id"]).status_code == 404
    assert spoken.get(voidedStatementId=sent["id"]).json["id"] == sent["id"]
    assert _found(spoken, ascending="true") == [about, void["id"]]
    assert set(_found(spoken, activity=VIDEO)) == {about, void["id"]}


def test_a_voiding_statement_is_about_a_statement(spoken: Client) -> None:
    for object in (
        {"id": VIDEO},
        {"objectType": "Agent"} | LI,
        {"objectType": "SubStatement"} | make_statement(id=None),
    ):
        answer = spoken.post(make_statement(verb=VOIDED, object=object))
        assert (answer.status_code, answer.json["rule"]) == (400, "voiding")


def test_a_voiding_statement_is_not_voided_and_may_name_nobody_known(spoken: Client) -> None:
    sent = make_statement()
    void, unknown = _void(sent["id"]), _void(str(uuid4()))
    spoken.post([sent, void, unknown])
    again = _void(void["id"])
    assert spoken.post(again).status_code in (200, 400)
    assert spoken.post(_void(sent["id"])).status_code == 200
    assert spoken.get(statementId=void["id"]).status_code == 200
    assert spoken.get(statementId=unknown["id"]).status_code == 200
    assert spoken.get(statementId=sent["id"]).status_code == 404


def test_each_filter_finds_exactly_its_own(spoken: Client) -> None:
    registration, teacher = str(uuid4()), {"mbox": "mailto:teacher@example.org"}
    context = {"instructor": teacher, "contextActivities": {"parent": [{"id": "https://example.org/course"}]}}
    by = {
        "actor": make_statement(actor=WANG),
        "verb": make_statement(verb={"id": "https://example.org/verb"}),
        "activity": make_statement(object={"id": "https://example.org/activity"}),
        "registration": make_statement(context={"registration": registration}),
        "context": make_statement(context=context),
    }
    for sent in by.values():
        assert spoken.post(sent).status_code == 200
    ids = {name: sent["id"] for name, sent in by.items()}
    assert _found(spoken, agent=json.dumps(WANG)) == [ids["actor"]]
    assert _found(spoken, verb="https://example.org/verb") == [ids["verb"]]
    assert _found(spoken, activity="https://example.org/activity") == [ids["activity"]]
    assert _found(spoken, registration=registration) == [ids["registration"]]
    assert _found(spoken, agent=json.dumps(teacher)) == []
    assert _found(spoken, agent=json.dumps(teacher), related_agents="true") == [ids["context"]]
    assert _found(spoken, activity="https://example.org/course") == []
    assert _found(spoken, activity="https://example.org/course", related_activities="true") == [ids["context"]]
    assert _found(spoken, agent=json.dumps({"mbox": "mailto:nobody@example.org"})) == []
    assert _found(spoken, ascending="true") == list(ids.values())
    assert _found(spoken) == list(ids.values())[::-1]
    stored = spoken.get(statementId=ids["verb"]).json["stored"]
    assert _found(spoken, since=stored, ascending="true") == list(ids.values())[2:]
    assert _found(spoken, until=stored, ascending="true") == list(ids.values())[:2]


def test_pages_have_the_shape_of_the_first_and_an_end(spoken: Client) -> None:
    ids = spoken.post([make_statement() for _ in range(5)]).json
    answer = spoken.get(limit=2, ascending="true")
    found: list[str] = []
    while True:
        assert set(answer.json) == {"statements", "more"} and len(answer.json["statements"]) <= 2
        found += [one["id"] for one in answer.json["statements"]]
        if not answer.json["more"]:
            break
        answer = spoken.send("GET", answer.json["more"].removeprefix("/xapi"))
    assert (found, answer.json["more"]) == (ids, "")


def test_each_format_says_as_much_as_it_should(spoken: Client) -> None:
    names = {"en-US": "one", "zh-CN": "一"}
    verb = {"id": "https://example.org/v", "display": {"en": "did", "zh": "做"}}
    sent = make_statement(actor=LI | {"name": "李"}, verb=verb, object={"id": VIDEO, "definition": {"name": names}})
    spoken.post(sent)
    ask = {"statementId": sent["id"]}
    exact = spoken.get(**ask, format="exact", headers={"Accept-Language": "zh-CN"}).json
    assert exact == spoken.get(**ask).json
    assert (exact["actor"], exact["verb"], exact["object"]) == (sent["actor"], verb, sent["object"])
    ids = spoken.get(**ask, format="ids").json
    assert (ids["actor"], ids["verb"]["id"], ids["object"]) == (LI, verb["id"], {"id": VIDEO})
    for language, name in (
        ("zh-CN", {"zh-CN": "一"}),
        ("en;q=0.1, zh;q=0.9", {"zh-CN": "一"}),
        ("en-US", {"en-US": "one"}),
    ):
        canonical = spoken.get(**ask, format="canonical", headers={"Accept-Language": language}).json
        assert canonical["object"]["definition"]["name"] == name


@pytest.mark.parametrize(
    "params", [{}, {"limit": "1"}, {"format": "ids"}, {"limit": "x"}, {"statementId": str(uuid4())}]
)
def test_every_answer_says_through_when_the_record_is_whole(spoken: Client, params: dict[str, str]) -> None:
    spoken.post(make_statement())
    answer = spoken.get(**params)
    assert answer.headers[THROUGH].startswith("2026-03-01T08:00:0") and answer.headers[THROUGH].endswith("Z")
    assert answer.headers["Content-Type"].startswith("application/json")
    for one in answer.json.get("statements", []):
        assert one["stored"] <= answer.headers[THROUGH]


def test_one_statement_says_when_it_was_stored(spoken: Client) -> None:
    sent = make_statement()
    spoken.post(sent)
    answer = spoken.get(statementId=sent["id"])
    assert answer.headers["Last-Modified"] == "Sun, 01 Mar 2026 08:00:01 GMT"
    assert answer.json["stored"].startswith("2026-03-01T08:00:01")


def test_a_batch_is_stored_whole_or_not_at_all(spoken: Client) -> None:
    taken = make_statement()
    spoken.post(taken)
    twin = make_statement()
    for batch, status in (
        ([make_statement(), make_statement(actor={"mbox": "x"})], 400),
        ([make_statement(), taken | {"actor": WANG}], 409),
        ([twin, twin], 400),
    ):
        assert spoken.post(batch).status_code == status
    assert _found(spoken) == [taken["id"]]
