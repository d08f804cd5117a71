"""A running server with learners, units with real media, and rules whose intervals are short: what the player's tests share.

Nothing is imitated: the policy is one that an operator could adopt, the server is `lms-tracker serve`, the worker settles,
and what was credited is read from the ledger.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.error import URLError

from sqlalchemy import Engine, insert, select, update

from lms_tracker.actions.add_medium import add_file
from lms_tracker.actions.policies import policy_of_text, policy_text
from lms_tracker.actions.upgrade_database import upgrade_database
from lms_tracker.store import tables as t
from lms_tracker.store.db import open_db, reading, writing
from lms_tracker.store.ledger import entries_in_force
from lms_tracker.store.player import open_stream_of, save_live
from lms_tracker.store.policies import record_adoption
from tests import services
from tests.patience import ATTEMPT_S, PATIENCE_S
from tests.web import people
from tests.web.people import UNIT, World

ROOT = Path(__file__).resolve().parents[2]
SHORT = """
[player]
beat_from_s = 5
beat_to_s = 5
check_least_s = 20
check_mean_s = 60
check_answer_s = 10
check_kinds = ["choice"]
"""
"""What `p1-principals` says, but sooner."""
CALM = SHORT.replace("= 20", "= 3000").replace("= 60", "= 7200")
"""No presence checks while a test looks at something else."""
DOCUMENT, SECOND = "https://example.org/units/document", "https://example.org/units/2-of-1"


@dataclass
class Studio:
    """`url` of the database, `folder` of everything that the server writes, `address` of the server."""

    url: str
    folder: Path
    world: World
    db: Engine
    address: str = ""
    unit: dict[str, int] = field(default_factory=dict)
    """Ids by kind: video, document."""
    server: subprocess.Popen[bytes] | None = None
    settings: dict[str, str] = field(default_factory=dict)
    """More of the server's, without LMS_TRACKER_."""

    def page(self, kind: str = "video") -> str:
        return f"{self.address}/courses/units/{self.unit[kind]}"

    def start(self, port: int = 0, *, worker: bool = True) -> str:
        """Serve; the address."""
        port = port or services.free_port()
        self.address = f"http://127.0.0.1:{port}"
        self.server = serve(self, port, worker=worker)
        return self.address

    def stop(self) -> None:
        if self.server is not None:
            self.server.terminate()
            self.server.wait(PATIENCE_S)
            self.server = None

    def credited_s(self, login: str) -> tuple[float, float]:
        """(credited, held) seconds of a learner in the ledger."""
        with reading(self.db) as tx:
            entries = list(entries_in_force(tx, [self.world.learner[login]]))
        return sum(e.credited_us for e in entries) / 1e6, sum(e.held_us for e in entries) / 1e6

    def credited_of_account(self, name: str) -> float:
        """Credited seconds of somebody whom a platform knows by this account."""
        with reading(self.db) as tx:
            learners = tx.scalars(select(t.player_session.c.learner_id).where(t.player_session.c.device == name)).all()
            return sum(e.credited_us for e in entries_in_force(tx, set(learners))) / 1e6

    def make_due(self, login: str) -> None:
        """The learner's next presence check comes with the next beat."""
        with writing(self.db) as tx:
            stream = open_stream_of(tx, self.world.learner[login])
            assert stream is not None
            stream.live.due = 0
            save_live(tx, stream.session_id, stream.live)

    def was_asked(self, login: str) -> bool:
        """Whether the learner got a presence check."""
        mine = t.player_session.c.learner_id == self.world.learner[login]
        asked = select(t.player_check.c.id).join(t.player_session, t.player_session.c.id == t.player_check.c.session_id)
        with reading(self.db) as tx:
            return tx.scalar(asked.where(mine).limit(1)) is not None

    def lost_s(self, login: str) -> dict[str, float]:
        """Seconds by the reason for which they do not count."""
        found: dict[str, float] = {}
        with reading(self.db) as tx:
            for entry in entries_in_force(tx, [self.world.learner[login]]):
                for why, us in entry.discounted.items():
                    found[why] = round(found.get(why, 0) + us / 1e6, 1)
        return found

    def is_settled(self) -> bool:
        """Whether the ledger knows everything that was told."""
        with reading(self.db) as tx:
            waiting = [tx.scalar(select(table.c.learner_id).limit(1)) for table in (t.unsettled, t.touched_learner)]
            return not any(waiting) and tx.scalar(select(t.player_event.c.id).limit(1)) is None

    def right_answers(self, shown: str) -> list[str]:
        """What somebody who reads the question would choose: the right words of the check that is shown, with its answers."""
        with reading(self.db) as tx:
            newest = t.player_check.c.issued_at.desc()
            rows = tx.execute(select(t.player_check).order_by(newest).limit(100)).all()
        seen = re.sub(r"\s", "", shown)
        for row in rows:
            parts = json.loads(row.asked)["parts"]
            options = {option["id"]: option["text"]["zh"] for part in parts for option in part["options"]}
            if all(part["text"]["zh"].replace(" ", "") in seen for part in parts) and all(
                "".join(option["text"]["zh"] for option in part["options"]) in seen for part in parts
            ):
                return [options[id] for id in row.right]
        raise LookupError(shown)


