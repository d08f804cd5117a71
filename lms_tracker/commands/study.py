"""`lms-tracker study`: settle and recompute study time."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, date, datetime, time
from time import monotonic, sleep

import click
from sqlalchemy import Engine

from lms_tracker.actions import suspect as suspicion
from lms_tracker.actions.settle_study import request_recompute, settle_all, settle_pending
from lms_tracker.commands.options import DAY, learners_named, open_database
from lms_tracker.commands.settling import settle_share
from lms_tracker.commands.sound_policies import faults_told
from lms_tracker.settings import Settings
from lms_tracker.store.db import reading
from lms_tracker.store.evidence import learners_with_statements
from lms_tracker.store.settling import pending
from lms_tracker.store.suspicion import COMMAND

PATIENCE_S = 5.0
"""So long a command waits for learners whom another process has under way."""


def settle_now(db: Engine, cause: str = "newer evidence") -> int:
    """Settle whoever waits, so that what follows speaks of all evidence. How many were settled.

    Whom a server has under way is waited for; whom a killed one left is taken over.
    """
    began, give_up = datetime.now(UTC), monotonic() + PATIENCE_S
    total = settle_all(db, _now, cause)
    while _waiting(db, began) and monotonic() < give_up:
        sleep(0.05)
        total += settle_all(db, _now, cause)
    if left := _waiting(db, began):
        total += settle_pending(db, _now, cause, limit=left, take_over=True)
        if left := _waiting(db, began):
            click.echo(f"{left} learners could not be settled; the log says why", err=True)
    return total


def settle_and_look(db: Engine) -> None:
    """As above; and where no worker looks for automation, what was posted is looked at, so that the ledger says what is held."""
    settle_now(db)
    with faults_told():
        held = suspicion.look_where_nobody_does(db, _now())
    if held:
        settle_now(db)


def _waiting(db: Engine, since: datetime) -> int:
    with reading(db) as tx:
        return pending(tx, since)


def _now() -> datetime:
    return datetime.now(UTC)


@click.group()
def group() -> None:
    """Settle and recompute study time."""


@group.command()
@click.pass_obj
def settle(settings: Settings) -> None:
    """Settle the learners whose evidence changed. The worker does this by itself."""
    click.echo(f"{settle_now(open_database(settings))} learners settled")


@group.command()
@click.option("--since", type=DAY, help="What was posted since this date (UTC); by default what nobody has looked at.")
@click.pass_obj
def suspect(settings: Settings, since: date | None) -> None:
    """Hold what looks automated until a person has decided. The worker does this every hour."""
    db = open_database(settings)
    settle_now(db)  # only what is credited can be held
    with faults_told():
        if since is None:
            held = suspicion.look(db, _now(), COMMAND)
        else:
            held = suspicion.suspect(db, _now(), datetime.combine(since, time(), UTC))
    _tell_held(db, held)


def _tell_held(db: Engine, held: int) -> None:
    settle_now(db)
    click.echo(f"time of {held} learners held")


@group.command()
@click.option("--learner", help="Only this learner: login, name, actor as JSON, mbox, account name or number.")
@click.option("--since", type=DAY, help="Only learners with statements since this date (UTC).")
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes.")
@click.option("--suspect", "look", is_flag=True, help="Then look for automation in all that they were ever credited.")
@click.pass_obj
def recompute(settings: Settings, learner: str | None, since: date | None, workers: int, look: bool) -> None:
    """Rebuild ledgers from statements alone. Entries that come out as they were stay untouched.

    What is held stays held. Without --suspect nothing new is: the worker looks at what was posted within the hour, and
    where there is none, `ledger export` does.
    """
    db = open_database(settings)
    after = None if since is None else datetime.combine(since, time(), UTC)
    with reading(db) as tx:
        ids = learners_with_statements(tx, after)
        if learner is not None:
            wanted = set(learners_named(tx, learner))
            ids = [found for found in ids if found in wanted]
    request_recompute(db, ids, datetime.now(UTC))
    if workers == 1 or len(ids) <= 1:
        settle_now(db, "recompute")
    else:
        db.dispose()
        with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
            list(pool.map(settle_share, [settings.database_url] * workers, ["recompute"] * workers))
        settle_now(db, "recompute")  # whom a server happened to take
    click.echo(f"{len(ids)} learners recomputed")
    if look:
        with faults_told():
            held = suspicion.suspect(db, _now(), suspicion.LONG_AGO, frozenset(ids))
        _tell_held(db, held)
