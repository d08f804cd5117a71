"""A group's report of an activity: due on the first working day after it, one from each class that took part.

Which days are holidays, and which weekends are worked, stands in the programme's calendar, where everybody sees it.
"""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy import Connection, Row

from lms_tracker.core.workdays import days_late, first_working_day_after
from lms_tracker.store import attendance
from lms_tracker.store import declarations as store
from lms_tracker.store.calendar import announced
from lms_tracker.store.members import cohorts_of

ACTIVITY = "activity"
"""The kind of meetings that are reported on."""


class Due(Struct, frozen=True):
    """An activity of one class and its report. `report` None: there is none yet, and `late` counts to today."""

    meeting: Row[Any]
    cohort_id: int
    cohort: str
    due_on: date
    report: Row[Any] | None
    late: int


def days_off(tx: Connection, programme_id: int, zone: ZoneInfo) -> tuple[set[date], set[date]]:
    """(holidays, weekends that are worked) of a programme's calendar."""
    found: dict[str, set[date]] = {"holiday": set(), "workday": set()}
    for entry in announced(tx, programme_id, zone):
        if entry.kind in found and not entry.cancelled and entry.cohort_id is None:
            length = (entry.until_on - entry.on).days + 1
            found[entry.kind] |= {entry.on + timedelta(days=n) for n in range(length)}
    return found["holiday"], found["workday"]


def due_on(tx: Connection, meeting: Row[Any], zone: ZoneInfo) -> date:
    """When the report of a meeting is due."""
    return first_working_day_after(meeting.ends_at.astimezone(zone).date(), *days_off(tx, meeting.programme_id, zone))


def days_late_of(tx: Connection, declaration: Row[Any], meeting: Row[Any], zone: ZoneInfo) -> int:
    """By how many days a report came late, by the day on which it was handed in first: one that is returned and mended is
    not late for that."""
    return days_late(due_on(tx, meeting, zone), store.first_declared_at(tx, declaration.id).astimezone(zone).date())


def reports_due(
    tx: Connection, programme_id: int, cohort_ids: Collection[int] | None, zone: ZoneInfo, now: datetime
) -> list[Due]:
    """Activities that are over, the latest first, each once for every class (of these, or of all) that was asked to it."""
    today, off = now.astimezone(zone).date(), days_off(tx, programme_id, zone)
    classes = [(row.id, row.name) for row in cohorts_of(tx, programme_id) if cohort_ids is None or row.id in cohort_ids]
    reports = {(row.about, row.cohort_id): row for row in store.reports_in(tx, programme_id)}
    declared = store.first_declared(tx, [row.id for row in reports.values()])
    found = []
    for row in attendance.meetings_of(tx, programme_id, cohort_ids):
        if row.kind != ACTIVITY or row.cancelled_at is not None or row.ends_at > now:
            continue
        due = first_working_day_after(row.ends_at.astimezone(zone).date(), *off)
        for cohort_id, name in classes:
            if row.cohort_id in (None, cohort_id):
                report = reports.get((row.id, cohort_id))
                day = today if report is None else declared[report.id].astimezone(zone).date()
                found.append(Due(row, cohort_id, name, due, report, days_late(due, day)))
    return found
