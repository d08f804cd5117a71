"""A participant report of meeting software, or a list: whom it means and what it says of each. First looked at, then kept."""

from collections.abc import Collection, Sequence
from datetime import datetime

from msgspec import Struct
from sqlalchemy import Engine

from lms_tracker.actions.meetings import Seen, expected_at, open_meeting, record_presences
from lms_tracker.actions.programme_policy import policy_in_force
from lms_tracker.core.attendance.matching import Found, Known, match
from lms_tracker.core.attendance.report import parse_report
from lms_tracker.core.sheet import SheetFaults
from lms_tracker.store import attendance as store
from lms_tracker.store.attendance import Asked
from lms_tracker.store.db import reading


class Reading(Struct, frozen=True):
    """What a report says, before anything is kept. `seen`: who was connected at all, with what it comes to."""

    seen: dict[int, Seen]
    people: dict[int, Asked]
    found: Found
    rows: int
    changes: int
    """Entries that keeping it would make or change, as far as can be told now."""


def read_report(
    db: Engine,
    meeting_id: int,
    table: Sequence[Sequence[str]],
    now: datetime,
    cohort_ids: Collection[int] | None = None,
) -> Reading:
    """Understand a table. Raises SheetFaults: no header that we know, or cells that are wrong; NotAllowed: `cancelled`."""
    with reading(db) as tx:
        row = open_meeting(tx, meeting_id)
        zone = policy_in_force(tx, row.programme_id, row.policy, now).study.zone
        people = {
            one.learner_id: one
            for one in expected_at(tx, row, now)
            if cohort_ids is None or one.cohort_id in cohort_ids
        }
        standing = store.in_force(tx, meeting_id)
    times = store.times_of(row)
    report = parse_report(table, zone, row.ends_at)
    if report.sheet.faults:
        raise SheetFaults(report.sheet.faults)
    found = match(report.lines, [Known(one.learner_id, one.name, one.login) for one in people.values()], times)
    seen = {id: Seen(times.after(minutes), minutes) for id, minutes in found.minutes.items()}
    changes = sum(
        1
        for id, one in seen.items()
        if id not in standing or (standing[id].status, standing[id].minutes) != (one.status, one.minutes)
    )
    return Reading(seen, people, found, len(report.lines), changes)


def import_report(
    db: Engine,
    meeting_id: int,
    table: Sequence[Sequence[str]],
    *,
    by: int | None,
    now: datetime,
    cohort_ids: Collection[int] | None = None,
) -> tuple[Reading, int]:
    """Keep what a report says; (what it says, how many entries changed). The same file again changes nothing.

    Who is not in it is not written down as absent: a person does that. Raises as `read_report` and `record_presences`.
    """
    said = read_report(db, meeting_id, table, now, cohort_ids)
    return said, record_presences(db, meeting_id, said.seen, how="import", by=by, now=now, cohort_ids=cohort_ids)
