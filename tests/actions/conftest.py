"""Fixtures for tests of forwarding: a clock that is set, another store, and one that fails."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from lms_tracker.store.db import open_db
from tests.actions.forwarding import Clock
from tests.stores import Failing, Other, failing_store, other_store


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def other(migrated_sqlite: Path, tmp_path: Path) -> Iterator[Other]:
    path = tmp_path / "other.db"
    shutil.copyfile(migrated_sqlite, path)
    db = open_db(f"sqlite:///{path}")
    with other_store(db, tmp_path) as found:
        yield found
    db.dispose()


@pytest.fixture
def failing() -> Iterator[Failing]:
    with failing_store() as found:
        yield found
