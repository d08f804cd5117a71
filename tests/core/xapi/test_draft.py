"""A statement whose parts are remembered is judged, and kept, as one that is read whole."""

import json
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET

from lms_tracker.core.xapi import remembered
from lms_tracker.core.xapi.draft import Draft, complete, draft_of, draft_statement, fill, put_in_utc
from lms_tracker.core.xapi.errors import StatementError
from lms_tracker.core.xapi.model import Statement
from lms_tracker.core.xapi.parse import parse_statement
from lms_tracker.core.xapi.remembered import Part, Remembered
from lms_tracker.core.xapi.vocabulary import VERB_VOIDED
from tests.core.xapi import statements as examples
from tests.core.xapi.statements import AGENT, FULL, GROUP, ID, QUESTION, REMOVE, changed

STORED, AUTHORITY = "2026-03-01T08:00:00.000000Z", b'{"objectType":"Agent","mbox":"mailto:lrs@example.org"}'
USUAL = changed(changed(changed(FULL, "authority", REMOVE), "attachments", REMOVE), "context statement", REMOVE)
VERSIONS = st.sampled_from([None, "1.0.3", "2.0.0"])


def _seen(draft: Draft, version: str | None) -> dict[str, Any]:
    if version == "2.0.0":
        put_in_utc(draft)
    whole = draft.whole
    said = {key: raw for one in draft.said for key, raw in one.items()}
    seen: dict[str, Any] = {"id": draft.id, "stored": UNSET if whole is None else whole.stored, "said": said}
    seen |= {name: getattr(draft, name) for name in ("raw", "ifi", "verb", "activity", "target", "registration", "at")}
    seen |= {"terms": draft.terms, "kept": complete(draft, STORED, AUTHORITY, "1.0.0")}
    return seen


def _judged(judge: Any, raw: bytes, version: str | None) -> Any:
    try:
        return _seen(judge(raw, version), version)
    except StatementError as e:
        return e.path, e.rule, e.fault


def _check_both(raw: bytes, version: str | None) -> Any:
    whole = _judged(lambda raw, version: draft_of(parse_statement(raw, version)), raw, version)
    for _ in range(2):  # not known yet, known
        assert _judged(draft_statement, raw, version) == whole
    return whole


def _is_outline(statement: dict[str, Any], version: str | None = "1.0.3") -> bool:
    return not isinstance(draft_statement(json.dumps(statement).encode(), version).whole, Statement)


@pytest.mark.parametrize("spaces", [None, (",", ":"), (" , ", " : ")])
@pytest.mark.parametrize("version", [None, "1.0.3", "2.0.0"])
def test_what_most_sources_send_is_read_in_parts(version: str | None, spaces: Any) -> None:
    raw = json.dumps(USUAL, separators=spaces, ensure_ascii=False).encode()
    assert _is_outline(USUAL, version)
    assert _check_both(raw, version)["kept"].endswith(b'"version":"1.0.3"}')
    without = {key: USUAL[key] for key in ("actor", "verb", "object")}
    assert _is_outline(without, version) and _check_both(json.dumps(without).encode(), version)["at"] is None


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("object", GROUP),
        ("object", {"objectType": "StatementRef", "id": ID}),
        ("authority", AGENT),
        ("attachments", []),
        ("context statement", {"objectType": "StatementRef", "id": ID}),
        ("context contextAgents", []),
        ("result response", "\x07"),
    ],
)
def test_what_few_send_is_read_whole(path: str, value: Any) -> None:
    statement = changed(USUAL, "context platform", REMOVE)
    statement = changed(changed(statement, "context revision", REMOVE), path, value)
    assert not _is_outline(statement, "2.0.0")
    _check_both(json.dumps(statement).encode(), "2.0.0")


def test_a_verb_known_from_a_reference_is_not_known_for_an_activity() -> None:
    verb = {"id": VERB_VOIDED}
    void = {"actor": AGENT, "verb": verb, "object": {"objectType": "StatementRef", "id": ID}}
    _check_both(json.dumps(void).encode(), None)
    with pytest.raises(StatementError, match="voiding"):
        draft_statement(json.dumps({"actor": AGENT, "verb": verb, "object": QUESTION}).encode())


def test_a_key_that_stands_twice_is_found_in_and_around_parts() -> None:
    raw = json.dumps(USUAL).encode()
    for twice in (
        b'"verb": {',
        b'"display": {',
        b'"mbox": "',
        b'"registration": "',
        b'"extensions": {',
        b'"parent": [',
    ):
        assert twice in raw
        bad = raw.replace(twice, twice[: twice.index(b":")] + b": 1, " + twice, 1)
        assert _check_both(bad, "1.0.3")[1] in ("duplicate-key", "type")
    double = raw.replace(b'"verb": {', b'"verb": {"id": "https://example.org/x"}, "verb": {', 1)
    assert _check_both(double, "1.0.3")[1] == "duplicate-key"


