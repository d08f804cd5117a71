"""The server as it is deployed: Redis that dies, and a server that is killed while fifty people watch."""

import asyncio
import os
import signal
import time
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from sqlalchemy import URL, Engine

from lms_tracker.store.db import open_db
from tests import services
from tests.bench.beats import _request
from tests.bench.load import _read_answer
from tests.bench.servers import product
from tests.bench.watching import SECRET, Page, open_pages

PEOPLE = 50


def _round(url: str, pages: list[Page]) -> list[int]:
    """One beat of everybody; the statuses."""
    target = urlsplit(url)

    async def one(page: Page) -> int:
        reader, writer = await asyncio.open_connection(target.hostname, target.port)
        writer.write(_request(target.path, target.netloc, page.body()))
        status, answer = await _read_answer(reader)
        if status == 200:
            page.heard(answer)
        writer.close()
        return status

    async def all_() -> list[int]:
        return list(await asyncio.gather(*(one(page) for page in pages)))

    return asyncio.run(all_())


@pytest.fixture
def database(pg_server: URL, pg: Engine) -> str:
    return pg.url.render_as_string(hide_password=False)


def _stored(database: str) -> int:
    db = open_db(database)
    with psycopg.connect(services.libpq(db.url)) as connection:
        row = connection.execute("SELECT count(*) FROM beat").fetchone()
    db.dispose()
    return row[0] if row else 0


def test_fifty_people_go_on_when_the_server_is_killed_and_comes_back(database: str) -> None:
    with product(database, SECRET_KEY=SECRET, WORKER="false") as endpoint:
        url = endpoint.url.replace("/xapi/statements", "/player/beats")
        db = open_db(database)
        pages = open_pages(db, PEOPLE)
        db.dispose()
        assert _round(url, pages) == [200] * PEOPLE
        for process in (endpoint.pid, *_children(endpoint.pid)):
            os.kill(process, signal.SIGKILL)
    time.sleep(0.5)
    with product(database, SECRET_KEY=SECRET, WORKER="false") as endpoint:
        url = endpoint.url.replace("/xapi/statements", "/player/beats")
        assert _round(url, pages) == [200] * PEOPLE
    assert _stored(database) == 2 * PEOPLE


def test_without_redis_in_mid_flight_studying_goes_on(database: str) -> None:
    with services.redis() as redis_url, product(database, SECRET_KEY=SECRET, REDIS_URL=redis_url) as endpoint:
        url = endpoint.url.replace("/xapi/statements", "/player/beats")
        db = open_db(database)
        pages = open_pages(db, 10)
        assert _round(url, pages) == [200] * 10
        _kill_redis(redis_url)
        assert _round(url, pages) == [200] * 10
        pages += open_pages(db, 2)
        db.dispose()
        assert _round(url, pages) == [200] * 12
    assert _stored(database) == 32


def _kill_redis(url: str) -> None:
    import redis

    client = redis.Redis.from_url(url)
    process = client.info("server")["process_id"]
    client.close()
    os.kill(process, signal.SIGKILL)


def _children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in found]
