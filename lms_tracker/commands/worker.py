"""`lms-tracker worker`: only the worker, beside servers started with LMS_TRACKER_WORKER=false."""

import signal
import threading

import click

from lms_tracker.commands.sound_policies import require_sound_policies
from lms_tracker.jobs.worker import Worker
from lms_tracker.settings import Settings, with_secret_key
from lms_tracker.store.db import open_db


@click.command()
@click.pass_obj
def group(settings: Settings) -> None:
    """Settle study time, forward statements and run the schedule until SIGINT or SIGTERM."""
    require_sound_policies()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    worker = Worker(open_db(settings.database_url), with_secret_key(settings))
    worker.start()
    click.echo("the worker runs; Ctrl-C stops it")
    stop.wait()
    worker.stop()
