"""What became of learners' study time when their entries were reversed for one cause."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, FromClause, Row, Select, and_, case, func, or_, select

from lms_tracker.store.chunks import rows_among
from lms_tracker.store.tables import ledger

_KEY = ("learner_id", "activity", "session", "registration", "date")


class Moved(NamedTuple):
    """Of one learner: microseconds that counted in all the entries that were reversed, and that count in those that took
    their place; `entries`: how many of them count, or hold, another amount than before."""

    entries: int
    before_us: int
    after_us: int


def moved_by(db: Connection, learner_ids: Iterable[int], cause: str, since: datetime) -> dict[int, Moved]:
    """Those of the learners of whom entries were reversed for `cause`, at `since` or later."""
    old, new = ledger.alias("old"), ledger.alias("new")
    other = or_(
        func.coalesce(new.c.credited_us, 0) != old.c.credited_us, func.coalesce(new.c.held_us, 0) != old.c.held_us
    )
    query: Select[tuple[int, int, int, int]] = (
        select(old.c.learner_id, func.sum(case((other, 1), else_=0)))
        .add_columns(func.sum(old.c.credited_us), func.sum(func.coalesce(new.c.credited_us, 0)))
        .select_from(old.outerjoin(new, followed(old, new)))
        .where(old.c.reversed_at >= since, old.c.cause.startswith(cause, autoescape=True))
        .group_by(old.c.learner_id)
    )
    found: Iterable[Row[tuple[int, int, int, int]]] = rows_among(db, query, old.c.learner_id, learner_ids)
    return {id: Moved(int(entries), int(before), int(after)) for id, entries, before, after in found}


def followed(old: FromClause, new: FromClause) -> ColumnElement[bool]:
    """That an entry of the ledger took the place of another when that was reversed."""
    same = (new.c[key] == old.c[key] for key in _KEY)
    return and_(*same, new.c.posted_at == old.c.reversed_at)
