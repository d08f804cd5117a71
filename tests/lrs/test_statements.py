"""The statement resource over HTTP, on both databases."""

import gzip
import json
from io import BytesIO
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import event, func, select
from sqlalchemy.engine.interfaces import DBAPIConnection

from lms_tracker.store.db import reading
from lms_tracker.store.tables import learner, statement, touched_learner
from tests.lrs.conftest import VIDEO, Client, make_statement

VOIDED = {"id": "http://adlnet.gov/expapi/verbs/voided"}


def _void(id: str) -> dict[str, Any]:
    return make_statement(verb=VOIDED, object={"objectType": "StatementRef", "id": id})


def _ids(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [found["id"] for found in answer.json["statements"]]


def test_a_posted_statement_comes_back_complete(client: Client) -> None:
    sent = make_statement(id=None, result={"score": {"raw": 0.5}, "extensions": {"https://a.b/c": {"d": [None, "é"]}}})
    answer = client.post(sent)
    assert answer.status_code == 200
    (id,) = answer.json
    got = client.get(statementId=id)
    assert got.status_code == 200
    assert got.headers["Last-Modified"] == "Sun, 01 Mar 2026 08:00:01 GMT"
    assert got.json == sent | {
        "id": id,
        "stored": "2026-03-01T08:00:01.000000Z",
        "timestamp": "2026-03-01T08:00:01.000000Z",
        "version": "1.0.0",
        "authority": {
            "objectType": "Agent",
            "account": {"homePage": "https://lrs.example.org", "name": "moodle"},
        },
    }


def test_what_the_sender_says_of_stored_and_authority_does_not_count(client: Client) -> None:
    sent = make_statement(stored="2001-01-01T00:00:00Z", authority={"mbox": "mailto:boss@example.org"})
    assert client.post(sent).status_code == 200
    got = client.get(statementId=sent["id"]).json
    assert got["stored"].startswith("2026-03-01T08:00:01")
    assert got["authority"]["account"]["name"] == "moodle"


def test_a_batch_answers_with_the_ids_in_order(client: Client) -> None:
    batch = [make_statement() for _ in range(5)]
    answer = client.post(batch)
    assert answer.json == [one["id"] for one in batch]
    assert _ids(client.get(ascending="true")) == answer.json
    assert _ids(client.get()) == answer.json[::-1]


def test_one_bad_statement_keeps_the_whole_batch_out(client: Client) -> None:
    answer = client.post([make_statement(), make_statement(actor={"mbox": "nobody"})])
    assert answer.status_code == 400
    assert answer.json["path"] == "$[1].actor.mbox"
    assert answer.json["rule"] == "mbox"
    assert answer.json["statement"] == 1
    assert _ids(client.get()) == []


def test_the_path_of_a_single_bad_statement_has_no_position(client: Client) -> None:
    answer = client.post(make_statement(result={"score": {"scaled": 7}}))
    put = client.put(str(uuid4()), make_statement(result={"score": {"scaled": 7}}))
    for one in (answer, put):
        assert (one.status_code, one.json["path"], one.json["rule"]) == (400, "$.result.score.scaled", "score-scaled")


def test_an_id_that_stands_twice_in_a_batch_is_refused(client: Client) -> None:
    one = make_statement()
    answer = client.post([one, one | {"id": one["id"].upper()}])
    assert (answer.status_code, answer.json["rule"]) == (400, "duplicate-id")


def test_an_empty_batch_stores_nothing(client: Client) -> None:
    assert client.post([]).json == []


def test_put_stores_once_and_answers_204_again_for_the_same(client: Client) -> None:
    sent = make_statement(id=None)
    id = str(uuid4())
    assert client.put(id, sent).status_code == 204
    assert client.put(id, sent).status_code == 204
    assert client.post(sent | {"id": id}).json == [id]
    assert _ids(client.get()) == [id]


def test_another_statement_under_a_taken_id_is_a_conflict_and_changes_nothing(client: Client) -> None:
    sent = make_statement()
    assert client.put(sent["id"], sent).status_code == 204
    before = client.get(statementId=sent["id"]).data
    other = sent | {"object": {"id": "https://example.org/other"}}
    for answer, path in ((client.put(sent["id"], other), "$.id"), (client.post([make_statement(), other]), "$[1].id")):
        assert (answer.status_code, answer.json["path"], answer.json["rule"]) == (409, path, "conflict")
        assert sent["id"] in answer.json["error"]
    assert client.get(statementId=sent["id"]).data == before
    assert len(_ids(client.get())) == 1


def test_put_without_id_or_with_another_id_is_refused(client: Client) -> None:
    assert client.send("PUT", "/statements", make_statement()).status_code == 400
    assert client.put("not-a-uuid", make_statement()).status_code == 400
    answer = client.put(str(uuid4()), make_statement())
    assert (answer.status_code, answer.json["rule"]) == (400, "id-mismatch")
    assert client.put(str(uuid4()), [make_statement(id=None)]).status_code == 400


def test_a_voided_statement_is_found_only_as_voided(client: Client) -> None:
    sent = make_statement()
    client.post(sent)
    voiding = _void(sent["id"])
    assert client.post(voiding).status_code == 200
    assert client.get(statementId=sent["id"]).status_code == 404
    assert client.get(voidedStatementId=sent["id"]).json["id"] == sent["id"]
    assert client.get(voidedStatementId=voiding["id"]).status_code == 404
    assert _ids(client.get()) == [voiding["id"]]
    # the voiding statement refers to one that the filter finds
    assert _ids(client.get(activity=VIDEO)) == [voiding["id"]]


def test_voiding_a_voiding_statement_has_no_effect(client: Client) -> None:
    sent = make_statement()
    client.post(sent)
    voiding = _void(sent["id"])
    client.post(voiding)
    assert client.post(_void(voiding["id"])).status_code == 200
    assert client.get(statementId=voiding["id"]).status_code == 200
    assert client.get(statementId=sent["id"]).status_code == 404


def test_a_statement_may_be_voided_before_it_comes(client: Client) -> None:
    sent = make_statement()
    client.post(_void(sent["id"]))
    client.post(sent)
    assert client.get(voidedStatementId=sent["id"]).status_code == 200


def test_a_statement_and_its_voiding_may_come_together(client: Client) -> None:
    sent = make_statement()
    client.post([_void(sent["id"]), sent])
    assert client.get(voidedStatementId=sent["id"]).status_code == 200


def test_stored_and_voided_statements_leave_their_learners_unsettled(app: Flask, client: Client) -> None:
    teacher = {"mbox": "mailto:teacher@example.org"}
    sent = make_statement()
    client.post(sent)
    client.post(_void(sent["id"]) | {"actor": teacher})
    with reading(app.extensions["db"]) as tx:
        marked = tx.execute(select(touched_learner.c.learner_id).order_by(touched_learner.c.id)).scalars().all()
        owners = tx.execute(select(statement.c.learner_id).order_by(statement.c.seq)).scalars().all()
        assert len(tx.execute(select(learner.c.id)).all()) == 2
    assert marked == [owners[0], *sorted(owners)]


def test_a_repeated_statement_unsettles_nobody(app: Flask, client: Client) -> None:
    sent = make_statement()
    client.post(sent)
    client.post(sent)
    with reading(app.extensions["db"]) as tx:
        assert tx.execute(select(func.count()).select_from(touched_learner)).scalar() == 1


@pytest.mark.parametrize(
    "kind", ["text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", ""]
)
def test_a_body_that_is_not_said_to_be_json_is_refused(client: Client, kind: str) -> None:
    answer = client.post(make_statement(), headers={"Content-Type": kind})
    assert (answer.status_code, answer.json["rule"]) == (400, "content-type")


def test_a_content_type_may_have_parameters(client: Client) -> None:
    assert client.post(make_statement(), headers={"Content-Type": "application/json; charset=UTF-8"}).status_code == 200


def test_a_packed_body_is_refused_and_the_sender_told_how_it_should_come(client: Client) -> None:
    """RFC 9110 15.5.16; neither standard says otherwise."""
    answer = client.post(gzip.compress(json.dumps(make_statement()).encode()), headers={"Content-Encoding": "gzip"})
    assert (answer.status_code, answer.json["rule"]) == (415, "content-encoding")
    assert answer.headers["Accept-Encoding"] == "identity"
    assert client.post(make_statement(), headers={"Content-Encoding": "identity"}).status_code == 200


def test_a_body_over_the_limit_is_too_large(client: Client) -> None:
    answer = client.post(b" " * 100_001)
    assert answer.status_code == 413
    assert "100,000 bytes" in answer.json["error"]


def test_a_body_of_untold_length_is_too_large_all_the_same(client: Client) -> None:
    endless = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": ""}
    body = BytesIO(json.dumps(make_statement()).encode() + b" " * 100_001)
    answer = client.send(
        "POST",
        "/statements",
        input_stream=body,
        environ_overrides=endless,
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == 413


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"{}",
        b"[[]]",
        b"[" * 90_000,
        b'{"a":' * 15_000,
        b"\xff",
        b'{"actor":NaN}',
        b"[1,]",
        b"\xef\xbb\xbf{}",
    ],
)
def test_bytes_that_are_no_statement_are_refused_with_a_reason(client: Client, body: bytes) -> None:
    answer = client.post(body)
    assert answer.status_code == 400
    assert answer.json["error"]


