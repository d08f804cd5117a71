"""`ingest.*`: statements over HTTP into the product as it is deployed, against what the machine can do at best.

The product runs as `lms-tracker serve` runs it, settling study time beside, on PostgreSQL with durable defaults. The
references are one COPY of 100,000 rows, and a view that only reads the body behind the same HTTP server.
"""

import re
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime

import psycopg
from msgspec import Struct
from sqlalchemy import URL

from tests import services
from tests.bench.cpu import cpu_s, parent
from tests.bench.figures import REPEATS, Figure, median, seconds
from tests.bench.load import Load, post
from tests.bench.servers import Endpoint, bare_view, product
from tests.bench.statements import Mint

ROWS = 100_000
SECONDS = 5.0
CHUNK = 1000
TABLE = """
    CREATE TABLE reference (id uuid PRIMARY KEY, stored timestamptz, actor text, verb text, registration uuid, raw text);
    CREATE INDEX ON reference (actor, stored); CREATE INDEX ON reference (verb, stored);
    CREATE INDEX ON reference (registration, stored)
"""
FIELDS = re.compile(rb'"id":"(.+?)".+?"name":"([0-9a-f-]{36})"}.+?"verb":{"id":"(.+?)".+?"registration":"(.+?)"')


class Run(Struct):
    """A load, and the processor's time that each of its statements took in microseconds."""

    load: Load
    server_us: float
    database_us: float


def measure() -> Iterator[Figure]:
    """Everything three times, each time on a fresh database; ratios are within one run of all."""
    mint = Mint()
    copied: list[float] = []
    names = ("batch500", "batch50", "single32", "view", "alone", "sqlite")
    loads: dict[str, list[Load]] = {name: [] for name in names}
    runs: dict[str, list[Run]] = {name: [] for name in names}

    def run(name: str, endpoint: Endpoint, size: int, connections: int) -> None:
        runs[name].append(_run(endpoint, postgres, mint, size, connections))
        loads[name].append(runs[name][-1].load)

    with services.postgresql() as server:
        postgres = _postgres(server)
        chunks = _copy_rows(mint)
        for _ in range(REPEATS):
            copied.append(ROWS / _copy(fresh(server), chunks))
            with product(fresh(server).render_as_string()) as endpoint:
                run("batch500", endpoint, 500, 8)
                run("batch50", endpoint, 50, 8)
                run("single32", endpoint, 1, 32)
            with bare_view() as endpoint:  # right after what it is compared with: the machine's speed changes
                run("view", endpoint, 1, 32)
            with product(fresh(server).render_as_string(), WORKER="false") as endpoint:
                run("alone", endpoint, 500, 8)
            with product() as endpoint:
                run("sqlite", endpoint, 500, 8)
    copy = median(copied)
    for name, size, target in (("batch500", 500, 0.5), ("batch50", 50, 0.3)):
        rates = [size * load.per_s for load in loads[name]]
        detail = f"{median(rates):,.0f} statements/s at 8 connections; COPY {copy:,.0f} rows/s; {_cost(runs[name])}"
        yield Figure(f"ingest.{name}.copy_ratio", _ratio(rates, copied), "ratio", "higher", detail, target)
    rates = [500 * load.per_s for load in loads["alone"]]
    detail = f"{median(rates):,.0f} statements/s with the settling worker switched off; {_cost(runs['alone'])}"
    yield Figure("ingest.batch500.alone.copy_ratio", _ratio(rates, copied), "ratio", "higher", detail)
    single, view = ([load.per_s for load in loads[name]] for name in ("single32", "view"))
    detail = f"{median(single):,.0f} statements/s at 32 connections; the view {median(view):,.0f}/s; "
    detail += _cost(runs["single32"])
    yield Figure("ingest.single32.view_ratio", _ratio(single, view), "ratio", "higher", detail, 0.35)
    spread = median(load.percentile(0.99) / load.percentile(0.5) for load in loads["single32"])
    p50, p99 = (1000 * median(load.percentile(share) for load in loads["single32"]) for share in (0.5, 0.99))
    detail = f"p50 {p50:.1f} ms, p99 {p99:.1f} ms"
    yield Figure("ingest.single32.p99_over_p50", spread, "ratio", "lower", detail, 8)
    rate = 500 * median(load.per_s for load in loads["sqlite"])
    detail = f"batches of 500 at 8 connections, {rate / copy:.3f} of COPY; {_cost(runs['sqlite'])}"
    yield Figure("ingest.sqlite.batch500.statements_per_s", rate, "statements/s", "higher", detail)


def _ratio(ours: list[float], reference: list[float]) -> float:
    """The median of the rounds: what is compared was measured within the same minute."""
    return median(own / other for own, other in zip(ours, reference, strict=True))


def _cost(runs: list[Run]) -> str:
    server, database = median(run.server_us for run in runs), median(run.database_us for run in runs)
    return f"CPU {server:.0f} us a statement in the server, {database:.0f} in PostgreSQL"


def _run(endpoint: Endpoint, postgres: int, mint: Mint, size: int, connections: int) -> Run:
    before = cpu_s(endpoint.pid), cpu_s(postgres)
    load = post_batches(endpoint, mint, size, connections)
    after = cpu_s(endpoint.pid), cpu_s(postgres)
    server_us, database_us = (1e6 * (b - a) / size / len(load.latencies) for a, b in zip(before, after, strict=True))
    return Run(load, server_us, database_us)


def _postgres(server: URL) -> int:
    with psycopg.connect(services.libpq(server)) as connection:
        return parent(connection.info.backend_pid)


def post_batches(endpoint: Endpoint, mint: Mint, size: int, connections: int) -> Load:
    """Batches of `size` statements for SECONDS."""
    return post(endpoint.url, endpoint.headers, lambda: mint.body(size), connections=connections, seconds=SECONDS)


def fresh(server: URL) -> URL:
    """A new database, without any table."""
    name = f"bench_{uuid.uuid4().hex}"
    services.execute(server, f"CREATE DATABASE {name}")
    return server.set(database=name)


def _copy_rows(mint: Mint) -> list[bytes]:
    stored = datetime.now(UTC).isoformat().encode()
    now = stored[:23] + b"Z"
    rows = []
    for _ in range(ROWS):
        raw = mint.one(now)
        found = FIELDS.search(raw)
        assert found and b"\\" not in raw
        id_, actor, verb, registration = found.groups()
        rows.append(b"\t".join((id_, stored, actor, verb, registration, raw)) + b"\n")
    return [b"".join(rows[start : start + CHUNK]) for start in range(0, ROWS, CHUNK)]


def _copy(database: URL, chunks: list[bytes]) -> float:
    with psycopg.connect(services.libpq(database)) as connection:
        connection.execute(TABLE.encode())
        connection.commit()

        def work() -> None:
            with connection.cursor().copy("COPY reference FROM STDIN") as copy:
                for chunk in chunks:
                    copy.write(chunk)
            connection.commit()

        return seconds(work)
