"""The operators' commands for grades, bulletins, marks and policies, as they are typed."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from openpyxl import load_workbook
from sqlalchemy import Engine, update

from lms_tracker.cli import cli
from lms_tracker.core.sealed import opened
from lms_tracker.store import tables as t
from lms_tracker.store.db import writing
from tests.programme import add_term

Run = Callable[..., Result]


@pytest.fixture
def run(db: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Calls `lms-tracker` on a database with a term in it."""
    add_term(db)
    monkeypatch.setenv("LMS_TRACKER_DATABASE_URL", db.url.render_as_string(hide_password=False))
    monkeypatch.setenv("LMS_TRACKER_VAR_DIR", str(tmp_path))

    def call(*args: object) -> Result:
        return CliRunner().invoke(cli, [str(arg) for arg in args])

    return call


def test_grades_are_exported_as_json_lines(run: Run) -> None:
    result = run("grades", "export", "--programme", "p1-principals", "--as-of", "2026-03-16T00:00:00+08:00")
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(line["name"], line["final"], line["status"]) for line in lines] == [
        ("李一凡", 8.7, "in_progress"),
        ("王二妮", 0.7, "in_progress"),
        ("张三丰", 5.8, "in_progress"),
        ("赵四海", 0, "in_progress"),
    ]
    assert lines[2]["components"][1]["sources"] == [{"label": "作业一", "value": 90, "ref": "mark:1", "points": 4.5}]
    assert lines[0]["missing"][0]["zh"] == "课程学习与学时：还差 23 学时（至少需要 36 学时）"
    assert lines[0]["policy"].startswith("p1-principals@")


def test_grades_are_exported_as_csv_and_a_name_is_no_formula(run: Run, db: Engine) -> None:
    with writing(db) as tx:
        tx.execute(update(t.learner).where(t.learner.c.id == 1).values(name="=1+1"))
    rows = list(
        csv.DictReader(io.StringIO(run("grades", "export", "--programme", "p1-principals", "--format", "csv").stdout))
    )
    assert rows[0]["name"] == "'=1+1"
    assert {"coursework_weight", "coursework_points", "bonus", "final", "status", "missing_zh", "missing_en"} <= set(
        rows[0]
    )


