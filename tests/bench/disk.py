"""`disk.*`: what a statement takes on PostgreSQL, with everything that it is found by."""

from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple

import psycopg
from sqlalchemy import URL, Engine

from lms_tracker.actions.fold_postings import fold_postings
from tests import services
from tests.bench.figures import Figure
from tests.bench.filled import Filler
from tests.bench.ingest import fresh
from tests.bench.servers import product

COUNT, SINGLES = 100_000, 200_000
APART = timedelta(milliseconds=100)
"""Between two that come one by one: these are the statements of five hours and a half."""
OFTEN = 10
"""Of so many vacuums of `posting` one is of `posting_run` too, which changes less."""
TABLES = ("statement", "posting", "posting_run", "definition", "attachment", "identity", "learner", "unsettled")
"""Not what is gone as soon as a worker runs, which does not here: marks of touched learners."""


class Size(NamedTuple):
    """Bytes a statement: on disk, as it was sent; and the largest parts in words."""

    kept: float
    sent: float
    parts: str


def measure() -> Iterator[Figure]:
    """Sizes do not vary: once."""
    with services.postgresql() as server:
        database = fresh(server)
        with product(database.render_as_string(), WORKER="false"):
            filler = Filler(database)
            filler.fill(COUNT)
        size = _size(database, filler)
        detail = f"{size.kept:.0f} B a statement ({size.parts}) of {size.sent:.0f} B of JSON, in batches of 500"
        yield Figure("disk.json_ratio", size.kept / size.sent, "ratio", "lower", detail, 0.45)
        size = _singles(fresh(server))
        detail = f"{size.kept:.0f} B a statement ({size.parts}), one by one, {1 / APART.total_seconds():.0f} a second"
        yield Figure("disk.singles.json_ratio", size.kept / size.sent, "ratio", "lower", detail, 0.5)


def _singles(database: URL) -> Size:
    """As they come, every minute rows that are no longer new are folded, and what that leaves is vacuumed, as PostgreSQL does
    by itself once a minute where a fifth of a table has changed: here hours pass in a minute."""
    times = 0
    with (
        product(database.render_as_string(), WORKER="false"),
        psycopg.connect(services.libpq(database), autocommit=True) as beside,
    ):

        def as_a_minute_passes(db: Engine) -> None:
            nonlocal times
            times += 1
            fold_postings(db, filler.at)
            beside.execute("VACUUM posting" if times % OFTEN else "VACUUM posting, posting_run")

        filler = Filler(database, apart=APART)
        filler.fill(SINGLES, as_a_minute_passes)
    return _size(database, filler)


def _size(database: URL, filler: Filler) -> Size:
    with psycopg.connect(services.libpq(database)) as connection:
        sizes = {
            name: connection.execute("SELECT pg_table_size(%s), pg_indexes_size(%s)", [name, name]).fetchone()
            for name in TABLES
        }
    parts = {
        f"{name} {part}": size[n] / filler.count
        for name, size in sizes.items()
        for n, part in enumerate(("rows", "indexes"))
        if size
    }
    most = ", ".join(f"{part} {size:.0f}" for part, size in parts.items() if size >= 1)
    return Size(sum(parts.values()), filler.json_bytes / filler.count, most)
