"""Which migrations a database has, and applying the rest. The scripts are in the folder `migrations`."""

import msgspec
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from lms_tracker.paths import resource

# Any fixed number: it names the one lock that migrating processes of one PostgreSQL database queue for.
ADVISORY_LOCK = 0x6C6D735F


class UnknownRevision(RuntimeError):
    """The database was migrated by a newer release than this one; the message names its revision."""


class Step(msgspec.Struct, frozen=True):
    """One migration: its revision and the first line of its docstring."""

    revision: str
    says: str


def current(db: Connection) -> str | None:
    """The revision of the database; None when it was never migrated."""
    return MigrationContext.configure(db).get_current_revision()


def pending(db: Connection) -> list[Step]:
    """The migrations that the database lacks, in order. Raises UnknownRevision."""
    scripts = ScriptDirectory.from_config(_config())
    have = current(db)
    known = {script.revision for script in scripts.walk_revisions()}
    if have is not None and have not in known:
        raise UnknownRevision(
            f"the database is at revision {have}, which this release does not know; install a newer one"
        )
    newest_first = scripts.iterate_revisions("head", have or "base")
    return [Step(s.revision, (s.doc or "").splitlines()[0]) for s in reversed(list(newest_first))]


def apply_pending(db: Connection) -> list[Step]:
    """Migrate within the caller's writing transaction; returns what was applied, [] when there was nothing to do.

    Processes that migrate at the same time wait for each other: SQLite's writing transaction is exclusive,
    PostgreSQL's is made so by an advisory lock.
    """
    if db.dialect.name == "postgresql":
        db.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": ADVISORY_LOCK})
    steps = pending(db)
    if steps:
        config = _config()
        config.attributes["connection"] = db
        command.upgrade(config, "head")
    return steps


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(resource("migrations")).replace("%", "%%"))
    return config
