"""`engine.*`: the study-time engine on one core, against parsing the same statements."""

import itertools
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import orjson

from lms_tracker.actions.ingest import ingest
from lms_tracker.actions.settle_study import settle_all
from lms_tracker.actions.upgrade_database import upgrade_database
from lms_tracker.core.instants import to_us
from lms_tracker.core.study.engine import settle_many
from lms_tracker.core.study.evidence import Evidence
from lms_tracker.core.study.policy import StudyPolicy
from lms_tracker.core.study.reading import read_statements
from lms_tracker.core.xapi.timestamps import parse_timestamp
from lms_tracker.store.db import open_db
from tests.bench.figures import REPEATS, Figure, median, seconds
from tests.bench.statements import sessions

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
NOW = datetime(2027, 3, 1, tzinfo=UTC)
LEARNERS, EACH = 40, 500
FEW, MANY = 2_000, 20_000


def measure() -> Iterator[Figure]:
    """Medians of three; every repetition settles everything anew."""
    lines = [[orjson.dumps(s) for s in sessions(learner, BEGIN, EACH)] for learner in range(LEARNERS)]
    count = LEARNERS * EACH
    parse = count / median(seconds(lambda: _parse(lines)) for _ in range(REPEATS))
    columns = evidence_of(lines)
    pure = count / median(seconds(lambda: list(settle_many(columns, StudyPolicy()))) for _ in range(REPEATS))
    against = f"{count} statements of {LEARNERS} learners; orjson.loads {parse:,.0f}/s"
    yield Figure("engine.pure.orjson_ratio", pure / parse, "ratio", "higher", f"{pure:,.0f} events/s; {against}", 3)
    rows = count / median(_settle_rows(lines) for _ in range(REPEATS))
    yield Figure("engine.rows.orjson_ratio", rows / parse, "ratio", "higher", f"{rows:,.0f} rows/s; {against}", 0.4)
    few, many = (evidence_of([[orjson.dumps(s) for s in sessions(1, BEGIN, n)]]) for n in (FEW, MANY))
    short = median(seconds(lambda: list(settle_many(few, StudyPolicy()))) for _ in range(REPEATS))
    long = median(seconds(lambda: list(settle_many(many, StudyPolicy()))) for _ in range(REPEATS))
    detail = f"one learner: {FEW} events {short * 1000:.0f} ms, {MANY} events {long * 1000:.0f} ms"
    yield Figure("engine.linearity", long / short / (MANY / FEW), "ratio", "lower", detail, 1.1)


def _parse(lines: list[list[bytes]]) -> None:
    for line in itertools.chain(*lines):
        orjson.loads(line)  # nothing is kept: the collector of garbage must not slow down the reference


def evidence_of(people: list[list[bytes]]) -> Evidence:
    """The evidence in the statements (JSON) of people, as if imported from files."""
    return read_statements(
        (learner, line, at := to_us(parse_timestamp(msgspec.json.decode(line)["timestamp"])), at, False, "", False)
        for learner, lines in enumerate(people)
        for line in lines
    )


def _settle_rows(lines: list[list[bytes]]) -> float:
    with tempfile.TemporaryDirectory(prefix="lms-bench-") as folder:
        db = open_db(f"sqlite:///{Path(folder) / 'bench.db'}")
        try:
            upgrade_database(db)
            for batch in lines:
                ingest(db, list(batch), credential=None, evidence="declared", now=NOW, received=False)
            return seconds(lambda: settle_all(db, lambda: NOW))
        finally:
            db.dispose()
