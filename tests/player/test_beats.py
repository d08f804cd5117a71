"""Grants, proofs and beats: what is believed, what is refused, and what is told."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine

from lms_tracker.core.player.grant import proof, read
from lms_tracker.store.db import writing
from tests.player.conftest import PLAYING, SEEN, Clock, Page, log_in, settled
from tests.web.people import World


def credited(entries: list[Any]) -> float:
    return sum(entry.credited_us for entry in entries) / 1e6


def test_who_watches_for_ten_minutes_is_credited_ten_minutes_at_once_and_in_the_ledger(
    browser: FlaskClient, clock: Clock, any_db: Engine, world: World
) -> None:
    page = Page(browser, clock)
    assert page.status == 201
    page.play()
    page.watch(600)
    assert page.answer["credited_s"] == pytest.approx(600, abs=1)
    entries = settled(any_db, clock, world.learner["p1.li"])
    assert credited(entries) == pytest.approx(600, abs=1)
    assert {entry.evidence for entry in entries} == {"proved"}


def test_a_lost_answer_is_given_again_and_counted_once(browser: FlaskClient, clock: Clock) -> None:
    page = Page(browser, clock)
    page.play()
    clock.pass_(20)
    page.media += 20
    before = {"g": page.grant, "n": page.n + 1, "p": page.proof, "b": [page.beat()]}
    first = browser.post("/player/beats", json=before)
    clock.pass_(3)
    again = browser.post("/player/beats", json=before)
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json == first.json


def test_a_page_that_closes_while_a_request_is_under_way_loses_nothing_whether_or_not_that_was_taken(
    browser: FlaskClient, clock: Clock, any_db: Engine, world: World
) -> None:
    page = Page(browser, clock)
    page.play()
    page.watch(60)
    clock.pass_(20)
    page.media += 20
    before = page.beat()
    page.send(before, n=page.n + 1)  # taken, and the page never hears of it
    clock.pass_(15)
    page.media += 15
    last = page.send(before | {"a": 15_000}, page.beat("end", f=SEEN), n=page.n + 1)
    assert (last.status_code, last.json["state"]) == (200, "closed")
    assert last.json["credited_s"] == pytest.approx(95, abs=1)
    assert page.send(page.beat("end", f=SEEN), n=page.n + 1).status_code == 409, "once"
    (entry,) = settled(any_db, clock, world.learner["p1.li"])
    assert (entry.raw_us / 1e6, entry.credited_us / 1e6) == (pytest.approx(95, abs=1), pytest.approx(95, abs=1))


def test_what_a_network_delays_now_and_then_counts_when_it_happened(
    browser: FlaskClient, clock: Clock, any_db: Engine, world: World
) -> None:
    """A server that comes up again answers the first ones late: seven seconds of every twenty, and none of the next."""
    page = Page(browser, clock)
    page.play()
    began, delay = clock.now, 0.0
    for number in range(19):  # less than four minutes: no check comes
        before, delay = delay, 7.0 * (number % 2)
        clock.pass_(12 + delay - before)
        page.media += 12
        sent = (clock.now - began).total_seconds() - delay
        answer = page.send(page.beat(), t=1000 * sent + 5_000)
        page.n, page.proof = answer.json["n"], answer.json["p"]
    assert answer.json["credited_s"] == pytest.approx(228, abs=8)
    assert credited(settled(any_db, clock, world.learner["p1.li"])) == pytest.approx(228, abs=8)


@pytest.mark.parametrize("lie", [0, 10**12, -1])
def test_whatever_a_page_says_of_its_clock_a_second_is_a_second(
    lie: float, browser: FlaskClient, clock: Clock, any_db: Engine, world: World
) -> None:
    page = Page(browser, clock)
    page.play()
    for number in range(20):
        clock.pass_(1)
        page.media += 20
        told = 0 if lie == 0 else abs(lie) if number % 2 else 0.0
        answer = page.send(page.beat(), t=told)
        page.n, page.proof = answer.json["n"], answer.json["p"]
    assert credited(settled(any_db, clock, world.learner["p1.li"])) <= 21


def test_a_number_that_the_server_has_not_come_to_is_skipped(app: Flask, browser: FlaskClient, clock: Clock) -> None:
    """As after a restore from an older copy: the proof is one of ours, and what lies before it is not there."""
    page = Page(browser, clock)
    page.play()
    stream = read(app.extensions["player_keys"], page.grant).stream
    ahead = proof(app.extensions["player_keys"], stream, page.n + 3)
    assert page.send(page.beat(), n=page.n + 3, p=ahead).json["error"]["code"] == "skipped"
    assert page.send(page.beat()).status_code == 200


def test_pages_are_asked_to_tell_less_often_while_the_server_is_busy(
    any_db: Engine, browser: FlaskClient, clock: Clock
) -> None:
    page = Page(browser, clock)
    assert page.play().json["every_s"] == [15, 30]
    with ThreadPoolExecutor(1) as threads:
        for _ in range(3):
            clock.pass_(20)
            with writing(any_db) as other:
                if other.dialect.name == "postgresql":
                    other.exec_driver_sql("LOCK TABLE beat")
                told = threads.submit(page.send, page.beat())
                time.sleep(1.5)
            slow = told.result().json["every_s"]
    assert 15 < slow[0] < slow[1] <= 60
    time.sleep(2)
    clock.pass_(20)
    page.send(page.beat())
    assert 15 <= page.answer["every_s"][0] < slow[0]


def test_replayed_skipped_forged_and_foreign_requests_are_refused_by_name(
    app: Flask, browser: FlaskClient, clock: Clock
) -> None:
    page, other = Page(browser, clock), Page(log_in(app, "p1.wang"), clock)
    page.play()
    old = page.proof
    page.watch(40)
    assert page.send(page.beat(), n=1, p=page.opened["proof"]).json["error"]["code"] == "replayed"
    assert page.send(page.beat(), p=old).json["error"]["code"] == "replayed"
    assert page.send(page.beat(), p="x" * 32).json["error"]["code"] == "forged"
    assert page.send(page.beat(), n=page.n + 2).json["error"]["code"] == "forged"
    assert page.send(page.beat(), p=other.proof).json["error"]["code"] == "foreign"
    assert page.send(page.beat(), g="x" * 43).json["error"]["code"] == "foreign"
    assert page.send(page.beat()).status_code == 200


def test_a_day_claimed_in_a_second_is_a_second(
    browser: FlaskClient, clock: Clock, any_db: Engine, world: World
) -> None:
    page = Page(browser, clock)
    page.play()
    clock.pass_(1)
    beats = [page.beat(age_ms=(900 - 30 * i) * 1000, m=30.0 * i) for i in range(30)]
    assert page.send(*beats).status_code == 200
    assert page.answer["credited_s"] <= 1.5
    assert credited(settled(any_db, clock, world.learner["p1.li"])) <= 1.5


def test_three_minutes_without_network_are_credited_when_it_is_back(
    browser: FlaskClient, clock: Clock, any_db: Engine, world: World
) -> None:
    page = Page(browser, clock)
    page.play()
    page.watch(60)
    clock.pass_(180)
    beats = [page.beat(age_ms=(160 - 20 * i) * 1000, m=page.media + 20 * (i + 1)) for i in range(9)]
    page.media += 180
    assert page.send(*beats).status_code == 200
    assert page.answer["credited_s"] == pytest.approx(240, abs=1)
    assert credited(settled(any_db, clock, world.learner["p1.li"])) == pytest.approx(240, abs=1)


def test_a_beat_that_was_tried_for_three_minutes_does_not_cost_those_that_wait_behind_it(
    browser: FlaskClient, clock: Clock, any_db: Engine, world: World
) -> None:
    """The page sends what it first tried as it was, and right after it what came up since (docs/player.md)."""
    page = Page(browser, clock)
    page.play()
    page.watch(60)
    clock.pass_(200)
    assert page.send(page.beat(age_ms=180_000, m=page.media + 20)).status_code == 200
    beats = [page.beat(age_ms=(160 - 20 * i) * 1000, m=page.media + 20 * (i + 2)) for i in range(9)]
    page.media += 200
    assert page.send(*beats).status_code == 200
    assert page.answer["credited_s"] == pytest.approx(260, abs=1)
    assert page.send(*beats).json["credited_s"] == pytest.approx(260, abs=1), "told twice, counted once"
    assert credited(settled(any_db, clock, world.learner["p1.li"])) == pytest.approx(260, abs=1)


def test_a_page_in_the_background_is_told_so_and_not_credited(
    browser: FlaskClient, clock: Clock, any_db: Engine, world: World
) -> None:
    page = Page(browser, clock)
    page.play()
    page.watch(60)
    page.send(page.beat("hide", f=PLAYING))
    page.watch(120, f=PLAYING, answers=False)
    assert page.answer["why"] == "hidden"
    assert page.answer["credited_s"] == pytest.approx(60, abs=1)
    assert credited(settled(any_db, clock, world.learner["p1.li"])) == pytest.approx(60, abs=1)


def test_one_stream_a_person(app: Flask, browser: FlaskClient, clock: Clock) -> None:
    page = Page(browser, clock)
    page.play()
    page.watch(40)
    second = Page(log_in(app, "p1.li"), clock, device="phone")
    assert second.status == 409
    assert second.opened["error"]["code"] == "active_elsewhere"
    assert second.opened["active"]["device"] == "desk"
    taken = Page(log_in(app, "p1.li"), clock, device="phone", take_over=True)
    assert taken.status == 201
    clock.pass_(20)
    assert page.send(page.beat()).json["state"] == "superseded"
    assert taken.play().json["state"] == "ok"


def test_an_expired_grant_is_renewed_and_its_session_goes_on(browser: FlaskClient, clock: Clock) -> None:
    page = Page(browser, clock)
    page.play()
    page.watch(60)
    clock.pass_(3600)
    assert page.send(page.beat()).json["error"]["code"] == "expired"
    again = Page(browser, clock, registration=page.opened["registration"], grant=page.grant)
    assert (again.status, again.opened["session"], again.n) == (201, page.opened["session"], page.n)
    assert again.opened["credited_s"] == pytest.approx(60, abs=1)
    assert again.send(again.beat(f=SEEN)).status_code == 200


def test_a_stranger_and_a_teacher_get_no_grant(app: Flask, clock: Clock) -> None:
    assert Page(app.test_client(), clock).opened["error"]["code"] == "login"
    assert Page(log_in(app, "p1.head_teacher"), clock).opened["error"]["code"] == "not_learner"
