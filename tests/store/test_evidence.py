"""Statements that are read side by side, as whoever settles does, say what they say one by one."""

import json
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine

from lms_tracker.actions.credentials import create_credential
from lms_tracker.actions.ingest import ingest
from lms_tracker.core.study.evidence import Evidence
from lms_tracker.core.study.reading import Reader, read_statements
from lms_tracker.store import evidence
from lms_tracker.store.db import reading
from lms_tracker.store.evidence import learners_with_statements, stored_statements, told_together
from tests.core.study.tape import Tape, real, statement

NOW = datetime(2026, 3, 20, tzinfo=UTC)


def from_several_sources(db: Engine) -> None:
    """Each a session of another learner: declared and proved, received and brought from a file, of two sources and none."""
    moodle, _ = create_credential(db, "moodle", now=NOW)
    player, _ = create_credential(db, "player", evidence="proved", now=NOW)
    for number, (source, proved, received) in enumerate(
        [(player, True, True), (None, False, False), (moodle, False, True), (moodle, False, False), (None, True, False)]
    ):
        events = map(real, Tape(str(number)).watch(120).events)
        said = [json.dumps(statement(event, f"learner{number}")).encode() for event in events]
        by = "proved" if proved else "declared"
        ingest(db, said, credential=source, evidence=by, now=NOW, received=received)


def rows(evidence: Evidence) -> list[tuple[object, ...]]:
    """What is said of each statement's origin, and of its time, by its number."""
    columns = (evidence.seq, evidence.at, evidence.stored, evidence.received, evidence.proved, evidence.playing)
    learners = [evidence.keys[number].learner_id for number in evidence.session]
    sources = [evidence.sources[number] for number in evidence.source]
    return sorted(zip(*(column.tolist() for column in columns), learners, sources, evidence.ids, strict=True))


@pytest.mark.parametrize("at_once", [1, 7, 250])
def test_read_side_by_side_statements_come_from_where_they_came_from(
    any_db: Engine, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from_several_sources(any_db)
    monkeypatch.setattr(evidence, "AT_ONCE", at_once)
    reader = Reader()
    with reading(any_db) as tx:
        learners = learners_with_statements(tx)
        for told in told_together(tx, learners):
            reader.add(told)
        one_by_one = read_statements(stored_statements(tx, learners))
    found = rows(reader.evidence())
    assert found == rows(one_by_one)
    assert {(source, proved, received) for _, _, _, received, proved, _, _, source, _ in found} == {
        ("player", True, True), ("", False, False), ("moodle", False, True), ("moodle", False, False), ("", True, False),
    }  # fmt: skip
