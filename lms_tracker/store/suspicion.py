"""Whose study time changed lately, who studied when, and when somebody last looked for automation in it."""

from datetime import date, datetime

from sqlalchemy import Connection, delete, func, select

from lms_tracker.store.conflicts import inserting
from lms_tracker.store.tables import job_run, ledger

WORKER, COMMAND = "worker", "command"
LOOKERS = {WORKER: "suspicion by the worker", COMMAND: "suspicion by a command"}
"""Who looks for automation, and how job_run calls it."""


def posted_since(db: Connection, since: datetime) -> dict[int, tuple[date, date]]:
    """Learners of whom credited time was posted since then: first and last local date of it."""
    c = ledger.c
    query = (
        select(c.learner_id, func.min(c.date), func.max(c.date))
        .where(c.posted_at >= since, c.reversed_at.is_(None), c.frozen_at.is_(None), c.credited_us > 0)
        .group_by(c.learner_id)
    )
    return {learner: (first, last) for learner, first, last in db.execute(query)}


def studied_between(db: Connection, first: date, last: date) -> dict[int, tuple[datetime, date]]:
    """Learners with entries in force of these local dates: when the newest was posted, and the last date among them."""
    c = ledger.c
    query = (
        select(c.learner_id, func.max(c.posted_at), func.max(c.date))
        .where(c.date.between(first, last), c.reversed_at.is_(None))
        .group_by(c.learner_id)
        .order_by(c.learner_id)
    )
    return {learner: (posted, day) for learner, posted, day in db.execute(query)}


def last_looks(db: Connection) -> dict[str, datetime]:
    """By who looks: when all that was posted by then had been looked at."""
    c = job_run.c
    query = select(c.job, func.max(c.due_at)).where(c.job.in_(list(LOOKERS.values()))).group_by(c.job)
    found = {job: at for job, at in db.execute(query)}
    return {by: found[job] for by, job in LOOKERS.items() if job in found}


def record_look(tx: Connection, by: str, at: datetime) -> None:
    """That all that was posted by `at` has been looked at; only the newest look of each is kept."""
    job = LOOKERS[by]
    tx.execute(delete(job_run).where(job_run.c.job == job, job_run.c.due_at < at))
    values = {"job": job, "due_at": at, "started_at": at, "finished_at": at}
    tx.execute(inserting(tx.dialect.name, job_run).values(values).on_conflict_do_nothing())
