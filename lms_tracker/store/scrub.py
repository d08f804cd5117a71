"""Ridding the database's files of what deleted rows had held."""

import sqlite3
from contextlib import closing
from typing import Any

import psycopg
from sqlalchemy import Engine

from lms_tracker.store.db import alone


def scrub(db: Engine) -> bool:
    """Whether it was done; False when others kept the database busy: try again later. Outside of any transaction.

    SQLite is written anew as a whole, and its log emptied: not a byte of what was deleted is left in the files. It needs
    as much disk again meanwhile. PostgreSQL frees the rows, and overwrites them in its own time; its log and whatever
    was backed up keep them until they are dropped (docs/privacy.md).
    """
    with alone(db), closing(db.raw_connection()) as connection:
        driver: Any = connection.driver_connection
        connection.detach()  # it is closed afterwards, whatever state it is left in
        try:
            if db.dialect.name == "postgresql":
                driver.autocommit = True
                driver.execute("VACUUM")
                return True
            driver.execute("VACUUM")
            busy, *_ = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            return not busy
        except (sqlite3.OperationalError, psycopg.OperationalError):
            return False
