"""`beats.*`: what pages tell of their players, durable before it is answered, against a view that only reads the body."""

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

import psycopg

from lms_tracker.store.db import open_db
from tests import services
from tests.bench.cpu import cpu_s
from tests.bench.figures import REPEATS, Figure, median
from tests.bench.ingest import SECONDS, _postgres, fresh
from tests.bench.load import TIMEOUT_S, Load, _read_answer, post
from tests.bench.servers import bare_view, product
from tests.bench.watching import SECRET, Page, open_pages

CONNECTIONS = 32
PAGES = 512
STORED = 100_000


def measure() -> Iterator[Figure]:
    """Three times, each on a fresh database; the ratio is within one run of both. With the worker, as it is deployed."""
    loads: dict[str, list[Load]] = {"beats": [], "alone": [], "view": []}
    costs: list[tuple[float, float]] = []
    wire = (0, 0)
    with services.postgresql() as server:
        postgres = _postgres(server)
        for _ in range(REPEATS):
            for name, worker in (("beats", "true"), ("alone", "false")):
                database = fresh(server).render_as_string()
                with product(database, SECRET_KEY=SECRET, WORKER=worker) as endpoint:
                    db = open_db(database)
                    pages = open_pages(db, PAGES)
                    db.dispose()
                    url = endpoint.url.replace("/xapi/statements", "/player/beats")
                    before = cpu_s(endpoint.pid), cpu_s(postgres)
                    loads[name].append(tell(url, pages, CONNECTIONS, SECONDS))
                    spent = [b - a for a, b in zip(before, (cpu_s(endpoint.pid), cpu_s(postgres)), strict=True)]
                    count = len(loads[name][-1].latencies)
                    if name == "alone":
                        costs.append((1e6 * spent[0] / count, 1e6 * spent[1] / count))
                    wire = wire_bytes(url, pages[0])
            with bare_view() as endpoint:
                loads["view"].append(
                    post(endpoint.url, {}, lambda: b"x" * 160, connections=CONNECTIONS, seconds=SECONDS)
                )
        disk = _disk(fresh(server))
    beats, alone, view = (median(load.per_s for load in loads[name]) for name in ("beats", "alone", "view"))
    us, database_us = (median(cost[n] for cost in costs) for n in (0, 1))
    detail = f"{beats:,.0f} beats/s at {CONNECTIONS} connections, the worker settling beside; the view {view:,.0f}/s"
    yield Figure("beats.view_ratio", beats / view, "ratio", "higher", detail, 0.4)
    detail = f"{alone:,.0f} beats/s without the worker; CPU {us:.0f} us a beat in the server, {database_us:.0f} in PostgreSQL"
    yield Figure("beats.alone.view_ratio", alone / view, "ratio", "higher", detail)
    spread = median(load.percentile(0.99) / load.percentile(0.5) for load in loads["beats"])
    p50, p99 = (1000 * median(load.percentile(share) for load in loads["beats"]) for share in (0.5, 0.99))
    yield Figure("beats.p99_over_p50", spread, "ratio", "lower", f"p50 {p50:.1f} ms, p99 {p99:.1f} ms", 8)
    yield Figure("beats.disk_bytes", disk, "B", "lower", f"{STORED:,} beats of {STORED // 500} sessions", 100)
    detail = f"body and headers: {wire[0]} there (a browser adds headers of its own), {wire[1]} back"
    yield Figure("beats.wire_bytes", max(wire), "B", "lower", detail, 400)


def tell(url: str, pages: list[Page], connections: int, seconds: float) -> Load:
    """Send beats for a while, each connection for its share of the pages in turn. Raises RuntimeError for any refusal."""
    load = asyncio.run(_tell(url, pages, connections, seconds))
    if load.faults or not load.latencies:
        raise RuntimeError(f"{len(load.faults)} of {len(load.latencies)} requests to {url} failed: {load.faults[:1]}")
    return load


async def _tell(url: str, pages: list[Page], connections: int, seconds: float) -> Load:
    target = urlsplit(url)
    load = Load([], [], 0)
    began = time.perf_counter()

    async def send(mine: list[Page]) -> None:
        reader, writer = await asyncio.open_connection(target.hostname, target.port)
        turn = 0
        while time.perf_counter() < began + seconds:
            page = mine[turn % len(mine)]
            turn += 1
            request = _request(target.path, target.netloc, page.body())
            sent = time.perf_counter()
            writer.write(request)
            async with asyncio.timeout(TIMEOUT_S):
                status, answer = await _read_answer(reader)
            if status != 200:
                load.faults.append(f"{status} {answer[:200]!r}")
                break
            load.latencies.append(time.perf_counter() - sent)
            page.heard(answer)
        writer.close()

    async with asyncio.TaskGroup() as group:
        for number in range(connections):
            group.create_task(send(pages[number::connections]))
    load.seconds = time.perf_counter() - began
    load.latencies.sort()
    return load


def _request(path: str, host: str, body: bytes) -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def wire_bytes(url: str, page: Page) -> tuple[int, int]:
    """A beat's request and its answer, as they go over the wire."""
    target = urlsplit(url)

    async def once() -> tuple[int, int]:
        reader, writer = await asyncio.open_connection(target.hostname, target.port)
        request = _request(target.path, target.netloc, page.body())
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        page.heard(await reader.readexactly(length))
        writer.close()
        return len(request), len(head) + length

    return asyncio.run(once())


def _disk(database: object) -> float:
    """What a beat takes with its indexes, of sessions that are all told of in turn."""
    from lms_tracker.actions.upgrade_database import upgrade_database
    from lms_tracker.core.player.tape import Told, pack
    from lms_tracker.store.db import writing
    from lms_tracker.store.player import NewBeats, move_streams

    db = open_db(database.render_as_string())  # type: ignore[attr-defined]
    upgrade_database(db)
    sessions, at = STORED // 500, int(datetime.now(UTC).timestamp() * 1e6)
    for n in range(1, 501):
        told = pack([Told(n % 50, 0, 7, n * 20_000, 100, (n % 3, n % 7, 0))])
        with writing(db) as tx:
            move_streams(
                tx, [], [NewBeats(at + n * 20_000_000, session, n, told) for session in range(1, sessions + 1)]
            )
    with psycopg.connect(services.libpq(database)) as connection:  # type: ignore[arg-type]
        size = connection.execute("SELECT pg_total_relation_size('beat')").fetchone()
    db.dispose()
    assert size is not None
    return float(size[0]) / STORED