@settings(max_examples=300, deadline=None)
@given(examples.statements, VERSIONS)
def test_any_valid_statement_is_kept_alike(statement: dict[str, Any], version: str | None) -> None:
    _check_both(json.dumps(statement).encode(), version)
    usual = {key: value for key, value in statement.items() if key not in ("authority", "attachments")}
    usual["object"] = QUESTION
    _check_both(json.dumps(usual, ensure_ascii=False, separators=(",", ":")).encode(), version)


@settings(max_examples=200, deadline=None)
@given(examples.statements_of_two, VERSIONS)
def test_any_statement_of_2_0_is_judged_alike(statement: dict[str, Any], version: str | None) -> None:
    _check_both(json.dumps(statement).encode(), version)


JUNK = st.sampled_from(
    [None, "", "x", 0, -1, 2**70, 1.5, True, [], {}, [[]], {"x": 1}, "en", ID, "mailto:a@b", "2026-02-30T00:00:00Z"]
    + [AGENT, GROUP, QUESTION, [AGENT], [QUESTION], "2026-03-01T08:00:00-00:00", "x" * 2001, "urn:" + "x" * 2001, "\0"]
    + [json.loads("[" * 70 + "]" * 70), VERB_VOIDED, "Group", "Agent", "SubStatement", "2.0.0", "1.0.3", "0.95"]
).map(deepcopy)


@settings(max_examples=1000, deadline=None)
@given(st.data(), VERSIONS)
def test_any_mutation_is_judged_alike(data: st.DataObject, version: str | None) -> None:
    statement = data.draw(st.just(USUAL) | st.just(FULL) | examples.statements)
    statement = deepcopy(statement)
    for _ in range(data.draw(st.integers(1, 2))):
        here: Any = statement
        while True:
            keys = list(here) if isinstance(here, dict) else list(range(len(here)))
            if not keys:
                break
            key = data.draw(st.sampled_from(keys))
            if isinstance(here[key], dict | list) and data.draw(st.booleans()):
                here = here[key]
                continue
            change = data.draw(st.sampled_from(["junk", "remove", "add"]))
            if change == "junk":
                here[key] = data.draw(JUNK)
            elif change == "remove":
                del here[key]
            elif isinstance(here, dict):
                here[data.draw(st.sampled_from(["x", "id", "name", "objectType", "member", "mbox", "statement"]))] = (
                    data.draw(JUNK)
                )
            break
    _check_both(json.dumps(statement).encode(), version)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=4), st.integers(0, 3000), st.integers(0, 8), VERSIONS)
def test_any_damage_to_the_bytes_is_judged_alike(put: bytes, at: int, cut: int, version: str | None) -> None:
    raw = json.dumps(USUAL).encode()
    at %= len(raw)
    _check_both(raw[:at] + put + raw[at + cut :], version)


def test_memory_is_bounded_and_what_is_in_use_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembered, "MOST_BYTES", 100_000)
    read = []

    def parse(raw: bytes) -> Part:
        read.append(raw)
        return Part(remembered.Raw(raw))

    parts = Remembered(parse)
    for number in range(1000):
        parts.part(remembered.Raw(b"%04d" % number))
        parts.part(remembered.Raw(b"in use"))
    assert read.count(b"in use") == 1
    assert len(parts._now) + len(parts._before) < 400
    long = b"x" * (remembered.LONGEST + 1)
    for _ in range(2):
        parts.part(remembered.Raw(long))
    assert read.count(long) == 2


def test_what_an_lrs_assigns_comes_last_and_once() -> None:
    draft = draft_statement(json.dumps(USUAL).encode(), "1.0.3")
    assert draft.whole is not None
    assert (draft.whole.stored, draft.whole.version) == ("2026-03-01T00:00:01Z", "1.0.3")
    kept = complete(draft, STORED, AUTHORITY, "1.0.0")
    assert json.loads(kept) == USUAL | {"stored": STORED, "authority": json.loads(AUTHORITY)}
    assert [kept.count(name) for name in (b'"stored"', b'"authority"', b'"version"')] == [1, 1, 1]
    assert draft.id is not UNSET


def test_of_a_statement_that_says_all_nothing_is_kept_beside_it() -> None:
    plain = {key: value for key, value in USUAL.items() if key not in ("stored", "version")}
    for says_all in (plain, changed(plain, "timestamp", "2026-03-01T00:00:00Z")):
        draft = draft_statement(json.dumps(says_all).encode(), "1.0.3")
        assert (draft.whole is None) == says_all["timestamp"].endswith("Z")
        assert draft_of(parse_statement(json.dumps(says_all).encode(), "1.0.3")).raw == draft.raw
    for name in ("id", "timestamp"):
        draft = draft_statement(json.dumps(changed(plain, name, REMOVE)).encode(), "1.0.3")
        fill(draft, id=ID, timestamp=None if draft.at else STORED)
        kept = json.loads(complete(draft, STORED, AUTHORITY, "1.0.0"))
        given = {"stored": STORED, "authority": json.loads(AUTHORITY), "version": "1.0.0"}
        assert kept == plain | given | ({"timestamp": STORED} if name == "timestamp" else {}) | {"id": ID}
