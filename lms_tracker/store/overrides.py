"""Results that a person set: in force from an instant, until withdrawn or replaced by another."""

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from lms_tracker.store.chunks import rows_of
from lms_tracker.store.tables import account, grade_override

_o = grade_override.c


def overrides_until(
    db: Connection, programme_id: int, at: datetime, learner_ids: Collection[int] | None = None
) -> Iterator[Any]:
    """Rows of `grade_override` with `by` (the name of who set it), made at or before an instant, by learner and instant;
    those that have ended since included."""
    query = (
        select(grade_override, account.c.name.label("by"))
        .outerjoin(account, account.c.id == _o.made_by)
        .where(_o.programme_id == programme_id, _o.made_at <= at)
        .order_by(_o.learner_id, _o.made_at, _o.id)
    )
    yield from rows_of(db, query, _o.learner_id, learner_ids)


def override_row(db: Connection, override_id: int) -> Row[Any] | None:
    """One of them, in force or not."""
    return db.execute(select(grade_override).where(_o.id == override_id)).one_or_none()


def override_in_force(db: Connection, programme_id: int, learner_id: int, part: str, period: str) -> Row[Any] | None:
    """What is set for a part of somebody's result of a period, or None."""
    same = (_o.programme_id == programme_id, _o.learner_id == learner_id, _o.part == part, _o.period == period)
    return db.execute(select(grade_override).where(*same, _o.ended_at.is_(None))).one_or_none()


def insert_override(
    db: Connection,
    programme_id: int,
    learner_id: int,
    part: str,
    period: str,
    before: str,
    after: str,
    *,
    reason: str,
    made_by: int | None,
    now: datetime,
) -> int:
    """Put it in force from `now` on; its id."""
    values = {"programme_id": programme_id, "learner_id": learner_id, "part": part}
    values |= {"period": period, "before": before, "after": after}
    values |= {"reason": reason, "made_by": made_by, "made_at": now}
    return int(db.execute(insert(grade_override).values(values).returning(_o.id)).scalar_one())


def end_override(db: Connection, override_id: int, *, by: int | None, reason: str, now: datetime) -> bool:
    """In force no longer from `now` on. Whether it was until now."""
    ended = (
        update(grade_override)
        .where(_o.id == override_id, _o.ended_at.is_(None))
        .values(ended_at=now, ended_by=by, ended_reason=reason)
    )
    return db.execute(ended).rowcount == 1
