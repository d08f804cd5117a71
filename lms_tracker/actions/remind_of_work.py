"""Mails about assignments: to learners whose deadline is near, to markers whom works have waited for. Harmless when repeated.

One mail a deadline: who was told of it is not told again, and a deadline that is moved is another one. Who left no address
gets none, and sees the same at 我的作业 and in the calendar.
"""

import logging
from collections import Counter
from collections.abc import Collection
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine

from lms_tracker.actions.mail import enqueue_mail
from lms_tracker.actions.programme_policy import policy_in_force
from lms_tracker.actions.standing import standings
from lms_tracker.core.assignments.reminding import is_near, is_overdue, marked_by
from lms_tracker.store import assessments
from lms_tracker.store import assignments as store
from lms_tracker.store import submissions as works
from lms_tracker.store.assignments import Setting
from lms_tracker.store.db import reading, writing
from lms_tracker.store.mail import accounts_of_learners, accounts_to_tell, told_of

log = logging.getLogger(__name__)

MARKERS = ("expert", "liaison")


def remind_of_work(db: Engine, now: datetime) -> dict[str, int]:
    """Put what is due into the outbox: kind -> how many mails are new."""
    done: Counter[str] = Counter()
    with reading(db) as tx:
        settings = store.settings_of(tx)
    for setting in settings:
        with reading(db) as tx:
            due = _due(tx, setting, now)
        for kind, at, about, accounts in due:
            done[kind] += _tell(db, setting, kind, at, about, accounts, now)
    if done := Counter({kind: n for kind, n in done.items() if n}):
        log.info("reminders of work: %s", ", ".join(f"{n} {kind}" for kind, n in sorted(done.items())))
    return dict(done)


Due = tuple[str, datetime, str, Collection[int]]
"""A kind of mail, the deadline, what it is about, and accounts to be told."""


def _due(tx: Connection, setting: Setting, now: datetime) -> list[Due]:
    found: list[Due] = []
    terms, peer = setting.terms, setting.terms.peer
    is_open = terms.opens_at is None or terms.opens_at <= now
    if terms.due_at is not None and is_open and is_near(terms.due_at, now):
        who = works.without_work(tx, setting.id)
        found.append(("work_due", terms.due_at, "due", accounts_of_learners(tx, who)))
    for row in works.returns_of(tx, setting.id):
        if is_near(row.until, now) and works.work_by_id(tx, setting.id, row.submission_id) is not None:
            who = {row.learner_id}
            found.append(("work_returned", row.until, f"work {row.submission_id}", accounts_of_learners(tx, who)))
    if peer is not None and is_near(peer.due_at, now):
        done = {(one.reviewer, one.submission_id) for one in assessments.found_of(tx, setting.id)}
        pairs = assessments.pairs_of(tx, setting.id)
        who = {p.learner_id for p in pairs if p.ended_at is None and (p.learner_id, p.submission_id) not in done}
        found.append(("reviews_due", peer.due_at, "reviews", accounts_of_learners(tx, who)))
    if is_overdue(terms, now) and _some_wait(tx, setting, now):
        markers = {id for role in MARKERS for id in accounts_to_tell(tx, role, setting.programme_id, None, now)}
        found.append(("marking_overdue", marked_by(terms) or now, "marking", markers))
    return [one for one in found if one[3]]


def _some_wait(tx: Connection, setting: Setting, now: datetime) -> bool:
    """Whether a work waits for a marker."""
    waiting = (one for one in standings(tx, setting, now).works if one.returned is None and one.work.left_on is None)
    return any(one.outcome.needed for one in waiting)


def _tell(
    db: Engine, setting: Setting, kind: str, at: datetime, about: str, accounts: Collection[int], now: datetime
) -> int:
    about = f"assignment {setting.id} {about} {int(at.timestamp())}"
    with reading(db) as tx:
        new = sorted(set(accounts) - told_of(tx, kind, about))
        zone = policy_in_force(tx, setting.programme_id, setting.policy, now).study.zone
    if not new:
        return 0
    with writing(db) as tx:
        values = {"title": setting.terms.title, "due": _clock(at, zone)}
        return sum(enqueue_mail(tx, account_id, kind, values, now, about=about) for account_id in new)


def _clock(at: datetime, zone: ZoneInfo) -> str:
    """On the programme's clock, the same in both languages."""
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"
