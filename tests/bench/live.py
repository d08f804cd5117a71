"""`live.5000.*`: 5,000 learners who watch at once, a beat every 20 s each, for ten minutes.

`lost` counts beats that were sent and are not stored, and learners whose credited time is not what they watched.
`lag_p99_s`: from the moment that a beat leaves the page until the page is told the time that it brought. The ledger
follows by itself; `ledger_lag_p99_s` is how long the learner who waited longest had waited, looked at every second.
"""

import asyncio
import heapq
import os
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import msgspec
import psycopg
from msgspec import Struct
from sqlalchemy import URL

from lms_tracker.store.db import open_db
from tests import services
from tests.bench.beats import _request
from tests.bench.figures import Figure
from tests.bench.ingest import fresh
from tests.bench.load import TIMEOUT_S, _read_answer
from tests.bench.servers import product
from tests.bench.watching import SECRET, Page, open_pages

LEARNERS = 5_000
EVERY_S = 20.0
SECONDS = float(os.environ.get("LIVE_SECONDS", "600"))
CONNECTIONS = 32


class Watched(Struct):
    """What came of it."""

    lags: list[float]
    faults: list[str]
    sent: int = 0
    waits: list[float] = []
    checks: int = 0
    """Presence checks that were answered rightly."""


class _Told(Struct):
    credited_s: float
    check: msgspec.Raw


_RIGHT = 'SELECT "right" FROM player_check WHERE id = %s'
_told = msgspec.json.Decoder(_Told).decode


def measure() -> Iterator[Figure]:
    """Once: it is long enough to even out."""
    with services.postgresql() as server:
        database = fresh(server)
        with product(database.render_as_string(), SECRET_KEY=SECRET) as endpoint:
            db = open_db(database.render_as_string())
            pages = open_pages(db, LEARNERS)
            db.dispose()
            url = endpoint.url.replace("/xapi/statements", "/player/beats")
            watched = asyncio.run(_watch(url, pages, database))
            with psycopg.connect(services.libpq(database)) as connection:
                row = connection.execute("SELECT count(*) FROM beat").fetchone()
                stored = row[0] if row else 0
    short = sum(page.credited < page.media - 2 * EVERY_S for page in pages)
    lost = watched.sent - stored + len(watched.faults) + short
    detail = f"{watched.sent:,} beats in {SECONDS:.0f} s, {len(watched.faults)} refused {watched.faults[:1]}, {short} learners short; {watched.checks:,} checks answered"
    yield Figure("live.5000.lost", lost, "beats", "lower", detail, 0)
    lags = sorted(watched.lags)
    detail = f"p50 {1000 * lags[len(lags) // 2]:.1f} ms, longest {lags[-1]:.2f} s; {watched.sent / SECONDS:.0f} beats/s"
    yield Figure("live.5000.lag_p99_s", lags[int(0.99 * (len(lags) - 1))], "s", "lower", detail, 2)
    waits = sorted(watched.waits)
    detail = f"the ledger: oldest wait, p50 {waits[len(waits) // 2]:.1f} s"
    yield Figure("live.5000.ledger_lag_p99_s", waits[int(0.99 * (len(waits) - 1))], "s", "lower", detail)


async def _watch(url: str, pages: list[Page], database: URL) -> Watched:
    target = urlsplit(url)
    watched = Watched([], [])
    began = time.perf_counter()
    due = [(began + EVERY_S * number / len(pages), number) for number in range(len(pages))]
    heapq.heapify(due)

    async def send() -> None:
        reader, writer = await asyncio.open_connection(target.hostname, target.port)
        while True:
            at, number = heapq.heappop(due)
            if at > began + SECONDS:
                return writer.close()
            await asyncio.sleep(max(0.0, at - time.perf_counter()))
            page = pages[number]
            if page.n == 0:
                page.began = time.perf_counter()
            sent = time.perf_counter()
            writer.write(_request(target.path, target.netloc, page.body()))
            watched.sent += 1
            async with asyncio.timeout(TIMEOUT_S):
                status, answer = await _read_answer(reader)
            if status != 200:
                watched.faults.append(f"{status} {answer[:200]!r}")
                continue
            watched.lags.append(time.perf_counter() - max(sent, at))
            page.heard(answer)
            told = _told(answer)
            page.credited = told.credited_s
            if bytes(told.check) != b"null":
                page.asked(answer)
                row = await (await answers.execute(_RIGHT, [page.check.decode()])).fetchone()
                body = b'%b,"answer":"%b"}' % (page.grant, row[0].encode() if row else b"")
                writer.write(_request(f"/player/checks/{page.check.decode()}", target.netloc, body))
                status, answer = await _read_answer(reader)
                watched.checks += status == 200 and b'"right":true' in answer
            heapq.heappush(due, (at + EVERY_S, number))

    answers = await psycopg.AsyncConnection.connect(services.libpq(database), autocommit=True)
    async with answers, asyncio.TaskGroup() as group:
        looking = group.create_task(_look(database, watched, began + SECONDS))
        for _ in range(CONNECTIONS):
            group.create_task(send())
        await looking
    return watched


async def _look(database: URL, watched: Watched, until: float) -> None:
    connection = await psycopg.AsyncConnection.connect(services.libpq(database), autocommit=True)
    sql = "SELECT min(since) FROM (SELECT since FROM touched_learner UNION ALL SELECT since FROM unsettled) waiting"
    while time.perf_counter() < until:
        row = await (await connection.execute(sql)).fetchone()
        watched.waits.append(0.0 if row is None or row[0] is None else time.time() - row[0] / 1e6)
        await asyncio.sleep(1)
    await connection.close()
