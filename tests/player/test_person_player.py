"""Beats, sessions and checks are part of a person: taken along, joined, erased, and gone in time."""

import json
from datetime import timedelta
from io import BytesIO
from typing import Any
from zipfile import ZipFile

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, func, select, update

from lms_tracker.actions.credentials import create_credential
from lms_tracker.actions.erase_person import erase_person
from lms_tracker.actions.export_person import export_person
from lms_tracker.actions.join_learners import join_learners
from lms_tracker.actions.let_beats_go import let_beats_go
from lms_tracker.actions.settle_study import settle_all
from lms_tracker.actions.tell_sessions import tell_sessions
from lms_tracker.core.xapi.actors import identify
from lms_tracker.store.db import reading, writing
from lms_tracker.store.learners import known_learners
from lms_tracker.store.tables import beat, player_check, player_session, player_stream, programme
from tests.player.conftest import SEEN, Clock, Page, settled
from tests.player.test_revoke import ACTOR, Platform
from tests.web.people import World


def _watched(browser: FlaskClient, clock: Clock, **asks: Any) -> Page:
    page = Page(browser, clock, **asks)
    page.play()
    page.watch(900)
    page.send(page.beat("end", f=SEEN))
    return page


def _count(db: Engine, table: Any) -> int:
    with reading(db) as tx:
        return tx.scalar(select(func.count()).select_from(table)) or 0


def test_a_copy_holds_every_beat_and_every_check(
    browser: FlaskClient, clock: Clock, any_db: Engine, world: World
) -> None:
    page = _watched(browser, clock)
    settled(any_db, clock, world.learner["p1.li"])
    out = BytesIO()
    counts = export_person(any_db, world.learner["p1.li"], out, clock())
    with ZipFile(out) as zip:
        (session,) = json.loads(zip.read("player.json"))
        beats = [json.loads(line) for line in zip.read("beats.jsonl").splitlines()]
    assert session["session"] == page.opened["session"]
    assert session["checks"] and all("right" not in check for check in session["checks"])
    assert counts["beats"] == len(beats) == page.n
    assert beats[0]["event"] == "play"


def test_an_erasure_leaves_nothing_but_the_ledger(
    app: Flask, browser: FlaskClient, clock: Clock, any_db: Engine, world: World
) -> None:
    page = _watched(browser, clock)
    before = sum(entry.credited_us for entry in settled(any_db, clock, world.learner["p1.li"]))
    number = erase_person(any_db, world.learner["p1.li"], ordered_by="admin", reason="asked for", now=clock())
    assert number
    for table in (beat, player_session, player_stream, player_check):
        assert _count(any_db, table) == 0
    after = settled(any_db, clock, world.learner["p1.li"])
    assert sum(entry.credited_us for entry in after) == before > 0
    clock.pass_(20)
    assert page.send(page.beat()).json["error"]["code"] == "expired"


def test_sessions_go_along_when_people_are_joined(app: Flask, clock: Clock, any_db: Engine, world: World) -> None:
    made, secret = create_credential(any_db, "lms", now=clock())
    _watched(Platform(app, made.key, secret), clock, actor=ACTOR)  # type: ignore[arg-type]
    with reading(any_db) as tx:
        stranger = known_learners(tx, [identify(ACTOR) or ""])[identify(ACTOR) or ""]
    li = world.learner["p1.li"]
    before = sum(entry.credited_us for entry in settled(any_db, clock, stranger))
    join_learners(any_db, stranger, li, reason="the same person", made_by=None, now=clock())
    assert settled(any_db, clock, stranger) == []
    assert sum(entry.credited_us for entry in settled(any_db, clock, li)) == before > 0


def test_beats_go_in_time_and_the_ledger_stays(
    browser: FlaskClient, clock: Clock, any_db: Engine, world: World
) -> None:
    _watched(browser, clock)
    li = world.learner["p1.li"]
    before = settled(any_db, clock, li)
    assert let_beats_go(any_db, clock()) == 0
    with writing(any_db) as tx:
        tx.execute(update(programme).values(ends_on=(clock() + timedelta(days=900)).date()))
    clock.now += timedelta(days=401)
    assert let_beats_go(any_db, clock()) == 0  # the programme is not over
    with writing(any_db) as tx:
        tx.execute(update(programme).values(ends_on=(clock() - timedelta(days=1)).date()))
    assert let_beats_go(any_db, clock()) > 0
    assert _count(any_db, beat) == 0
    settle_all(any_db, clock)
    tell_sessions(any_db, clock())
    after = settled(any_db, clock, li)
    assert [(e.key, e.credited_us, e.raw_us) for e in after] == [(e.key, e.credited_us, e.raw_us) for e in before]
