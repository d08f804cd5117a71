"""`disk.*`: what a statement takes on PostgreSQL, with everything that it is found by."""

from collections.abc import Iterator

import psycopg

from tests import services
from tests.bench.figures import Figure
from tests.bench.filled import Filler
from tests.bench.ingest import fresh
from tests.bench.servers import product

COUNT = 100_000
TABLES = ("statement", "posting", "definition", "attachment", "identity", "learner", "unsettled")
"""Not what is gone as soon as a worker runs, which does not here: marks of touched learners."""


def measure() -> Iterator[Figure]:
    """Sizes do not vary: once."""
    with services.postgresql() as server:
        database = fresh(server)
        with product(database.render_as_string(), WORKER="false"):
            filler = Filler(database)
            filler.fill(COUNT)
        with psycopg.connect(services.libpq(database)) as connection:
            sizes = {
                name: connection.execute("SELECT pg_table_size(%s), pg_indexes_size(%s)", [name, name]).fetchone()
                for name in TABLES
            }
    parts = {
        f"{name} {part}": size[n] for name, size in sizes.items() for n, part in enumerate(("rows", "indexes")) if size
    }
    each = sum(parts.values()) / COUNT
    most = ", ".join(f"{part} {size / COUNT:.0f}" for part, size in parts.items() if size / COUNT >= 1)
    sent = filler.json_bytes / COUNT
    detail = f"{each:.0f} B a statement ({most}) of {sent:.0f} B of JSON, in batches of 500"
    yield Figure("disk.json_ratio", each / sent, "ratio", "lower", detail, 0.45)
