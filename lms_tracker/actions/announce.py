"""The calendar: announcing an event, changing it (the version before stays), cancelling it; keys to subscribe with."""

import logging
import secrets
from datetime import date, datetime

from sqlalchemy import Engine

from lms_tracker.core.calendar import EventRefused, check_event
from lms_tracker.store import calendar
from lms_tracker.store.db import writing
from lms_tracker.store.people import programme_of_cohort

log = logging.getLogger(__name__)


def announce(
    db: Engine,
    programme_id: int,
    *,
    number: int | None = None,
    kind: str,
    title: str,
    on: date,
    until_on: date | None = None,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    place: str = "",
    words: str = "",
    cohort_id: int | None = None,
    cancelled: bool = False,
    by: int | None,
    now: datetime,
) -> int:
    """A new event, or (with `number`) a new version of one; its number. Raises EventRefused."""
    last = until_on or on
    check_event(
        kind=kind, title=title, on=on, until_on=last, starts_at=starts_at, ends_at=ends_at, place=place, words=words
    )
    values = {
        "kind": kind,
        "title": title.strip(),
        "on": on,
        "until_on": last,
        "starts_at": starts_at,
        "ends_at": ends_at,
    }
    values |= {"place": place.strip() or None, "words": words.strip() or None, "cohort_id": cohort_id}
    values |= {"cancelled": cancelled, "made_by": by, "made_at": now}
    with writing(db) as tx:
        if cohort_id is not None and programme_of_cohort(tx, cohort_id) != programme_id:
            raise EventRefused("class")
        if number is None:
            number = calendar.add_event(tx, programme_id=programme_id, **values)
        elif not calendar.replace_event(tx, programme_id, number, now, **values):
            raise EventRefused("gone")
    log.info("account %s: calendar event %d of programme %d", by, number, programme_id)
    return number


def make_calendar_key(db: Engine, account_id: int, *, now: datetime) -> str:
    """The secret of a person's calendar, shown once; the one before opens nothing any more."""
    secret = secrets.token_urlsafe(32)
    with writing(db) as tx:
        calendar.add_key(tx, account_id, secret, now)
    return secret


def revoke_calendar_key(db: Engine, account_id: int, *, now: datetime) -> bool:
    """False when there was none."""
    with writing(db) as tx:
        return calendar.revoke_keys(tx, account_id, now) > 0