def template(folder: Path) -> Path:
    """An empty database with all migrations, to be copied: what the fixture `migrated_sqlite` is for tests."""
    path = folder / "template.db"
    made = open_db(f"sqlite:///{path}")
    upgrade_database(made)
    with made.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    made.dispose()
    return path


def build(
    folder: Path, migrated: Path, film: bytes, *, player: str, seconds: int, learners: int, study: str = "",
    second: Collection[str] = (), second_player: str = "",
) -> Studio:  # fmt: skip
    """A studio that is not yet open: Li and others (`v0`, `v1`, …) may study a video and a document; those named in
    `second` are of another programme, with rules of its own."""
    file = folder / "test.db"
    shutil.copyfile(migrated, file)
    url = f"sqlite:///{file}"
    db, now = open_db(url), datetime.now(UTC)
    world = people.build(db, now)
    studio = Studio(url, folder, world, db)
    _adopt(db, world.programme["p1"], player, study, now)
    if second:
        _adopt(db, world.programme["p2"], second_player, study, now)
    with writing(db) as tx:
        for n in range(learners):
            of = "p2" if f"v{n}" in second else "p1"
            one, first = world.cohort[f"{of}.one"], people.first_day(now)
            people.enrol(tx, world, world.programme[of], one, f"v{n}", f"学员{n}", kind="city", on=first)
        course = tx.scalar(select(t.activity.c.course_id).where(t.activity.c.iri == UNIT))
        tx.execute(update(t.activity).where(t.activity.c.iri == UNIT).values(length_us=seconds * 10**6))
        for n, (iri, kind) in enumerate(((SECOND, "video"), (DOCUMENT, "document")), 2):
            values = {
                "course_id": course,
                "title": f"单元 {n}",
                "kind": kind,
                "position": n,
                "length_us": seconds * 10**6,
            }
            tx.execute(insert(t.activity).values(iri=iri, **values))
    (folder / "film.webm").write_bytes(film)
    (folder / "text.html").write_text(
        f"<!doctype html><title>章程</title>{'<p>学校章程。</p>' * 200}", encoding="utf-8"
    )
    for iri, kind, name in (
        (UNIT, "video", "film.webm"),
        (SECOND, "second", "film.webm"),
        (DOCUMENT, "document", "text.html"),
    ):
        add_file(db, folder / "media", iri, folder / name, by=None, now=now)
        with writing(db) as tx:
            tx.execute(update(t.unit).where(t.unit.c.activity == iri).values(opened_at=now))
            studio.unit[kind] = tx.scalar(select(t.unit.c.id).where(t.unit.c.activity == iri))
    return studio


def _adopt(db: Engine, programme: int, player: str, study: str, now: datetime) -> None:
    """The programme's policy from its beginning, with another `[player]` table."""
    content = re.sub(r"(?ms)^\[player\].*?(?=^\[)", "", policy_text("p1-principals")) + player
    content = content.replace("[study]\n", f"[study]\n{study}\n", 1)
    policy = policy_of_text(content, "short", "short")
    with writing(db) as tx:
        record_adoption(
            tx, programme, name="short", policy=policy.id, content=content, from_on=None, reason="",
            adopted_by=None, adopted_at=now,
        )  # fmt: skip


def serve(studio: Studio, port: int, *, worker: bool) -> subprocess.Popen[bytes]:
    """One more server over the same database."""
    settings = {
        "DATABASE_URL": studio.url,
        "VAR_DIR": str(studio.folder),
        "PORT": str(port),
        "WORKER": str(worker).lower(),
        **studio.settings,
    }
    environ = os.environ | {f"LMS_TRACKER_{name}": value for name, value in settings.items()}
    with (studio.folder / f"log-{port}").open("ab") as log:
        server = subprocess.Popen([sys.executable, "-m", "lms_tracker.cli", "serve"], cwd=ROOT, env=environ, stderr=log)
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/login", timeout=ATTEMPT_S).close()
        except (URLError, OSError):
            if server.poll() is not None or time.monotonic() > until:
                raise AssertionError((studio.folder / f"log-{port}").read_text()) from None
            time.sleep(0.1)
        else:
            return server


@contextmanager
def opened(studio: Studio) -> Iterator[Studio]:
    """Served while it lasts."""
    studio.start()
    try:
        yield studio
    finally:
        studio.stop()
        studio.db.dispose()
