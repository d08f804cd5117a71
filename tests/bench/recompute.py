"""`recompute.rss_mb`: memory of `lms-tracker study recompute --workers 4`, all of its processes together."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import orjson
from sqlalchemy import delete

from lms_tracker.actions.ingest import ingest
from lms_tracker.actions.upgrade_database import upgrade_database
from lms_tracker.store.db import open_db, writing
from lms_tracker.store.tables import ledger
from tests import services
from tests.bench.cpu import family
from tests.bench.figures import Figure
from tests.bench.statements import sessions

BEGIN, NOW = datetime(2026, 3, 1, tzinfo=UTC), datetime(2027, 3, 1, tzinfo=UTC)
FEW, MANY, EACH, WORKERS = 250, 2_000, 100, 4
"""Learners before and after the growth, statements of each, processes."""
PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 2**20


def measure() -> Iterator[Figure]:
    """The peak with eight times the learners, whom another recompute of fewer stands beside."""
    peaks, there = [], 0
    with services.postgresql() as server:
        url = server.render_as_string(hide_password=False)
        db = open_db(url)
        upgrade_database(db)
        for learners in (FEW, MANY):
            for learner in range(there, learners):
                said = [orjson.dumps(s) for s in sessions(learner, BEGIN, EACH)]
                ingest(db, said, credential=None, evidence="declared", now=NOW, received=False)
            there = learners
            with writing(db) as tx:
                tx.execute(delete(ledger))
            peaks.append(_recompute(url))
        db.dispose()
    detail = f"{MANY} learners x {EACH} statements, {WORKERS} processes; of {FEW} learners {peaks[0]:.0f} MB"
    yield Figure("recompute.rss_mb", peaks[1], "MB", "lower", detail, 500)


def _recompute(url: str) -> float:
    """The most that the command and its processes had resident at one moment, looked at 20 times a second."""
    command = [sys.executable, "-m", "lms_tracker.cli", "study", "recompute", "--workers", str(WORKERS)]
    peak = 0.0
    with subprocess.Popen(
        command,
        env=os.environ | {"LMS_TRACKER_DATABASE_URL": url},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        while process.poll() is None:
            peak = max(peak, sum(map(_resident_mb, family(process.pid))))
            time.sleep(0.05)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} failed with {process.returncode}")
    return peak


def _resident_mb(pid: int) -> float:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_MB
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
