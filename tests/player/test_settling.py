"""Ledgers of who watches follow beat by beat, and are what all statements and beats together give."""

from typing import Any

import msgspec
import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, select, update

from lms_tracker.actions import settle_whole
from lms_tracker.actions.derive_ledgers import derive_ledger
from lms_tracker.actions.settle_study import request_recompute, settle_all
from lms_tracker.actions.tell_sessions import tell_sessions
from lms_tracker.core.study.entries import in_ledger
from lms_tracker.store.db import reading, writing
from lms_tracker.store.ledger import entries_in_force
from lms_tracker.store.tables import activity, remembered, statement
from tests.player.conftest import PLAYING, SEEN, Clock, Page
from tests.web.people import UNIT, World


def _settle(db: Engine, clock: Clock) -> None:
    while tell_sessions(db, clock()):
        pass
    settle_all(db, clock)


def _know_length(db: Engine) -> None:
    with writing(db) as tx:
        tx.execute(update(activity).where(activity.c.iri == UNIT).values(length_us=2_700_000_000))


def _in_force(db: Engine, learner: int) -> list[Any]:
    with reading(db) as tx:
        return sorted(entries_in_force(tx, [learner]), key=in_ledger)


def _derived(db: Engine, learner: int) -> list[Any]:
    with reading(db) as tx:
        return sorted(derive_ledger(tx, learner), key=in_ledger)


def test_settling_beat_by_beat_is_settling_all_at_once(
    browser: FlaskClient, clock: Clock, any_db: Engine, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settle_whole, "WORTH", 5)  # so few are remembered already
    learner = world.learner["p1.li"]
    page = Page(browser, clock)
    page.play()
    for number in range(40):
        page.watch(20, i=[0, number % 3, 0])
        if number % 7 == 3:
            page.media = 100.0
            page.send(page.beat("seek", m0=100.0 + number))
        if number % 11 == 5:
            page.send(page.beat("hide", f=PLAYING))
            page.watch(80, f=PLAYING, i=[0, 0, 0])
            page.send(page.beat("show"))
        _settle(any_db, clock)
        if number % 10 == 9:
            page.send(page.beat("end", f=SEEN))
            clock.pass_(30)
            media = page.media
            page = Page(browser, clock)
            page.media = media
            page.play()
            _settle(any_db, clock)
            assert _in_force(any_db, learner) == _derived(any_db, learner)
    with reading(any_db) as tx:
        assert tx.scalar(select(remembered.c.learner_id)) == learner
    stepwise = _in_force(any_db, learner)
    assert stepwise == _derived(any_db, learner)
    request_recompute(any_db, [learner], clock())
    _settle(any_db, clock)
    assert _in_force(any_db, learner) == stepwise
    assert {entry.evidence for entry in stepwise} == {"proved"}


def test_statements_of_a_session_come_back_as_the_server_made_them(
    browser: FlaskClient, clock: Clock, any_db: Engine
) -> None:
    _know_length(any_db)
    page = Page(browser, clock)
    page.play()
    page.watch(200)
    page.send(page.beat("pause", f=SEEN))
    clock.pass_(5)
    page.send(page.beat("end", f=SEEN))
    _settle(any_db, clock)
    while tell_sessions(any_db, clock()):  # nothing is told twice
        raise AssertionError
    with reading(any_db) as tx:
        found = [msgspec.json.decode(raw) for raw in tx.scalars(select(statement.c.raw).order_by(statement.c.seq))]
        assert set(tx.scalars(select(statement.c.evidence))) == {"proved"}
    assert [one["verb"]["display"]["en"] for one in found] == ["initialized", "played", "paused", "terminated"]
    paused = found[2]["result"]["extensions"]
    assert paused["https://w3id.org/xapi/video/extensions/played-segments"] == "0.000[.]200.000"
    assert paused["https://w3id.org/xapi/video/extensions/time"] == 200
    length = found[2]["context"]["extensions"]["https://w3id.org/xapi/video/extensions/length"]
    assert paused["https://w3id.org/xapi/video/extensions/progress"] == round(200 / length, 4)
    assert {one["context"]["registration"] for one in found} == {page.opened["registration"]}


def test_completed_is_told_once_enough_was_played(browser: FlaskClient, clock: Clock, any_db: Engine) -> None:
    _know_length(any_db)
    page = Page(browser, clock)
    page.play()
    page.watch(2800, every=30)
    page.watch(60, every=30)
    _settle(any_db, clock)
    with reading(any_db) as tx:
        raws = [raw.decode() for raw in tx.scalars(select(statement.c.raw))]
    done = [raw for raw in raws if "verbs/completed" in raw]
    assert len(done) == 1 and '"completion":true' in done[0]
