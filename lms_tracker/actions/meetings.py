"""Calling a meeting, calling it off, and who was there: by list, by report, or by hand."""

import secrets
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from msgspec import Struct
from sqlalchemy import Connection, Engine, Row

from lms_tracker.actions.achievements import latest_day
from lms_tracker.actions.counted import keep_counted
from lms_tracker.actions.programme_policy import policy_in_force
from lms_tracker.core.attendance.presence import STATUSES, How, Status
from lms_tracker.core.grading.kinds import LONGEST_ITEM, Achieved
from lms_tracker.core.study.review import NotAllowed
from lms_tracker.core.typed import legible
from lms_tracker.store import attendance as store
from lms_tracker.store.accounts import account_by_id
from lms_tracker.store.db import writing
from lms_tracker.store.identity_history import hold_who_is_who
from lms_tracker.store.people import cohort_of_programme

KINDS = ("weekend", "live", "activity", "exchange")
COUNTS_AS: dict[str, str] = {"present": "attendance", "late": "attendance", "excused": "leave"}
"""Status -> kind of the achievement. A policy says what it is worth; other statuses are worth nothing anywhere."""
LONGEST = timedelta(days=7)
MAX_TITLE, MAX_PLACE, MAX_REASON = 200, 300, 1000


class MeetingForm(Struct, frozen=True):
    """What is asked for. `cohort_id` None: all classes of the programme."""

    kind: str
    title: str
    place: str
    starts_at: datetime
    ends_at: datetime
    cohort_id: int | None = None
    late_min: int = 10
    least_pct: int = 60


class Seen(Struct, frozen=True):
    """What is to be written down of one learner."""

    status: Status
    minutes: int | None = None
    words: str | None = None


def create_meeting(db: Engine, programme_id: int, form: MeetingForm, *, by: int | None, now: datetime) -> int:
    """Call it; its number. Raises NotAllowed: `kind`, `title`, `place`, `times`, `late`, `least`, `cohort`, `same` (it is
    called already)."""
    title, place = form.title.strip(), form.place.strip()
    for why, fits in (
        ("kind", form.kind in KINDS),
        ("title", 0 < len(title) <= MAX_TITLE and "\0" not in title),
        ("place", len(place) <= MAX_PLACE and "\0" not in place),
        ("times", timedelta(0) < form.ends_at - form.starts_at <= LONGEST),
        ("late", 0 <= form.late_min <= 240),
        ("least", 1 <= form.least_pct <= 100),
    ):
        if not fits:
            raise NotAllowed(why)
    values = {"programme_id": programme_id, "cohort_id": form.cohort_id, "kind": form.kind, "title": title}
    values |= {"place": place, "starts_at": form.starts_at, "ends_at": form.ends_at, "late_min": form.late_min}
    values |= {"least_pct": form.least_pct, "secret": secrets.token_hex(32), "made_by": by, "made_at": now}
    with writing(db) as tx:
        if form.cohort_id is not None and not cohort_of_programme(tx, programme_id, form.cohort_id):
            raise NotAllowed("cohort")
        if store.same_meeting(tx, programme_id, title, form.starts_at, form.cohort_id):
            raise NotAllowed("same")
        return store.add_meeting(tx, values)


def cancel_meeting(db: Engine, meeting_id: int, *, reason: str, by: int | None, now: datetime) -> None:
    """It does not take place; what was written down of it counts for nothing. Raises NotAllowed: `why`, `cancelled`."""
    reason = legible(reason)
    if not 0 < len(reason) <= MAX_REASON:
        raise NotAllowed("why")
    with writing(db) as tx:
        row = store.meeting_by_id(tx, meeting_id)
        if row is None or not store.cancel(tx, meeting_id, by, reason, now):
            raise NotAllowed("cancelled")
        keep_counted(tx, row.programme_id, source_of(meeting_id), [], reason=reason, by=by, now=now)


