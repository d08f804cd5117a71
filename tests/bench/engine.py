"""`engine.*`: the study-time engine on one core, against parsing the same statements."""

import itertools
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import msgspec
import orjson
from sqlalchemy import Engine, delete

from lms_tracker.actions.ingest import ingest
from lms_tracker.actions.settle_study import request_recompute, settle_all
from lms_tracker.actions.upgrade_database import upgrade_database
from lms_tracker.core.instants import to_us
from lms_tracker.core.study.engine import settle_many
from lms_tracker.core.study.evidence import Evidence
from lms_tracker.core.study.policy import StudyPolicy
from lms_tracker.core.study.reading import read_statements
from lms_tracker.core.xapi.timestamps import parse_timestamp
from lms_tracker.store.db import open_db, reading, writing
from lms_tracker.store.evidence import learners_with_statements
from lms_tracker.store.tables import ledger
from tests import services
from tests.bench.figures import REPEATS, Figure, median, seconds
from tests.bench.statements import sessions

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
NOW = datetime(2027, 3, 1, tzinfo=UTC)
LEARNERS, EACH, TOGETHER = 60, 1000, 20
"""Learners, events of each, and how many learners' columns are settled at once, as the worker does."""
FEW, MANY = 2_000, 20_000


def measure() -> Iterator[Figure]:
    """Medians of three; every repetition settles everything anew, beside parsing the same statements."""
    lines = [[orjson.dumps(s) for s in sessions(learner, BEGIN, EACH)] for learner in range(LEARNERS)]
    pieces = [evidence_of(lines[start : start + TOGETHER]) for start in range(0, LEARNERS, TOGETHER)]
    yield _against_parsing("engine.pure.orjson_ratio", lines, lambda: _settle_columns(pieces), 3)
    with services.postgresql() as server:
        db = open_db(server.render_as_string(hide_password=False))
        upgrade_database(db)
        for batch in lines:
            ingest(db, list(batch), credential=None, evidence="declared", now=NOW, received=False)
        yield _against_parsing("engine.rows.orjson_ratio", lines, lambda: _settle_rows(db), 0.4)
        db.dispose()
    few, many = ([evidence_of([[orjson.dumps(s) for s in sessions(1, BEGIN, n)]])] for n in (FEW, MANY))
    short, long = (median(_settle_columns(pieces) for _ in range(REPEATS)) for pieces in (few, many))
    detail = f"one learner: {FEW} events {short * 1000:.0f} ms, {MANY} events {long * 1000:.0f} ms"
    yield Figure("engine.linearity", long / short / (MANY / FEW), "ratio", "lower", detail, 1.1)


def _against_parsing(name: str, lines: list[list[bytes]], work: Callable[[], float], target: float) -> Figure:
    """Statements a second of `work` (which says how long it took) over those of parsing, one right after the other."""
    took = [(seconds(lambda: _parse(lines)), work()) for _ in range(REPEATS)]
    count = sum(map(len, lines))
    parse, own = (median(times) for times in zip(*took, strict=True))
    detail = f"{count / own:,.0f}/s; {count} statements of {len(lines)} learners; orjson.loads {count / parse:,.0f}/s"
    return Figure(name, median(parsing / mine for parsing, mine in took), "ratio", "higher", detail, target)


def _settle_columns(pieces: list[Evidence]) -> float:
    return seconds(lambda: [ledger for piece in pieces for ledger in settle_many(piece, StudyPolicy())])


def _settle_rows(db: Engine) -> float:
    with writing(db) as tx:
        tx.execute(delete(ledger))
    with reading(db) as tx:
        learners = learners_with_statements(tx)
    request_recompute(db, learners, NOW)
    return seconds(lambda: settle_all(db, lambda: NOW))


def _parse(lines: list[list[bytes]]) -> None:
    for line in itertools.chain(*lines):
        orjson.loads(line)  # nothing is kept: the collector of garbage must not slow down the reference


def evidence_of(people: list[list[bytes]]) -> Evidence:
    """The evidence in the statements (JSON) of people, as if imported from files."""
    return read_statements(
        (learner, line, at := to_us(parse_timestamp(msgspec.json.decode(line)["timestamp"])), at, False, "", False, 0)
        for learner, lines in enumerate(people)
        for line in lines
    )
