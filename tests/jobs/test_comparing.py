"""The worker compares what was handed in within seconds, and does what deadlines ask for."""

from datetime import UTC, datetime

from sqlalchemy import Engine, select

from lms_tracker.actions.hand_in import hand_in
from lms_tracker.actions.set_terms import set_terms
from lms_tracker.core.assignments.terms import Terms
from lms_tracker.jobs.schedule import JOBS
from lms_tracker.jobs.worker import Worker
from lms_tracker.settings import Settings
from lms_tracker.store import tables as t
from lms_tracker.store.db import reading
from tests.patience import wait_until
from tests.web import people
from tests.web.deeds import WORK_TEXT


def test_two_works_that_say_the_same_are_found_by_a_running_worker(any_db: Engine) -> None:
    now = datetime.now(UTC)
    world = people.build(any_db, now)
    id = set_terms(any_db, world.programme["p1"], Terms("案例", "assignments"), by=None, now=now)
    worker = Worker(any_db, Settings(secret_key="k" * 40))
    worker.start()
    try:
        for login in ("p1.li", "p1.wang"):
            hand_in(any_db, id, world.learner[login], text=f"{login}：{WORK_TEXT}", now=now)
        wait_until(lambda: _found(any_db))
    finally:
        worker.stop()


def test_deadlines_of_assignments_are_looked_at_every_minute() -> None:
    (job,) = [job for job in JOBS if job.id == "assignments"]
    at = datetime(2026, 3, 1, 12, 0, 21, tzinfo=UTC)
    following = job.trigger.get_next_fire_time(None, at)
    assert following is not None and (following - at).total_seconds() < 60


def _found(db: Engine) -> bool:
    with reading(db) as tx:
        return tx.execute(select(t.text_match)).first() is not None
