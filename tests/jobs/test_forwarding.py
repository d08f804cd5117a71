"""Forwarding in the worker: beside settling, one worker a target, and whole again after a kill."""

import json
import os
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, update

from lms_tracker.actions.ingest import ingest
from lms_tracker.jobs.forwarding import Forwarding
from lms_tracker.jobs.worker import Worker
from lms_tracker.settings import Settings
from lms_tracker.store import forwarding as store
from lms_tracker.store.db import open_db, reading, writing
from lms_tracker.store.tables import forward_target
from tests.lrs.conftest import make_statement
from tests.patience import HELD_S, PATIENCE_S, wait_until
from tests.stores import KEY, add, failing_store, keep


def _now() -> datetime:
    return datetime.now(UTC)


def test_a_statement_goes_out_as_it_arrives_and_a_slow_target_delays_nobody(db: Engine) -> None:
    over = threading.Event()
    with failing_store() as slow, failing_store() as quick:
        slow.plan = [lambda body: (over.wait(HELD_S), slow.take(body))[1]]
        add(db, slow)
        with writing(db) as tx:
            tx.execute(update(forward_target).values(name="slow"))
        add(db, quick)
        worker = Worker(db, Settings(secret_key=KEY))
        worker.start()
        try:
            for n in range(2):
                keep(db, make_statement())
                wait_until(lambda n=n: len(quick.kept) > n)  # type: ignore[misc]
            assert slow.kept == []
            over.set()
            wait_until(lambda: len(slow.kept) == 2)
        finally:
            over.set()
            worker.stop()


def test_several_workers_send_each_statement_once_while_more_come_in(any_db: Engine) -> None:
    made = [[make_statement() for _ in range(10)] for _ in range(12)]
    with failing_store() as there:
        target = add(any_db, there)
        workers = [Forwarding(any_db, KEY, _now) for _ in range(3)]
        for worker in workers:
            worker.start()
        senders = [threading.Thread(target=lambda part=part: [keep(any_db, *one) for one in part])  # type: ignore[misc]
                   for part in (made[:6], made[6:])]  # fmt: skip
        for sender in senders:
            sender.start()
        try:
            wait_until(lambda: len(there.kept) == 120)
        finally:
            for thread in senders:
                thread.join()
            for worker in workers:
                worker.stop()
        sent = [one["id"] for _, _, body in there.requests for one in json.loads(body)]
        assert sorted(sent) == sorted(one["id"] for part in made for one in part), "each once, and none missing"
    with reading(any_db) as tx:
        row = store.target(tx, target)
    assert row is not None and (row.sent, row.error) == (120, None)


def test_a_worker_that_is_killed_in_the_middle_of_a_batch_loses_nothing_and_doubles_nothing(
    db: Engine, tmp_path: Path
) -> None:
    made = [make_statement() for _ in range(1200)]
    ingest(db, made, credential=None, evidence="declared", now=_now())
    environment = os.environ | {
        "LMS_TRACKER_DATABASE_URL": str(db.url),
        "LMS_TRACKER_SECRET_KEY": KEY,
        "LMS_TRACKER_VAR_DIR": str(tmp_path),
    }
    received, killed = threading.Event(), threading.Event()
    with failing_store() as there:

        def take_and_stall(body: bytes) -> Any:
            answer = there.take(body)
            received.set()  # it has them; the worker is killed before it knows
            killed.wait(HELD_S)
            return answer

        there.plan = [there.take, take_and_stall]
        add(db, there)
        worker = _worker(environment)
        assert received.wait(PATIENCE_S)
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        killed.set()
        assert len(there.kept) == 1000
        with writing(db) as tx:  # a minute later
            tx.execute(update(forward_target).values(claimed_until=_now()))
        worker = _worker(environment)
        try:
            wait_until(lambda: len(there.kept) == 1200)
            wait_until(lambda: _position(db) == 1200)
        finally:
            worker.terminate()
            worker.wait()
        assert [one["id"] for one in there.kept] == [one["id"] for one in made]
        assert sum(len(json.loads(body)) for _, _, body in there.requests) == 1700, "one batch went out twice"


def _worker(environment: dict[str, str]) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "lms_tracker.cli", "worker"]
    return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _position(db: Engine) -> int:
    own = open_db(str(db.url))
    with reading(own) as tx:
        (row,) = store.targets(tx)
    own.dispose()
    return int(row.position)