def test_an_attachment_without_url_and_data_is_refused(client: Client) -> None:
    attachment = {
        "usageType": "https://example.org/usage",
        "display": {"en": "x"},
        "contentType": "text/plain",
        "length": 1,
        "sha2": "0" * 64,
    }
    answer = client.post(make_statement(attachments=[attachment]))
    assert (answer.json["path"], answer.json["rule"]) == ("$.attachments[0]", "attachment-data")
    with_url = attachment | {"fileUrl": "https://example.org/file"}
    assert client.post(make_statement(attachments=[with_url])).status_code == 200


def test_alternate_syntax_carries_any_method_in_a_form(client: Client) -> None:
    id = str(uuid4())
    form = client.headers | {"statementId": id, "content": json.dumps(make_statement(id=None))}
    assert client.http.post("/xapi/statements?method=PUT", data=form).status_code == 204
    got = client.http.post("/xapi/statements?method=GET", data=client.headers | {"statementId": id})
    assert got.json["id"] == id
    assert client.http.post("/xapi/statements?method=PUT", data=client.headers).status_code == 400
    assert client.http.post("/xapi/statements?method=PUT&x=1", data=form).status_code == 400
    assert client.http.post("/xapi/statements?method=GET", data={}).status_code == 401


def test_a_form_that_asks_for_the_head_is_answered_with_nothing_behind_it(client: Client) -> None:
    """To a server it is a POST: of an answer that names a length it awaits as many bytes, or cuts the connection."""
    id = client.post(make_statement()).json[0]
    answer = client.http.post("/xapi/statements?method=HEAD", data=client.headers | {"statementId": id})
    assert (answer.status_code, answer.data, answer.headers["Content-Length"]) == (200, b"", "0")
    assert "Last-Modified" in answer.headers


