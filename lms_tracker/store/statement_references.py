"""Statements about statements, found by what they lead to (Communication 2.1.3, "Filter Conditions for StatementRefs")."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Connection, select

from lms_tracker.core.instants import to_us
from lms_tracker.store.chunks import rows_among
from lms_tracker.store.credentials import Closed
from lms_tracker.store.driver import rows_while_open
from lms_tracker.store.postings import Entry
from lms_tracker.store.statement_walks import REFERRING, SEEN, Bounds, Filter, Seen, condition_of, numbers_met
from lms_tracker.store.tables import statement

MAX_HOPS = 16
"""Our bound on the way from a statement to what it is about in the end: also a circle ends."""
MANY = 1000
"""Statements about statements that are looked at in one go."""


def referring(
    db: Connection,
    filters: list[Filter],
    mine: list[Filter],
    bounds: Bounds,
    count: int,
    page: list[Entry],
    secret: str | None,
) -> Iterator[tuple[Entry, bytes | None]]:
    """Statements about a statement that matches, about a statement about one that does, and so on (2.1.3, recursive).

    Each filter is met by the statement itself or by any that it leads to. Those that refer at all are few; of them,
    those are looked at that could still come into the page. Raises Closed: this query is always asked.
    """
    last = page[-1] if len(page) == count else None
    condition, given = condition_of(mine)
    sql = f"{SEEN} WHERE {REFERRING}{condition}"
    while True:
        if last is not None:
            limits: dict[str, Any] = {"until": last[0]} if bounds.ascending else {"since": last[0] - 1}
            bounds = msgspec.structs.replace(bounds, **limits)
        ordered = f"{sql}{bounds.sql()} ORDER BY {bounds.way()} LIMIT {MANY}"
        found = rows_while_open(db, secret, ordered, **given, **bounds.given())
        if found is None:
            raise Closed
        roots = sorted((Seen(*row) for row in found), key=lambda one: one.entry, reverse=not bounds.ascending)
        for root in _leading(db, filters, roots) if roots else ():
            yield root.entry, root.raw
            count -= 1
            if count == 0:
                return
        if len(roots) < MANY:
            return
        bounds = msgspec.structs.replace(bounds, after=roots[-1].entry)


def _leading(db: Connection, filters: list[Filter], roots: list[Seen]) -> list[Seen]:
    """Those of the statements that meet each filter, by themselves or by what they lead to, in order."""
    s = statement.c
    seen = {root.seq: root for root in roots}
    ways: dict[int, set[int]] = {root.seq: {root.seq} for root in roots}
    ends: dict[int, set[int]] = {root.seq: {root.seq} for root in roots}  # last statement of ways -> their roots
    columns = select(s.seq, s.target).where(s.target.is_not(None))
    targets = {row.seq: row.target for row in rows_among(db, columns, s.seq, seen)}
    for _ in range(MAX_HOPS):
        asked: dict[UUID, set[int]] = {}
        for end, firsts in ends.items():
            if end in targets:
                asked.setdefault(targets[end], set()).update(firsts)
        ends = {}
        query = select(s.id, s.target, s.stored, s.seq, s.ifi, s.registration, s.credential_id)
        for row in rows_among(db, query, s.id, asked):
            seen[row.seq] = Seen(to_us(row.stored), row.seq, row.ifi, row.registration, row.credential_id, None)
            new = {first for first in asked[row.id] if row.seq not in ways[first]}
            for first in new:
                ways[first].add(row.seq)
            if new and row.target is not None:
                targets[row.seq] = row.target
                ends[row.seq] = new
        if not ends:
            break
    met = [numbers_met(db, one, list(seen.values())) for one in filters]
    return [root for root in roots if all(ways[root.seq] & numbers for numbers in met)]
