"""Golden values: identifiers and terms are stored, and must stay what they are."""

from typing import Any

import msgspec
import pytest
from hypothesis import given

from lms_tracker.core.xapi.actors import display_name, identify
from lms_tracker.core.xapi.model import Actor, identifier
from lms_tracker.core.xapi.terms import AGENT, RELATED_ACTIVITY, RELATED_AGENT, term
from tests.core.xapi import statements as examples


@pytest.mark.parametrize(
    ("actor", "ifi"),
    [
        ({"mbox": "mailto:Li@Example.org"}, "mbox:mailto:Li@Example.org"),
        (
            {"mbox_sha1sum": "EBD31E95054C018B10727CCFFD2EF2EC3A016EE9"},
            "sha1:ebd31e95054c018b10727ccffd2ef2ec3a016ee9",
        ),
        ({"openid": "https://example.org/li"}, "openid:https://example.org/li"),
        ({"account": {"homePage": "https://a.b", "name": "李 1"}}, "account:https://a.b 李 1"),
        ({"objectType": "Group", "mbox": "mailto:class@a.b", "member": []}, "mbox:mailto:class@a.b"),
        ({"objectType": "Group", "member": []}, None),
    ],
)
def test_an_actor_is_identified_for_ever_in_the_same_words(actor: dict[str, Any], ifi: str | None) -> None:
    assert identify(actor) == ifi
    assert identifier(msgspec.convert(actor, Actor)) == ifi


@given(examples.actors)
def test_both_ways_to_identify_agree(actor: dict[str, Any]) -> None:
    assert identify(actor) == identifier(msgspec.convert(actor, Actor))


def test_a_name_that_says_nothing_is_none() -> None:
    assert display_name({"name": "  "}) is None
    assert display_name({}) is None
    assert display_name({"name": "李"}) == "李"


def test_terms_stay_what_they_are() -> None:
    assert term(AGENT, "mbox:mailto:li@example.org") == -1591326843649096329
    assert term(RELATED_AGENT, "mbox:mailto:li@example.org") == 8778533559305158355
    assert term(RELATED_ACTIVITY, "https://example.org/course") == 4434050519960170780
    assert -(2**63) <= term(AGENT, "x" * 1000) < 2**63
