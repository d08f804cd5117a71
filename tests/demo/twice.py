"""Beside the demo's principals, another part of it that may be added again and is there once."""

from collections.abc import Callable, Collection
from datetime import date, datetime

from sqlalchemy import Engine, Table, func, select

from lms_tracker.actions.create_programme import create_programme
from lms_tracker.actions.import_roster import import_people
from lms_tracker.core.roster import parse_roster
from lms_tracker.demo import cast
from lms_tracker.store.db import reading


def added_twice(
    db: Engine, add: Callable[[], None], tables: Collection[Table], dates: tuple[date, date], now: datetime
) -> list[list[int]]:
    """How many rows these tables have after the first time, and after the second; the principals' programme is there."""
    create_programme(db, "p1", "校长", "p1-principals", *dates, cast.BUREAU, now=now)
    import_people(db, parse_roster(cast.roster_table()), "p1", home_page="https://a.example", now=now)
    counts = []
    for _ in range(2):
        add()
        with reading(db) as tx:
            counts.append([tx.scalar(select(func.count()).select_from(table)) or 0 for table in tables])
    return counts
