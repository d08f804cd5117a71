"""Requests that are answered before Flask are answered as Flask answers them."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from werkzeug.test import TestResponse
from werkzeug.wrappers import Request

from lms_tracker.lrs import front
from lms_tracker.lrs.asked import Asked
from tests.lrs.conftest import START, Client, make_statement

ONE, OTHER, ABSENT = (str(UUID(int=n, version=4)) for n in (1, 2, 3))
STATEMENT = make_statement(id=ONE)
SIGNED = {"Content-Type": "multipart/mixed; boundary=b"}
REQUESTS: dict[str, tuple[str, dict[str, str], Any, dict[str, str | None]]] = {
    "all": ("GET", {}, None, {}),
    "one": ("GET", {"statementId": ONE}, None, {}),
    "none": ("GET", {"statementId": ABSENT}, None, {}),
    "with attachments": ("GET", {"attachments": "true"}, None, {}),
    "canonical": ("GET", {"format": "canonical"}, None, {"Accept-Language": "zh, en;q=0.5"}),
    "one canonical": ("GET", {"statementId": ONE, "format": "canonical"}, None, {}),
    "a page": ("GET", {"limit": "1", "ascending": "true"}, None, {}),
    "a Chinese IRI": ("GET", {"activity": "https://example.org/视频/1"}, None, {}),
    "an unknown parameter": ("GET", {"colour": "red"}, None, {}),
    "a parameter in another case": ("GET", {"statementid": ONE}, None, {}),
    "a plus sign": ("GET", {"since": "2026-03-01T08:00:00+08:00"}, None, {}),
    "no key": ("GET", {}, None, {"Authorization": None}),
    "another scheme": ("GET", {}, None, {"Authorization": "Bearer x"}),
    "no version": ("GET", {}, None, {"X-Experience-API-Version": None}),
    "a strange version": ("GET", {}, None, {"X-Experience-API-Version": "3.0"}),
    "an allowed origin": ("GET", {}, None, {"Origin": "https://courses.example.org"}),
    "again": ("POST", {}, STATEMENT, {}),
    "a list again": ("POST", {}, [STATEMENT], {}),
    "put again": ("PUT", {"statementId": ONE}, STATEMENT, {}),
    "put without an id": ("PUT", {}, STATEMENT, {}),
    "a conflict": ("POST", {}, [make_statement(id=OTHER), make_statement(id=ONE, result={"success": True})], {}),
    "no JSON": ("POST", {}, b"{", {}),
    "no body": ("POST", {}, b"", {}),
    "no statement": ("POST", {}, [{"id": ONE}], {}),
    "too large": ("POST", {}, b" " * 100_001, {}),
    "another content type": ("POST", {}, b"{}", {"Content-Type": "text/plain"}),
    "a content type with a charset": ("POST", {}, STATEMENT, {"Content-Type": "Application/JSON; charset=utf-8"}),
    "a packed body": ("POST", {}, b"{}", {"Content-Encoding": "gzip"}),
    "faulty multipart": ("POST", {}, b"--b", SIGNED),
}


@pytest.fixture
def stored(app: Flask, client: Client) -> Iterator[Client]:
    app.extensions["now"] = lambda: START
    assert client.post(STATEMENT).status_code == 200
    assert client.post(make_statement(id=str(UUID(int=4, version=4)))).status_code == 200
    return client


@pytest.mark.parametrize("name", REQUESTS)
def test_an_answer_is_the_same_with_and_without_flask(
    stored: Client, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    method, params, body, headers = REQUESTS[name]

    def ask() -> TestResponse:
        return stored.send(method, "/statements", body, query_string=params, headers=dict(headers))

    before = ask()
    monkeypatch.setattr(front, "ENDPOINTS", {})
    behind = ask()
    assert _seen(before) == _seen(behind)
    assert before.status_code < 500


def test_the_two_are_not_the_same_code(stored: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_framework(*_: object) -> None:
        raise LookupError("this is Flask")

    monkeypatch.setattr(Flask, "full_dispatch_request", no_framework)
    assert stored.get().status_code == 200
    assert stored.post(STATEMENT).status_code == 200
    assert stored.send("HEAD", "/statements").status_code == 500


@pytest.mark.parametrize(
    "query",
    [
        "",
        "a=1",
        "a=1&b=",
        "a&b",
        "a=1=2&&c",
        "=1",
        "&",
        "a=1;b=2",
        "a=%41&b=+",
        "a=%zz",
        "a=\u00e8\u00a7\u0086",
        "a=b c",
    ],
)
def test_parameters_are_read_as_everywhere(app: Flask, query: str) -> None:
    given = Asked({"REQUEST_METHOD": "GET", "QUERY_STRING": query}, app.extensions["xapi"], None).given
    assert given == list(Request({"QUERY_STRING": query}).args.items(multi=True))


def test_a_sender_who_goes_away_has_stored_nothing(app: Flask, client: Client) -> None:
    whole = json.dumps(STATEMENT).encode()
    answer = client.post(whole, environ_overrides={"CONTENT_LENGTH": str(len(whole) + 1)})
    assert answer.status_code == 400
    assert client.get().json["statements"] == []


def _seen(answer: TestResponse) -> tuple[int, list[tuple[str, str]], bytes]:
    headers, body = [(name.lower(), value) for name, value in answer.headers], answer.data
    if "boundary=" in (answer.content_type or ""):  # made up anew each time
        boundary = answer.content_type.partition("boundary=")[2]
        headers = [(name, value.replace(boundary, "b")) for name, value in headers]
        body = body.replace(boundary.encode(), b"b")
    return answer.status_code, sorted(headers), body
