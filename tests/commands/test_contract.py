"""The commands that others rely on, word by word as the contract of study time writes them (section 5), and what they write."""

import csv
import io
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from lms_tracker.cli import cli
from tests.core.study.tape import Tape, real, statement

ENTRY = [
    "learner", "activity", "session", "date", "registration", "raw_seconds", "credited_seconds", "held_seconds", "discounted",
    "intervals", "evidence", "policy", "engine",
]  # fmt: skip
INTERVAL = {"from", "to", "media", "verdict", "statements"}
DAY = "2026-03-02"


class Site:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, line: str, code: int = 0) -> Result:
        """A command as somebody types it."""
        environ = {"LMS_TRACKER_DATABASE_URL": f"sqlite:///{self.folder}/db", "LMS_TRACKER_VAR_DIR": str(self.folder)}
        result = CliRunner().invoke(cli, line.split()[1:], env=environ, catch_exceptions=False)
        assert result.exit_code == code, result.output
        return result


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """Ann and Bob have watched ten minutes each; a line of the file is no statement."""
    site = Site(tmp_path)
    site.run("lms-tracker db upgrade")
    said = [
        statement(real(event), who) | {"stored": statement(real(event))["timestamp"]}
        for who in ("ann", "bob")
        for event in Tape(who).watch(600).events
    ]
    (tmp_path / "FILE.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in said) + "no JSON\n")
    result = site.run(f"lms-tracker statements import {tmp_path}/FILE.jsonl --keep-stored --evidence proved", code=3)
    assert f"line {len(said) + 1}: " in result.stderr
    assert (tmp_path / "FILE.rejected.jsonl").read_text().count("\n") == 1
    return site


def test_an_entry_of_the_ledger_has_the_contracts_names(site: Site) -> None:
    entries = [json.loads(line) for line in site.run("lms-tracker ledger export --format jsonl").stdout.splitlines()]
    assert len(entries) == 2
    for entry in entries:
        assert list(entry) == ENTRY
        assert (entry["evidence"], entry["date"], entry["raw_seconds"]) == ("proved", DAY, 600.0)
        assert "@" in entry["policy"] and "account" in entry["learner"]
        assert set(entry["intervals"][0]) >= INTERVAL and entry["intervals"][0]["from"].endswith("Z")


def test_a_ledger_is_exported_of_one_learner_between_two_dates_in_three_formats(site: Site) -> None:
    actor = json.loads(site.run("lms-tracker ledger export --format jsonl").stdout.splitlines()[0])["learner"]
    of = f"--learner {json.dumps(actor, separators=(',', ':'))}"
    one = f"lms-tracker ledger export {of} --since {DAY} --until {DAY} --format"
    [entry] = map(json.loads, site.run(f"{one} jsonl").stdout.splitlines())
    [row] = csv.DictReader(io.StringIO(site.run(f"{one} csv").stdout.lstrip("\ufeff")))
    [other] = pq.read_table(io.BytesIO(site.run(f"{one} parquet").stdout_bytes)).to_pylist()
    assert float(row["credited_seconds"]) == other["credited_seconds"] == entry["credited_seconds"] > 0
    assert site.run(f"lms-tracker ledger export {of} --since 2026-03-03 --format jsonl").stdout == ""


def test_ledgers_are_rebuilt_from_statements_alone_as_they_were(site: Site) -> None:
    before = site.run("lms-tracker ledger export --format jsonl").stdout
    for options in ("", " --learner ann", f" --since {DAY}", " --workers 2"):
        site.run(f"lms-tracker study recompute{options}")
    assert site.run("lms-tracker ledger export --format jsonl").stdout == before


def test_importing_the_same_file_again_changes_nothing(site: Site) -> None:
    before = site.run("lms-tracker ledger export --format jsonl").stdout
    site.run(f"lms-tracker statements import {site.folder}/FILE.jsonl --keep-stored --evidence proved", code=3)
    assert site.run("lms-tracker ledger export --format jsonl").stdout == before
