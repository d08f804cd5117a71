"""What the product does by itself, and when: one row a job."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger
from sqlalchemy import Engine

from lms_tracker.actions.ask_presence import end_unanswered
from lms_tracker.actions.ballots import count_closed
from lms_tracker.actions.erase_person import clean_up
from lms_tracker.actions.fold_postings import fold_postings
from lms_tracker.actions.issue_bulletin import issue_due_bulletins
from lms_tracker.actions.keep_assignments import keep_assignments
from lms_tracker.actions.keep_deadlines import keep_deadlines
from lms_tracker.actions.let_beats_go import let_beats_go
from lms_tracker.actions.open_stream import close_silent
from lms_tracker.actions.remind_of_work import remind_of_work
from lms_tracker.actions.retain import apply_retention
from lms_tracker.actions.surveys import shuffle_closed
from lms_tracker.actions.suspect import look
from lms_tracker.actions.tell_of_adoptions import tell_of_adoptions


class Job(NamedTuple):
    """`action(db, now)` may run any number of times, in any number of processes, harmlessly."""

    id: str
    trigger: BaseTrigger
    action: Callable[[Engine, datetime], object]


# Bulletins every quarter of an hour: programmes live in their own time zones; whoever finds a bulletin due issues it, once.
JOBS = (
    Job("bulletins", CronTrigger(minute="*/15", second=30, timezone="UTC"), issue_due_bulletins),
    Job("deadlines", CronTrigger(minute=5, timezone="UTC"), keep_deadlines),  # days end at other hours elsewhere
    Job(
        "adoptions", CronTrigger(second=50, timezone="UTC"), tell_of_adoptions
    ),  # once all are settled by the new rules
    Job("assignments", CronTrigger(second=20, timezone="UTC"), keep_assignments),  # deadlines are to the minute
    Job("work", CronTrigger(minute=40, timezone="UTC"), remind_of_work),  # two days before a deadline
    Job("surveys", CronTrigger(minute=25, timezone="UTC"), shuffle_closed),  # what is over loses its order
    Job("ballots", CronTrigger(minute="*/5", second=40, timezone="UTC"), count_closed),
    Job("suspicion", CronTrigger(minute=50, timezone="UTC"), look),  # for automation, in what was posted since
    Job("retention", CronTrigger(hour=19, minute=10, timezone="UTC"), apply_retention),  # the small hours in China
    Job("silent players", CronTrigger(minute="*/10", second=15, timezone="UTC"), close_silent),
    Job("unanswered checks", CronTrigger(second=40, timezone="UTC"), end_unanswered),  # of pages that are gone
    Job("folding", CronTrigger(second="5/20", timezone="UTC"), fold_postings),  # so that little waits for it
    Job("beats", CronTrigger(hour=19, minute=25, timezone="UTC"), let_beats_go),
    Job("clean-up", CronTrigger(hour=19, minute=40, timezone="UTC"), clean_up),
)
