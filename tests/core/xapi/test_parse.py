"""Every rule of statements, and that nothing valid is lost on the way."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lms_tracker.core.xapi.errors import RULES, StatementError
from lms_tracker.core.xapi.parse import encode_statement, parse_statement, split_body
from tests.core.xapi import statements as examples
from tests.core.xapi.statements import AGENT, FULL, GROUP, ID, QUESTION, REMOVE, SUB, changed

BOMBS = {
    "deep list": b'{"result":{"extensions":{"https://a.b":' + b"[" * 500 + b"]" * 500 + b"}}",
    "deeper list": b"[" * 200_000,
    "deep objects": b'{"object":' * 100_000,
}


def refusal(statement: Any) -> StatementError:
    with pytest.raises(StatementError) as caught:
        parse_statement(statement if isinstance(statement, bytes) else json.dumps(statement).encode())
    assert caught.value.rule in RULES
    return caught.value


def accepted(statement: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(encode_statement(parse_statement(json.dumps(statement).encode())))
    return found


def test_a_statement_with_everything_comes_through_unchanged() -> None:
    assert accepted(FULL) == FULL
    sub = changed(FULL, "object", SUB)
    del sub["context"]["revision"], sub["context"]["platform"]
    assert accepted(sub) == sub


@settings(max_examples=300, deadline=None)
@given(examples.statements)
def test_any_valid_statement_survives(statement: dict[str, Any]) -> None:
    assert accepted(statement) == statement


@given(examples.statements_of_two)
def test_any_valid_statement_of_2_0_survives_and_is_none_of_1_0_3(statement: dict[str, Any]) -> None:
    raw = json.dumps(statement).encode()
    for version in (None, "2.0.0"):  # of a file, of a request
        assert json.loads(encode_statement(parse_statement(raw, version))) == statement
    with pytest.raises(StatementError):
        parse_statement(raw, "1.0.3")
    older = json.dumps(statement | {"version": "1.0.3"}).encode()
    needs_two = statement["context"].keys() & {"contextAgents", "contextGroups"}
    for version in (None, "1.0.3"):
        if needs_two:
            with pytest.raises(StatementError, match="no such property"):
                parse_statement(older, version)
        else:
            parse_statement(older, version)


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every object and value outside extensions."""
    found = [path]
    if isinstance(value, dict):
        for key, item in value.items():
            found += [(*path, key)] if key == "extensions" else _places(item, (*path, key))
    elif isinstance(value, list):
        for i, item in enumerate(value):
            found += _places(item, (*path, i))
    return found


@settings(max_examples=300, deadline=None)
@given(examples.statements, st.data())
def test_one_forbidden_change_anywhere_is_refused_with_its_place(
    statement: dict[str, Any], data: st.DataObject
) -> None:
    place = data.draw(st.sampled_from([p for p in _places(statement) if p]))
    here: Any = statement
    for step in place[:-1]:
        here = here[step]
    kind = data.draw(st.sampled_from(["null", "object", "unknown"]))
    if kind == "null":
        here[place[-1]] = None
    elif kind == "object":
        here[place[-1]] = {"surprise": 1}
        if place[-1] == "extensions":
            here[place[-1]] = {"surprise": 1}  # no IRI
    else:
        target = here if isinstance(here, dict) else statement
        target["surprise"] = 1
    error = refusal(statement)
    assert error.path.startswith("$")


