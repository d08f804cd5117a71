"""Texts that are compared: what waits, prints, and which texts have passages in common."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, or_, select, update

from lms_tracker.store.chunks import rows_among
from lms_tracker.store.conflicts import inserting
from lms_tracker.store.tables import (
    assignment,
    cohort,
    enrolment,
    learner,
    submission,
    text_match,
    text_print,
    unread_text,
)

_newer = submission.alias("newer")


def claim_unread(db: Connection, limit: int, now: datetime, hold: timedelta) -> list[Row[Any]]:
    """(id, assignment_id, learner_id, programme_id, text) of works that nobody else is reading, the oldest first. They are
    the caller's until `now` + `hold`; then somebody else may take them."""
    u, s = unread_text.c, submission.c
    free = or_(u.claimed_until.is_(None), u.claimed_until <= now)
    chosen = select(u.submission_id).where(free).order_by(u.since, u.submission_id).limit(limit)
    ids = list(db.scalars(chosen.with_for_update(skip_locked=True)))
    for chunk in [ids[start : start + 500] for start in range(0, len(ids), 500)]:
        db.execute(update(unread_text).where(u.submission_id.in_(chunk)).values(claimed_until=now + hold))
    query = select(s.id, s.assignment_id, s.learner_id, assignment.c.programme_id, s.text)
    query = query.join_from(submission, assignment, assignment.c.id == s.assignment_id)
    return sorted(rows_among(db, query, s.id, ids), key=lambda row: row.id)


def count_unread(db: Connection) -> int:
    """Works that wait to be compared."""
    return db.scalar(select(func.count()).select_from(unread_text)) or 0


def done_reading(db: Connection, submission_ids: Collection[int]) -> None:
    """They were compared."""
    ids = sorted(submission_ids)
    for start in range(0, len(ids), 500):
        db.execute(delete(unread_text).where(unread_text.c.submission_id.in_(ids[start : start + 500])))


def add_prints(db: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Rows of `text_print`; what is there already (of a reader who was interrupted) stays, but for prints of old."""
    if not rows:
        return
    new = inserting(db.dialect.name, text_print)
    anew = {column.name: new.excluded[column.name] for column in text_print.c if not column.primary_key}
    older = text_print.c.version < new.excluded.version
    db.execute(new.on_conflict_do_update(index_elements=["submission_id"], set_=anew, where=older), list(rows))


def print_ids(db: Connection, programme_id: int, version: int, above: int = 0) -> set[int]:
    """Works of a programme that have a print, with a higher id than `above`."""
    return set(db.scalars(select(text_print.c.submission_id).where(_printed(programme_id, version, above))))


def print_sum(db: Connection, programme_id: int, version: int, up_to: int) -> tuple[int, int]:
    """How many of them there are up to an id, and the sum of their ids: the same as long as they are the same."""
    p = text_print.c
    query = select(func.count(), func.coalesce(func.sum(p.submission_id), 0)).select_from(text_print)
    count, total = db.execute(query.where(_printed(programme_id, version, 0), p.submission_id <= up_to)).one()
    return int(count), int(total)


def _printed(programme_id: int, version: int, above: int) -> ColumnElement[bool]:
    p = text_print.c
    return and_(p.programme_id == programme_id, p.version == version, p.marks.is_not(None), p.submission_id > above)


def prints_of(db: Connection, submission_ids: Iterable[int]) -> list[Row[Any]]:
    """(submission_id, marks, signature)."""
    p = text_print.c
    return list(rows_among(db, select(p.submission_id, p.marks, p.signature), p.submission_id, submission_ids))


def texts_of(db: Connection, submission_ids: Iterable[int]) -> dict[int, Row[Any]]:
    """(submission_id, assignment_id, learner_id, text, unread) by work, of those that were read."""
    p, s = text_print.c, submission.c
    query = select(p.submission_id, s.assignment_id, s.learner_id, p.text, p.unread)
    query = query.join_from(text_print, submission, s.id == p.submission_id)
    return {row.submission_id: row for row in rows_among(db, query, p.submission_id, submission_ids)}


def unread_files(row: Row[Any]) -> list[str]:
    """Names of files of a row of `texts_of` that no text could be read from."""
    return msgspec.json.decode(row.unread, type=list[str])


def authors_of(db: Connection, submission_ids: Iterable[int]) -> dict[int, int]:
    """Whose works these are."""
    s = submission.c
    return {row.id: row.learner_id for row in rows_among(db, select(s.id, s.learner_id), s.id, submission_ids)}


def add_matches(db: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Rows of `text_match`; a pair that is known stays as it was found."""
    if rows:
        known = inserting(db.dialect.name, text_match).on_conflict_do_nothing(index_elements=["one_id", "other_id"])
        db.execute(known, list(rows))


def matches_of(db: Connection, submission_id: int) -> list[Row[Any]]:
    """(other, same, mine_permille, theirs_permille, assignment_id, title, learner_id, name, cohort, handed_in_at) of the
    latest versions of others that have passages in common with this work, the most first."""
    m, s, e = text_match.c, submission.c, enrolment.c
    sides = [
        select(m.other_id.label("other"), m.same, m.one_permille.label("mine"), m.other_permille.label("theirs")).where(
            m.one_id == submission_id
        ),
        select(m.one_id, m.same, m.other_permille, m.one_permille).where(m.other_id == submission_id),
    ]
    both = sides[0].union_all(sides[1]).subquery()
    query = (
        select(both, s.assignment_id, assignment.c.title, s.learner_id, learner.c.name, s.handed_in_at)
        .add_columns(cohort.c.name.label("cohort"))
        .join_from(both, submission, s.id == both.c.other)
        .join(assignment, assignment.c.id == s.assignment_id)
        .join(learner, learner.c.id == s.learner_id)
        .join(enrolment, (e.programme_id == assignment.c.programme_id) & (e.learner_id == s.learner_id))
        .join(cohort, cohort.c.id == e.cohort_id)
        .where(_is_latest(), learner.c.erased_at.is_(None))
        .order_by(both.c.same.desc(), both.c.other)
    )
    return list(db.execute(query))


def worst_matches(db: Connection, assignment_id: int) -> dict[int, int]:
    """By work of an assignment: the largest share (permille) of it that stands in somebody else's latest version, too."""
    m, s = text_match.c, submission.c
    found: dict[int, int] = {}
    for mine, other, share in ((m.one_id, m.other_id, m.one_permille), (m.other_id, m.one_id, m.other_permille)):
        works = select(s.id).where(s.assignment_id == assignment_id)
        query = select(mine, func.max(share)).join_from(text_match, submission, s.id == other)
        for id, most in db.execute(query.where(mine.in_(works), _is_latest()).group_by(mine)):
            found[id] = max(most, found.get(id, 0))
    return found


def _is_latest() -> Any:
    s = submission.c
    newer = select(_newer.c.id).where(
        _newer.c.assignment_id == s.assignment_id, _newer.c.learner_id == s.learner_id, _newer.c.version > s.version
    )
    return ~newer.exists()
