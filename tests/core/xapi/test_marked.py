"""A refused body with its fault marked."""

import json

import pytest

from lms_tracker.core.xapi.errors import StatementError
from lms_tracker.core.xapi.marked import MOST_LINES, marked_lines, readable
from lms_tracker.core.xapi.parse import parse_statement


def marked(body: object, path: str | None) -> list[str]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return [line.text.strip() for line in marked_lines(raw, path)[0] if line.marked]


def test_the_value_at_the_path_is_marked() -> None:
    assert marked({"actor": {"mbox": "x"}, "verb": {}}, "$.actor.mbox") == ['"mbox": "x"']
    assert marked([{"a": 1}, {"a": 2}], "$[1].a") == ['"a": 2']
    assert marked({"verb": {"id": "李"}}, "$.verb") == ['"verb": {', '"id": "李"', "}"]


@pytest.mark.parametrize(
    ("part", "line"),
    [
        ({"verb": {"id": "http://a.example/v", "display": {"en": "read", "zh_CN": "读"}}}, '"zh_CN": "读"'),
        ({"result": {"extensions": {"no iri": 1}}}, '"no iri": 1'),
        ({"result": {"extensions": {"it's": 1}}}, '"it\'s": 1'),
        ({"context": {"extensions": {"http://a.example/x.y": {"deep [er]": 2**70}}}}, f'"deep [er]": {2**70}'),
    ],
)
def test_a_key_that_is_data_is_marked_where_the_check_found_it(part: dict[str, object], line: str) -> None:
    statement = {
        "actor": {"mbox": "mailto:li@example.org"},
        "verb": {"id": "http://a.example/v"},
        "object": {"id": "http://a.example/o"},
    } | part
    with pytest.raises(StatementError) as refused:
        parse_statement(statement)
    assert marked(statement, refused.value.path) == [line]


def test_where_a_property_is_missing_its_object_is_marked() -> None:
    assert marked({"actor": {"name": "x"}, "verb": {"id": "y"}}, "$.verb.display") == ['"verb": {']


def test_a_fault_of_the_whole_marks_nothing() -> None:
    assert marked({"a": 1}, "$") == marked({"a": 1}, None) == marked({"a": 1}, "$.b") == []


def test_broken_json_is_shown_as_it_came_with_the_line_marked() -> None:
    assert marked(b'{\n"a": 1,,\n"b": 2}', "$") == ['"a": 1,,']
    assert [line.text for line in marked_lines(b"\xff\xfe{", None)[0]] == ["��{"]


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a":' * 100_000, b"1" * 10_000, b"", b'"\\ud800"', b"\0"])
def test_no_body_breaks_it(body: bytes) -> None:
    lines, _ = marked_lines(body, "$.a.b")
    "\n".join(line.text for line in lines).encode()


def test_of_a_long_body_the_lines_around_the_fault_are_shown() -> None:
    lines, is_cut = marked_lines(json.dumps(list(range(5000))).encode(), "$[4000]")
    assert is_cut and len(lines) == MOST_LINES
    assert [line.text.strip() for line in lines if line.marked] == ["4000,"]


def test_what_is_to_be_mended_is_indented_and_says_the_same() -> None:
    said = {"name": '李 "x" \\u674e \n', "n": [1.0, 1e300]}
    text = readable(json.dumps(said).encode())
    assert "李" in text and "\n  " in text and json.loads(text) == said
    assert readable(b'{"a": 1, "a": 2}').count('"a"') == 2
    assert json.loads(readable(b'"\\ud83d\\ude00\\u0000"')) == "\U0001f600\0"
    assert readable(b"{oops") == "{oops"
