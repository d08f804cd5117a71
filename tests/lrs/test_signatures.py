"""Signed statements: what is signed is what is stored, or nothing is."""

import hashlib
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from werkzeug.test import TestResponse

from tests.lrs.conftest import Client, make_statement
from tests.lrs.signing import certificate, describe, jws, rsa_key
from tests.lrs.test_attachments import DATA, KIND, SHA, body
from tests.lrs.test_attachments import describe as describe_data

OTHER_ACTOR = {"mbox": "mailto:other@example.org"}


def _send(client: Client, statement: dict[str, Any], signature: bytes, **changes: Any) -> TestResponse:
    sent = statement | {"attachments": [*statement.get("attachments", []), describe(signature, **changes)]}
    parts = [(hashlib.sha256(signature).hexdigest(), signature)]
    if "attachments" in statement:
        parts.append((SHA, DATA))
    return client.post(body(sent, *parts), headers=KIND)


def _refused(client: Client, answer: TestResponse) -> str:
    assert (answer.status_code, answer.json["rule"]) == (400, "signature"), answer.text
    assert answer.json["path"].startswith("$.attachments[")
    assert client.get().json["statements"] == []
    return str(answer.json["error"])


@pytest.mark.parametrize("alg", ["RS256", "RS384", "RS512"])
@pytest.mark.parametrize("certified", [True, False])
def test_a_signed_statement_is_stored_and_its_signature_comes_back(client: Client, alg: str, certified: bool) -> None:
    statement = make_statement(timestamp="2026-03-01T08:00:00Z")
    header = {"x5c": [certificate(rsa_key())]} if certified else {}
    signature = jws(statement, alg=alg, **header)
    assert _send(client, statement, signature).status_code == 200
    assert signature in client.get(statementId=statement["id"], attachments="true").data


def test_a_signed_statement_is_put_under_an_id_that_it_does_not_say(client: Client) -> None:
    statement = make_statement(id=None)
    signature = jws(statement)
    sent = statement | {"attachments": [describe(signature)]}
    id = "8f3c4b5e-7b0f-4c3a-9a54-1f6c1f0f5a11"
    answer = client.put(id, body(sent, (hashlib.sha256(signature).hexdigest(), signature)), headers=KIND)
    assert answer.status_code == 204


def test_other_attachments_are_signed_too(client: Client) -> None:
    statement = make_statement(attachments=[describe_data()])
    plain = {key: value for key, value in statement.items() if key != "attachments"}
    _refused(client, _send(client, statement, jws(plain)))
    assert _send(client, statement, jws(statement)).status_code == 200


def test_how_json_is_written_does_not_matter(client: Client) -> None:
    statement = make_statement(result={"score": {"raw": 1}})
    turned = dict(reversed(list((statement | {"result": {"score": {"raw": 1.0}}}).items())))
    assert _send(client, statement, jws(turned)).status_code == 200


@pytest.mark.parametrize(
    ("signed", "sent"),
    [
        ({}, {"actor": OTHER_ACTOR}),
        ({}, {"id": "8f3c4b5e-7b0f-4c3a-9a54-1f6c1f0f5a11"}),
        ({}, {"timestamp": "2026-03-01T08:00:00Z"}),
        ({"timestamp": "2026-03-01T08:00:00Z"}, {}),
        ({"timestamp": "2026-03-01T08:00:00Z"}, {"timestamp": "2026-03-01T09:00:00Z"}),
        ({"result": {"success": False}}, {"result": {"success": True}}),
    ],
)
def test_another_statement_than_the_signed_one_is_refused(
    client: Client, signed: dict[str, Any], sent: dict[str, Any]
) -> None:
    statement = make_statement()
    assert "another statement" in _refused(client, _send(client, statement | sent, jws(statement | signed)))


@pytest.mark.parametrize("alg", ["HS256", "none", "ES256", "PS256", "rs256", "", None, 1, ["RS256"]])
def test_no_other_algorithm_is_taken(client: Client, alg: Any) -> None:
    statement = make_statement()
    assert "algorithm" in _refused(client, _send(client, statement, jws(statement, alg=alg)))


def test_a_signature_by_another_key_than_the_certificate_s_is_refused(client: Client) -> None:
    statement = make_statement()
    header = {"x5c": [certificate(rsa_key(1))]}
    assert "has not signed" in _refused(client, _send(client, statement, jws(statement, **header)))


def test_a_changed_bit_is_noticed(client: Client) -> None:
    statement = make_statement()
    head, payload, bits = jws(statement, x5c=[certificate(rsa_key())]).split(b".")
    flipped = (b"B" if bits[:1] == b"A" else b"A") + bits[1:]
    assert "has not signed" in _refused(client, _send(client, statement, b".".join([head, payload, flipped])))
    other_hash = jws(statement, alg="RS256", x5c=[certificate(rsa_key())]).split(b".")[2]
    assert _refused(client, _send(client, statement, b".".join([head, payload, other_hash[:-8]])))


@pytest.mark.parametrize("x5c", [[], "", None, 7, {}, ["no base64!"], ["AAAA"], [7], [None]])
def test_what_is_no_certificate_is_refused(client: Client, x5c: Any) -> None:
    statement = make_statement()
    assert "certificate" in _refused(client, _send(client, statement, jws(statement, x5c=x5c)))


def test_a_certificate_of_another_kind_of_key_is_refused(client: Client) -> None:
    statement = make_statement()
    header = {"x5c": [certificate(ec.generate_private_key(ec.SECP256R1()))]}
    assert "RSA" in _refused(client, _send(client, statement, jws(statement, **header)))


@pytest.mark.parametrize(
    "signature",
    [b"", b"..", b"a.b", b"a.b.c.d", b"\xff.\xff.\xff", b"W10.e30.AA", b"e30.e30.AA=", b"eyJ9.e30.AA", b"!.!.!"],
)
def test_what_is_no_web_signature_is_refused(client: Client, signature: bytes) -> None:
    _refused(client, _send(client, make_statement(), signature))


@pytest.mark.parametrize("payload", [b"", b"[]", b"{'actor': 1}", b"{}", b"\xff", b"[" * 5000])
def test_what_is_signed_must_be_a_statement(client: Client, payload: bytes) -> None:
    _refused(client, _send(client, make_statement(), jws(payload)))


def test_a_signature_of_another_content_type_is_refused(client: Client) -> None:
    statement = make_statement()
    _refused(client, _send(client, statement, jws(statement), contentType="text/plain; charset=ascii"))


def test_a_signature_that_lies_elsewhere_is_refused(client: Client) -> None:
    statement = make_statement()
    sent = statement | {"attachments": [describe(jws(statement), fileUrl="https://example.org/signature")]}
    assert client.post(sent).status_code == 400
    assert client.get().json["statements"] == []
