"""The worker: settles study time as evidence comes in, forwards statements, compares works, and runs the schedule.

The only place that starts APScheduler.
"""

import logging
import os
import sys
import threading
from contextlib import suppress
from datetime import UTC, datetime

from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import Engine

from lms_tracker.actions.settle_study import BATCH, settle_pending
from lms_tracker.actions.under_way import UnderWay
from lms_tracker.jobs.comparing import Comparing
from lms_tracker.jobs.forwarding import Forwarding
from lms_tracker.jobs.mailing import Mailing
from lms_tracker.jobs.pace import Pace
from lms_tracker.jobs.schedule import JOBS, Job
from lms_tracker.jobs.telling import Telling
from lms_tracker.settings import Settings
from lms_tracker.store.bell import Bell

log = logging.getLogger(__name__)

BELL_S = 1.0
"""How often the worker looks by itself where a bell in Redis wakes it."""
NICE = 15
"""A twentieth of a processor where all are wanted by others, all of it where they are not."""
FEW = 50
"""Learners of a round where processors are short. What is asked once for a round takes as long as fifty who watch."""
RETRY_S = 5.0
"""Pause after a failure, such as a database that restarts."""


class Worker:
    """Threads that settle, forward, compare works, mail and tell of player sessions, and a scheduler. Any number may run on one
    database; they share the work. `under_way`: on it those who answer requests see what it is storing."""

    def __init__(self, db: Engine, settings: Settings, under_way: UnderWay | None = None) -> None:
        self._db = db
        self._bell = Bell(settings.redis_url)
        self._pause_s = BELL_S if settings.redis_url else settings.settle_every_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._settle, name="settle", daemon=True)
        self._forwarding = Forwarding(db, settings.secret_key, _now)
        self._comparing = Comparing(db, _now, _give_way)
        home_page = settings.public_url or "urn:lms-tracker"
        self._telling = Telling(db, _now, home_page, self._bell.ring, under_way or UnderWay())
        self._mailing = Mailing(db, settings, _now)
        self._scheduler = BackgroundScheduler(timezone=UTC)

    def start(self) -> None:
        """Begin; what came due while nobody ran is done now."""
        self._thread.start()
        self._forwarding.start()
        self._comparing.start()
        self._telling.start()
        self._mailing.start()
        for job in JOBS:
            self._scheduler.add_job(
                self._run, job.trigger, [job], id=job.id, next_run_time=_now(), max_instances=1, coalesce=True
            )
        self._scheduler.start()

    def stop(self) -> None:
        """Finish what is under way and end."""
        self._stopping.set()
        self._forwarding.stop()
        self._comparing.stop()
        self._telling.stop()
        self._mailing.stop()
        if self._scheduler.running:
            self._scheduler.shutdown()
        self._thread.join()

    def _settle(self) -> None:
        _give_way()
        pace = Pace(FEW, BATCH)
        while not self._stopping.is_set():
            try:
                if settled := settle_pending(self._db, _now, limit=pace.size):
                    pace.rest(settled, self._stopping.wait)
                else:
                    self._bell.wait(self._pause_s)
            except Exception:
                log.exception("settling failed; trying again in %s s", RETRY_S)
                self._stopping.wait(RETRY_S)

    def _run(self, job: Job) -> None:
        log.info("job %s starts", job.id)
        job.action(self._db, _now())
        log.info("job %s is done", job.id)


def _give_way() -> None:
    """Where processors are short, what comes in goes before what is made of it. On Linux each thread has its own rank."""
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)


def _now() -> datetime:
    return datetime.now(UTC)
