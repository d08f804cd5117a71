"""Data of attachments: in with its statement, out on request, never without its hash."""

import hashlib
import json
from typing import Any

import pytest

from lms_tracker.core.xapi.multipart import join_multipart
from tests.lrs.conftest import Client, make_statement

DATA = b"\x00\r\n--data\r\n\r\n\xff"
SHA = hashlib.sha256(DATA).hexdigest()
KIND = {"Content-Type": 'multipart/mixed; boundary="b o"'}


def describe(data: bytes = DATA, **changes: Any) -> dict[str, Any]:
    return {
        "usageType": "https://example.org/usage",
        "display": {"en": "x"},
        "contentType": "application/octet-stream",
        "length": len(data),
        "sha2": hashlib.sha256(data).hexdigest(),
    } | changes


def body(statements: Any, *parts: tuple[str, bytes]) -> bytes:
    return join_multipart(json.dumps(statements).encode(), [(sha, "text/plain", data) for sha, data in parts], "b o")


def test_data_comes_back_with_its_statement_when_asked_for(client: Client) -> None:
    sent = make_statement(attachments=[describe(sha2=SHA.upper())])
    assert client.post(body(sent, (SHA, DATA)), headers=KIND).status_code == 200
    for params in ({"statementId": sent["id"]}, {"limit": 1}):
        answer = client.get(attachments="true", **params)
        assert answer.mimetype == "multipart/mixed"
        assert DATA in answer.data
        assert f"X-Experience-API-Hash: {SHA}".encode() in answer.data
        assert b"Content-Type: application/octet-stream\r\n" in answer.data
        assert client.get(**params).mimetype == "application/json"


def test_data_goes_out_one_after_the_other_so_that_a_page_of_it_needs_no_more_memory(client: Client) -> None:
    other = b"x" * 1000
    sent = [make_statement(attachments=[describe()]), make_statement(attachments=[describe(other)])]
    client.post(body(sent, (SHA, DATA), (describe(other)["sha2"], other)), headers=KIND)
    pieces = list(client.get(attachments="true").iter_encoded())
    assert DATA in pieces and other in pieces


def test_what_goes_out_can_come_in(client: Client) -> None:
    sent = make_statement(attachments=[describe()])
    client.post(body([sent], (SHA, DATA)), headers=KIND)
    out = client.get(attachments="true", statementId=sent["id"])
    again = client.put(sent["id"], out.data, headers={"Content-Type": out.headers["Content-Type"]})
    assert again.status_code == 204


def test_a_page_without_attachments_is_multipart_when_asked_for(client: Client) -> None:
    assert client.get(attachments="true").mimetype == "multipart/mixed"


def test_statements_without_attachments_may_come_as_multipart(client: Client) -> None:
    assert client.post(body([make_statement()]), headers=KIND).status_code == 200


STATEMENT = make_statement(attachments=[describe()])
GOOD = body(STATEMENT, (SHA, DATA))


@pytest.mark.parametrize(
    ("sent", "kind"),
    [
        (body(STATEMENT), None),  # no data
        (body(STATEMENT, (SHA, DATA), (hashlib.sha256(b"x").hexdigest(), b"x")), None),  # data of nothing
        (body(STATEMENT, (SHA, b"x")), None),  # another hash
        (GOOD.replace(b"X-Experience-API-Hash", b"X-Other"), None),
        (GOOD.replace(b"Content-Transfer-Encoding: binary\r\n", b""), None),
        (GOOD.replace(b"application/json", b"text/plain", 1), None),
        (GOOD.replace(b"--b o--", b""), None),
        (GOOD.replace(b"--b o", b"--other"), None),
        (GOOD.replace(b"\r\n", b""), None),
        (b"", None),
        (b"--b o--", None),
        (GOOD, "multipart/mixed"),
        (GOOD, 'multipart/mixed; boundary=""'),
        (GOOD, "multipart/form-data; boundary=b"),
        (json.dumps(STATEMENT).encode(), "application/json"),
    ],
)
def test_a_body_whose_parts_do_not_fit_is_refused_and_nothing_is_kept(
    client: Client, sent: bytes, kind: str | None
) -> None:
    answer = client.post(sent, headers={"Content-Type": kind or KIND["Content-Type"]})
    assert answer.status_code == 400
    assert answer.json["rule"] in ("multipart", "sha2", "attachment-data", "content-type")
    assert client.get().json["statements"] == []
