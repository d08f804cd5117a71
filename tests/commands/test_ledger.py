"""`ledger export`: the same statements give the same bytes, whatever the order and the pieces in which they came."""

import json
import random
import shutil
from collections.abc import Callable
from hashlib import sha1
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine

from lms_tracker.cli import cli
from lms_tracker.commands import ledger
from tests.core.study.tape import Tape, real, statement

FORMATS = ("jsonl", "csv", "parquet")
HOME = "https://lms.example.edu"
MAIL = "mailto:zhang@example.edu"
DIGEST = sha1(MAIL.encode()).hexdigest()
ZHANG = ({"mbox": MAIL, "name": "Zhang"}, {"mbox": MAIL, "name": "张伟"}, {"mbox_sha1sum": DIGEST})
GROUP = {"objectType": "Group", "account": {"homePage": HOME, "name": "group"}, "name": "三组"}
GROUPS = (GROUP | {"member": [ZHANG[0]]}, GROUP | {"member": [ZHANG[2]]}, GROUP)
OTHERS = [{"account": {"homePage": HOME, "name": name}} for name in ("B", "a", "Ä", "_", "王", "a-b", "a b")]
OTHERS += [{"openid": "https://id.example.edu/a"}]
PEOPLE = [ZHANG, GROUPS, *((actor,) for actor in OTHERS)]
Run = Callable[..., Result]


def said() -> list[str]:
    """Lines of a file: each person in four sessions, whose names people and machines sort in different ways."""
    lines = []
    for number, actors in enumerate(PEOPLE):
        for session, activity, start in (("B", "v/a", 0), ("a", "v/a", 700), ("_", "v/B", 1400), ("a", "v/B", 90_000)):
            events = Tape(session, activity=f"{HOME}/{activity}", start=start + number).watch(120).events
            for n, event in enumerate(events):
                one = statement(real(event)) | {"actor": actors[n % len(actors)]}
                lines.append(json.dumps(one | {"id": f"00000000-0000-4000-8000-{len(lines):012d}"}) + "\n")
    return lines


@pytest.fixture
def on(tmp_path: Path) -> Callable[[str], Run]:
    """Makes what calls `lms-tracker` on a database."""

    def make(url: str) -> Run:
        environ = {"LMS_TRACKER_DATABASE_URL": url, "LMS_TRACKER_VAR_DIR": str(tmp_path / "var")}

        def run(*args: str) -> Result:
            result = CliRunner().invoke(cli, args, env=environ, catch_exceptions=False)
            assert result.exit_code == 0, result.output
            return result

        return run

    return make


def exported(run: Run, tmp_path: Path, pieces: list[list[str]]) -> dict[str, bytes]:
    """What is exported after these pieces have come, one settled after the other."""
    for piece in pieces:
        (tmp_path / "piece.jsonl").write_text("".join(piece), encoding="utf-8")
        run("statements", "import", str(tmp_path / "piece.jsonl"))
        run("study", "settle")
    return {form: run("ledger", "export", "--format", form).stdout_bytes for form in FORMATS}


def test_the_export_is_the_same_to_the_byte_in_whatever_order_and_pieces_statements_came(
    on: Callable[[str], Run], db: Engine, pg: Engine, migrated_sqlite: Path, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr(ledger, "TOGETHER", 3)
    lines = said()
    mixed = random.Random(7).sample(lines, len(lines))
    shutil.copyfile(migrated_sqlite, tmp_path / "other.db")
    first = exported(on(str(db.url)), tmp_path, [lines])
    assert exported(on(f"sqlite:///{tmp_path}/other.db"), tmp_path, [lines[::-1][:70], lines[::-1][70:]]) == first
    pieces = [mixed[start : start + 60] for start in range(0, len(mixed), 60)]
    assert exported(on(pg.url.render_as_string(hide_password=False)), tmp_path, pieces) == first


def test_learners_are_called_by_their_first_identifier_without_name_or_members_and_stand_in_its_order(
    on: Callable[[str], Run], db: Engine, tmp_path: Path
) -> None:
    lines = exported(on(str(db.url)), tmp_path, [said()])["jsonl"].decode().splitlines()
    entries = [json.loads(line) for line in lines]
    names = ["B", "_", "a", "a b", "a-b", "group", "Ä", "王"]
    agents = [{"objectType": "Agent", "account": {"homePage": HOME, "name": name}} for name in names]
    agents += [{"objectType": "Agent", "mbox": MAIL}, {"objectType": "Agent", "openid": "https://id.example.edu/a"}]
    assert list({json.dumps(one["learner"]): one["learner"] for one in entries}.values()) == agents
    keys = [[one[key] for key in ("date", "activity", "session", "registration")] for one in entries[:4]]
    assert keys == sorted(keys) and [key[2] for key in keys] == ["_", "B", "a", "a"]


def test_a_learner_is_called_by_an_account_where_there_is_one_and_never_by_somebody_elses(
    on: Callable[[str], Run], db: Engine, tmp_path: Path
) -> None:
    run = on(str(db.url))
    lines = [json.dumps(statement(real(e)) | {"actor": ZHANG[0]}) + "\n" for e in Tape("s").watch(60).events]
    exported(run, tmp_path, [lines, said()])
    run("identity", "join", "a-b", MAIL, "--reason", "one person")
    entries = [json.loads(line) for line in run("ledger", "export", "--learner", MAIL).stdout.splitlines()]
    assert {one["learner"]["account"]["name"] for one in entries} == {"a-b"}
    run("identity", "split", "a-b", f"account:{HOME} a-b", "--reason", "two people")
    entries = [json.loads(line) for line in run("ledger", "export", "--learner", MAIL).stdout.splitlines()]
    assert {one["learner"]["mbox"] for one in entries} == {MAIL}
