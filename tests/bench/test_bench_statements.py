"""What is measured must be real: statements that the product accepts, and sessions that it credits."""

from datetime import UTC, datetime

import msgspec

from lms_tracker.core.study.engine import settle_many
from lms_tracker.core.study.policy import StudyPolicy
from lms_tracker.core.xapi.parse import parse_statement
from tests.bench.engine import evidence_of
from tests.bench.statements import Mint, sessions


def test_minted_statements_are_valid_new_and_of_the_size_that_peers_were_measured_with() -> None:
    mint = Mint(pool=200)
    batch = msgspec.json.decode(mint.body(200))
    for statement in batch:
        parse_statement(statement)
    assert len({statement["id"] for statement in batch}) == 200
    assert all(1300 < len(mint.body(1)) < 1600 for _ in range(200))


def test_measured_sessions_are_studied_and_credited() -> None:
    lines = [msgspec.json.encode(s) for s in sessions(1, datetime(2026, 3, 1, tzinfo=UTC), 300)]
    ((_, entries),) = settle_many(evidence_of([lines]), StudyPolicy())
    assert len(entries) >= 3
    assert sum(entry.credited_us for entry in entries) > 0.5 * sum(entry.raw_us for entry in entries) > 0
