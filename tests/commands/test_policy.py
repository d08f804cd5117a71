"""`lms-tracker policy`, as it is typed: check, diff, adopt; and what a faulty one keeps from starting."""

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine, select

from lms_tracker.actions.settle_study import settle_all
from lms_tracker.cli import cli
from lms_tracker.commands import sound_policies
from lms_tracker.paths import resource
from lms_tracker.store.db import reading
from lms_tracker.store.tables import ledger
from tests.actions.test_adopt_policy import NOW
from tests.actions.test_settle_study import send
from tests.core.study.tape import Tape
from tests.policies import install
from tests.programme import add_programme

Run = Callable[..., Result]


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    return install(monkeypatch, tmp_path / "installed")


@pytest.fixture
def run(db: Engine, files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Calls `lms-tracker` on a programme in which 李一凡 studied for an hour, a minute of it out of sight."""
    add_programme(db)
    with db.begin() as tx:
        tx.exec_driver_sql("INSERT INTO identity (ifi, learner_id) VALUES ('account:https://lms.example.edu ann', 1)")
    send(db, Tape("a", activity="urn:a").watch(1800).events)
    tape = Tape("b", activity="urn:a", start=5000).play(0, 1800, inputs=1).beats(0, 60, 1800)
    away = tape.beats(60, 90, 1860, visible=False).beats(90, 120, 1890, visible=False)
    send(db, away.beats(120, 1800, 1920, inputs=1, visible=True).pause(1800, 3600, inputs=1).events)
    settle_all(db, lambda: NOW)
    monkeypatch.setenv("LMS_TRACKER_DATABASE_URL", db.url.render_as_string(hide_password=False))
    monkeypatch.setenv("LMS_TRACKER_VAR_DIR", str(tmp_path))

    def call(*args: object) -> Result:
        return CliRunner().invoke(cli, [str(arg) for arg in args])

    return call


DIFF = ("policy", "diff", "p1-principals", "strict", "--programme", "p1-principals")
ADOPT = ("policy", "adopt", "strict", "--programme", "p1-principals", "--from", "2026-03-01")


def test_a_comparison_reads_totals_first_and_then_who_gains_or_loses(run: Run) -> None:
    lines = run(*DIFF).output.splitlines()
    assert lines[0].startswith("p1-principals: strict@") and "instead of p1-principals@" in lines[0]
    assert lines[1] == "4 learners: 0 gain, 1 lose, 3 stay as they are"
    assert lines[2].split() == ["credited", "1.00", "->", "0.98", "h", "-0.02"]
    assert [line for line in lines if line.startswith("李一凡")] == [lines[-1]]
    assert lines[-1] == "李一凡: credited -0.02 h (hidden +0.02 h)"


def test_a_comparison_by_machine_has_the_same_figures(run: Run) -> None:
    head, *people = (json.loads(line) for line in run(*DIFF, "--format", "jsonl").stdout.splitlines())
    assert (head["totals"]["learners"], head["totals"]["lose"]) == (4, 1)
    lost = -people[0]["change"]["credited_seconds"]
    assert lost == people[0]["change"]["discounted"]["hidden"] == sum(head["totals"]["discounted"]["hidden"]) > 0
    assert (people[0]["name"], people[0]["change"]["direction"]) == ("李一凡", "loses")
    assert people[1]["old"] == people[1]["new"]
    rows = list(csv.DictReader(io.StringIO(run(*DIFF, "--format", "csv").stdout)))
    assert (rows[0]["login"], rows[0]["direction"]) == ("*", "0 gain, 1 lose")
    assert float(rows[1]["credited_seconds_old"]) - float(rows[1]["credited_seconds_new"]) == lost
    assert [row["name"] for row in rows[1:]] == ["李一凡", "王二妮", "张三丰", "赵四海"]


def test_a_comparison_from_a_later_date_and_with_a_file_says_what_is_left(run: Run, files: Path) -> None:
    found = run(*DIFF, "--from", "2026-03-03").output
    assert "0 gain, 0 lose, 4 stay" in found and "from 2026-03-03" in found
    assert "0 gain, 1 lose" in run(*DIFF[:3], files / "strict.toml", *DIFF[4:]).output
    faulty = run(*DIFF[:3], "none", *DIFF[4:])
    assert faulty.exit_code == 1 and "there is no such policy" in faulty.output


def test_a_comparison_leaves_the_ledger_alone(run: Run, db: Engine) -> None:
    before = _ledger(db)
    run(*DIFF)
    assert _ledger(db) == before


def test_an_adoption_says_what_it_changed_and_can_be_undone(run: Run, db: Engine) -> None:
    before = _in_force(db)
    done = run(*ADOPT, "--reason", "会议决定")
    assert done.exit_code == 0, done.output
    assert "p1-principals: strict@" in done.output and "4 learners: 0 gain, 1 lose" in done.output
    assert _in_force(db) != before
    again = run(*ADOPT, "--reason", "再来")
    assert again.exit_code == 1 and "it is in force then already" in again.output
    back = run("policy", "adopt", "p1-principals", *ADOPT[3:], "--reason", "撤回")
    assert "1 gain, 0 lose" in back.output
    assert _in_force(db) == before


def test_a_check_tells_of_a_file_that_is_not_what_is_in_force(run: Run, files: Path) -> None:
    check = ("policy", "check", "strict", "--programme", "p1-principals")
    assert "p1-principals: p1-principals, as its file is" in run(*check).output
    run(*ADOPT, "--reason", "会议决定")
    assert "now, which is not in force" not in run(*check).output
    text = (files / "strict.toml").read_text(encoding="utf-8")
    (files / "strict.toml").write_text(text.replace("hidden_s = 10", "hidden_s = 20"), encoding="utf-8")
    found = run(*check)
    assert "from 2026-03-01; its file is strict@" in found.output
    assert "now, which is not in force: adopt it, or put it back" in found.output
    assert found.exit_code == 0


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_nothing_starts_with_a_policy_that_cannot_be_read(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sound_policies, "policy_names", lambda: ["default", "broken", "gone"])
    result = CliRunner().invoke(cli, [command])
    assert result.exit_code == 1
    assert "2 fault(s) in the policies" in result.output
    assert "config/programmes/broken.toml: there is no such policy" in result.output


@pytest.fixture
def faulty(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A suspicion.toml with two faults, which is the one that is installed."""
    file = tmp_path / "installed" / "config" / "suspicion.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    text = (resource("config") / "suspicion.toml").read_text(encoding="utf-8")
    file.write_text(re.sub(r"(?m)^threshold = .*$", "threshold = -5\nthreshhold = 90", text), encoding="utf-8")
    monkeypatch.setattr("lms_tracker.actions.suspect.resource", lambda _: file.parent)
    return file


FAULTS = "config/suspicion.toml: threshold: Expected `float` > 0.0 (given: -5)\nconfig/suspicion.toml: threshhold: unknown key"


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_nothing_starts_with_a_model_of_suspicion_that_cannot_be_read(command: str, faulty: Path) -> None:
    result = CliRunner().invoke(cli, [command])
    assert result.exit_code == 1
    assert "2 fault(s) in the policies" in result.output and FAULTS in result.output
    faulty.write_text("x = [", encoding="utf-8")
    result = CliRunner().invoke(cli, [command])
    assert result.exit_code == 1 and "config/suspicion.toml: not TOML: " in result.output
    faulty.unlink()
    result = CliRunner().invoke(cli, [command])
    assert result.exit_code == 1 and "config/suspicion.toml: cannot be read: No such file" in result.output


def test_a_check_looks_at_what_looks_for_automation_too(run: Run, faulty: Path) -> None:
    found = run("policy", "check", "default", "config/suspicion.toml")
    assert found.exit_code == 1 and "2 fault(s)" in found.output and FAULTS in found.output
    assert "default: in order" in found.output
    assert FAULTS in run("policy", "check").output
    elsewhere = run("policy", "check", faulty)
    assert elsewhere.exit_code == 1 and f"{faulty}: threshold: Expected" in elsewhere.output
    faulty.write_text(faulty.read_text(encoding="utf-8").replace("-5\nthreshhold = 90", "90"), encoding="utf-8")
    assert "config/suspicion.toml: in order, scorecard-" in run("policy", "check", "config/suspicion.toml").output


@pytest.mark.parametrize("command", [("ledger", "export"), ("study", "suspect"), ("study", "recompute", "--suspect")])
def test_commands_that_look_for_automation_say_what_is_wrong(run: Run, faulty: Path, command: tuple[str, ...]) -> None:
    result = run(*command)
    assert result.exit_code == 1 and FAULTS in result.output


def _ledger(db: Engine) -> list[object]:
    with reading(db) as tx:
        return [tuple(row) for row in tx.execute(select(ledger).order_by(ledger.c.id))]


def _in_force(db: Engine) -> list[object]:
    keys = (ledger.c.activity, ledger.c.session, ledger.c.date, ledger.c.credited_us, ledger.c.policy)
    with reading(db) as tx:
        return sorted(tuple(row) for row in tx.execute(select(*keys).where(ledger.c.reversed_at.is_(None))))
