"""X-Experience-API-Consistent-Through: what was stored before it can be read."""

import threading
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import Connection, Engine

from lms_tracker.actions.under_way import UnderWay
from lms_tracker.core.xapi.timestamps import format_timestamp
from lms_tracker.jobs import telling
from lms_tracker.store import messages
from tests.lrs.conftest import START, Client, Clock, make_statement
from tests.patience import HELD_S, PATIENCE_S, wait_until

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


def test_what_another_process_is_still_storing_is_seen_on_their_board() -> None:
    board, clock = [0, 0], Clock()
    here, there = UnderWay(board, 0), UnderWay(board, 1)
    begun, _ = there.begin(clock, "a batch", stores=True)
    _, through = here.begin(clock, "a question", stores=False)
    assert through <= begun
    later, _ = there.begin(clock, "another", stores=True)
    there.end("a batch")
    assert here.begin(clock, "a question", stores=False)[1] == later
    there.end("another")
    asked, through = here.begin(clock, "a question", stores=False)
    assert through == asked


def test_whoever_looks_while_another_process_begins_does_not_overtake_it() -> None:
    """The board is written before the clock is read: between the two somebody may ask."""
    board, clock = [0, 0], Clock()
    here, there = UnderWay(board, 0), UnderWay(board, 1)
    seen: list[datetime] = []

    def asked_meanwhile() -> datetime:
        at = clock()
        if board[1]:
            seen.append(here.begin(clock, "a question", stores=False)[1])
        return at

    begun, _ = there.begin(asked_meanwhile, "a batch", stores=True)
    assert len(seen) == 1 and seen[0] <= begun


def test_what_the_worker_tells_of_player_sessions_is_not_there_before_it_is_stored(
    app: Flask, client: Client, db: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    board, began, go = [0, 0], list[datetime](), threading.Event()

    def slowly(_db: Engine, now: datetime, _home_page: str) -> int:
        began.append(now)
        assert go.wait(HELD_S)
        return 0

    monkeypatch.setattr(telling, "tell_sessions", slowly)
    app.extensions["xapi"].under_way = UnderWay(board, 0)
    worker = telling.Telling(db, app.extensions["xapi"].clock, "urn:lms-tracker", lambda: None, UnderWay(board, 1))
    worker.start()
    try:
        wait_until(lambda: began)
        assert client.get().headers[HEADER] <= format_timestamp(began[0])
    finally:
        go.set()
        worker.stop()
    assert client.get().headers[HEADER] > format_timestamp(began[0])


def test_storing_that_fails_is_over() -> None:
    board, clock = [0, 0], Clock()
    with pytest.raises(ZeroDivisionError), UnderWay(board, 1).storing(clock):
        assert board[1]
        raise ZeroDivisionError
    assert board == [0, 0]


def test_a_process_that_was_killed_holds_nobody_up_once_another_has_its_place() -> None:
    board, clock = [0, 0], Clock()
    UnderWay(board, 1).begin(clock, "cut short", stores=True)
    UnderWay(board, 1)
    assert UnderWay(board, 0).begin(clock, "a question", stores=False)[1] > START + timedelta(seconds=1)
