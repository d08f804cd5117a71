"""`settle.*`: one new event of a learner with a long past, on PostgreSQL."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import orjson
from sqlalchemy import Engine, text

from lms_tracker.actions.ingest import ingest
from lms_tracker.actions.settle_study import settle_all, settle_pending
from lms_tracker.actions.upgrade_database import upgrade_database
from lms_tracker.store.db import open_db
from tests import services
from tests.bench.figures import Figure, median, seconds
from tests.bench.statements import sessions

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
NOW = datetime(2032, 3, 1, tzinfo=UTC)
FEW, MANY, NEW = 1_000, 100_000, 200


def measure() -> Iterator[Figure]:
    """Each new event is settled by itself."""
    with services.postgresql() as server:
        db = open_db(server.render_as_string(hide_password=False))
        upgrade_database(db)
        few, many = (_settle_each(db, learner, past) for learner, past in ((1, FEW), (2, MANY)))
        db.dispose()
    p50, p99, most = (1000 * sorted(many)[round(share * (NEW - 1))] for share in (0.5, 0.99, 1))
    detail = (
        f"{NEW} events after {MANY}: median {p50:.1f} ms, slowest {most:.1f}; after {FEW}: {median(few) * 1000:.1f} ms"
    )
    yield Figure("settle.p99_ms", p99, "ms", "lower", detail, 20)
    yield Figure("settle.growth", median(many) / median(few), "ratio", "lower", detail, 2)


def _settle_each(db: Engine, learner: int, past: int) -> list[float]:
    """How long settling takes after each of the newest events."""
    said = [orjson.dumps(s) for s in sessions(learner, BEGIN, past + NEW)]
    for start in range(0, past, 500):
        _ingest(db, said[start : min(start + 500, past)])
    settle_all(db, lambda: NOW)
    with db.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for what in ("VACUUM ANALYZE", "CHECKPOINT"):  # what the past leaves to be done is not measured
            connection.execute(text(what))
    took = []
    for number, event in enumerate(said[past:]):
        _ingest(db, [event])
        now = NOW + timedelta(seconds=number)
        took.append(seconds(lambda now=now: settle_pending(db, lambda: now)))  # type: ignore[misc]
    return took


def _ingest(db: Engine, said: list[bytes]) -> None:
    ingest(db, said, credential=None, evidence="declared", now=NOW, received=False)
