"""Fixtures that every test may use.

`db`      an empty, migrated SQLite database: for tests of the core's surroundings that don't care which database it is.
`pg`      an empty, migrated PostgreSQL database in a server that the tests start.
`any_db`  both, one after the other: store and action tests use this one.
"""

import itertools
import os
import shutil
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import URL, Engine

from lms_tracker.actions.upgrade_database import upgrade_database
from lms_tracker.store.db import open_db
from tests import services, thousands

REQUIRE_SERVICES = os.environ.get("LMS_TRACKER_REQUIRE_SERVICES") == "1"
DATABASE_NUMBERS = itertools.count(1)
MODULES = thousands.Modules()
LONGEST = (
    "tests/browser/test_player_scenarios",
    "tests/web/test_access",
    "tests/actions/test_settle_newer",
    "tests/browser/test_player",
    "tests/browser/test_appeal",
    "tests/commands/test_serve",
    "tests/browser/",
)
"""How files begin that take a minute or more, the longest first: begun late, one of them keeps one process busy while the other
has nothing left. They wait and calculate by turns; two that film in a browser are seldom together."""
# A busy machine is no fault of what is tested.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")
if folder := services.in_memory():  # of tmp_path: each of a thousand SQLite files waits for the disk at every commit
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(folder))


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all migrations applied, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "template.db"
    engine = open_db(f"sqlite:///{path}")
    upgrade_database(engine)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return path


@pytest.fixture
def db(tmp_path: Path, migrated_sqlite: Path) -> Iterator[Engine]:
    """An empty, migrated SQLite database in a file of its own."""
    path = tmp_path / "test.db"
    shutil.copyfile(migrated_sqlite, path)
    engine = open_db(f"sqlite:///{path}")
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def pg_server() -> Iterator[URL]:
    """A PostgreSQL server whose database `migrated` has all migrations applied."""
    careless = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
    with services.postgresql(*careless, within=services.in_memory()) as server:
        services.execute(server, "CREATE DATABASE migrated")
        engine = open_db(server.set(database="migrated").render_as_string())
        upgrade_database(engine)
        engine.dispose()
        yield server


@pytest.fixture
def pg(pg_server: URL) -> Iterator[Engine]:
    """An empty, migrated PostgreSQL database of its own."""
    with a_copy(pg_server, "migrated") as engine:
        yield engine


@contextmanager
def a_copy(server: URL, template: str) -> Iterator[Engine]:
    """A database like that one, gone afterwards."""
    name = f"test_{next(DATABASE_NUMBERS)}"
    services.execute(server, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
    engine = open_db(server.set(database=name).render_as_string())
    yield engine
    engine.dispose()
    services.execute(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def any_db(request: pytest.FixtureRequest) -> Engine:
    """The same test on both databases."""
    engine: Engine = request.getfixturevalue("db" if request.param == "sqlite" else "pg")
    return engine


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """A Redis that the tests start."""
    with services.redis() as url:
        yield url


@pytest.fixture(scope="session", autouse=True)
def thousands_of_tests_do_it_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        thousands.do_once(patch)
        yield


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first; within a file, and among the others, nothing moves."""
    items.sort(
        key=lambda item: next((n for n, path in enumerate(LONGEST) if item.nodeid.startswith(path)), len(LONGEST))
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol() -> Generator[None, object, object]:
    result = yield
    MODULES.set_apart()
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where services are required (`.ci/run`), a test that is skipped has failed: nobody reads a list of skips."""
    report = yield
    if REQUIRE_SERVICES and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, and LMS_TRACKER_REQUIRE_SERVICES=1: {report.longrepr}"
    return report
