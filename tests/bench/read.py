"""`read.*`: queries over HTTP, one after the other, on PostgreSQL with a million statements; and what such a record does
to ingest.

Over HTTP by the client of tests.bench.load, as ingest is measured; and by Python's own (`.http_client`), which takes longer
to read the head of an answer than the server takes to give one statement.

The reference of each is what the driver takes for plain SQL that fetches the same rows from the table of
tests.bench.ingest, with the same statements as text and an index for the very query.
"""

import http.client
import json
import random
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

import psycopg
from sqlalchemy import URL

from lms_tracker.actions.settle_study import request_recompute, settle_all
from lms_tracker.store.db import open_db, reading
from lms_tracker.store.evidence import learners_with_statements
from tests import services
from tests.bench.cpu import stopped
from tests.bench.figures import REPEATS, Figure, median
from tests.bench.filled import Filler, Sample
from tests.bench.ingest import fresh
from tests.bench.load import Reader, post
from tests.bench.servers import Endpoint, product
from tests.bench.statements import Mint

FEW, MANY = 100_000, 1_000_000
QUERIES = 120
"""Of each kind, in each of three rounds."""
WARM = 20
TURNS = 6
"""Of each record when it is added to, in each of three rounds; and one to warm up."""
ROWS = "SELECT raw FROM reference"
NEWEST = "ORDER BY stored DESC LIMIT 100"
# Whether a worker settles study time beside -> name, words and target: without one, it is storing alone that is compared.
SETTLING = {
    "true": ("ingest.full_over_empty", "", 0.85),
    "false": ("ingest.full_over_empty.alone", " with the settling worker switched off", None),
}
KINDS: dict[str, tuple[Callable[[Sample], dict[str, Any]], str, Callable[[Sample], tuple[Any, ...]]]] = {
    "agent": (
        lambda s: {"agent": json.dumps(s.actor), "limit": 100},
        f"{ROWS} WHERE actor = %s {NEWEST}",
        lambda s: (s.ifi,),
    ),
    "registration": (
        lambda s: {"registration": s.registration, "limit": 20},  # as many as there are of each at the smaller size
        f"{ROWS} WHERE registration = %s ORDER BY stored DESC LIMIT 20",
        lambda s: (s.registration,),
    ),
    "verb_since": (
        lambda s: {"verb": s.verb, "since": s.stored.isoformat(), "limit": 100, "ascending": "true"},
        f"{ROWS} WHERE verb = %s AND stored > %s ORDER BY stored LIMIT 100",
        lambda s: (s.verb, s.stored),
    ),
    "activity_related": (
        lambda s: {"activity": s.parent, "related_activities": "true", "limit": 100},
        f"{ROWS} JOIN reference_activity a USING (id) WHERE a.activity = %s ORDER BY a.stored DESC LIMIT 100",
        lambda s: (s.parent,),
    ),
    "id": (lambda s: {"statementId": s.id}, f"{ROWS} WHERE id = %s", lambda s: (s.id,)),
}


class Record(NamedTuple):
    """A filled database, and what some of its statements can be found by."""

    database: URL
    samples: list[Sample]


class Asked(NamedTuple):
    """A record, and who asks it: two clients over HTTP, and the driver."""

    samples: list[Sample]
    path: str
    headers: dict[str, str]
    web: Reader
    python: http.client.HTTPConnection
    driver: psycopg.Connection[Any]


class Taken(NamedTuple):
    """Milliseconds."""

    over_http: float
    by_python: float
    by_driver: float


def measure() -> Iterator[Figure]:
    """A small record and a large one side by side, asked in turn, and so an empty one and the large one are added to: what
    is compared is measured within seconds, for the speed of a machine that is shared varies within minutes."""
    mint = Mint()
    with services.postgresql() as server:
        few, many = (_filled(fresh(server), count) for count in (FEW, MANY))
        with _asking(few) as little, _asking(many) as much:
            taken = {kind: _in_turn(kind, little, much) for kind in KINDS}
        rates = {settling: [_added(server, many, mint, settling) for _ in range(REPEATS)] for settling in SETTLING}
    for kind, rounds in taken.items():
        ours, by_python, sql = map(median, zip(*(large for _, large in rounds), strict=True))
        detail = f"p50 {ours:.2f} ms over HTTP, the driver's SQL {sql:.2f} ms, at {MANY:,} stored"
        yield Figure(f"read.{kind}.sql_ratio", ours / sql, "ratio", "lower", detail, 5)
        detail = f"the same with Python's http.client: {by_python:.2f} ms"
        yield Figure(f"read.{kind}.sql_ratio.http_client", by_python / sql, "ratio", "lower", detail)
    yield _growth("read.growth_max", taken, lambda one: one.over_http, "over HTTP", 1.3)
    yield _growth("read.growth_max.sql", taken, lambda one: one.by_driver, "of the driver's SQL, for comparison", None)
    for settling, (name, words, target) in SETTLING.items():
        none, full = (median(side) for side in zip(*rates[settling], strict=True))
        detail = f"batches of 500{words}: {full:,.0f} statements/s at {MANY:,} stored, {none:,.0f}/s at none"
        yield Figure(name, median(b / a for a, b in rates[settling]), "ratio", "higher", detail, target)


