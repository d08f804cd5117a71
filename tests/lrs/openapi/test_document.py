"""The OpenAPI document tells of every resource, method, parameter and rule, and of nothing else."""

import re
from copy import deepcopy
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lms_tracker.core.xapi.errors import RULES, StatementError
from lms_tracker.core.xapi.parse import parse_statement
from lms_tracker.lrs.openapi import document
from lms_tracker.lrs.openapi.examples import EXAMPLES
from lms_tracker.lrs.openapi.words import LANGUAGES
from lms_tracker.lrs.rules import REQUEST_RULES
from tests.core.xapi import statements as any_statement
from tests.core.xapi.statements import FULL, SUB
from tests.lrs.conftest import Client
from tests.lrs.openapi.fuzz import STATEMENT_RULES

ROOT = Path(__file__).resolve().parents[3]
DOCUMENT = document("en")
OPERATIONS = [(path, method) for path, operations in DOCUMENT["paths"].items() for method in operations]
SCHEMAS = {"components": DOCUMENT["components"]}
STATEMENT = jsonschema_rs.Draft202012Validator({"$ref": "#/components/schemas/Statement"} | SCHEMAS)
FORM_RULES = {"json", "depth", "duplicate-key", "nul", "number-range", "too-many"}
"""What a statement breaks before anybody looks at it as a statement."""


def test_every_route_and_method_is_described_and_every_described_one_is_a_route(app: Flask) -> None:
    routes = {
        (rule.rule.removeprefix("/xapi"), method.lower())
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("xapi.") and rule.endpoint != "xapi.unknown"
        for method in rule.methods or set()
    }
    assert set(OPERATIONS) == {(path, method) for path, method in routes if method != "options"}


def test_the_described_parameters_are_known_and_others_are_not(client: Client) -> None:
    for path, method in OPERATIONS:
        if method == "head" or path == "/about":  # HEAD is GET; /about takes none, and never says no
            continue
        parameters = DOCUMENT["paths"][path][method]["parameters"]
        names = [parameter["name"] for parameter in parameters if parameter["in"] == "query"]
        for name in [*names, "strange"]:
            answer = client.send(method.upper(), path, b"{}", query_string={name: "x"})
            error = answer.json["error"] if answer.status_code == 400 else ""
            assert ("unknown parameter" in error) == (name == "strange"), (path, method, name, error)


def test_every_parameter_of_every_operation_has_an_example_unless_clients_never_make_it_up() -> None:
    silent = {
        parameter["name"]
        for path, method in OPERATIONS
        for parameter in DOCUMENT["paths"][path][method]["parameters"]
        if "example" not in parameter.get("content", {}).get("application/json", parameter)
    }
    assert silent == {"cursor"}


@pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])
def test_every_example_can_be_sent(client: Client, version: str) -> None:
    for name, example in EXAMPLES.items():
        answer = client.post(example["value"], headers={"X-Experience-API-Version": version})
        assert answer.status_code == 200, (name, answer.text)


def test_both_languages_say_the_same_of_everything() -> None:
    def shape(node: Any) -> Any:
        if isinstance(node, dict):
            return {key: ... if key in ("description", "summary", "title") else shape(node[key]) for key in node}
        return [shape(one) for one in node] if isinstance(node, list) else node

    chinese = document("zh")
    assert shape(chinese) == shape(DOCUMENT)
    assert re.search("[\u4e00-\u9fff]", chinese["info"]["description"])
    assert LANGUAGES == ("zh", "en")


def test_the_document_is_open_and_speaks_the_language_that_is_asked_for(app: Flask) -> None:
    browser = app.test_client()
    title = {lang: browser.get(f"/xapi/openapi.json?lang={lang}").json["info"]["title"] for lang in LANGUAGES}
    assert title["zh"] != title["en"]
    for accepted, expected in {"en-GB, zh;q=0.5": "en", "zh-CN": "zh", "fr": "zh"}.items():
        answer = browser.get("/xapi/openapi.json", headers={"Accept-Language": accepted})
        assert (answer.status_code, answer.json["info"]["title"]) == (200, title[expected])
    assert browser.get("/xapi/openapi.json?lang=fr").status_code == 400


def test_about_links_to_the_document(app: Flask) -> None:
    assert 'rel="service-desc"' in app.test_client().get("/xapi/about").headers["Link"]


def test_every_schema_is_a_schema() -> None:
    for name, schema in DOCUMENT["components"]["schemas"].items():
        jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema"} | schema), name


def test_every_rule_that_an_answer_names_is_told() -> None:
    named = set()
    for path in (ROOT / "lms_tracker").rglob("*.py"):
        if path.parts[-2] in ("lrs", "actions"):
            named |= set(re.findall(r'rule(?:=|":)"([a-z-]+)"', path.read_text(encoding="utf-8")))
    assert named - RULES.keys() == set(REQUEST_RULES) - RULES.keys()


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(any_statement.statements)
def test_every_valid_statement_fits_the_schema(statement: dict[str, Any]) -> None:
    assert [error.message for error in STATEMENT.iter_errors(statement)] == []


@settings(max_examples=800, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_schema_and_server_refuse_the_same_but_for_what_no_schema_says(data: st.DataObject) -> None:
    statement = deepcopy(data.draw(st.sampled_from([FULL, FULL | {"object": SUB}])))
    _mutate(statement, data)
    fits = STATEMENT.is_valid(statement)
    try:
        parse_statement(statement, "2.0.0")
    except StatementError as e:
        assert not fits or e.rule in STATEMENT_RULES | FORM_RULES or e.path.endswith(".length"), (e, statement)
    else:
        assert fits, (statement, next(STATEMENT.iter_errors(statement)).message)


def _mutate(node: Any, data: st.DataObject) -> None:
    """Change, remove or add one thing at any depth."""
    while True:
        inner = [
            value for value in (node.values() if isinstance(node, dict) else node) if isinstance(value, dict | list)
        ]
        if not any(inner) or data.draw(st.integers(0, 2)) == 0:
            break
        node = data.draw(st.sampled_from([value for value in inner if value]))
    keys = list(node) if isinstance(node, dict) else list(range(len(node)))
    key = data.draw(st.sampled_from(keys))
    names = ["objectType", "mbox", "member", "name", "id", "definition", "extra", "contextAgents", "choices", "version"]
    value = data.draw(
        any_statement.json_values | st.sampled_from(["Agent", "Group", "Activity", "StatementRef", "en", "", -1])
    )
    action = data.draw(st.sampled_from(["change", "remove", "add"]))
    if action == "remove":
        del node[key]
    elif action == "add" and isinstance(node, dict):
        node[data.draw(st.sampled_from(names))] = value
    else:
        node[key] = value
