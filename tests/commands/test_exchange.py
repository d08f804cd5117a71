"""Forwarding and the quarantine from the command line."""

import json
from pathlib import Path

import pytest
from sqlalchemy import Engine

from lms_tracker.actions.credentials import create_credential
from lms_tracker.actions.quarantine import keep_refused
from lms_tracker.store import forwarding as store
from lms_tracker.store.db import open_db, reading
from tests.commands.test_serve import Site
from tests.lrs.conftest import make_statement
from tests.stores import NOW


@pytest.fixture
def site(tmp_path: Path) -> Site:
    made = Site(tmp_path)
    assert made.run("db", "upgrade").returncode == 0
    return made


@pytest.fixture
def db(site: Site) -> Engine:
    return open_db(f"sqlite:///{site.folder / 'lms_tracker.db'}")


def test_a_target_is_added_shown_paused_resumed_and_removed(site: Site, db: Engine) -> None:
    secret = site.folder / "secret"
    secret.write_text("geheim\nsecond line")
    given = ["forward", "add", "区教育局", "--endpoint", "https://lrs.example.edu/xapi", "--key", "k"]
    added = site.run(*given, "--secret-file", str(secret), "--verb", "https://w3id.org/xapi/video/verbs/played")
    assert (added.returncode, added.stdout) == (0, "区教育局: from now on\n")
    with reading(db) as tx:
        (row,) = store.targets(tx)
    assert (row.endpoint, json.loads(row.filter)) == (
        "https://lrs.example.edu/xapi/",
        {"verbs": ["https://w3id.org/xapi/video/verbs/played"]},
    )
    for command, said in (("pause", "paused"), ("status", "paused"), ("resume", "goes on"), ("status", "running")):
        answer = site.run("forward", command, *([] if command == "status" else ["区教育局"]))
        assert answer.returncode == 0 and said in answer.stdout
    assert "0 will be sent again" in site.run("forward", "again", "区教育局").stdout
    assert "no target is called 'x'" in site.run("forward", "pause", "x").stderr
    assert site.run("forward", "remove", "区教育局", "--yes").returncode == 0
    assert site.run("forward", "status").stdout == ""


def test_all_that_is_wrong_with_a_target_is_said_at_once(site: Site) -> None:
    secret = site.folder / "secret"
    secret.write_text("geheim")
    given = ["forward", "add", "x", "--endpoint", "file:///etc/passwd", "--secret-file", str(secret)]
    refused = site.run(*given, "--verb", "played", "--source", "nobody", "--programme", "p9")
    assert refused.returncode == 1
    for said in ("endpoint: must begin with https://", "filter.verbs: 'played' is no IRI", "'nobody'", "'p9'"):
        assert said in refused.stderr


def test_refused_requests_are_listed_shown_mended_replayed_and_dismissed(site: Site, db: Engine) -> None:
    source, _ = create_credential(db, "city-lms", now=NOW)
    for n in range(3):
        raw = json.dumps(make_statement(verb={"id": f"none {n}"})).encode()
        keep_refused(db, source, raw, "$.verb.id", "iri", "no IRI", NOW, status=400, version="1.0.3")
    listed = site.run("quarantine", "list", "--source", "city-lms", "--rule", "iri").stdout.splitlines()
    assert len(listed) == 3 and listed[0].split("\t")[1:] == ["open", "city-lms", "1x", "400", "iri", "$.verb.id"]
    assert "reason: no IRI" in site.run("quarantine", "show", "1").stdout
    assert json.loads(site.run("quarantine", "show", "1", "--raw").stdout)["verb"]["id"] == "none 0"
    again = site.run("quarantine", "replay", "--source", "city-lms", "--rule", "iri")
    assert again.returncode == 1 and "3 of 3 were not stored" in again.stderr
    mended = site.folder / "mended.json"
    mended.write_text(json.dumps(make_statement()))
    assert "a reason" in site.run("quarantine", "replay", "1", "--json", str(mended)).stderr
    done = site.run("quarantine", "replay", "1", "--json", str(mended), "--why", "动词写错")
    assert (done.returncode, done.stdout) == (0, "1: 1 stored\n")
    assert site.run("quarantine", "dismiss", "2", "--why", "测试").returncode == 0
    assert len(site.run("quarantine", "list").stdout.splitlines()) == 1
    assert site.run("quarantine", "replay").returncode == 2
    none = site.run("quarantine", "replay", "--source", "city-lms", "--rule", "uuid")
    assert (none.returncode, none.stdout) == (0, "nothing of 'city-lms' waits for 'uuid'\n")
