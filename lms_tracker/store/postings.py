"""Posting lists: for each term those who have it, in the order in which queries give them out.

A row holds the members of one term among statements of one transaction that were stored at one instant: the number of
the first, then a byte for each further one, its distance to the one before (a larger distance begins a new row). A
batch of 500 statements that share verbs, courses and categories so writes some eighty rows where an index entry for
each would be three and a half thousand, and pages of a query still read no more than they show.
"""

from collections.abc import Collection, Iterable, Iterator
from itertools import accumulate, chain, groupby
from operator import sub
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert

from lms_tracker.core.instants import from_us
from lms_tracker.store.driver import rows
from lms_tracker.store.tables import posting

FEW, MANY = 16, 2000
"""Rows that are read at first, and at most in one go."""

Entry = tuple[int, int]
"""When a statement was stored, in microseconds, and its number: what pages are ordered by."""
Row = tuple[int, int, int, bytes]
"""(term, stored in microseconds, number of the first, distances)."""


# By instant, so that no planner reads the whole list of a frequent term.
_AT_INSTANTS = "FROM EACH(:instants) i JOIN posting p ON p.stored = i.value AND p.term = ANY(:terms)"


def rows_of(entries: Iterable[tuple[Entry, Iterable[int]]]) -> Iterator[Row]:
    """Rows to write for statements and their terms, the statements in order of their numbers."""
    return rows_of_groups((stored, terms, [seq]) for (stored, seq), terms in entries)


def rows_of_groups(groups: Iterable[tuple[int, Iterable[int], list[int]]]) -> Iterator[Row]:
    """The same for statements that have the same terms: (stored, terms, numbers ascending)."""
    having: dict[tuple[int, int], list[list[int]]] = {}
    for stored, terms, seqs in groups:
        for term in terms:
            having.setdefault((term, stored), []).append(seqs)
    for (term, stored), lists in having.items():
        seqs = lists[0] if len(lists) == 1 else sorted(chain.from_iterable(lists))
        for first, distances in _pack(seqs):
            yield term, stored, first, distances


def members(first: int, distances: bytes) -> list[int]:
    """Numbers of the statements in a row, ascending."""
    return list(accumulate(distances, initial=first))


def piece(
    since: int | None, until: int | None, limit: int, ascending: bool, term: str = "term"
) -> tuple[str, dict[str, Any]]:
    """SQL of the first rows of a term, stored after `since` and not after `until`, and its parameters but for `term`."""
    bounds = (" AND stored > :since" if since is not None else "") + (
        " AND stored <= :until" if until is not None else ""
    )
    way = "stored, seq" if ascending else "stored DESC, seq DESC"
    sql = f"SELECT stored, seq, members FROM posting WHERE term = :{term}{bounds} ORDER BY {way} LIMIT {limit}"
    return sql, {"since": since, "until": until}


def walk(
    db: Connection,
    term: int,
    since: int | None,
    until: int | None,
    *,
    ascending: bool,
    begun: list[tuple[int, int, bytes]] | None = None,
) -> Iterator[tuple[int, list[int]]]:
    """(stored, numbers) of a term instant by instant, stored after `since` and not after `until`; read as needed.

    `begun`: its first FEW rows, for who has asked for them already.
    """
    limit = FEW
    while True:
        if begun is not None:
            found: list[Any] = begun
            begun = None
        else:
            sql, given = piece(since, until, limit, ascending)
            found = rows(db, sql, term=term, **given)
        whole = len(found) < limit
        if not whole:  # the last instant may go on
            last = found[-1][0]
            found = [row for row in found if row[0] != last]
            if found:
                since, until = (last - 1, until) if ascending else (since, last)
        for stored, at_once in groupby(found, key=lambda row: row[0]):
            numbers = [seq for _, first, distances in at_once for seq in members(first, distances)]
            yield stored, sorted(numbers, reverse=not ascending)
        if whole:
            return
        limit = min(limit * 4, MANY) if found else limit * 4


def having(db: Connection, terms: Collection[int], entries: Collection[Entry]) -> set[int]:
    """Numbers of those of the statements that have one of the terms."""
    asked = {seq for _, seq in entries}
    found: set[int] = set()
    sql = f"SELECT p.seq, p.members {_AT_INSTANTS}"
    for first, distances in rows(db, sql, terms=list(terms), instants=sorted({stored for stored, _ in entries})):
        found.update(members(first, distances))
    return found & asked


def add(db: Connection, new: Iterable[Row]) -> None:
    """Write rows one by one; a batch on PostgreSQL is copied, see store.postgresql."""
    values = [
        {"term": term, "stored": from_us(stored), "seq": first, "members": distances}
        for term, stored, first, distances in new
    ]
    if values:
        db.execute(insert(posting), values)


def remove(db: Connection, entries: Iterable[tuple[Entry, Iterable[int]]]) -> None:
    """Forget that these statements have these terms."""
    gone: dict[tuple[int, int], set[int]] = {}
    for (stored, seq), terms in entries:
        for term in terms:
            gone.setdefault((term, stored), set()).add(seq)
    if not gone:
        return
    sql = f"SELECT p.term, p.stored, p.seq, p.members {_AT_INSTANTS}"
    there = rows(db, sql, terms=list({term for term, _ in gone}), instants=sorted({stored for _, stored in gone}))
    hit, left = [], []
    for term, stored, first, distances in there:
        seqs, leaving = members(first, distances), gone.get((term, stored), set())
        if not leaving.isdisjoint(seqs):
            hit.append({"of": term, "at": from_us(stored), "first": first})
            left += [(term, stored, *row) for row in _pack([seq for seq in seqs if seq not in leaving])]
    p = posting.c
    key = (p.term == bindparam("of"), p.stored == bindparam("at"), p.seq == bindparam("first"))
    if hit:
        db.execute(delete(posting).where(*key), hit)
    add(db, left)


def _pack(seqs: list[int]) -> Iterator[tuple[int, bytes]]:
    start = 0
    distances = list(map(sub, seqs[1:], seqs))
    for i, distance in enumerate(distances) if distances and max(distances) > 255 else ():
        if distance > 255:
            yield seqs[start], bytes(distances[start:i])
            start = i + 1
    if seqs:
        yield seqs[start], bytes(distances[start:])
