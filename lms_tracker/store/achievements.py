"""Achievements: never edited; replaced or withdrawn from an instant on, with who, when and why."""

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

from msgspec.structs import asdict
from sqlalchemy import Connection, Row, insert, or_, select, update

from lms_tracker.core.grading.kinds import Achieved
from lms_tracker.store.chunks import rows_of
from lms_tracker.store.tables import achievement, enrolment, learner

_KEY = ("programme_id", "learner_id", "kind", "item", "attempt")


def achievements_at(
    db: Connection, programme_id: int, at: datetime, learner_ids: Collection[int] | None = None
) -> Iterator[Any]:
    """Rows of what was in force at an instant, by learner, date and id: of a whole programme, or of a few learners."""
    c = achievement.c
    query = (
        select(achievement)
        .where(c.programme_id == programme_id, c.recorded_at <= at, or_(c.replaced_at.is_(None), c.replaced_at > at))
        .order_by(c.learner_id, c.happened_on, c.id)
    )
    yield from rows_of(db, query, c.learner_id, learner_ids)


def achievements_until(
    db: Connection, programme_id: int, at: datetime, learner_ids: Collection[int] | None = None
) -> Iterator[Any]:
    """The same with what had been replaced or withdrawn by then, in the order of recording."""
    c = achievement.c
    query = select(achievement).where(c.programme_id == programme_id, c.recorded_at <= at)
    yield from rows_of(db, query.order_by(c.learner_id, c.recorded_at, c.id), c.learner_id, learner_ids)


def achievement_row(db: Connection, achievement_id: int) -> Row[Any] | None:
    """One of them, in force or not."""
    return db.execute(select(achievement).where(achievement.c.id == achievement_id)).one_or_none()


def from_source(db: Connection, programme_id: int, source: str) -> list[Row[Any]]:
    """Those in force that came from one place ("attendance:12"), by learner."""
    c = achievement.c
    found = select(achievement).where(c.source == source, c.programme_id == programme_id, c.replaced_at.is_(None))
    return list(db.execute(found.order_by(c.learner_id, c.id)))


def same_in_force(db: Connection, programme_id: int, new: Achieved) -> Row[Any] | None:
    """The one in force for the same learner, kind, item and attempt."""
    values = asdict(new) | {"programme_id": programme_id}
    same = [achievement.c[name] == values[name] for name in _KEY]
    return db.execute(select(achievement).where(*same, achievement.c.replaced_at.is_(None))).one_or_none()


def takes_part(db: Connection, programme_id: int, learner_id: int) -> bool:
    """Whether the learner is or was enrolled in the programme, and was not erased."""
    found = (
        select(enrolment.c.id)
        .join(learner, learner.c.id == enrolment.c.learner_id)
        .where(enrolment.c.programme_id == programme_id, learner.c.id == learner_id, learner.c.erased_at.is_(None))
    )
    return db.scalar(found) is not None


def insert_achievement(
    db: Connection,
    programme_id: int,
    new: Achieved,
    *,
    recorded_by: int | None,
    now: datetime,
    replaces: int | None = None,
) -> int:
    """Put it in force from `now` on; its id."""
    values = asdict(new) | {
        "programme_id": programme_id,
        "recorded_by": recorded_by,
        "recorded_at": now,
        "replaces": replaces,
    }
    return int(db.execute(insert(achievement).values(values).returning(achievement.c.id)).scalar_one())


def end_achievement(db: Connection, achievement_id: int, *, by: int | None, reason: str, now: datetime) -> bool:
    """In force no longer from `now` on. Whether it was until now."""
    ended = (
        update(achievement)
        .where(achievement.c.id == achievement_id, achievement.c.replaced_at.is_(None))
        .values(replaced_at=now, replaced_by=by, replaced_reason=reason)
    )
    return db.execute(ended).rowcount == 1