def record_presences(
    db: Engine,
    meeting_id: int,
    seen: Mapping[int, Seen],
    *,
    how: How,
    by: int | None,
    now: datetime,
    cohort_ids: Collection[int] | None = None,
) -> int:
    """Write down who was there; how many entries are new or differ from what stood there. The same again changes nothing.

    A change of what stood there keeps the former entry. An import never takes a presence away that a person ticked or a
    code proved, and is nothing against an excuse. `cohort_ids`: the classes of whom `by` may say so; None: of all.
    Raises NotAllowed: `cancelled`, `early` (it has not begun), `stranger` (somebody is not expected there), `own` (nobody ticks
    themselves), `why` (a tick
    that contradicts a code or an approved leave needs a reason).
    """
    with writing(db) as tx:
        hold_who_is_who(tx)
        row = open_meeting(tx, meeting_id)
        if now < row.starts_at - timedelta(hours=1):
            raise NotAllowed("early")
        expected = {
            one.learner_id for one in expected_at(tx, row, now) if cohort_ids is None or one.cohort_id in cohort_ids
        }
        if not seen.keys() <= expected:
            raise NotAllowed("stranger")
        account = account_by_id(tx, by) if by is not None else None
        if how == "list" and account is not None and account.learner_id in seen:
            raise NotAllowed("own")
        standing = store.in_force(tx, meeting_id)
        return sum(
            _put(tx, row, learner_id, one, standing.get(learner_id), how, by, now) for learner_id, one in seen.items()
        )


def open_meeting(tx: Connection, meeting_id: int) -> Row:
    """The meeting's row. Raises NotAllowed when it was called off, LookupError when there is none."""
    row = store.meeting_by_id(tx, meeting_id)
    if row is None:
        raise LookupError(f"there is no meeting {meeting_id}")
    if row.cancelled_at is not None:
        raise NotAllowed("cancelled")
    return row


def expected_at(tx: Connection, row: Row, now: datetime) -> list[store.Asked]:
    """Everybody whom a meeting is for, as enrolled on its local day."""
    zone = policy_in_force(tx, row.programme_id, row.policy, now).study.zone
    return store.asked(tx, row, row.starts_at.astimezone(zone).date())


def _put(
    tx: Connection, row: Row, learner_id: int, one: Seen, standing: Row | None, how: How, by: int | None, now: datetime
) -> bool:
    if one.status not in STATUSES:
        raise NotAllowed("status")
    words = legible(one.words or "")[:MAX_REASON] or None
    if standing is not None:
        if standing.status == one.status and (how != "import" or standing.minutes == one.minutes):
            return False
        if how == "import" and (standing.how in ("code", "list", "leave") and one.status in ("absent", "partial")):
            return False
        if how == "list" and standing.how in ("code", "leave") and not words:
            raise NotAllowed("why")
    put_presence(tx, row, learner_id, one.status, how, minutes=one.minutes, words=words, by=by, now=now)
    return True


def put_presence(
    tx: Connection,
    row: Row,
    learner_id: int,
    status: Status,
    how: How,
    *,
    by: int | None,
    now: datetime,
    minutes: int | None = None,
    words: str | None = None,
) -> None:
    """Put one entry in force, inside an open transaction."""
    values = {"status": status, "how": how, "minutes": minutes, "words": words, "made_by": by}
    store.put(tx, row.id, learner_id, values, now)
    wanted = [_counted(tx, row, learner_id, COUNTS_AS[status], now)] if status in COUNTS_AS else []
    reason = words or f"attendance: {status} ({how})"
    keep_counted(tx, row.programme_id, source_of(row.id), wanted, reason=reason, by=by, now=now, only=learner_id)


def source_of(meeting_id: int) -> str:
    """Where an achievement says that it comes from. Stored: never change it."""
    return f"attendance:{meeting_id}"


def _counted(tx: Connection, row: Row, learner_id: int, kind: str, now: datetime) -> Achieved:
    """Leave may be granted for a day to come: what is recorded happens at the latest today."""
    starts = row.starts_at.astimezone(policy_in_force(tx, row.programme_id, row.policy, now).study.zone)
    item = f"{row.title} {starts:%Y-%m-%d %H:%M}"[-LONGEST_ITEM:]
    day = min(starts.date(), latest_day(now))
    return Achieved(learner_id=learner_id, kind=kind, item=item, happened_on=day, source=source_of(row.id))
