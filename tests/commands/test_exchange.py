"""Forwarding and the quarantine from the command line."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine

from lms_tracker.actions.credentials import create_credential
from lms_tracker.actions.quarantine import keep_refused
from lms_tracker.cli import cli
from lms_tracker.store import forwarding as store
from lms_tracker.store.db import reading
from tests.lrs.conftest import make_statement
from tests.stores import NOW

Run = Callable[..., Result]


@pytest.fixture
def run(db: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    for name, value in {"DATABASE_URL": str(db.url), "VAR_DIR": str(tmp_path)}.items():
        monkeypatch.setenv(f"LMS_TRACKER_{name}", value)
    return lambda *arguments: CliRunner().invoke(cli, arguments)


def test_a_target_is_added_shown_paused_resumed_and_removed(run: Run, db: Engine, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("geheim\nsecond line")
    given = ["forward", "add", "区教育局", "--endpoint", "https://lrs.example.edu/xapi", "--key", "k"]
    added = run(*given, "--secret-file", str(secret), "--verb", "https://w3id.org/xapi/video/verbs/played")
    assert (added.exit_code, added.stdout) == (0, "区教育局: from now on\n")
    with reading(db) as tx:
        (row,) = store.targets(tx)
    assert (row.endpoint, json.loads(row.filter)) == (
        "https://lrs.example.edu/xapi/",
        {"verbs": ["https://w3id.org/xapi/video/verbs/played"]},
    )
    for command, said in (("pause", "paused"), ("status", "paused"), ("resume", "goes on"), ("status", "running")):
        answer = run("forward", command, *([] if command == "status" else ["区教育局"]))
        assert answer.exit_code == 0 and said in answer.stdout
    assert "0 will be sent again" in run("forward", "again", "区教育局").stdout
    assert "no target is called 'x'" in run("forward", "pause", "x").stderr
    assert run("forward", "remove", "区教育局", "--yes").exit_code == 0
    assert run("forward", "status").stdout == ""


def test_all_that_is_wrong_with_a_target_is_said_at_once(run: Run, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("geheim")
    given = ["forward", "add", "x", "--endpoint", "file:///etc/passwd", "--secret-file", str(secret)]
    refused = run(*given, "--verb", "played", "--source", "nobody", "--programme", "p9")
    assert refused.exit_code == 1
    for said in ("endpoint: must begin with https://", "filter.verbs: 'played' is no IRI", "'nobody'", "'p9'"):
        assert said in refused.stderr


def test_refused_requests_are_listed_shown_mended_replayed_and_dismissed(run: Run, db: Engine, tmp_path: Path) -> None:
    source, _ = create_credential(db, "city-lms", now=NOW)
    for n in range(3):
        raw = json.dumps(make_statement(verb={"id": f"none {n}"})).encode()
        keep_refused(db, source, raw, "$.verb.id", "iri", "no IRI", NOW, status=400, version="1.0.3")
    listed = run("quarantine", "list", "--source", "city-lms", "--rule", "iri").stdout.splitlines()
    assert len(listed) == 3 and listed[0].split("\t")[1:] == ["open", "city-lms", "1x", "400", "iri", "$.verb.id"]
    assert "reason: no IRI" in run("quarantine", "show", "1").stdout
    assert json.loads(run("quarantine", "show", "1", "--raw").stdout)["verb"]["id"] == "none 0"
    again = run("quarantine", "replay", "--source", "city-lms", "--rule", "iri")
    assert again.exit_code == 1 and "3 of 3 were not stored" in again.stderr
    mended = tmp_path / "mended.json"
    mended.write_text(json.dumps(make_statement()))
    assert "a reason" in run("quarantine", "replay", "1", "--json", str(mended)).stderr
    done = run("quarantine", "replay", "1", "--json", str(mended), "--why", "动词写错")
    assert (done.exit_code, done.stdout) == (0, "1: 1 stored\n")
    assert run("quarantine", "dismiss", "2", "--why", "测试").exit_code == 0
    assert len(run("quarantine", "list").stdout.splitlines()) == 1
    assert run("quarantine", "replay").exit_code == 2
    none = run("quarantine", "replay", "--source", "city-lms", "--rule", "uuid")
    assert (none.exit_code, none.stdout) == (0, "nothing of 'city-lms' waits for 'uuid'\n")
