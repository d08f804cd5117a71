"""`lms-tracker media import`."""

from pathlib import Path

from click.testing import CliRunner
from sqlalchemy import Engine, select

from lms_tracker.cli import cli
from lms_tracker.store import tables as t
from lms_tracker.store.db import reading
from tests.web import people
from tests.web.people import UNIT

FILM = b"\0\0\0\x18ftypisom" + b"film" * 500


def _run(db: Engine, folder: Path, table: str, *more: str) -> tuple[int, str]:
    (folder / "media.csv").write_text(table, encoding="utf-8")
    environ = {"LMS_TRACKER_DATABASE_URL": str(db.url), "LMS_TRACKER_VAR_DIR": str(folder / "var")}
    done = CliRunner().invoke(
        cli, ["media", "import", str(folder / "media.csv"), "--programme", "p1", *more], env=environ
    )
    return done.exit_code, done.output


def test_files_beside_the_table_are_copied_and_opened(db: Engine, tmp_path: Path) -> None:
    world = people.build(db)
    (tmp_path / "第一讲.mp4").write_bytes(FILM)
    assert _run(db, tmp_path, f"活动标识,文件或地址\n{UNIT},第一讲.mp4\n", "--open") == (
        0,
        "1 units have their media\n",
    )
    with reading(db) as tx:
        mine = (t.medium.c.unit_id == world.unit["p1"]) & t.medium.c.replaced_at.is_(None)
        row = tx.execute(select(t.medium).where(mine)).one()
    assert (row.place, row.name) == ("file", "第一讲.mp4")
    assert (tmp_path / "var" / "media" / row.location).read_bytes() == FILM == (tmp_path / "第一讲.mp4").read_bytes()


def test_nothing_is_taken_while_anything_is_wrong_and_every_fault_is_named(db: Engine, tmp_path: Path) -> None:
    people.build(db)
    (tmp_path / "a.mp4").write_bytes(FILM)
    (tmp_path / "b.mp4").write_bytes(b"MZ")
    table = f"activity,file\n{UNIT},a.mp4\n{UNIT},b.mp4\nurn:x,a.mp4\n{UNIT},missing.mp4\n{UNIT},ftp://x/a.mp4\n"
    code, said = _run(db, tmp_path, table)
    assert code == 1 and "4 fault(s)" in said
    for expected in ("row 3", "MP4", "'urn:x' is no unit", "'missing.mp4' cannot be read", "row 6", "https:"):
        assert expected in said
    assert not (tmp_path / "var" / "media").exists()
