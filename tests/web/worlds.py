"""The small world in a SQLite file, to be copied: building it takes longer than most tests."""

import shutil
from pathlib import Path

from lms_tracker.store.db import open_db
from tests.web import people
from tests.web.people import World


def in_a_file(folder: Path, migrated: Path) -> tuple[Path, World]:
    """A file that holds all of it, without a log beside it, and its ids. `migrated`: an empty database with all migrations."""
    path = folder / "template.db"
    shutil.copyfile(migrated, path)
    engine = open_db(f"sqlite:///{path}")
    world = people.build(engine)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return path, world
