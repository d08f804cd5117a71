"""Filters, addresses and waits of forwarding."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from lms_tracker.core.forwarding import CEILING_S, MOST_VALUES, back_off, endpoint_fault, matches, outline, parse_filter


def seen(**changes: Any) -> Any:
    statement = {
        "id": "00000000-0000-4000-8000-000000000001",
        "actor": {"mbox": "mailto:li@example.org"},
        "verb": {"id": "https://example.org/verbs/read"},
        "object": {"id": "https://example.org/books/1"},
    }
    return outline(msgspec.json.encode(statement | changes))


def passes(statement: Any, *, source: str | None = "lms", people: frozenset[str] = frozenset(), **filter: Any) -> bool:
    found, faults = parse_filter(filter)
    assert faults == []
    return matches(found, statement, source, people)


def test_an_empty_filter_lets_everything_through() -> None:
    assert passes(seen()) and passes(seen(object={"objectType": "Agent", "mbox": "mailto:x@example.org"}))


def test_every_line_must_be_met_by_any_of_its_values() -> None:
    verbs, books = ["https://example.org/verbs/read", "https://example.org/verbs/saw"], ["https://example.org/books/*"]
    assert passes(seen(), verbs=verbs, activities=books, sources=["lms"])
    assert not passes(seen(), verbs=verbs[1:], activities=books)
    assert not passes(seen(), verbs=verbs, activities=["https://example.org/films/*"])
    assert not passes(seen(), verbs=verbs, sources=["other"])
    assert not passes(seen(), sources=["lms"], source=None)


def test_an_activity_is_meant_whole_or_by_its_beginning() -> None:
    assert passes(seen(), activities=["https://example.org/books/1"])
    assert not passes(seen(), activities=["https://example.org/books/"])
    agent = {"objectType": "Agent", "openid": "https://example.org/books/1"}
    assert not passes(seen(object=agent), activities=["https://example.org/books/1"])


def test_people_are_who_is_meant_just_now() -> None:
    assert passes(seen(), programmes=["p1"], people=frozenset({"mbox:mailto:li@example.org"}))
    assert not passes(seen(), programmes=["p1"])


def test_all_faults_of_a_filter_are_said_at_once() -> None:
    many = [f"s{n}" for n in range(MOST_VALUES + 1)]
    _, faults = parse_filter({"verbs": ["read", ""], "colour": ["x"], "programmes": "p1", "sources": many})
    told = "\n".join(faults)
    for said in (
        "filter.verbs: 'read' is no IRI",
        "filter.colour: unknown",
        "filter.programmes:",
        f"{MOST_VALUES + 1} values",
    ):
        assert said in told


@pytest.mark.parametrize(
    "endpoint",
    ["", "lrs.example.org", "ftp://x/", "file:///etc/passwd", "gopher://x/", "javascript:alert(1)", "https://", "http:///x",
     "https://key:secret@x/", "https://x/?a=1", "https://x/#a", "https://x:99999/", "https://x:0/", "https://x y/",
     "https://x/\r\nHost: y", "https://[::1"],
)  # fmt: skip
def test_only_addresses_of_the_web_are_spoken_to(endpoint: str) -> None:
    assert endpoint_fault(endpoint) is not None


@pytest.mark.parametrize(
    "endpoint", ["https://lrs.example.edu/xapi/", "http://10.0.0.7:8080/data/xAPI", "https://[::1]:1/"]
)
def test_an_institutions_own_network_is_allowed(endpoint: str) -> None:
    assert endpoint_fault(endpoint) is None


def test_waits_double_up_to_a_ceiling_and_are_shortened_by_chance() -> None:
    assert [back_off(n, 0.0).total_seconds() for n in (1, 2, 3, 4)] == [2, 4, 8, 16]
    assert back_off(1000, 0.0) == timedelta(seconds=CEILING_S)
    assert back_off(3, 1.0) == timedelta(seconds=4)
    assert back_off(1, 0.0, asked_s=60) == timedelta(seconds=60)
    assert back_off(1, 0.0, asked_s=10**9) == timedelta(seconds=CEILING_S)
