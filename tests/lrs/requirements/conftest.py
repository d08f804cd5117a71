"""One application per version of the standard for whole tables of small requests, and the two together."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from lms_tracker.actions.credentials import create_credential
from lms_tracker.app import create_app
from lms_tracker.settings import Settings
from tests.lrs.conftest import START, Client, Clock

VERSIONS = ("1.0.3", "2.0.0")


@pytest.fixture(scope="module")
def clients(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Iterator[dict[str, Client]]:
    """Version -> client of an application of its own on SQLite, which the tests of a module share."""
    made, opened = {}, []
    for version in VERSIONS:
        folder = tmp_path_factory.mktemp("requirements")
        path = folder / "lms_tracker.db"
        shutil.copyfile(migrated_sqlite, path)
        app = create_app(_settings(f"sqlite:///{path}", folder, version))
        app.extensions["now"] = Clock()
        credential, secret = create_credential(app.extensions["db"], "moodle", now=START)
        made[version] = Client(app, credential.key, secret)
        made[version].headers["X-Experience-API-Version"] = version
        opened.append(app.extensions["db"])
    yield made
    for db in opened:
        db.dispose()


def _settings(url: str, folder: Path, version: str) -> Settings:
    return Settings(
        database_url=url, var_dir=str(folder), public_url="https://lrs.example.org", xapi_default_version=version
    )
