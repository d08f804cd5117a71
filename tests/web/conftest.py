"""The application over a small world, and a browser without a screen for each person."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from copy import deepcopy
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine

from lms_tracker.actions.issue_bulletin import issue_bulletin
from lms_tracker.app import create_app
from lms_tracker.settings import Settings
from lms_tracker.store.db import open_db
from tests.web import deeds
from tests.web.people import NOW, PASSWORD, World
from tests.web.worlds import in_a_file

LogIn = Callable[[str], FlaskClient]


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> tuple[Path, World]:
    """The small world in a SQLite file, to be copied, and its ids."""
    return in_a_file(tmp_path_factory.mktemp("world"), migrated_sqlite)


@pytest.fixture(scope="session")
def built_and_studied(tmp_path_factory: pytest.TempPathFactory, built: tuple[Path, World]) -> tuple[Path, World]:
    """The same with study, marks and a bulletin of each programme."""
    path, world = tmp_path_factory.mktemp("studied") / "template.db", deepcopy(built[1])
    _copy(built[0], path)
    engine = open_db(f"sqlite:///{path}")
    deeds.some_study(engine, world)
    for slug in ("p1", "p2"):
        issued = issue_bulletin(engine, world.programme[slug], "2026-03-H2", as_of=NOW, now=NOW)
        world.bulletin[slug] = issued.id
    engine.dispose()
    return path, world


def _copy(template: Path, to: Path) -> None:
    with closing(sqlite3.connect(template)) as source, closing(sqlite3.connect(to)) as copy:
        source.backup(copy)


@pytest.fixture
def world(db: Engine, built: tuple[Path, World]) -> World:
    _copy(built[0], Path(str(db.url.database)))
    return deepcopy(built[1])


@pytest.fixture
def studied(db: Engine, world: World, built_and_studied: tuple[Path, World]) -> World:
    """The world with study, marks and a bulletin of each programme. It is the test's one world."""
    _copy(built_and_studied[0], Path(str(db.url.database)))
    world.__dict__.update(deepcopy(built_and_studied[1]).__dict__)
    return world


@pytest.fixture
def app(db: Engine, tmp_path: Path) -> Iterator[Flask]:
    app = create_app(Settings(database_url=str(db.url), var_dir=str(tmp_path), secret_key="k" * 40, worker=False))
    app.extensions["now"] = lambda: NOW
    app.config["WTF_CSRF_ENABLED"] = False  # test_login.py and the browser tests turn it on
    yield app
    app.extensions["db"].dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Nobody is logged in."""
    return app.test_client()


@pytest.fixture
def as_(app: Flask) -> LogIn:
    """A logged-in browser of the person with this login."""

    def log_in(login: str) -> FlaskClient:
        browser = app.test_client()
        answer = browser.post("/login", data={"login": login, "password": PASSWORD})
        assert answer.status_code == 303, answer.text
        return browser

    return log_in
