"""Presence checks as they were issued and answered, and the bank of questions."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, case, delete, func, insert, select, update

from lms_tracker.store.chunks import chunks
from lms_tracker.store.tables import player_check, player_session, player_stream, question


def add_check(db: Connection, values: dict[str, Any]) -> None:
    """A check that is issued now, open."""
    db.execute(insert(player_check).values(**values, state="open"))


def check_row(db: Connection, id: str) -> Row[Any] | None:
    """The check, whatever became of it."""
    return db.execute(select(player_check).where(player_check.c.id == id)).one_or_none()


def open_checks_of_closed(db: Connection, before: datetime, limit: int) -> Sequence[Row[Any]]:
    """(id, session_id, activity) of checks that were issued before an instant and are open, of streams that are not."""
    c = player_check.c
    query = select(c.id, c.session_id, player_session.c.activity).select_from(
        player_check.join(player_session, player_session.c.id == c.session_id).join(
            player_stream, player_stream.c.session_id == c.session_id
        )
    )
    query = query.where(c.state == "open", c.issued_at < before, player_stream.c.state != "open")
    return db.execute(query.order_by(c.issued_at, c.id).limit(limit)).all()


def change_check(db: Connection, id: str, **values: Any) -> None:
    """Note what became of it."""
    db.execute(update(player_check).where(player_check.c.id == id).values(**values))


def questions_about(db: Connection, activity: str, from_ms: int, until_ms: int) -> Sequence[Row[Any]]:
    """(id, asked) of questions in use whose part of the media ends between two positions."""
    q = question.c
    query = select(q.id, q.asked).where(q.activity == activity, q.retired_at.is_(None))
    return db.execute(query.where(q.until_ms > from_ms, q.until_ms <= until_ms).order_by(q.id)).all()


def asked_lately(db: Connection, learner_id: int, limit: int = 20) -> set[int]:
    """Questions that the learner was asked in the last so many checks."""
    c = player_check.c
    query = select(c.question_id).join(player_session, player_session.c.id == c.session_id)
    query = query.where(player_session.c.learner_id == learner_id, c.question_id.is_not(None))
    return set(db.scalars(query.order_by(c.issued_at.desc()).limit(limit)))


def questions_of(db: Connection, activity: str | None = None) -> Sequence[Row[Any]]:
    """All questions in use (of an activity), by activity and place."""
    q = question.c
    query = select(question).where(q.retired_at.is_(None)).order_by(q.activity, q.from_ms, q.id)
    return db.execute(query if activity is None else query.where(q.activity == activity)).all()


def question_counts(db: Connection) -> Sequence[Row[Any]]:
    """(activity, count) of questions in use, by activity."""
    q = question.c
    query = select(q.activity, func.count().label("count")).where(q.retired_at.is_(None)).group_by(q.activity)
    return db.execute(query.order_by(q.activity)).all()


def replace_questions(db: Connection, activities: Iterable[str], rows: Sequence[dict[str, Any]], now: datetime) -> int:
    """The bank of these activities is `rows` from now on; how many questions are asked no more."""
    gone = 0
    for chunk in chunks(activities):
        q = question.c
        gone += db.execute(
            update(question).where(q.activity.in_(chunk), q.retired_at.is_(None)).values(retired_at=now)
        ).rowcount
    if rows:
        db.execute(insert(question), list(rows))
    return gone


def checks_of(db: Connection, session_ids: Iterable[int]) -> list[Row[Any]]:
    """All checks of sessions, as they were issued."""
    found: list[Row[Any]] = []
    for chunk in chunks(session_ids):
        c = player_check.c
        found += db.execute(select(player_check).where(c.session_id.in_(chunk)).order_by(c.issued_at, c.id)).all()
    return found


def delete_checks(db: Connection, session_ids: Iterable[int]) -> int:
    """How many there were."""
    return sum(
        db.execute(delete(player_check).where(player_check.c.session_id.in_(chunk))).rowcount
        for chunk in chunks(session_ids)
    )


def outcomes(db: Connection, question_ids: Iterable[int]) -> dict[int, tuple[int, int]]:
    """How often each of these questions was asked, and answered rightly."""
    c = player_check.c
    found: dict[int, tuple[int, int]] = {}
    for chunk in chunks(question_ids):
        right = func.sum(case((c.state == "answered", 1), else_=0))
        query = select(c.question_id, func.count(), right).where(c.question_id.in_(chunk)).group_by(c.question_id)
        found |= {row[0]: (row[1], int(row[2])) for row in db.execute(query)}
    return found