def _growth(
    name: str,
    taken: dict[str, list[tuple[Taken, Taken]]],
    of: Callable[[Taken], float],
    words: str,
    target: float | None,
) -> Figure:
    """The worst of the kinds; of each the middle one of the rounds, in which both records were asked."""
    growth = {kind: median(of(large) / of(small) for small, large in rounds) for kind, rounds in taken.items()}
    told = ", ".join(f"{kind} {value:.2f}" for kind, value in growth.items())
    return Figure(name, max(growth.values()), "ratio", "lower", f"{told}: {words}, {FEW:,} to {MANY:,} stored", target)


def _filled(database: URL, count: int) -> Record:
    with product(database.render_as_string(), WORKER="false"):
        filler = Filler(database)
        filler.fill(count)
    db = open_db(database.render_as_string())
    with reading(db) as tx:
        learners = learners_with_statements(tx)
    request_recompute(db, learners, datetime.now(UTC))
    db.dispose()
    _settle(database)
    return Record(database, filler.samples)


def _added(server: URL, full: Record, mint: Mint, settling: str) -> tuple[float, float]:
    """Statements a second into a record without any, and into the full one; in batches of 500, after some to warm up.

    By turns of a second, in which the other server is stopped: in five, so much else comes and goes on a machine that is
    shared that one record took 0.7 to 1.1 of what the other did, be they alike.
    """
    if settling == "true":
        _settle(full.database)
    with (
        product(fresh(server).render_as_string(), WORKER=settling) as none,
        product(full.database.render_as_string(), WORKER=settling) as many,
    ):
        turns = [(_turn(none, many, mint), _turn(many, none, mint)) for _ in range(1 + TURNS)][1:]
    to_none, to_many = zip(*turns, strict=True)
    return sum(to_none) / TURNS, sum(to_many) / TURNS


def _turn(endpoint: Endpoint, other: Endpoint, mint: Mint) -> float:
    with stopped(other.pid):
        return 500 * post(endpoint.url, endpoint.headers, lambda: mint.body(500), connections=8, seconds=1.0).per_s


def _settle(database: URL) -> None:
    """What is in the record is settled, and written to the disk: as a worker leaves it, which need not work at what others have left
    while something else is measured."""
    db = open_db(database.render_as_string())
    settle_all(db, lambda: datetime.now(UTC))
    db.dispose()
    with psycopg.connect(services.libpq(database), autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")


@contextmanager
def _asking(record: Record) -> Iterator[Asked]:
    conninfo = services.libpq(record.database)
    with product(record.database.render_as_string()) as endpoint, psycopg.connect(conninfo, autocommit=True) as driver:
        target = urlsplit(endpoint.url)
        web, python = Reader(endpoint.url, endpoint.headers), http.client.HTTPConnection(target.netloc)
        yield Asked(record.samples, target.path, endpoint.headers, web, python, driver)


def _in_turn(kind: str, little: Asked, much: Asked) -> list[tuple[Taken, Taken]]:
    """Rounds: each asks the small record, and then the large one. The first only warms up."""
    choose = random.Random(5)
    for record in (little, much):
        _require_same(record, kind)
    rounds = [
        tuple(_round(record, kind, choose.choices(record.samples, k=count)) for record in (little, much))
        for count in [WARM, *REPEATS * [QUERIES]]
    ]
    return [(small, large) for small, large in rounds[1:]]


def _round(record: Asked, kind: str, samples: list[Sample]) -> Taken:
    """p50 of each way to ask."""
    parameters, sql, given = KINDS[kind]
    addresses = [f"{record.path}?{urlencode(parameters(sample))}" for sample in samples]
    return Taken(
        _p50([partial(record.web.get, address) for address in addresses]),
        _p50([partial(_get, record.python, address, record.headers) for address in addresses]),
        _p50([partial(_select, record.driver, sql, given(sample)) for sample in samples]),
    )


def _require_same(record: Asked, kind: str) -> None:
    """Both sides fetch as much: the same number, stored at the same instants. Of those of one instant either takes any."""
    (parameters, sql, given), sample = KINDS[kind], record.samples[0]
    answer = json.loads(record.web.get(f"{record.path}?{urlencode(parameters(sample))}"))
    ours = [one["stored"] for one in answer.get("statements", [answer])]
    theirs = [json.loads(raw)["stored"] for (raw,) in _select(record.driver, sql, given(sample))]
    if sorted(ours) != sorted(theirs) or not ours:
        raise RuntimeError(f"read.{kind}: {len(ours)} statements over HTTP, {len(theirs)} by SQL, or other ones")


def _p50(calls: list[Callable[[], object]]) -> float:
    taken = []
    for call in calls:
        began = time.perf_counter()
        call()
        taken.append(1000 * (time.perf_counter() - began))
    return statistics.median(taken)


def _select(driver: psycopg.Connection[Any], sql: str, given: tuple[Any, ...]) -> list[Any]:
    return driver.execute(sql.encode(), given).fetchall()


def _get(web: http.client.HTTPConnection, address: str, headers: dict[str, str]) -> bytes:
    web.request("GET", address, headers=headers)
    response = web.getresponse()
    body = response.read()
    if response.status != 200:
        raise RuntimeError(f"{response.status} {body[:300]!r}")
    return body
