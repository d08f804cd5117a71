"""`person` and `retention`, as an operator meets them."""

import json
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine, func, select

from lms_tracker.actions.credentials import create_credential
from lms_tracker.actions.ingest import ingest
from lms_tracker.cli import cli
from lms_tracker.core.erasure import seal
from lms_tracker.store.db import reading
from lms_tracker.store.tables import learner, statement
from tests.actions.erasing import LI, NOW, fill, said


@pytest.fixture
def run(db: Engine, tmp_path: Path) -> Any:
    fill(db)

    def run(*args: str, **more: Any) -> Result:
        environ = {"LMS_TRACKER_DATABASE_URL": str(db.url), "LMS_TRACKER_VAR_DIR": str(tmp_path / "var")}
        return CliRunner().invoke(cli, args, env=environ, **more)

    return run


def name_of(db: Engine) -> str | None:
    with reading(db) as tx:
        name: str | None = tx.scalar(select(learner.c.name).where(learner.c.id == 1))
        return name


@pytest.mark.parametrize("who", ["p1", "李一凡", "p1@example.org", '{"mbox": "mailto:p1@example.org"}'])
def test_a_person_is_exported_under_whatever_they_are_called(run: Any, tmp_path: Path, who: str) -> None:
    out = tmp_path / "li.zip"
    result = run("person", "export", who, "--out", str(out))
    assert result.exit_code == 0, result.output
    with ZipFile(out) as zip:
        assert json.loads(zip.read("profile.json"))["learner"] == 1
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".part"] == []


def test_an_export_of_nobody_leaves_no_file(run: Any, tmp_path: Path) -> None:
    out = tmp_path / "nobody.zip"
    assert run("person", "export", "nobody", "--out", str(out)).exit_code == 1
    assert run("person", "export", "--learner", "99", "--out", str(out)).exit_code == 1
    assert run("person", "export", "--out", str(out)).exit_code == 2
    assert not out.exists()


def test_the_numbers_come_first_and_another_name_changes_nothing(run: Any, db: Engine) -> None:
    result = run("person", "erase", "p1", "--reason", "asked to", input="李\n")
    assert result.exit_code == 1
    assert "1  accounts with their roles: deleted" in result.output
    assert name_of(db) == "李一凡"


def test_the_certificate_is_written_and_can_be_printed_again(run: Any, db: Engine, tmp_path: Path) -> None:
    out = tmp_path / "certificate.json"
    result = run("person", "erase", "p1", "--reason", "asked to", "--by", "wang", "--out", str(out), input="李一凡\n")
    assert result.exit_code == 0, result.output
    assert name_of(db) is None
    certificate = json.loads(out.read_text(encoding="utf-8"))
    assert (certificate["ordered_by"], certificate["reason"]) == ("wang", "asked to")
    assert json.loads(seal(certificate)) == certificate
    assert json.loads(run("person", "certificate", "1").output) == certificate
    assert run("person", "certificate", "2").exit_code == 1
    assert run("person", "clean").exit_code == 0
    assert run("person", "erase", "p1", "--reason", "again", "--confirm", "李一凡").exit_code == 1


def test_the_ledger_of_an_erased_person_is_exported_under_the_pseudonym(run: Any) -> None:
    before = [json.loads(text) for text in run("ledger", "export").stdout.splitlines()]
    run("person", "erase", "p1", "--reason", "asked to", "--confirm", "李一凡")
    after = [json.loads(text) for text in run("ledger", "export").stdout.splitlines()]
    assert [one["credited_seconds"] for one in after] == [one["credited_seconds"] for one in before]
    assert after[0]["learner"]["account"]["homePage"] == "urn:lms-tracker:nobody"


def test_retention_is_looked_at_set_and_applied(run: Any, db: Engine) -> None:
    source, _ = create_credential(db, "city-lms", now=NOW)
    group = {"objectType": "Group", "member": [LI]}
    ingest(db, [json.dumps(said(group)).encode()], credential=source, evidence="declared", now=NOW)
    assert "city-lms\tfor ever\told 0" in run("retention", "preview").output
    assert "for 1 days" in run("retention", "set", "city-lms", "--days", "1").output
    assert "city-lms\t1 days\told 1\tdeletes 1\tkeeps 0" in run("retention", "preview").output
    assert "deleted 1 statements" in run("retention", "apply").output
    assert run("retention", "set", "city-lms", "--for-ever").exit_code == 0
    with reading(db) as tx:
        mine = select(func.count()).where(statement.c.credential_id == source.id)
        assert tx.scalar(mine) == 0
    assert run("retention", "set", "nobody", "--days", "5").exit_code == 1
    assert run("retention", "set", "city-lms", "--days", "0").exit_code == 1
    assert run("retention", "set", "city-lms").exit_code == 2
