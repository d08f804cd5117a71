"""`study` and `ledger export` beside a server that settles at the same time, or was killed while it did."""

import json
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine, delete

from lms_tracker.actions import settle_study
from lms_tracker.actions.ingest import ingest
from lms_tracker.actions.settle_study import settle_pending
from lms_tracker.actions.suspect import look
from lms_tracker.cli import cli
from lms_tracker.commands import study
from lms_tracker.store.db import writing
from lms_tracker.store.settling import Claim, claim_unsettled, finish_claims
from lms_tracker.store.tables import job_run
from tests.bench.idle.cheats import ALONE, cheat
from tests.bench.idle.people import Habit
from tests.bench.idle.player import lines
from tests.bench.idle.population import learner as account
from tests.core.study.tape import Tape, real, statement
from tests.patience import HELD_S, PATIENCE_S


@pytest.fixture
def run(db: Engine, tmp_path: Path) -> Any:
    def run(*args: str) -> Result:
        environ = {"LMS_TRACKER_DATABASE_URL": str(db.url), "LMS_TRACKER_VAR_DIR": str(tmp_path / "var")}
        return CliRunner().invoke(cli, args, env=environ)

    return run


def send(db: Engine, learner: str) -> None:
    said = [json.dumps(statement(real(event), learner)).encode() for event in Tape(learner).watch(60).events]
    ingest(db, said, credential=None, evidence="declared", now=datetime.now(UTC), received=False)


def claim(db: Engine, lease: timedelta = settle_study.LEASE) -> datetime:
    """As a server does that settles; until when."""
    now = datetime.now(UTC)
    with writing(db) as tx:
        assert claim_unsettled(tx, now, lease, 20)
    return now + lease


def test_what_a_killed_server_left_half_settled_is_in_the_next_export(
    run: Any, db: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(study, "PATIENCE_S", 0.1)
    send(db, "ann")
    killed = claim(db)
    assert len(run("ledger", "export").stdout.splitlines()) == 1
    with writing(db) as tx:  # should it be alive after all, it comes too late and posts nothing
        assert not finish_claims(tx, [Claim(1, 1, False)], killed)


def test_an_export_waits_for_what_a_server_has_under_way(run: Any, db: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    send(db, "ann")
    derive = settle_study.settle_whole
    begun, go_on = threading.Event(), threading.Event()

    def slow(*args: Any) -> Any:
        begun.set()
        go_on.wait(HELD_S)
        return derive(*args)

    monkeypatch.setattr(settle_study, "settle_whole", slow)
    server = threading.Thread(target=settle_pending, args=(db, lambda: datetime.now(UTC)))
    server.start()
    assert begun.wait(PATIENCE_S)
    threading.Timer(0.3, go_on.set).start()
    assert len(run("ledger", "export").stdout.splitlines()) == 1
    server.join()


def test_a_learner_who_cannot_be_settled_is_said_and_not_waited_for_twice(
    run: Any, db: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(study, "PATIENCE_S", 0.1)
    send(db, "ann")

    def broken(*_: Any) -> Any:
        raise RuntimeError("broken")

    monkeypatch.setattr(settle_study, "settle_whole", broken)
    result = run("ledger", "export")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "1 learners could not be settled" in result.stderr


def test_recomputing_in_several_processes_leaves_the_ledger_as_it_was(run: Any, db: Engine) -> None:
    for learner in ("ann", "bob", "cy"):
        send(db, learner)
    before = run("ledger", "export").stdout
    assert len(before.splitlines()) == 3
    result = run("study", "recompute", "--workers", "2")
    assert (result.exit_code, result.output) == (0, "3 learners recomputed\n")
    assert run("ledger", "export").stdout == before


def jiggler(db: Engine, now: datetime) -> None:
    who = account("U1 mouse jiggler", False, 1, 5)
    cheat(ALONE[who.family], who, Habit(), 4)
    ingest(db, lines(who), credential=None, evidence="declared", now=now, received=False)
    settle_pending(db, lambda: now)


def test_what_looks_automated_is_held_on_request_and_shown_in_the_next_export(run: Any, db: Engine) -> None:
    jiggler(db, datetime.now(UTC))
    assert run("study", "suspect").output.splitlines()[-1] == "time of 1 learners held"
    assert sum(json.loads(line)["held_seconds"] for line in run("ledger", "export").stdout.splitlines()) > 0
    assert run("study", "suspect", "--since", "2026-03-01").output.splitlines()[-1] == "time of 0 learners held"


def test_where_no_worker_looks_for_automation_an_export_does(run: Any, db: Engine) -> None:
    def held() -> float:
        return sum(json.loads(line)["held_seconds"] for line in run("ledger", "export").stdout.splitlines())

    look(db, datetime.now(UTC))
    jiggler(db, datetime.now(UTC))
    assert held() == 0  # the worker will, within the hour
    with writing(db) as tx:
        tx.execute(delete(job_run))
    assert held() > 0


def test_a_recompute_keeps_what_is_held_and_looks_for_more_only_when_asked(run: Any, db: Engine) -> None:
    look(db, datetime.now(UTC))
    jiggler(db, datetime.now(UTC) - timedelta(days=90))  # the worker doesn't look at what was posted then
    send(db, "ann")

    def held() -> float:
        return sum(json.loads(line)["held_seconds"] for line in run("ledger", "export").stdout.splitlines())

    assert run("study", "recompute").output == "2 learners recomputed\n"
    assert held() == 0
    assert run("study", "recompute", "--suspect").output.splitlines()[-1] == "time of 1 learners held"
    assert (before := held()) > 0
    assert run("study", "recompute").output == "2 learners recomputed\n"
    assert held() == before