def test_grades_are_exported_as_a_workbook(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "grades.xlsx"
    assert run("grades", "export", "--programme", "p1-principals", "--format", "xlsx").exit_code == 1
    assert run("grades", "export", "--programme", "p1-principals", "--format", "xlsx", "--out", out).exit_code == 0
    book = load_workbook(out)
    header, first = list(book["成绩"].iter_rows(max_row=2, values_only=True))
    row = dict(zip(header, first, strict=True))
    assert (row["姓名"], row["状态"]) == ("李一凡", "进行中")
    assert row["课程学习与学时（得分，满分 40）"] == 8.7  # 13 of 60 class hours


def test_a_programme_that_is_not_there_is_named_with_those_that_are(run: Run) -> None:
    result = run("grades", "export", "--programme", "p2")
    assert result.exit_code == 1
    assert "no programme has the slug 'p2' (there are: p1-principals)" in result.output


def test_a_bulletin_is_written_in_four_forms_and_again_the_same(run: Run, tmp_path: Path) -> None:
    args = ("bulletin", "issue", "--programme", "p1-principals", "--period", "2026-03-H1")
    first = run(*args, "--as-of", "2026-03-16T00:15:00+08:00", "--out", tmp_path / "a")
    again = run(*args, "--out", tmp_path / "b")
    assert "version 1: issued, cut-off 2026-03-15T16:15:00Z" in first.output
    assert "version 1: already issued" in again.output
    files = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert files == [f"p1-principals-2026-03-H1.{suffix}" for suffix in ("html", "json", "pdf", "xlsx")]
    assert all((tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes() for name in files)
    assert opened((tmp_path / "a" / "p1-principals-2026-03-H1.json").read_bytes())["all"]["enrolled"] == 4
    assert "2026-03-H1\tversion 1\tcut-off 2026-03-15T16:15:00Z\tin force" in run("bulletin", "list").output


@pytest.mark.parametrize(
    ("period", "message"),
    [("2026-3", "is not a period: expected a half month"), ("2020-01", "p1-principals runs from 2026-02-01")],
)
def test_a_bulletin_that_cannot_be_is_refused_in_one_line(run: Run, tmp_path: Path, period: str, message: str) -> None:
    result = run("bulletin", "issue", "--programme", "p1-principals", "--period", period, "--out", tmp_path / "a")
    assert result.exit_code == 1 and message in result.output and "Traceback" not in result.output
    assert not (tmp_path / "a").exists()


def test_work_is_set_and_its_marks_come_in(run: Run, tmp_path: Path) -> None:
    assign = ("marks", "assign", "--programme", "p1-principals", "--title", "作业二")
    assert "no part of p1-principals by marks (assignments, research)" in run(*assign, "--component", "homework").output
    assert run(*assign, "--component", "assignments", "--due", "2026-04-01").exit_code == 0
    table = tmp_path / "marks.csv"
    table.write_text("学员,作业,成绩\n李一凡,作业二,77\n", encoding="gb18030")
    assert "1 marks recorded, 0 unchanged" in run("marks", "import", table, "--programme", "p1-principals").output
    table.write_text("学员,作业,成绩\n李一凡,作业二,177\n", encoding="utf-8")
    refused = run("marks", "import", table, "--programme", "p1-principals")
    assert refused.exit_code == 1
    assert "nothing was imported; 1 fault(s):\nrow 2, column C 成绩: 177 is not between 0 and 100" in refused.output


def test_policies_are_checked_by_name_and_by_file(run: Run, tmp_path: Path) -> None:
    assert "p1-principals: in order, p1-principals@" in run("policy", "check", "p1-principals").output
    assert run("policy", "check").exit_code == 0
    bad = tmp_path / "bad.toml"
    bad.write_text('[programme]\nname = "x"\n[grade]\npass_mark = 60\nbonus = 1\n', encoding="utf-8")
    result = run("policy", "check", bad)
    assert result.exit_code == 1
    for fault in ("programme.name: ", "grade.bonus: unknown key", "component: at least one [[component]]"):
        assert f"{bad}: {fault}" in result.output


def test_results_are_frozen_listed_and_written_as_they_were_frozen(run: Run, tmp_path: Path) -> None:
    of = ("--programme", "p1-principals")
    assert run("results", "list", *of).stdout == "nothing was frozen\n"
    done = run("results", "freeze", *of, "--as-of", "2026-03-16T00:00:00+08:00", "--reason", "中期评定")
    assert "p1-principals results version 1: 4 learners, 0 passed, 0 failed, 4 not finished" in done.stdout
    run("results", "freeze", *of, "--as-of", "2026-03-16T00:00:00+08:00", "--reason", "更正")
    lines = run("results", "list", *of).stdout.splitlines()
    assert [line.split("\t")[2] for line in lines] == ["in force", "superseded"]
    out = tmp_path / "results.json"
    run("results", "export", *of, "--version", 1, "--out", out)
    content = opened(out.read_bytes())
    assert (content["version"], content["as_of"]) == (1, "2026-03-15T16:00:00Z")
    assert [one["name"] for one in content["people"]] == ["李一凡", "王二妮", "张三丰", "赵四海"]
    run("results", "export", *of, "--format", "xlsx", "--out", tmp_path / "results.xlsx")
    assert load_workbook(tmp_path / "results.xlsx")["全部"].max_row == 5
    refused = run("results", "export", *of, "--version", 9, "--out", out)
    assert refused.exit_code == 1 and "(versions: 2, 1)" in refused.output
    assert run("results", "freeze", *of, "--reason", " ").exit_code == 1


AS_OF = "2026-03-16T00:00:00+08:00"


def test_several_processes_export_what_one_does_and_the_tree_adds_up(run: Run) -> None:
    same = ("grades", "export", "--programme", "p1-principals", "--as-of", AS_OF)
    one, two = run(*same, "--explain"), run(*same, "--explain", "--workers", 2)
    assert (one.exit_code, two.exit_code) == (0, 0)
    assert [json.loads(line) for line in two.stdout.splitlines()] == [json.loads(x) for x in one.stdout.splitlines()]
    li = json.loads(one.stdout.splitlines()[0])
    parts = [node for node in li["explained"]["children"] if node["kind"] == "part"]
    assert sum(node["points"] for node in parts) == li["final"] == 8.7
    assert parts[0]["children"][0]["ref"] == "course:1" and parts[0]["rule"]["en"].startswith(
        "weight 40: 60 class hours"
    )
    refused = run(*same, "--format", "csv", "--explain")
    assert refused.exit_code == 1 and "are for --format jsonl" in refused.output


def test_a_result_is_set_and_taken_back(run: Run) -> None:
    programme = ("--programme", "p1-principals")
    result = run(
        "grades", "set", *programme, "--learner", "李一凡", "--part", "status", "--to", "passed", "--reason", "决定"
    )
    assert result.output == "override 1: status is passed\n"
    assert run("grades", "unset", 1, "--reason", "误").output == "override 1: withdrawn\n"
    wrong = run("grades", "set", *programme, "--learner", "李一凡", "--part", "thesis", "--to", "1", "--reason", "决定")
    assert (
        wrong.exit_code == 1
        and "there is no part 'thesis' (there are: coursework, assignments, research," in wrong.output
    )
    nobody = run("grades", "unset", 99, "--reason", "x")
    assert nobody.exit_code == 1 and "override 99 is not in force" in nobody.output


def test_who_is_out_and_who_is_honoured_is_listed(run: Run, db: Engine) -> None:
    with writing(db) as tx:
        tx.execute(update(t.programme).values(policy="p5-reserve"))
    result = run("grades", "standing", "--programme", "p1-principals", "--as-of", "2026-03-20T00:00:00+08:00")
    assert result.output.splitlines()[-1] == "4 people, 0 meet a standing rule, 0 honours", "nobody has points yet"


def test_achievements_are_previewed_imported_and_withdrawn(run: Run, tmp_path: Path) -> None:
    sheet = tmp_path / "学分.csv"
    sheet.write_text(
        "登录名,类别,名称,日期,分数\n李一凡,考试,英语,2026-03-01,84\n王二妮,出勤,第一讲,2026-03-02,\n", encoding="utf-8"
    )
    same = ("achievements", "import", sheet, "--programme", "p1-principals")
    assert run(*same, "--preview").output == "row 2: new: 李一凡, exam, 英语\nrow 3: new: 王二妮, attendance, 第一讲\n"
    assert run(*same).output == "2 recorded, 0 replaced, 0 unchanged\n"
    assert run(*same).output == "0 recorded, 0 replaced, 2 unchanged\n"
    assert run("achievements", "withdraw", 1, "--reason", "somebody else sat it").output == "achievement 1: withdrawn\n"
    assert run("achievements", "withdraw", 1, "--reason", "again").exit_code == 1
    sheet.write_text("登录名,类别,名称,日期\n李一凡,考试,英语,gestern\n", encoding="utf-8")
    wrong = run(*same)
    assert wrong.exit_code == 1 and "row 2, column D 日期: 'gestern' is not a date such as" in wrong.output
    assert "exam: 考试, exam; needs value; may have out_of" in run("achievements", "kinds").output
