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
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

import psycopg

from tests import services
from tests.bench.figures import REPEATS, Figure, median
from tests.bench.filled import Filler, Sample
from tests.bench.ingest import fresh, post_batches
from tests.bench.load import Reader, post
from tests.bench.servers import Endpoint, product
from tests.bench.statements import Mint

FEW, MANY = 100_000, 1_000_000
QUERIES = 60
"""Of each kind, in each of three rounds."""
WARM = 20
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


class Taken(NamedTuple):
    """Milliseconds."""

    over_http: float
    by_python: float
    by_driver: float


def measure() -> Iterator[Figure]:
    """One record that grows; p50 of three rounds at each size."""
    mint = Mint()
    empty: dict[str, list[float]] = {settling: [] for settling in SETTLING}
    full: dict[str, list[float]] = {settling: [] for settling in SETTLING}
    with services.postgresql() as server:
        for settling, rates in REPEATS * list(empty.items()):
            with product(fresh(server).render_as_string(), WORKER=settling) as endpoint:
                rates += _ingested(endpoint, mint, 1)
        database = fresh(server)
        with product(database.render_as_string()) as endpoint:
            filler = Filler(database)
            filler.fill(FEW)
            few = _rounds(endpoint, services.libpq(database), filler.samples)
            filler.fill(MANY)
            many = _rounds(endpoint, services.libpq(database), filler.samples)
            full["true"] = _ingested(endpoint, mint, REPEATS)
        with product(database.render_as_string(), WORKER="false") as endpoint:
            full["false"] = _ingested(endpoint, mint, REPEATS)
    for kind, (ours, by_python, sql) in many.items():
        detail = f"p50 {ours:.2f} ms over HTTP, the driver's SQL {sql:.2f} ms, at {MANY:,} stored"
        yield Figure(f"read.{kind}.sql_ratio", ours / sql, "ratio", "lower", detail, 5)
        detail = f"the same with Python's http.client: {by_python:.2f} ms"
        yield Figure(f"read.{kind}.sql_ratio.http_client", by_python / sql, "ratio", "lower", detail)
    growth = {kind: many[kind].over_http / few[kind].over_http for kind in KINDS}
    worst = max(growth, key=growth.__getitem__)
    detail = ", ".join(f"{kind} {value:.2f}" for kind, value in growth.items()) + f": from {FEW:,} to {MANY:,} stored"
    yield Figure("read.growth_max", growth[worst], "ratio", "lower", detail, 1.3)
    for settling, (name, words, target) in SETTLING.items():
        much, none = median(full[settling]), median(empty[settling])
        detail = f"batches of 500{words}: {much:,.0f} statements/s at {MANY:,} stored, {none:,.0f}/s at none"
        yield Figure(name, much / none, "ratio", "higher", detail, target)


def _ingested(endpoint: Endpoint, mint: Mint, times: int) -> list[float]:
    """Statements a second, in batches of 500, after some to warm up."""
    post(endpoint.url, endpoint.headers, lambda: mint.body(500), connections=8, seconds=1.0)
    return [500 * post_batches(endpoint, mint, 500, 8).per_s for _ in range(times)]


def _rounds(endpoint: Endpoint, conninfo: str, samples: list[Sample]) -> dict[str, Taken]:
    """Of each kind: medians of the rounds' p50."""
    choose = random.Random(5)
    found: dict[str, list[Taken]] = {kind: [] for kind in KINDS}
    target = urlsplit(endpoint.url)
    web, python = Reader(endpoint.url, endpoint.headers), http.client.HTTPConnection(target.netloc)
    with psycopg.connect(conninfo, autocommit=True) as driver:
        for kind, (parameters, sql, given) in KINDS.items():
            _require_same(web, target.path, driver, kind, samples[0])
            for n in range(REPEATS + 1):
                asked = choose.choices(samples, k=QUERIES if n else WARM)
                addresses = [f"{target.path}?{urlencode(parameters(sample))}" for sample in asked]
                values = [given(sample) for sample in asked]
                over_http = _p50([partial(web.get, address) for address in addresses])
                by_python = _p50([partial(_get, python, address, endpoint.headers) for address in addresses])
                by_driver = _p50([partial(_select, driver, sql, value) for value in values])
                found[kind] += [Taken(over_http, by_python, by_driver)] if n else []
    return {kind: Taken(*map(median, zip(*rounds, strict=True))) for kind, rounds in found.items()}


def _require_same(web: Reader, path: str, driver: psycopg.Connection[Any], kind: str, sample: Sample) -> None:
    """Both sides fetch as much: the same number, stored at the same instants. Of those of one instant either takes any."""
    parameters, sql, given = KINDS[kind]
    answer = json.loads(web.get(f"{path}?{urlencode(parameters(sample))}"))
    ours = [one["stored"] for one in answer.get("statements", [answer])]
    theirs = [json.loads(raw)["stored"] for (raw,) in _select(driver, sql, given(sample))]
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
