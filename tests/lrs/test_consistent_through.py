"""X-Experience-API-Consistent-Through: what was stored before it can be read."""

import threading

import pytest
from flask import Flask
from sqlalchemy import Connection

from lms_tracker.store import messages
from tests.lrs.conftest import Client, make_statement
from tests.patience import HELD_S, PATIENCE_S

HEADER = "X-Experience-API-Consistent-Through"


def test_it_is_now_when_nothing_is_under_way(client: Client) -> None:
    id = client.post(make_statement()).json[0]
    stored = client.get(statementId=id).json["stored"]
    assert stored == "2026-03-01T08:00:01.000000Z"
    assert client.get().headers[HEADER] == "2026-03-01T08:00:03.000000Z"


def test_it_is_not_later_than_what_is_still_being_stored(
    app: Flask, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached, go = threading.Event(), threading.Event()
    commit = messages.commit

    def wait(tx: Connection) -> None:
        if threading.current_thread() is slow:
            reached.set()
            go.wait(HELD_S)
        commit(tx)

    client.get()  # that its key is used is written down, once a minute: to SQLite one writes at a time
    monkeypatch.setattr(messages, "commit", wait)
    writer = Client(app, "", "")
    writer.headers = client.headers
    slow = threading.Thread(target=writer.post, args=(make_statement(),))
    slow.start()
    assert reached.wait(PATIENCE_S)
    answers = [client.get() for _ in range(3)]
    assert {answer.headers[HEADER] for answer in answers} == {"2026-03-01T08:00:02.000000Z"}
    assert [answer.json["statements"] for answer in answers] == [[], [], []]
    go.set()
    slow.join(PATIENCE_S)
    answer = client.get()
    assert answer.headers[HEADER] > answer.json["statements"][0]["stored"]


def test_what_was_refused_is_no_longer_under_way(client: Client) -> None:
    assert client.post(b"{").status_code == 400
    assert client.post(make_statement(), headers={"Authorization": None}).status_code == 401
    assert client.post(make_statement(), headers={"X-Experience-API-Version": "3"}).status_code == 400
    assert client.get().headers[HEADER] == "2026-03-01T08:00:04.000000Z"
