"""What senders are told of somebody who was erased."""

import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, select

from lms_tracker.actions.erase_person import erase_person
from lms_tracker.store.db import reading
from lms_tracker.store.tables import document, identity, quarantine
from tests.lrs.conftest import Client, make_statement

IFI = "mbox:mailto:li@example.org"


def learner(db: Engine) -> int | None:
    with reading(db) as tx:
        found: int | None = tx.scalar(select(identity.c.learner_id).where(identity.c.ifi == IFI))
        return found


def erase(client: Client, db: Engine, **more: Any) -> None:
    number = learner(db)
    assert number is not None
    now = datetime.now(UTC)
    erase_person(client.http.application.extensions["db"], number, ordered_by="a", reason="b", now=now, **more)


def test_a_statement_that_was_erased_is_taken_again_without_a_word_and_not_found(
    client: Client, any_db: Engine
) -> None:
    sent = make_statement()
    assert client.post(sent).status_code == 200
    erase(client, any_db)
    for again in (client.post(sent), client.post([sent, make_statement(actor={"mbox": "mailto:wang@example.org"})])):
        assert again.status_code == 200
    assert client.put(sent["id"], sent).status_code == 204
    for params in ({"statementId": sent["id"]}, {"voidedStatementId": sent["id"]}):
        assert client.get(**params).status_code == 404
    assert learner(any_db) is None


def test_new_statements_are_a_new_persons(client: Client, any_db: Engine) -> None:
    client.post(make_statement())
    before = learner(any_db)
    erase(client, any_db)
    assert client.post(make_statement()).status_code == 200
    assert learner(any_db) not in (None, before)


def test_new_statements_are_refused_where_that_was_ordered_and_kept_nowhere(client: Client, any_db: Engine) -> None:
    client.post(make_statement())
    erase(client, any_db, block=True)
    refused = client.post(make_statement())
    assert (refused.status_code, refused.json["rule"]) == (403, "erased")  # type: ignore[index]
    with reading(any_db) as tx:
        assert tx.execute(select(quarantine)).all() == []
    assert learner(any_db) is None


def test_documents_and_faulty_statements_are_kept_nowhere_either(client: Client, any_db: Engine) -> None:
    client.post(make_statement())
    erase(client, any_db, block=True)
    li, wang = ({"mbox": f"mailto:{name}@example.org"} for name in ("li", "wang"))
    place = {"activityId": "https://example.org/videos/1", "agent": json.dumps(li), "stateId": "s"}
    for method in ("PUT", "POST"):
        refused = client.send(method, "/activities/state", {"a": 1}, query_string=place)
        assert (refused.status_code, refused.json["rule"], refused.json["path"]) == (403, "erased", "agent")
    other = client.send("PUT", "/activities/state", {"a": 1}, query_string=place | {"agent": json.dumps(wang)})
    assert other.status_code == 204
    faulty = [make_statement(verb={"id": "no IRI"}), make_statement(actor={"mbox": "li@example.org"})]
    faulty.append(make_statement(actor=wang, verb={"id": "no IRI"}, context={"instructor": li}))
    for one in faulty:
        assert client.post([one]).status_code == 400
    assert client.post(make_statement(actor=wang, verb={"id": "no IRI"})).status_code == 400
    with reading(any_db) as tx:
        (kept,) = tx.scalars(select(quarantine.c.raw))
        assert b"wang" in bytes(kept) and b"li@" not in bytes(kept)
        assert list(tx.scalars(select(document.c.ifi))) == ["mbox:mailto:wang@example.org"]
