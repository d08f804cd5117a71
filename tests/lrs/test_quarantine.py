"""What a known source sent and was refused is kept, once, within bounds; nothing else is."""

import gzip
import json
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from sqlalchemy import Engine

from lms_tracker.actions.credentials import create_credential, revoke_credential
from lms_tracker.core.xapi.scopes import STATE
from lms_tracker.store import quarantine as store
from lms_tracker.store.db import reading
from tests.lrs.conftest import START, Client, make_statement


def kept(app: Flask) -> list[Any]:
    with reading(app.extensions["db"]) as tx:
        found, _ = store.find(tx, state=None)
        return [store.one(tx, row.id) for row in found]


def test_a_refused_statement_is_kept_with_what_its_sender_was_told(app: Flask, client: Client) -> None:
    body = b' {"actor": {"mbox": "li@example.org"}}'
    answer = client.post(body)
    (row,) = kept(app)
    assert (row.raw, row.status, row.source, row.state, row.times) == (body, 400, "moodle", "open", 1)
    told = answer.json
    assert told is not None
    assert (row.path, row.rule, row.reason) == (told["path"], told["rule"], told["error"])
    assert (row.version, row.content_type, row.put_id) == ("1.0.3", "application/json", None)


def test_the_same_request_counts_up_and_takes_no_more_room(app: Flask, client: Client) -> None:
    for _ in range(3):
        client.post(b"{")
    client.put("00000000-0000-4000-8000-000000000001", b"{")
    put, post = kept(app)
    assert (post.times, put.times, put.put_id) == (3, 1, "00000000-0000-4000-8000-000000000001")
    assert post.last_at > post.first_at


def test_a_refused_batch_is_kept_whole_with_the_place_of_the_fault(app: Flask, client: Client) -> None:
    batch = [make_statement(), make_statement(verb={"id": "no iri"}), make_statement()]
    assert client.post(batch).status_code == 400
    (row,) = kept(app)
    assert json.loads(row.raw) == batch
    assert (row.position, row.path, row.rule) == (1, "$[1].verb.id", "iri")


def test_a_conflict_is_kept(app: Flask, client: Client) -> None:
    made = make_statement()
    client.post(made)
    assert client.post(made | {"verb": {"id": "https://example.org/verbs/other"}}).status_code == 409
    assert [(row.status, row.rule, row.path) for row in kept(app)] == [(409, "conflict", "$.id")]


def test_of_a_request_that_is_too_large_only_that_it_came_is_kept(app: Flask, client: Client) -> None:
    assert client.post(b" " * 200_000).status_code == 413
    (row,) = kept(app)
    assert (row.raw, row.size, row.status) == (None, 200_000, 413)


def test_what_came_packed_is_kept_as_it_came(app: Flask, client: Client) -> None:
    packed = gzip.compress(json.dumps(make_statement()).encode())
    assert client.post(packed, headers={"Content-Encoding": "gzip"}).status_code == 415
    (row,) = kept(app)
    assert (row.raw, row.rule, row.status) == (packed, "content-encoding", 415)


def test_a_request_without_a_version_is_kept_with_its_body(app: Flask, client: Client) -> None:
    made = make_statement()
    assert client.post(made, headers={"X-Experience-API-Version": None}).status_code == 400
    (row,) = kept(app)
    assert json.loads(row.raw) == made and row.version is None


def test_a_source_that_lacks_the_scope_has_its_statements_kept(app: Flask) -> None:
    db: Engine = app.extensions["db"]
    credential, secret = create_credential(db, "narrow", scopes=[STATE], now=START)
    assert Client(app, credential.key, secret).post(make_statement()).status_code == 403
    assert [(row.status, row.rule) for row in kept(app)] == [(403, "scope")]


@pytest.mark.parametrize("known", [True, False])
def test_strangers_and_revoked_keys_leave_nothing_behind(app: Flask, client: Client, known: bool) -> None:
    if known:
        client.get()
        revoke_credential(app.extensions["db"], "moodle", now=START)
    else:
        client = Client(app, "nobody", "knows")
    assert client.post(b"{").status_code == 401
    assert kept(app) == []


def test_a_form_that_holds_the_secret_is_not_kept(app: Flask, client: Client) -> None:
    two = {"X-Experience-API-Version": "2.0.0", "Content-Type": "application/x-www-form-urlencoded"}
    form = urlencode({"Authorization": client.headers["Authorization"], "content": "{}"}).encode()
    for path in ("/statements?method=PUT", "/statements?x=1&method=GET"):
        assert client.send("POST", path, data=form, headers=two).status_code == 400
    assert kept(app) == []
    assert client.post(make_statement(), headers=two).status_code == 400  # no form but for its name: curl's default
    assert [row.rule for row in kept(app)] == ["content-type"]


def test_refused_reads_and_documents_are_not_kept(app: Flask, client: Client) -> None:
    assert client.get(agent="{").status_code == 400
    assert client.send("PUT", "/activities/state", b"{").status_code == 400
    assert kept(app) == []


def test_what_is_kept_is_bounded_and_what_is_closed_goes_first(
    app: Flask, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lms_tracker.actions.quarantine import dismiss

    db: Engine = app.extensions["db"]
    monkeypatch.setattr(store, "MOST_ROWS", 3)
    for n in range(3):
        client.post(b"{" + b" " * n)
    newest, middle, oldest = kept(app)
    dismiss(db, middle.id, why="一次测试", by=None, now=START)
    client.post(b"[")
    assert {row.id for row in kept(app)} >= {oldest.id, newest.id} and len(kept(app)) == 3
    client.post(b"[[")
    assert oldest.id not in {row.id for row in kept(app)}
    with reading(db) as tx:
        (dropped,) = store.dropped(tx)
    assert (dropped.source, dropped.requests, dropped.unread, dropped.bytes) == ("moodle", 2, 1, 3)


def test_a_source_fills_its_own_share_only(app: Flask, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    db: Engine = app.extensions["db"]
    monkeypatch.setattr(store, "MOST_BYTES", 1000)
    other, secret = create_credential(db, "edx", now=START)
    client.post(b"{")
    hostile = Client(app, other.key, secret)
    for n in range(20):
        hostile.post(b"{" + b" " * (300 + n))
    assert sum(row.size for row in kept(app) if row.source == "edx") <= 1000
    assert [row.size for row in kept(app) if row.source == "moodle"] == [1]


def test_a_body_that_names_a_person_is_found_however_it_is_written(app: Flask, client: Client) -> None:
    db: Engine = app.extensions["db"]
    client.post(b'{"actor": {"mbox": "mailto:li\\u0040example.org"}')
    client.post('{"actor": {"account": {"homePage": "https:\\/\\/a.example", "name": "李明"}}'.encode())
    client.post(json.dumps({"actor": {"account": {"homePage": "https://a.example", "name": "李明明"}}}).encode())
    client.post(b'{"actor": {"mbox": "mailto:wang@example.org"}')
    with reading(db) as tx:
        found = {store.one(tx, id).first_at: id for id in store.naming(tx, ["mbox:mailto:li@example.org"])}
        assert len(found) == 1
        (account,) = store.naming(tx, ["account:https://a.example 李明"])
        assert '李明"' in store.one(tx, account).raw.decode()