@pytest.mark.parametrize(
    ("path", "value", "rule"),
    [
        ("actor", REMOVE, "required"),
        ("verb", REMOVE, "required"),
        ("object", REMOVE, "required"),
        ("verb id", REMOVE, "required"),
        ("verb id", "answered", "iri"),
        ("verb id", "ab=c://should.fail.com", "iri"),
        ("verb id", "https://exa mple.org", "iri"),
        ("verb id", "", "iri"),
        ("verb display", {"a12345678": "x"}, "language-tag"),
        ("verb display", {"en": 1}, "type"),
        ("id", "12", "uuid"),
        ("id", ID + "0", "uuid"),
        ("id", ID.replace("6", "g"), "uuid"),
        ("id", 12, "type"),
        ("Id", ID, "unknown-property"),
        ("ACTOR", AGENT, "unknown-property"),
        ("verb id", "https://example.org/" + "x" * 2000, "too-long"),
        ("object id", "https://example.org/" + "é" * 1000, "too-long"),
        ("actor", {"account": {"homePage": "https://example.org", "name": "x" * 2000}}, "too-long"),
        # actors
        ("actor objectType", "agent", "actor-type"),
        ("actor objectType", "Activity", "actor-type"),
        ("actor mbox", REMOVE, "one-identifier"),
        ("actor openid", "https://example.org/li", "one-identifier"),
        ("actor mbox", "li@example.org", "mbox"),
        ("actor mbox", "mailto:should.fail.com", "mbox"),
        ("actor member", [AGENT], "agent-members"),
        ("actor", {"mbox_sha1sum": "abc"}, "sha1"),
        ("actor", {"openid": "li"}, "iri"),
        ("actor", {"account": {"homePage": "li", "name": "x"}}, "iri"),
        ("actor", {"account": {"name": "x"}}, "required"),
        ("actor", {"account": {"homePage": "https://a.b", "name": 1}}, "type"),
        ("actor", {"objectType": "Group"}, "group-members"),
        ("actor", {"objectType": "Group", "member": [GROUP]}, "nested-group"),
        ("actor", {"objectType": "Group", "member": [{}]}, "one-identifier"),
        ("actor", {"objectType": "Group", "member": AGENT}, "type"),
        # objects
        ("object id", REMOVE, "required"),
        ("object objectType", "activity", "object-type"),
        ("object mbox", "mailto:li@example.org", "object-property"),
        ("object", {"objectType": "StatementRef"}, "required"),
        ("object", {"objectType": "StatementRef", "id": "x"}, "uuid"),
        ("object", {"objectType": "Agent", "id": "https://a.b", "mbox": "mailto:a@b.c"}, "object-property"),
        ("object definition type", "video", "iri"),
        ("object definition moreInfo", "more", "iri"),
        ("object definition interactionType", "guess", "interaction-type"),
        ("object definition interactionType", REMOVE, "interaction-components"),
        ("object definition choices 1 id", "a", "interaction-components"),
        ("object definition choices 0 description", "A", "type"),
        ("object definition extensions", {"ext": 1}, "iri"),
        ("object definition name", {"en": None}, "null"),
        # sub-statements
        ("object", SUB | {"object": SUB}, "sub-statement"),
        ("object", SUB | {"id": ID}, "sub-statement"),
        ("object", SUB | {"stored": "2026-03-01T08:00:00Z"}, "unknown-property"),
        ("object", SUB | {"version": "1.0.0"}, "unknown-property"),
        ("object", SUB | {"authority": AGENT}, "unknown-property"),
        ("object", {"objectType": "SubStatement", "actor": AGENT, "verb": {"id": "https://a.b"}}, "required"),
        # results
        ("result score scaled", 1.01, "score-scaled"),
        ("result score scaled", "1", "type"),
        ("result score raw", 11, "score-order"),
        ("result score raw", -1, "score-order"),
        ("result score min", 10, "score-order"),
        ("result score", 5, "type"),
        ("result success", "true", "type"),
        ("result completion", 1, "type"),
        ("result response", 1, "type"),
        ("result duration", "1h", "duration"),
        ("result duration", "P4W1D", "duration"),
        ("result extensions", {"https://a.b": 2**64}, "number-range"),
        ("result extensions", {"https://a.b": [{"x": -(2**63) - 1}]}, "number-range"),
        ("result extensions", {"https://a.b": {"x\0": 1}}, "nul"),
        ("result extensions", [], "type"),
        # context
        ("context registration", "1", "uuid"),
        ("context team", AGENT, "team"),
        ("context instructor", {}, "one-identifier"),
        ("context language", "a12345", "language-tag"),
        ("context statement", {"objectType": "Statement", "id": ID}, "object-type"),
        ("context statement", {"id": ID}, "required"),
        ("context contextActivities parent", "x", "type"),
        ("context contextActivities parents", [], "unknown-property"),
        ("context contextActivities parent 0 id", "x", "iri"),
        ("context contextActivities parent 0 objectType", "Agent", "object-type"),
        # assigned by the record store
        ("timestamp", "yesterday", "timestamp"),
        ("timestamp", "2026-03-01T08:00:00-00:00", "timestamp"),
        ("version", "2", "version"),
        ("version", "1.1.0", "version"),
        ("version", "2.0", "version"),
        ("authority", GROUP, "authority"),
        ("authority", {"objectType": "Group", "member": [AGENT]}, "authority"),
        # attachments
        ("attachments 0 usageType", "x", "iri"),
        ("attachments 0 fileUrl", "x", "iri"),
        ("attachments 0 contentType", "text", "content-type"),
        ("attachments 0 length", -1, "number-range"),
        ("attachments 0 length", "1", "type"),
        ("attachments 0 sha2", "x", "sha2"),
        ("attachments 0 display", REMOVE, "required"),
    ],
)
def test_each_rule_refuses_what_breaks_it(path: str, value: Any, rule: str) -> None:
    assert refusal(changed(FULL, path, value)).rule == rule


def test_revision_and_platform_belong_to_activities() -> None:
    statement = changed(FULL, "object", AGENT)
    assert refusal(statement).path == "$.context.revision"
    del statement["context"]["revision"], statement["context"]["platform"]
    accepted(statement)


