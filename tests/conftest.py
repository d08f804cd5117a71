"""Fixtures that every test may use."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from lms_tracker.store.db import open_db
from lms_tracker.store.tables import metadata


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Engine]:
    engine = open_db(f"sqlite:///{tmp_path / 'test.db'}")
    metadata.create_all(engine)
    yield engine
    engine.dispose()
