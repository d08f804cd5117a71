"""Migrations are written by hand; this holds them equal to the tables that the code uses."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL, Engine, inspect, text

from lms_tracker.actions.upgrade_database import upgrade_database
from lms_tracker.store.db import open_db, reading, writing
from lms_tracker.store.migrations import UnknownRevision, current, pending
from lms_tracker.store.tables import metadata
from tests import services


@pytest.fixture
def blank(any_db: Engine, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database like `any_db`, without a single table."""
    if any_db.dialect.name == "sqlite":
        url = f"sqlite:///{tmp_path / 'blank.db'}"
    else:
        server: URL = request.getfixturevalue("pg_server")
        services.execute(server, "DROP DATABASE IF EXISTS blank WITH (FORCE)")
        services.execute(server, "CREATE DATABASE blank")
        url = server.set(database="blank").render_as_string()
    engine = open_db(url)
    yield engine
    engine.dispose()


def test_migrations_make_exactly_the_tables_that_the_code_uses(blank: Engine, any_db: Engine) -> None:
    metadata.create_all(blank)
    assert _schema(any_db) == _schema(blank)


def test_upgrading_twice_changes_nothing(blank: Engine) -> None:
    assert upgrade_database(blank)[0].revision == "0001"
    assert upgrade_database(blank) == []
    with reading(blank) as tx:
        assert pending(tx) == []


def test_processes_that_upgrade_at_once_apply_each_migration_once(blank: Engine) -> None:
    applied: list[int] = []

    def upgrade() -> None:
        engine = open_db(blank.url.render_as_string(hide_password=False))
        applied.append(len(upgrade_database(engine)))
        engine.dispose()

    threads = [threading.Thread(target=upgrade) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(applied)[:3] == [0, 0, 0] and sorted(applied)[3] > 0


def test_a_failed_migration_leaves_nothing_behind(blank: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    with writing(blank) as tx:
        tx.execute(text("CREATE TABLE job_run (job TEXT)"))  # in the way of a later table of the same migration
    with pytest.raises(Exception, match="already exists"):
        upgrade_database(blank)
    assert inspect(blank).get_table_names() == ["job_run"]


def test_a_database_of_a_newer_release_is_refused_by_name(any_db: Engine) -> None:
    with writing(any_db) as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(UnknownRevision, match="9999"):
        upgrade_database(any_db)
    with reading(any_db) as tx:
        assert current(tx) == "9999"


def _schema(db: Engine) -> dict[str, object]:
    """Everything the database knows about its tables, in an order that doesn't depend on how they were made."""
    seen = inspect(db)
    schema: dict[str, object] = {}
    for table in seen.get_table_names():
        if table == "alembic_version":
            continue
        schema[table] = {
            "columns": [
                {**column, "type": repr(column["type"]), "comment": None} for column in seen.get_columns(table)
            ],
            "primary key": seen.get_pk_constraint(table),
            "foreign keys": sorted(seen.get_foreign_keys(table), key=repr),
            "unique": sorted(seen.get_unique_constraints(table), key=repr),
            "indexes": sorted(
                (
                    {**i, "dialect_options": {k: str(v) for k, v in i.get("dialect_options", {}).items()}}
                    for i in seen.get_indexes(table)
                ),
                key=repr,
            ),
        }
    return schema
