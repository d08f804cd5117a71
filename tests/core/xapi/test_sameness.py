"""409 only for what differs in content."""

import json
from typing import Any

import pytest
from hypothesis import given, settings

from lms_tracker.core.xapi.parse import encode_statement, parse_statement
from lms_tracker.core.xapi.sameness import same_statement
from tests.core.xapi import statements as examples
from tests.core.xapi.statements import AGENT, FULL, GROUP, ID, REMOVE, SUB, changed


def _raw(statement: dict[str, Any]) -> bytes:
    return encode_statement(parse_statement(json.dumps(statement).encode()))


def _same(old: dict[str, Any], new: dict[str, Any]) -> bool:
    return same_statement(_raw(old), _raw(new))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("stored", "2027-01-01T00:00:00Z"),
        ("stored", REMOVE),
        ("authority", GROUP["member"][1]),  # type: ignore[index]
        ("authority", REMOVE),
        ("version", REMOVE),
        ("timestamp", REMOVE),
        ("timestamp", "2026-03-01T00:00:00.000Z"),
        ("verb display", {"fr": "x"}),
        ("object definition", REMOVE),
        ("object objectType", REMOVE),
        ("actor objectType", REMOVE),
        ("result duration", "PT3723.50S"),
        ("result score raw", 5.0),
        ("context registration", ID.upper()),
        ("context contextActivities parent", {"id": "https://example.org/course"}),
        ("context team member", list(reversed(GROUP["member"]))),  # type: ignore[call-overload]
    ],
)
def test_what_does_not_count_is_no_difference(path: str, value: Any) -> None:
    assert _same(FULL, changed(FULL, path, value))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("actor mbox", "mailto:wang@example.org"),
        ("actor name", REMOVE),
        ("verb id", "https://example.org/other"),
        ("object id", "https://example.org/other"),
        ("object", AGENT),
        ("object", {"objectType": "StatementRef", "id": ID}),
        ("timestamp", "2026-03-01T08:00:00Z"),
        ("result score raw", 5.5),
        ("result success", False),
        ("result", REMOVE),
        ("result duration", "PT1H"),
        ("context registration", ID.replace("6", "7")),
        ("context extensions", {"https://example.org/ext": 1}),
        ("context contextActivities parent", []),
        ("attachments", []),
    ],
)
def test_what_counts_is_a_difference(path: str, value: Any) -> None:
    base = changed(changed(FULL, "context revision", REMOVE), "context platform", REMOVE)
    assert not _same(base, changed(base, path, value))


def test_true_is_not_one() -> None:
    one = changed(FULL, "result extensions", {"https://a.b": [1, {"x": 0}]})
    assert not _same(one, changed(FULL, "result extensions", {"https://a.b": [True, {"x": 0}]}))
    assert not _same(one, changed(FULL, "result extensions", {"https://a.b": [1, {"x": False}]}))
    assert _same(one, changed(FULL, "result extensions", {"https://a.b": [1.0, {"x": 0.0}]}))


def test_a_timestamp_that_the_record_gave_is_no_difference() -> None:
    given = FULL["stored"]
    assert _same(changed(FULL, "timestamp", given), changed(FULL, "timestamp", REMOVE))


def test_sub_statements_are_compared_like_statements() -> None:
    base = changed(changed(FULL, "context revision", REMOVE), "context platform", REMOVE) | {"object": SUB}
    assert _same(base, changed(base, "object timestamp", "2026-03-01T16:00:00+08:00"))
    assert not _same(base, changed(base, "object timestamp", "2026-03-01T16:00:01+08:00"))
    assert not _same(base, changed(base, "object actor mbox", "mailto:x@example.org"))


@settings(max_examples=100, deadline=None)
@given(examples.statements)
def test_any_statement_is_the_same_as_itself_in_another_order(statement: dict[str, Any]) -> None:
    backwards = json.loads(json.dumps(statement), object_pairs_hook=lambda pairs: dict(reversed(pairs)))
    complete = {"timestamp": "2026-03-01T00:00:00Z", "stored": "2026-03-01T00:00:00Z"} | statement
    assert same_statement(_raw(complete), json.dumps(backwards).encode())
