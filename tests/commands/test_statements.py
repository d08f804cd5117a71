"""`statements import` and `export`, and `credential`, as an operator meets them."""

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine, select

from lms_tracker.actions.credentials import create_credential
from lms_tracker.actions.ingest import ingest
from lms_tracker.cli import cli
from lms_tracker.commands.statement_files import ROWS, write_parquet
from lms_tracker.store.db import reading
from lms_tracker.store.tables import statement


def line(**changes: Any) -> dict[str, Any]:
    made = {
        "id": str(uuid4()),
        "actor": {"mbox": "mailto:li@example.org"},
        "verb": {"id": "https://example.org/verb"},
        "object": {"id": "https://example.org/activity"},
        "timestamp": "2026-03-01T08:00:00Z",
        "stored": "2026-03-01T08:00:01Z",
    } | changes
    return {key: value for key, value in made.items() if value is not None}


def write(path: Path, *lines: Any) -> Path:
    text = b"".join((one if isinstance(one, bytes) else json.dumps(one).encode()) + b"\n" for one in lines)
    path.write_bytes(gzip.compress(text) if path.suffix == ".gz" else text)
    return path


@pytest.fixture
def run(db: Engine, tmp_path: Path) -> Any:
    def run(*args: object) -> Result:
        environ = {"LMS_TRACKER_DATABASE_URL": str(db.url), "LMS_TRACKER_VAR_DIR": str(tmp_path / "var")}
        return CliRunner().invoke(cli, [str(arg) for arg in args], env=environ)

    return run


def rows(db: Engine) -> list[Any]:
    with reading(db) as tx:
        return list(tx.execute(select(statement).order_by(statement.c.seq)).all())


@pytest.mark.parametrize("name", ["term.jsonl", "term.jsonl.gz"])
def test_importing_twice_stores_once(run: Any, db: Engine, tmp_path: Path, name: str) -> None:
    file = write(tmp_path / name, *(line() for _ in range(5)), b"", line(id=None))
    first = run("statements", "import", file)
    assert (first.exit_code, first.output) == (0, "read 6, stored 6, already there 0, rejected 0\n")
    again = run("statements", "import", file)
    assert (again.exit_code, again.output) == (0, "read 6, stored 0, already there 6, rejected 0\n")
    assert len(rows(db)) == 6
    assert not (tmp_path / "term.rejected.jsonl").exists()


def test_without_keep_stored_a_line_has_no_time_of_receipt(run: Any, db: Engine, tmp_path: Path) -> None:
    run("statements", "import", write(tmp_path / "a.jsonl", line()), "--evidence", "proved")
    (row,) = rows(db)
    assert (row.received, row.evidence, row.credential_id) == (False, "proved", None)
    assert row.stored.year > 2025
    assert row.stored.isoformat() != "2026-03-01T08:00:01+00:00"


def test_with_keep_stored_each_line_keeps_its_own(run: Any, db: Engine, tmp_path: Path) -> None:
    file = write(tmp_path / "a.jsonl", line(), line(stored=None), line(stored="soon"))
    result = run("statements", "import", file, "--keep-stored")
    assert result.exit_code == 3
    (row,) = rows(db)
    assert row.received
    assert row.stored.isoformat() == "2026-03-01T08:00:01+00:00"
    assert "line 2: $.stored" in result.output
    assert "line 3: $.stored" in result.output


@pytest.mark.parametrize("name", ["term.jsonl", "term.jsonl.gz"])
def test_bad_lines_are_named_and_written_and_stop_nothing(run: Any, db: Engine, tmp_path: Path, name: str) -> None:
    taken = line()
    file = write(
        tmp_path / name,
        taken,
        b'{"actor":',
        line(actor={"mbox": "nobody"}),
        b"\xff\xfe",
        taken | {"verb": {"id": "https://example.org/other"}},
        line(),
    )
    result = run("statements", "import", file)
    assert result.exit_code == 3
    assert "read 6, stored 2, already there 0, rejected 4" in result.output
    assert "line 3: $.actor.mbox: 'nobody' is no mailto address" in result.output
    rejected = [json.loads(text) for text in (tmp_path / "term.rejected.jsonl").read_text().splitlines()]
    assert [bad["line"] for bad in rejected] == [2, 3, 4, 5]
    assert [bad["rule"] for bad in rejected] == ["json", "mbox", "json", "conflict"]
    assert json.loads(rejected[1]["raw"])["actor"] == {"mbox": "nobody"}
    assert len(rows(db)) == 2

    write(file, taken, line())
    assert run("statements", "import", file).exit_code == 0
    assert not (tmp_path / "term.rejected.jsonl").exists()


