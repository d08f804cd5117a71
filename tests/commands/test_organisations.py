"""The tree of organisations and moving learners, as an operator types it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine

from lms_tracker.cli import cli

Run = Callable[..., Result]
TREE = (
    "机构,类别,上级,学校类别\n青禾组,领导小组,,\n青禾中心,培训中心,青禾组,\n东片,区县,青禾中心,\n甲校,学校,东片,乡镇\n"
)
PEOPLE = "姓名,登录名,学校,学校类别,班级\n林知远,p01,甲校,乡镇,一班\n周清岚,p02,乙校,乡镇,二班\n"


@pytest.fixture
def run(db: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    for name, value in {"DATABASE_URL": str(db.url), "VAR_DIR": str(tmp_path)}.items():
        monkeypatch.setenv(f"LMS_TRACKER_{name}", value)
    (tmp_path / "tree.csv").write_text(TREE, encoding="utf-8")
    (tmp_path / "people.csv").write_text(PEOPLE, encoding="utf-8")
    return lambda *arguments: CliRunner().invoke(cli, arguments)


def test_a_tree_is_imported_shown_moved_and_closed_and_nothing_is_deleted(run: Run, tmp_path: Path) -> None:
    file = str(tmp_path / "tree.csv")
    assert "would be added 4" in run("organisation", "import", file, "--dry-run").output
    assert run("organisation", "list").output == ""
    assert "added 4, moved 0, unchanged 0" in run("organisation", "import", file).output
    assert "added 0, moved 0, unchanged 4" in run("organisation", "import", file).output
    listed = run("organisation", "list", "--schools").output.splitlines()
    assert listed == ["青禾组  leading_group", "  青禾中心  centre", "    东片  district", "      甲校  school"]
    assert "close or move that first" in run("organisation", "close", "青禾中心").output
    assert "东片 stands under 青禾组" in run("organisation", "move", "东片", "--under", "青禾组").output
    assert "closed" in run("organisation", "close", "青禾中心").output
    assert "  青禾中心  centre  closed" in run("organisation", "list").output
    assert "cannot stand there" in run("organisation", "move", "东片", "--under", "青禾中心").output
    assert "no organisation is named '没有'" in run("organisation", "move", "没有").output


def test_faults_of_a_table_are_all_named_and_nothing_is_imported(run: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_text("机构,类别,上级\n甲,村,\n乙,区县,丁\n", encoding="utf-8")
    answer = run("organisation", "import", str(tmp_path / "bad.csv"))
    assert answer.exit_code == 1 and "row 2, column B" in answer.output
    assert run("organisation", "list").output == ""


def test_a_learner_is_moved_leaves_and_returns_and_the_history_tells(run: Run, tmp_path: Path) -> None:
    options = "--name 培训 --policy p1-principals --starts 2026-03-01 --ends 2027-02-28"
    run("programme", "create", "p1", *options.split())
    assert run("roster", "import", str(tmp_path / "people.csv"), "--programme", "p1").exit_code == 0
    who = ("--learner", "p01", "--programme", "p1")
    moved = run("roster", "move", *who, "--class", "二班", "--on", "2026-03-10", "--reason", "调班")
    assert moved.output == "moved\n", moved.output
    assert "has no class '九班'" in run("roster", "move", *who, "--class", "九班", "--reason", "x").output
    assert "a reason is needed" in run("roster", "move", *who, "--class", "一班").output
    assert run("roster", "leave", *who, "--on", "2026-03-12", "--reason", "病假").exit_code == 0
    assert run("roster", "return", *who, "--on", "2026-03-15", "--reason", "康复").exit_code == 0
    assert run("roster", "history", *who).output.splitlines() == [
        "2026-03-01  began  一班  甲校",
        "2026-03-10  moved  二班  甲校  operator: 调班",
        "2026-03-12  left  二班  甲校  operator: 病假",
        "2026-03-15  returned  二班  甲校  operator: 康复",
    ]
