"""Grades of a cohort as of any instant, from the tables."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import Engine, event

from lms_tracker.actions.gather_records import UnknownProgramme
from lms_tracker.actions.grade import grade_cohort
from lms_tracker.actions.ingest import ingest
from lms_tracker.actions.record_mark import MarkRefused, record_mark
from lms_tracker.actions.settle_study import settle_all
from lms_tracker.core.instants import EPOCH
from tests.core.study.tape import Tape, real, statement
from tests.programme import add_mark, add_programme, add_term

MARCH_16 = datetime(2026, 3, 15, 16, tzinfo=UTC)  # midnight in Shanghai


def test_study_and_marks_of_the_programme_count_up_to_the_instant(any_db: Engine) -> None:
    programme_id = add_term(any_db)
    grades = {grade.learner_id: grade for grade in grade_cohort(any_db, programme_id, MARCH_16)}
    assert {n: [part.have for part in grade.components] for n, grade in grades.items()} == {
        1: [13, 0, 0],  # March 16 has begun
        2: [1, 0, 0],
        3: [2, 1, 0],
        4: [0, 0, 0],
    }
    # 2 of 60 class hours: 1.33 -> 1.3 points; 90 of 600 marks: 4.5 points.
    assert [part.points for part in grades[3].components] == [Decimal("1.3"), Decimal("4.5"), Decimal("0.0")]
    assert [(s.label, s.value) for s in grades[3].components[1].sources] == [("作业一", 90)]
    later = grade_cohort(any_db, programme_id, datetime(2026, 3, 16, tzinfo=UTC), [2])
    assert [part.have for part in later[0].components] == [1, 0, 1]


def test_who_is_not_enrolled_yet_has_no_grade(any_db: Engine) -> None:
    programme_id = add_term(any_db)
    early = grade_cohort(any_db, programme_id, datetime(2026, 3, 1, tzinfo=UTC))
    assert [grade.learner_id for grade in early] == [1, 2, 3]


def test_a_replaced_mark_counts_until_the_new_one(any_db: Engine) -> None:
    programme_id = add_programme(any_db)
    first, second = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 8, tzinfo=UTC)
    record_mark(any_db, 1, 1, Decimal("40.5"), marked_by=None, comment=None, now=first)
    record_mark(any_db, 1, 1, Decimal("40.5"), marked_by=None, comment=None, now=second)
    record_mark(any_db, 1, 1, Decimal(80), marked_by=None, comment="好", now=second)
    marks = [
        [source.value for source in grade_cohort(any_db, programme_id, at, [1])[0].components[1].sources]
        for at in (datetime(2026, 2, 28, tzinfo=UTC), first, datetime(2026, 3, 7, tzinfo=UTC), second)
    ]
    assert marks == [[], [Decimal("40.5")], [Decimal("40.5")], [80]]


@pytest.mark.parametrize(("assignment", "learner", "mark"), [(1, 1, "100.5"), (1, 1, "NaN"), (1, 99, "5"), (9, 1, "5")])
def test_a_mark_that_cannot_be_is_refused(db: Engine, assignment: int, learner: int, mark: str) -> None:
    add_programme(db)
    with pytest.raises(MarkRefused):
        record_mark(db, assignment, learner, Decimal(mark), marked_by=None, comment=None, now=MARCH_16)


def test_an_older_mark_does_not_replace_a_newer_one(db: Engine) -> None:
    add_programme(db)
    add_mark(db, 1, 1, "70", MARCH_16)
    with pytest.raises(MarkRefused, match="made later"):
        record_mark(db, 1, 1, Decimal(60), marked_by=None, comment=None, now=datetime(2026, 3, 1, tzinfo=UTC))


def test_a_programme_that_is_not_there_is_named(db: Engine) -> None:
    with pytest.raises(UnknownProgramme, match="no programme with id 7"):
        grade_cohort(db, 7, MARCH_16)


def test_the_number_of_queries_does_not_grow_with_the_learners(db: Engine) -> None:
    programme_id = add_term(db)
    statements: list[str] = []
    event.listen(db, "before_cursor_execute", lambda *args: statements.append(args[2]))
    grade_cohort(db, programme_id, datetime(2026, 4, 1, tzinfo=UTC), [1])
    one = len(statements)
    grade_cohort(db, programme_id, datetime(2026, 4, 1, tzinfo=UTC))
    assert len(statements) == 2 * one


def test_evidence_counts_from_its_receipt_on_settled_or_not(any_db: Engine) -> None:
    programme_id = add_programme(any_db)
    session = [real(event) for event in Tape("s", activity="urn:a").watch(600).events]
    said = [json.dumps(statement(event) | {"actor": {"mbox": "mailto:p1@example.org"}}).encode() for event in session]
    received = [EPOCH + timedelta(microseconds=event.stored) for event in session]
    ingest(any_db, said, credential=None, evidence="declared", now=MARCH_16, stored=received)
    middle, end = received[len(received) // 2], received[-1]

    def credited_s() -> list[int]:
        grades = [grade_cohort(any_db, programme_id, at, [1])[0] for at in (received[0], middle, end)]
        return [round(grade.components[0].have * 2700) for grade in grades]

    before = credited_s()
    settle_all(any_db, lambda: MARCH_16)
    assert before == credited_s() == [0, 300, 600]