def test_a_voiding_statement_is_about_a_statement() -> None:
    voiding = {"actor": AGENT, "verb": {"id": "http://adlnet.gov/expapi/verbs/voided"}}
    assert refusal(voiding | {"object": QUESTION}).rule == "voiding"
    accepted(voiding | {"object": {"objectType": "StatementRef", "id": ID}})


def test_a_single_context_activity_becomes_a_list() -> None:
    statement = changed(FULL, "context contextActivities parent", {"id": "https://example.org/course"})
    assert accepted(statement)["context"]["contextActivities"]["parent"] == [{"id": "https://example.org/course"}]
    inner = changed(SUB, "context contextActivities parent", {"id": "https://example.org/course"})
    del inner["context"]["revision"], inner["context"]["platform"]
    outer = changed(FULL, "object", inner)
    del outer["context"]["revision"], outer["context"]["platform"]
    found = accepted(outer)["object"]["context"]["contextActivities"]["parent"]
    assert found == [{"id": "https://example.org/course"}]


@pytest.mark.parametrize("rule", ["depth"])
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_and_does_no_harm(name: str, rule: str) -> None:
    statement = json.dumps(FULL).encode()
    body = BOMBS[name] if name != "deep list" else statement[:-1] + b"," + BOMBS[name][1:] + b"}"
    assert refusal(body).rule in (rule, "json", "duplicate-key", "type")


def test_nesting_is_bounded_also_where_the_decoder_would_take_it() -> None:
    deep: Any = 1
    for _ in range(70):
        deep = [deep]
    assert refusal(changed(FULL, "result extensions", {"https://a.b": deep})).rule == "depth"
    brackets = ["[" * 100]
    accepted(changed(FULL, "result extensions", {"https://a.b": brackets}))


@pytest.mark.parametrize(
    ("broken", "rule"),
    [
        (b"", "json"),
        (b"{", "json"),
        (b'{"actor": }', "json"),
        (b'{"verb": NaN}', "json"),
        (b'{"id": "\xff"}', "json"),
        (b'{"id": "\\ud800"}', "json"),
        (b'{"id": "a\x00b"}', "json"),
        (json.dumps(FULL).encode() + b" x", "json"),
        (b"null", "null"),
        (b"[]", "type"),
        (b'"x"', "type"),
    ],
)
def test_bytes_that_are_no_statement_are_refused(broken: bytes, rule: str) -> None:
    assert refusal(broken).rule == rule


@pytest.mark.parametrize("number", [b"1e400", b"-1e400", b"9" * 5000, b"1" * 30, b"NaN", b"Infinity"])
def test_numbers_that_no_database_can_hold_are_refused(number: bytes) -> None:
    body = json.dumps(changed(FULL, "result extensions", {"https://a.b": 4711})).encode().replace(b"4711", number)
    assert refusal(body).rule in ("number-range", "json")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"verb":', b'"verb": {"id": "https://a.b"}, "verb":'),
        (b'"any":', b'"any": 1, "any":'),
        (b'"any":', b'"\\u0061ny": 1, "any":'),
        (b'"any":', b'"\\u003a": 1, ":": 2, "any":'),
        (b'"registration":', b'"language": "en", "registration":'),
    ],
)
def test_a_key_that_stands_twice_is_refused(old: bytes, new: bytes) -> None:
    body = json.dumps(FULL).encode()
    assert old in body
    assert refusal(body.replace(old, new, 1)).rule == "duplicate-key"


def test_escapes_and_colons_are_no_duplicates() -> None:
    body = json.dumps(changed(FULL, "result response", "A:B")).encode().replace(b"A:B", b"\\u003a:\\\\u0000:\\u003A")
    statement = parse_statement(body)
    assert json.loads(encode_statement(statement))["result"]["response"] == "::\\u0000::"


def test_a_message_never_repeats_a_huge_value() -> None:
    assert len(str(refusal(changed(FULL, "verb id", "x" * 1_000_000)))) < 500


def test_the_place_of_a_fault_in_a_batch_names_the_statement() -> None:
    error = refusal(changed(FULL, "actor mbox", "x")).at(3)
    assert (error.path, error.index) == ("$[3].actor.mbox", 3)


def test_a_body_is_one_statement_or_a_list() -> None:
    assert split_body(b' {"a": 1}') == ([b' {"a": 1}'], False)
    assert split_body(b'\n[{"a": 1}, {"b":[2]}]') == ([b'{"a": 1}', b'{"b":[2]}'], True)
    assert split_body(b"[]") == ([], True)
    for broken in (b"[{}", b"[{},]", b"[" * 200_000):
        with pytest.raises(StatementError):
            split_body(broken)
    with pytest.raises(StatementError):
        split_body(b"[" + b",".join([b"{}"] * 10_001) + b"]")


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=100).map(lambda t: t.encode("utf-8", "surrogatepass")))
def test_no_bytes_whatever_raise_anything_else(body: bytes) -> None:
    try:
        for raw in split_body(body)[0]:
            parse_statement(raw)
    except StatementError:
        pass
