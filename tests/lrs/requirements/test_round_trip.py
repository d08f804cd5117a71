"""Arbitrary statements of the whole model over HTTP, in both versions: what is valid comes back, what is not is refused."""

import json
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lms_tracker.core.xapi.errors import RULES
from tests.core.xapi import statements as examples
from tests.core.xapi.statements import FULL, SUB, changed
from tests.lrs.conftest import Client
from tests.lrs.requirements.mutations import mutations

STATEMENTS = {"1.0.3": examples.statements, "2.0.0": examples.statements_of_two}
ASSIGNED = {"stored", "authority", "version", "timestamp"}
RELAXED = settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
WHOLE = [FULL, changed(FULL, "object", SUB) | {"context": {"registration": FULL["id"]}}]
each_version = pytest.mark.parametrize("version", STATEMENTS)


def _complete(statement: dict[str, Any]) -> dict[str, Any]:
    """With an id of its own, an address for each attachment, and what only statements about an Activity may say."""
    sent = statement | {"id": str(uuid4())}
    for part in (sent, sent["object"]):
        for attachment in part.get("attachments", []):
            attachment.setdefault("fileUrl", "https://example.org/file")
        if "context" in part and part["object"].get("objectType", "Activity") == "Activity":
            part["context"] = part["context"] | {"revision": "一", "platform": ""}
    return sent


@each_version
@RELAXED
@given(st.data())
def test_any_valid_statement_comes_back_as_it_was(
    clients: dict[str, Client], version: str, data: st.DataObject
) -> None:
    sent = _complete(data.draw(STATEMENTS[version]))
    answer = clients[version].post(sent)
    assert answer.status_code == 200, answer.text
    got = clients[version].get(statementId=sent["id"]).json
    for name in ASSIGNED - sent.keys():
        del got[name]
    got |= {name: sent[name] for name in ("stored", "authority") if name in sent}
    assert json.dumps(got, sort_keys=True) == json.dumps(sent, sort_keys=True)  # 1.0 is not 1, and true neither


@each_version
@RELAXED
@given(st.data())
def test_one_forbidden_change_anywhere_is_refused_with_its_place(
    clients: dict[str, Client], version: str, data: st.DataObject
) -> None:
    statement = _complete(data.draw(STATEMENTS[version] | st.sampled_from(WHOLE)))
    kind, place, broken = data.draw(st.sampled_from(mutations(statement)))
    answer = clients[version].post(broken)
    assert answer.status_code == 400, (kind, place, broken)
    assert answer.json["rule"] in RULES and answer.json["path"].startswith("$"), (kind, place, answer.json)
    if kind in ("null", "unknown property", "wrong case"):
        assert answer.json["path"].startswith(place), (kind, place, answer.json)


@each_version
def test_each_kind_of_change_is_refused_at_each_place_of_the_statement_with_everything(
    clients: dict[str, Client], version: str
) -> None:
    kinds = set()
    for statement in WHOLE:
        for kind, place, broken in mutations(_complete(statement)):
            answer = clients[version].post(broken)
            assert answer.status_code == 400, (kind, place)
            assert answer.json["rule"] in RULES and answer.json["path"], (kind, place)
            kinds.add(kind)
    assert len(kinds) == 11
