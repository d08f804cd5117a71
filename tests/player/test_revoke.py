"""Grants end with what they were given for."""

import base64
import json
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, select

from lms_tracker.actions.create_account import disable_account
from lms_tracker.actions.credentials import create_credential, revoke_credential, rotate_secret
from lms_tracker.actions.log_out import end_grants
from lms_tracker.core.xapi.scopes import READ, WRITE, Bounds
from lms_tracker.core.xapi.vocabulary import EXT_PLAYED_SEGMENTS, VERB_TERMINATED
from lms_tracker.store.db import reading
from lms_tracker.store.tables import statement
from tests.player.conftest import Clock, Page, log_in, settled
from tests.web.people import PASSWORD, UNIT, World

ACTOR = {"objectType": "Agent", "account": {"homePage": "https://lms.example", "name": "zhang"}}


class Platform:
    """A server of an LMS, with a key."""

    def __init__(self, app: Flask, key: str, secret: str) -> None:
        self.client, self.application = app.test_client(), app
        self.basic = "Basic " + base64.b64encode(f"{key}:{secret}".encode()).decode()

    def post(self, path: str, **more: Any) -> Any:
        headers = {"Authorization": self.basic} if path == "/player/grants" else {}
        return self.client.post(path, headers=headers, **more)


def test_logging_out_ends_the_grants_of_this_login_only(app: Flask, clock: Clock) -> None:
    here, elsewhere = log_in(app, "p1.li"), log_in(app, "p1.li")
    page = Page(here, clock)
    page.play()
    assert elsewhere.post("/logout").status_code == 303
    clock.pass_(20)
    assert page.send(page.beat()).json["state"] == "ok"
    assert here.post("/logout").status_code == 303
    clock.pass_(20)
    assert page.send(page.beat()).json["state"] == "revoked"


def test_another_password_ends_the_grants(browser: FlaskClient, clock: Clock) -> None:
    page = Page(browser, clock)
    new = "ein anderes Kennwort"
    assert browser.post("/password", data={"old": PASSWORD, "new": new, "again": new}).status_code == 303
    clock.pass_(20)
    assert page.send(page.beat()).json["state"] == "revoked"


def test_a_closed_account_ends_the_grants(browser: FlaskClient, clock: Clock, any_db: Engine) -> None:
    page = Page(browser, clock)
    disable_account(any_db, "p1.li", now=clock())
    clock.pass_(20)
    assert page.send(page.beat()).json["state"] == "revoked"


def test_a_session_that_is_revoked_ends_with_a_statement_of_what_it_played(
    browser: FlaskClient, clock: Clock, any_db: Engine, world: World
) -> None:
    page = Page(browser, clock)
    page.play()
    page.watch(60)
    assert end_grants(any_db, learner_id=world.learner["p1.li"]) == 1
    assert end_grants(any_db, learner_id=world.learner["p1.li"]) == 0
    (entry,) = settled(any_db, clock, world.learner["p1.li"])
    assert entry.credited_us / 1e6 == pytest.approx(60, abs=1)
    with reading(any_db) as tx:
        raws = [json.loads(raw) for raw in tx.scalars(select(statement.c.raw))]
    (ended,) = [raw for raw in raws if raw["verb"]["id"] == VERB_TERMINATED]
    assert ended["result"]["extensions"][EXT_PLAYED_SEGMENTS] == "0.000[.]60.000"


@pytest.mark.parametrize("end", ["revoke", "rotate"])
def test_a_platform_s_grants_end_with_its_secret(app: Flask, any_db: Engine, clock: Clock, end: str) -> None:
    made, secret = create_credential(any_db, "lms", now=clock())
    page = Page(Platform(app, made.key, secret), clock, actor=ACTOR)  # type: ignore[arg-type]
    assert page.status == 201
    assert page.play().json["state"] == "ok"
    if end == "revoke":
        revoke_credential(any_db, "lms", now=clock())
    else:
        rotate_secret(any_db, "lms")
    clock.pass_(20)
    assert page.send(page.beat()).json["state"] == "revoked"


def test_a_key_opens_only_what_it_is_for(app: Flask, any_db: Engine, clock: Clock) -> None:
    def ask(name: str, activity: str = UNIT, actor: Any = ACTOR, **given: Any) -> str:
        made, secret = create_credential(any_db, name, now=clock(), **given)
        page = Page(Platform(app, made.key, secret), clock, activity, actor=actor, take_over=True)  # type: ignore[arg-type]
        return "granted" if page.status == 201 else str(page.opened["error"]["code"])

    other = {"mailto": "x"}
    bound = Bounds("account:https://lms.example zhang", None)
    assert ask("reads", scopes=[READ]) == "scope"
    assert ask("nobody", actor=other) == "actor"
    assert ask("odd", actor=ACTOR | {"shoe size": 43}) == "actor"
    assert ask("broken", actor={"mbox": "mailto:not an address"}) == "actor"
    assert ask("elsewhere", bounds=Bounds(None, "https://other.example/unit"), scopes=[WRITE]) == "bounds"
    assert ask("another", bounds=Bounds("mbox:mailto:li@example.org", None), scopes=[WRITE]) == "bounds"
    assert ask("right", bounds=Bounds(None, UNIT), scopes=[WRITE]) == "granted"
    assert bound.actor is not None
    assert Page(Platform(app, "x", "y"), clock, actor=ACTOR).opened["error"]["code"] == "key"  # type: ignore[arg-type]