def test_many_bad_lines_do_not_flood_the_terminal(run: Any, tmp_path: Path) -> None:
    file = write(tmp_path / "a.jsonl", line(), *(b"{}" for _ in range(2500)))
    result = run("statements", "import", file)
    assert result.exit_code == 3
    assert result.output.count("$.actor") == 20
    assert len((tmp_path / "a.rejected.jsonl").read_text().splitlines()) == 2500


@pytest.mark.parametrize("content", [b"name,school\nLi,One\n", b"\x89PNG\r\n\x1a\n\0\0", b"[\n{}\n]\n", b"PK\3\4" * 50])
def test_a_file_that_is_not_json_lines_is_refused_as_a_whole(
    run: Any, db: Engine, tmp_path: Path, content: bytes
) -> None:
    file = tmp_path / "table.csv"
    file.write_bytes(content)
    result = run("statements", "import", file)
    if content.startswith(b"["):  # looks like lines, and each bad one is named
        assert result.exit_code == 3
    else:
        assert result.exit_code == 1
        assert "not JSON lines" in result.output
    assert rows(db) == []


def test_bad_lines_at_the_start_do_not_stop_the_good_one_at_the_end(run: Any, db: Engine, tmp_path: Path) -> None:
    file = write(tmp_path / "a.jsonl", *(b"# remark" for _ in range(1500)), line())
    result = run("statements", "import", file)
    assert result.exit_code == 3
    assert "read 1501, stored 1, already there 0, rejected 1500" in result.output


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz"])
def test_a_line_that_is_too_long_is_a_bad_line_and_stops_nothing(
    run: Any, db: Engine, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lms_tracker.commands.statements.LONGEST_LINE", 2000)
    endless = b'{"a":"' + b"x" * 9000 + b'"}'
    result = run("statements", "import", write(tmp_path / name, line(), endless, line(), endless))
    assert result.exit_code == 3
    assert "read 4, stored 2, already there 0, rejected 2" in result.output
    rejected = [json.loads(text) for text in (tmp_path / "a.rejected.jsonl").read_text().splitlines()]
    assert [(bad["line"], bad["rule"], len(bad["raw"])) for bad in rejected] == [
        (2, "line-length", 1000),
        (4, "line-length", 1000),
    ]
    assert len(rows(db)) == 2


def test_an_empty_file_is_nothing_to_do(run: Any, tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_bytes(b"")
    assert run("statements", "import", file).output == "read 0, stored 0, already there 0, rejected 0\n"


def test_a_damaged_archive_says_how_far_it_came(run: Any, db: Engine, tmp_path: Path) -> None:
    file = write(tmp_path / "a.jsonl.gz", *(line() for _ in range(3000)))
    file.write_bytes(file.read_bytes()[:-2000])
    result = run("statements", "import", file)
    assert result.exit_code == 1
    assert f"damaged after line {len(rows(db))}" in result.output
    assert len(rows(db)) > 0


def test_what_is_exported_can_be_imported_elsewhere_unchanged(
    run: Any, db: Engine, tmp_path: Path, migrated_sqlite: Path
) -> None:
    run("statements", "import", write(tmp_path / "a.jsonl", *(line() for _ in range(3))))
    out = tmp_path / "out.jsonl.gz"
    assert run("statements", "export", "--out", out).exit_code == 0
    raws = gzip.decompress(out.read_bytes()).splitlines()
    assert raws == [bytes(row.raw) for row in rows(db)]
    other = tmp_path / "other.db"
    other.write_bytes(migrated_sqlite.read_bytes())
    environ = {"LMS_TRACKER_DATABASE_URL": f"sqlite:///{other}"}
    result = CliRunner().invoke(cli, ["statements", "import", str(out), "--keep-stored"], env=environ)
    assert result.output == "read 3, stored 3, already there 0, rejected 0\n"
    exported = CliRunner().invoke(cli, ["statements", "export"], env=environ)
    assert exported.stdout_bytes.splitlines() == raws


def test_a_credential_is_made_listed_and_revoked(run: Any) -> None:
    made = run("credential", "create", "moodle", "--evidence", "proved")
    assert made.exit_code == 0
    fields = dict(text.split(": ", 1) for text in made.stdout.splitlines())
    assert set(fields) == {"key", "secret", "endpoint"}
    assert "moodle" in run("credential", "list").output
    assert fields["secret"].strip() not in run("credential", "list").output
    assert run("credential", "create", "moodle").exit_code == 1
    assert run("credential", "revoke", "moodle").exit_code == 0
    assert run("credential", "revoke", "moodle").exit_code == 1
    assert "revoked" in run("credential", "list").output


def test_parquet_holds_each_statement_whole_beside_columns_to_filter_by(run: Any, db: Engine, tmp_path: Path) -> None:
    group = {"objectType": "Group", "member": [{"mbox": "mailto:li@example.org"}]}
    sent = [
        line(context={"registration": str(uuid4())}),
        line(actor=group, object={"objectType": "Agent", "mbox": "mailto:wang@example.org"}),
        line(timestamp="2026-03-01T08:00:00+08:00"),
    ]
    run("statements", "import", write(tmp_path / "a.jsonl", *sent), "--keep-stored")
    out = tmp_path / "out.parquet"
    assert run("statements", "export", "--format", "parquet", "--out", str(out)).exit_code == 0
    table = pq.read_table(out).to_pylist()
    assert [row["id"] for row in table] == [one["id"] for one in sent]
    assert [row["raw"].encode() for row in table] == [row.raw for row in rows(db)]
    assert [row["actor"] for row in table] == ["mbox:mailto:li@example.org", None, "mbox:mailto:li@example.org"]
    assert table[1]["object"] == "mbox:mailto:wang@example.org"
    assert table[0]["registration"] == sent[0]["context"]["registration"]
    assert table[2]["timestamp"].isoformat() == "2026-03-01T00:00:00+00:00"
    assert all(row["stored"].isoformat() == "2026-03-01T08:00:01+00:00" for row in table)


def test_an_export_of_nothing_still_has_its_columns(run: Any, tmp_path: Path) -> None:
    out = tmp_path / "out.parquet"
    run("statements", "export", "--format", "parquet", "--out", str(out))
    assert pq.read_table(out).column_names[-1] == "raw"


def test_parquet_goes_by_groups_of_a_bounded_size(tmp_path: Path) -> None:
    seen: list[int] = []

    def raws() -> Iterator[bytes]:
        for n in range(3 * ROWS):
            seen.append(n)
            yield json.dumps(line() | {"timestamp": "2026-03-01T08:00:00Z"}).encode()

    with open(tmp_path / "out.parquet", "wb") as file:
        assert write_parquet(raws(), file) == len(seen)
    assert pq.ParquetFile(tmp_path / "out.parquet").metadata.num_row_groups == 4  # the last is what was left: nothing


def test_only_what_a_source_sent_is_exported_when_it_is_named(run: Any, db: Engine, tmp_path: Path) -> None:
    source, _ = create_credential(db, "city-lms", now=datetime.now(UTC))
    mine = line(stored=None)
    ingest(db, [json.dumps(mine).encode()], credential=source, evidence="declared", now=datetime.now(UTC))
    run("statements", "import", write(tmp_path / "a.jsonl", line()))
    exported = run("statements", "export", "--source", "city-lms").stdout.splitlines()
    assert [json.loads(text)["id"] for text in exported] == [mine["id"]]
    assert run("statements", "export", "--source", "nobody").exit_code == 1


def test_lines_of_somebody_who_was_erased_for_good_are_bad_lines(run: Any, db: Engine, tmp_path: Path) -> None:
    file = write(tmp_path / "a.jsonl", line())
    run("statements", "import", file)
    assert run("person", "erase", "li@example.org", "--reason", "asked to", "--block", "--confirm", "1").exit_code == 0
    result = run(
        "statements", "import", write(tmp_path / "b.jsonl", line(), line(actor={"mbox": "mailto:w@example.org"}))
    )
    assert (result.exit_code, "stored 1, already there 0, rejected 1" in result.output) == (3, True)
