"""The worker inside a process: evidence is settled as it arrives, jobs run once, it stops cleanly."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy import Engine

from lms_tracker.actions.ingest import ingest
from lms_tracker.jobs import worker as worker_module
from lms_tracker.jobs.schedule import JOBS, Job
from lms_tracker.jobs.worker import Worker
from lms_tracker.settings import Settings
from lms_tracker.store.db import reading
from lms_tracker.store.evidence import learners_with_statements
from lms_tracker.store.ledger import entries_in_force
from tests.core.study.tape import Tape, real, statement, us
from tests.patience import PATIENCE_S, wait_until


def test_two_workers_settle_evidence_as_it_arrives(any_db: Engine) -> None:
    workers = [Worker(any_db, Settings()) for _ in range(2)]
    for worker in workers:
        worker.start()
    try:
        tape = Tape(promises=False).play(0, 0).pause(60, 60)
        for event in map(real, tape.events):
            ingest(any_db, [statement(event)], credential=None, evidence="declared", now=datetime.now(UTC))
        wait_until(lambda: _credited(any_db))
        assert _credited(any_db) == us(60)
    finally:
        for worker in workers:
            worker.stop()
    assert not [thread for thread in threading.enumerate() if thread.name == "settle"]


def _credited(db: Engine) -> int:
    with reading(db) as tx:
        return sum(entry.credited_us for entry in entries_in_force(tx, learners_with_statements(tx)))


def test_jobs_that_came_due_while_nobody_ran_are_done_at_the_start(db: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[datetime] = []
    done = threading.Event()

    def action(_db: Engine, now: datetime) -> None:
        ran.append(now)
        done.set()

    monkeypatch.setattr(worker_module, "JOBS", (Job("probe", IntervalTrigger(hours=5), action),))
    worker = Worker(db, Settings())
    worker.start()
    assert done.wait(PATIENCE_S)
    worker.stop()
    assert len(ran) == 1
    assert datetime.now(UTC) - ran[0] < timedelta(seconds=PATIENCE_S)


def test_bulletins_are_looked_after_every_quarter_of_an_hour_so_the_1st_and_16th_are_met_in_every_time_zone() -> None:
    (job,) = (job for job in JOBS if job.id == "bulletins")
    start = datetime(2026, 3, 15, 15, 59, tzinfo=UTC)  # a minute to the 16th in Shanghai
    assert job.trigger.get_next_fire_time(None, start) == datetime(2026, 3, 15, 16, 0, 30, tzinfo=UTC)


def test_a_database_that_fails_does_not_end_the_worker(
    db: Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    calls = threading.Semaphore(0)

    def broken(*_: object, **__: object) -> int:
        calls.release()
        raise RuntimeError("the database is away")

    monkeypatch.setattr(worker_module, "settle_pending", broken)
    monkeypatch.setattr(worker_module, "RETRY_S", 0.01)
    worker = Worker(db, Settings())
    worker.start()
    assert all(calls.acquire(timeout=PATIENCE_S) for _ in range(3))
    worker.stop()
    assert "settling failed" in caplog.text