def test_a_form_that_is_no_utf_8_is_refused_and_not_stored_with_other_letters(client: Client) -> None:
    statement = json.dumps(make_statement(result={"response": "LETTER"}))
    for letter, status in ((b"%FF", 400), (b"\xff", 400), (b"%C3%BC", 200)):
        form = urlencode(client.headers | {"Content-Type": "application/json", "content": statement}).encode()
        kind = "application/x-www-form-urlencoded"
        body = form.replace(b"LETTER", letter)
        answer = client.http.post("/xapi/statements?method=POST", data=body, content_type=kind)
        assert answer.status_code == status
    assert [found["result"]["response"] for found in client.get().json["statements"]] == ["ü"]


def test_a_database_that_cannot_be_written_loses_nothing_and_says_try_again(app: Flask, client: Client) -> None:
    engine = app.extensions["db"]
    sqlite = engine.dialect.name == "sqlite"
    forbid = "PRAGMA query_only=ON" if sqlite else "SET default_transaction_read_only=on"

    def lock(connection: DBAPIConnection, _: object) -> None:
        connection.cursor().execute(forbid)
        connection.commit()

    event.listen(engine, "connect", lock)
    engine.dispose()
    answer = client.post(make_statement())
    event.remove(engine, "connect", lock)
    engine.dispose()
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert "nothing was stored" in answer.json["error"]
    assert _ids(client.get()) == []
