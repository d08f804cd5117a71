"""Nothing begins where what would be studied cannot be had; on both databases."""

import base64
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, func, select, update

from lms_tracker.actions.add_medium import add_file
from lms_tracker.actions.credentials import create_credential
from lms_tracker.store import tables as t
from lms_tracker.store.db import reading, writing
from tests.player.conftest import START, Clock, Page, log_in
from tests.web.people import UNIT, World


@pytest.fixture
def document(any_db: Engine, world: World, tmp_path: Path) -> Path:
    with writing(any_db) as tx:
        tx.execute(update(t.activity).where(t.activity.c.iri == UNIT).values(kind="document"))
    (tmp_path / "text.html").write_text("<!doctype html><p>x</p>")
    medium = add_file(any_db, tmp_path / "media", UNIT, tmp_path / "text.html", by=None, now=START)
    with reading(any_db) as tx:
        return tmp_path / "media" / str(tx.scalar(select(t.medium.c.location).where(t.medium.c.id == medium)))


def _sessions(db: Engine) -> int:
    with reading(db) as tx:
        return int(tx.scalar(select(func.count()).select_from(t.player_session)) or 0)


def test_nothing_begins_while_the_document_is_gone_and_it_begins_when_it_is_back(
    app: Flask, any_db: Engine, clock: Clock, document: Path
) -> None:
    browser = log_in(app, "p1.li")
    kept = document.read_bytes()
    document.unlink()
    page = Page(browser, clock)
    assert (page.status, page.opened["error"]["code"]) == (409, "away")
    assert "打不开" in page.opened["error"]["message"]["zh"]
    assert Page(browser, clock, take_over=True).status == 409, "nor by taking over"
    assert _sessions(any_db) == 0
    document.write_bytes(kept)
    assert Page(browser, clock).status == 201


def test_what_had_begun_goes_on_by_its_beats_and_is_not_opened_anew(
    app: Flask, any_db: Engine, clock: Clock, document: Path
) -> None:
    page = Page(log_in(app, "p1.li"), clock)
    kept = document.read_bytes()
    document.unlink()
    clock.pass_(20)
    assert page.send(page.beat(m=None)).status_code == 200, "it is on the screen"
    again = Page(page.browser, clock, grant=page.grant)
    assert (again.status, again.opened["error"]["code"]) == (409, "away")
    document.write_bytes(kept)
    again = Page(page.browser, clock, grant=page.grant)
    assert (again.status, again.opened["session"]) == (201, page.opened["session"])


def test_what_a_platform_shows_is_not_ours_to_look_for(
    app: Flask, any_db: Engine, clock: Clock, document: Path
) -> None:
    document.unlink()
    credential, secret = create_credential(any_db, "lms", now=START)
    basic = base64.b64encode(f"{credential.key}:{secret}".encode()).decode()
    asks: dict[str, Any] = {"activity": UNIT, "device": "d", "actor": {"mbox": "mailto:someone@example.org"}}
    answer = app.test_client().post("/player/grants", json=asks, headers={"Authorization": f"Basic {basic}"})
    assert answer.status_code == 201
