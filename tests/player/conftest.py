"""Pages without a browser: what a tracker sends, sent by hand, on a clock that the test turns."""

import re
import shutil
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import URL, Engine

from lms_tracker.actions.policies import policy_of_text, policy_text
from lms_tracker.actions.settle_study import settle_all
from lms_tracker.actions.tell_sessions import tell_sessions
from lms_tracker.app import create_app
from lms_tracker.core.study.entries import Entry
from lms_tracker.settings import Settings
from lms_tracker.store.db import open_db, reading, writing
from lms_tracker.store.ledger import entries_in_force
from lms_tracker.store.policies import record_adoption
from tests import services
from tests.conftest import a_copy
from tests.web import people
from tests.web.people import PASSWORD, UNIT, World
from tests.web.worlds import in_a_file

START = datetime(2026, 3, 20, 8, tzinfo=UTC)
PLAYING, SEEN, ONLINE_AGAIN = 1, 6, 8


class Clock:
    """The server's."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def on_sqlite(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> tuple[Path, World]:
    """The small world in a file, to be copied."""
    return in_a_file(tmp_path_factory.mktemp("watched"), migrated_sqlite)


@pytest.fixture(scope="session")
def on_postgresql(pg_server: URL) -> tuple[str, World]:
    """The same in a database, by its name."""
    services.execute(pg_server, "CREATE DATABASE watched TEMPLATE migrated STRATEGY file_copy")
    engine = open_db(pg_server.set(database="watched").render_as_string())
    world = people.build(engine)
    engine.dispose()
    return "watched", world


@pytest.fixture(params=["sqlite", "postgresql"])
def inhabited(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Engine, World]]:
    """The small world on either database, and its ids."""
    template, world = request.getfixturevalue(f"on_{request.param}")
    if request.param == "postgresql":
        with a_copy(request.getfixturevalue("pg_server"), template) as engine:
            yield engine, deepcopy(world)
        return
    shutil.copyfile(template, tmp_path / "test.db")
    engine = open_db(f"sqlite:///{tmp_path / 'test.db'}")
    yield engine, deepcopy(world)
    engine.dispose()


@pytest.fixture
def any_db(inhabited: tuple[Engine, World]) -> Engine:
    return inhabited[0]


@pytest.fixture
def world(inhabited: tuple[Engine, World]) -> World:
    return inhabited[1]


@pytest.fixture
def app(any_db: Engine, world: World, tmp_path: Any, clock: Clock) -> Iterator[Flask]:
    url = any_db.url.render_as_string(hide_password=False)
    app = create_app(Settings(database_url=url, var_dir=str(tmp_path), secret_key="k" * 40, worker=False))
    app.extensions["now"] = clock
    app.config["WTF_CSRF_ENABLED"] = False
    yield app
    app.extensions["db"].dispose()


class Page:
    """One page of one learner: it keeps the proof, tells the truth unless the test says otherwise."""

    def __init__(self, browser: FlaskClient, clock: Clock, activity: str = UNIT, **asks: Any) -> None:
        self.browser, self.clock = browser, clock
        answer = browser.post("/player/grants", json={"activity": activity, "device": "desk", **asks})
        self.status, self.opened = answer.status_code, answer.json
        self.media = self.opened.get("resume_s", 0.0)
        self.answer: dict[str, Any] = self.opened
        if self.status == 201:
            self.grant, self.n, self.proof = (self.opened[name] for name in ("grant", "n", "proof"))

    def send(self, *beats: dict[str, Any], **other: Any) -> Any:
        """One request; its answer. A refused one leaves the page where it stood."""
        body = {"g": self.grant, "n": self.n + 1, "p": self.proof, "b": list(beats), **other}
        answer = self.browser.post("/player/beats", json=body)
        if answer.status_code == 200 and not other:
            self.answer = answer.json
            self.n, self.proof = answer.json["n"], answer.json["p"]
            self.grant = answer.json.get("grant", self.grant)
        return answer

    def beat(self, event: str = "beat", age_ms: float = 0, **more: Any) -> dict[str, Any]:
        return {"a": age_ms, "e": event, "m": self.media, "r": 1, "f": PLAYING | SEEN, "i": [0, 1, 0]} | more

    def play(self) -> Any:
        return self.send(self.beat("play"))

    def watch(self, seconds: float, every: float = 20, rate: float = 1.0, answers: bool = True, **more: Any) -> None:
        """Watch on the clock, a beat every so often; checks are answered after five seconds."""
        left = seconds
        while left > 0:
            step = min(every, left)
            left -= step
            self.clock.pass_(step)
            self.media += step * rate
            answer = self.send(self.beat(**({"r": rate} | more)))
            assert answer.status_code == 200, answer.json
            if answers and self.answer["check"]:
                self.respond(self.answer["check"])

    def respond(self, check: dict[str, Any], given: str | None = None) -> Any:
        """Answer a check, rightly by what the database knows."""
        return self.browser.post(
            f"/player/checks/{check['id']}", json={"g": self.grant, "answer": given or right_answer(self, check)}
        )


def adopt(db: Engine, world: World, player: str) -> None:
    """The first programme's rules from its beginning, with these in `[player]`."""
    content = re.sub(r"(?ms)^\[player\].*?(?=^\[)", "", policy_text("p1-principals")) + f"\n[player]\n{player}\n"
    policy = policy_of_text(content, "other", "other")
    with writing(db) as tx:
        record_adoption(
            tx, world.programme["p1"], name="other", policy=policy.id, content=content, from_on=None, reason="",
            adopted_by=None, adopted_at=START,
        )  # fmt: skip


def right_answer(page: Page, check: dict[str, Any]) -> str:
    from lms_tracker.store.checks import check_row

    with reading(page.browser.application.extensions["db"]) as tx:
        row = check_row(tx, check["id"])
        assert row is not None
        return str(row.right)


@pytest.fixture
def browser(app: Flask) -> FlaskClient:
    """Ms Li of the first programme is logged in."""
    return log_in(app, "p1.li")


def log_in(app: Flask, login: str) -> FlaskClient:
    browser = app.test_client()
    assert browser.post("/login", data={"login": login, "password": PASSWORD}).status_code == 303
    return browser


def settled(db: Engine, clock: Clock, learner_id: int) -> list[Entry]:
    """The ledger, once everything that waits has been settled."""
    while tell_sessions(db, clock()):
        pass
    settle_all(db, clock)
    with reading(db) as tx:
        return list(entries_in_force(tx, [learner_id]))
