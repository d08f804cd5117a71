"""Marks from a table: all of them, or none and every fault at its cell."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import Engine

from lms_tracker.actions.import_marks import import_marks
from lms_tracker.core.sheet import SheetFaults
from lms_tracker.store.db import reading
from lms_tracker.store.marks import marks_until
from tests.programme import add_programme

NOW = datetime(2026, 3, 20, tzinfo=UTC)


def file_of(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "marks.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def marks_of(db: Engine) -> list[tuple[int, str, Decimal, datetime]]:
    with reading(db) as tx:
        return [(row.learner_id, row.title, row.mark, row.marked_at) for row in marks_until(tx, 1, NOW)]


def test_marks_come_in_with_their_local_time_and_again_change_nothing(any_db: Engine, tmp_path: Path) -> None:
    add_programme(any_db)
    path = file_of(
        tmp_path,
        "学员,作业,成绩,评分时间,评语",
        "p1@example.org,作业一,88.5,2026/03/02,好",
        "李一凡,研修报告,90,2026-03-02 14:30,",
        "mbox:mailto:p2@example.org,作业一,0,,",
    )
    first = import_marks(any_db, path, "p1-principals", now=NOW)
    again = import_marks(any_db, path, "p1-principals", now=NOW)
    assert (first.recorded, first.unchanged, again.recorded, again.unchanged) == (3, 0, 0, 3)
    assert marks_of(any_db) == [
        (1, "作业一", Decimal("88.5"), datetime(2026, 3, 1, 16, tzinfo=UTC)),
        (1, "研修报告", Decimal(90), datetime(2026, 3, 2, 6, 30, tzinfo=UTC)),
        (2, "作业一", Decimal(0), NOW),
    ]


def test_one_wrong_row_keeps_all_out_and_every_fault_names_its_cell(db: Engine, tmp_path: Path) -> None:
    add_programme(db)
    path = file_of(
        tmp_path,
        "login,assignment,mark,marked at",
        "p1@example.org,作业一,88,",
        "p1@example.org,作业一,87,",
        "nobody,作业一,88,",
        "p2@example.org,作业九,88,",
        "p2@example.org,作业一,101,",
        "p3@example.org,作业一,gut,2026-03-40",
        "p4@example.org,作业一,70,2030-01-01",
        ",作业一,,",
    )
    with pytest.raises(SheetFaults) as caught:
        import_marks(db, path, "p1-principals", now=NOW)
    assert [str(fault) for fault in caught.value.faults] == [
        "row 3, column B assignment: p1@example.org has a mark for this in row 2 already",
        "row 4, column A login: nobody enrolled is called 'nobody'; give the login or the xAPI identifier",
        "row 5, column B assignment: no assignment is called '作业九' (there are: 作业一, 研修报告)",
        "row 6, column C mark: 101 is not between 0 and 100",
        "row 7, column C mark: 'gut' is not a number",
        "row 7, column D marked at: '2026-03-40' is not a time such as 2026-03-01 or 2026-03-01 14:30",
        "row 8, column D marked at: 2030-01-01 lies in the future",
        "row 9, column A login: is empty",
        "row 9, column C mark: is empty",
    ]
    assert marks_of(db) == []


def test_a_programme_that_is_not_there_is_named(db: Engine, tmp_path: Path) -> None:
    with pytest.raises(LookupError, match="'p9'"):
        import_marks(db, file_of(tmp_path, "login,assignment,mark"), "p9", now=NOW)
