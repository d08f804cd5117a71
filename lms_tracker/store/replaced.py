"""Entries of learners that are never edited: a new one replaces the one in force. The questions that are the same of each."""

from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, Table, select

from lms_tracker.store.owner import owner
from lms_tracker.store.tables import account, learner

"""Whose it is now: of two who turned out to be one person, the one who has everything."""


def in_force(db: Connection, table: Table, of: ColumnElement[bool]) -> dict[int, Row[Any]]:
    """Learner -> the entry in force, with `owner` and `by`, who made it. Of two who turned out to be one, the later one."""
    query = _with(table, owner.label("owner")).where(of, table.c.replaced_at.is_(None))
    return {row.owner: row for row in db.execute(query.order_by(table.c.made_at, table.c.id))}


def replaced(db: Connection, table: Table, of: ColumnElement[bool]) -> list[Row[Any]]:
    """Every entry that was replaced, the latest first, with `name` and `by`."""
    query = _with(table, learner.c.name).where(of, table.c.replaced_at.is_not(None))
    return list(db.execute(query.order_by(table.c.replaced_at.desc(), table.c.id.desc())))


def _with(table: Table, more: ColumnElement[Any]) -> Select[Any]:
    return (
        select(table, more, account.c.name.label("by"))
        .select_from(table)
        .join(learner, learner.c.id == table.c.learner_id)
        .outerjoin(account, account.c.id == table.c.made_by)
    )
