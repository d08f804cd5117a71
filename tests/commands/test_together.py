"""Attendance, exams and books as an operator brings them in: all faults with their cells, nothing half, no doubles."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine, func, select

from lms_tracker.actions.exams import ExamForm, create_exam
from lms_tracker.actions.meetings import MeetingForm, create_meeting
from lms_tracker.cli import cli
from lms_tracker.store import tables as t
from lms_tracker.store.db import reading
from tests.programme import NAMES, add_programme

NOW = datetime(2026, 3, 20, 4, tzinfo=UTC)
Bring = Callable[..., Result]


@pytest.fixture
def bring(db: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Bring:
    """`bring(command, cells, *options)`: imports a table into the programme."""
    for name, value in {"DATABASE_URL": str(db.url), "VAR_DIR": str(tmp_path)}.items():
        monkeypatch.setenv(f"LMS_TRACKER_{name}", value)
    add_programme(db)

    def run(command: str, text: str, *options: str) -> Result:
        (tmp_path / "list.csv").write_text(text, encoding="utf-8")
        at = ["--programme", "p1-principals", *options]
        return CliRunner().invoke(cli, [command, "import", str(tmp_path / "list.csv"), *at])

    return run


def count(db: Engine, table: object) -> int:
    with reading(db) as tx:
        return tx.scalar(select(func.count()).select_from(table)) or 0  # type: ignore[arg-type]


def test_a_reading_list_comes_in_whole_and_without_doubles(db: Engine, bring: Bring) -> None:
    text = "书名,作者,教育专著\n爱弥儿,卢梭,是\n活着,余华,\n"
    seen = bring("book", text, "--preview")
    assert "row 2: added: 爱弥儿" in seen.output and count(db, t.book) == 0
    assert "added 2, changed 0, unchanged 0" in bring("book", text).output
    assert "added 0, changed 0, unchanged 2" in bring("book", text).output
    bad = bring("book", "书名,教育专著\n,是\n爱弥儿,也许\n")
    assert bad.exit_code == 1 and "row 2, column A" in bad.output and "row 3, column B" in bad.output
    listed = CliRunner().invoke(cli, ["book", "list", "--programme", "p1-principals"]).output
    assert listed.splitlines()[0] == "爱弥儿  卢梭  monograph" and count(db, t.book) == 2


def test_results_of_an_exam_come_in_whole_and_a_correction_leaves_the_one_before(db: Engine, bring: Bring) -> None:
    id = create_exam(db, 1, ExamForm("期末", date(2026, 3, 18)), by=None, now=NOW)
    one, two = NAMES[1], NAMES[2]
    text = f"姓名,成绩,状态\n{one},84,\n{two},,缺考\n"
    seen = bring("exam", text, "--exam", "期末", "--preview")
    assert f"row 2: new: {one}, 84" in seen.output and "2 would change" in seen.output and count(db, t.exam_result) == 0
    assert "2 results, 2 changed" in bring("exam", text, "--exam", str(id)).output
    assert "2 results, 0 changed" in bring("exam", text, "--exam", str(id)).output
    assert "1 changed" in bring("exam", text.replace("84", "88"), "--exam", "期末").output
    assert count(db, t.exam_result) == 3
    bad = bring("exam", f"姓名,成绩\n{one},120\n谁也不是,80\n", "--exam", "期末")
    assert bad.exit_code == 1 and "row 2, column B" in bad.output and "row 3, column A" in bad.output
    assert "none of this programme" in bring("exam", text, "--exam", "期中").output
    assert "2026-03-18" in CliRunner().invoke(cli, ["exam", "list", "--programme", "p1-principals"]).output


def test_presence_comes_in_and_rows_that_mean_nobody_are_named(db: Engine, bring: Bring) -> None:
    times = (NOW - timedelta(hours=3), NOW - timedelta(hours=1))
    form = MeetingForm("live", "答疑直播", "", *times)
    id = create_meeting(db, 1, form, by=None, now=NOW - timedelta(days=1))
    text = f"姓名,分钟\n{NAMES[1]},118\n{NAMES[2]},20\n过路人,60\n"
    seen = bring("attendance", text, "--meeting", "答疑直播", "--preview")
    assert f"{NAMES[1]}: present, 118 min" in seen.output and count(db, t.presence) == 0
    first = bring("attendance", text, "--meeting", str(id))
    assert first.exit_code == 3 and "row 4: '过路人' means nobody of the class" in first.output
    assert "3 rows, 2 people, 2 changed" in first.output
    assert "0 changed" in bring("attendance", text, "--meeting", str(id)).output
    bad = bring("attendance", f"姓名,分钟\n{NAMES[1]},很久\n", "--meeting", str(id))
    assert bad.exit_code == 1 and "row 2, column B" in bad.output
    assert "答疑直播" in CliRunner().invoke(cli, ["attendance", "list", "--programme", "p1-principals"]).output
