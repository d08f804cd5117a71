"""Posting lists: for each term those who have it, in the order in which queries give them out.

A row holds the members of one term among statements of one transaction that were stored at one instant: the number of
the first, then a byte for each further one, its distance to the one before (a larger distance begins a new row). A
batch of 500 statements that share verbs, courses and categories so writes some eighty rows where an index entry for
each would be three and a half thousand, and pages of a query still read no more than they show.

Rows that are no longer new are folded into runs (store.posting_runs). A list is both: whoever reads it asks for both in one
question, so that a row that is folded meanwhile is seen once, here or there.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain, groupby
from operator import itemgetter, sub
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert

from lms_tracker.core.instants import from_us
from lms_tracker.store import postgresql
from lms_tracker.store.conflicts import inserting
from lms_tracker.store.driver import rows
from lms_tracker.store.posting_runs import FULL, At, Run, is_full, members, numbers_at, numbers_in, rows_in, runs_of
from lms_tracker.store.tables import posting, posting_run

FEW, MANY = 16, 2000
"""Rows that are read at first, and at most in one go."""

Entry = tuple[int, int]
"""When a statement was stored, in microseconds, and its number: what pages are ordered by."""
Row = tuple[int, int, int, bytes]
"""(term, stored in microseconds, number of the first, distances)."""
Found = tuple[int, int, int, bytes]
"""A row of a term, or a run: (stored, number of the first, whether it is a run, distances or the packed rows)."""


# By instant, so that no planner reads the whole list of a frequent term.
_AT_INSTANTS = "FROM EACH(:instants) i JOIN posting p ON p.stored = i.value AND p.term AMONG(:terms)"
_RUNS_AT_INSTANTS = """
    FROM (
        SELECT DISTINCT t.value AS term,
            (SELECT max(b.stored) FROM posting_run b WHERE b.term = t.value AND b.stored <= i.value) AS stored
        FROM EACH(:terms) t, EACH(:instants) i
    ) AS held JOIN posting_run r ON r.term = held.term AND r.stored = held.stored
"""
_NEXT = """
    DELETE FROM posting WHERE {these} FROM posting WHERE term >= :term AND stored < :before
        ORDER BY term, stored, seq LIMIT {many})) RETURNING term, stored, seq, members
"""
_THESE = {
    "postgresql": "ctid = ANY (ARRAY (SELECT ctid",
    "sqlite": "(term, stored, seq) IN (SELECT * FROM (SELECT term, stored, seq",
}
"""By place PostgreSQL takes a fifth of the time: of three columns it thinks that few will be the same, and reads all."""
_NEIGHBOURS = """
    SELECT r.term, r.stored, r.seq, r.members FROM {spans} AS span JOIN posting_run r ON r.term = span.term
    AND r.stored <= span.last AND r.stored >= coalesce(
        (SELECT max(b.stored) FROM posting_run b WHERE b.term = span.term AND b.stored <= span.first), span.first)
"""
_SPANS = {
    "postgresql": """(SELECT (one->>0)::bigint AS term, (one->>1)::bigint AS first, (one->>2)::bigint AS last
        FROM json_array_elements(:spans::json) AS spans(one))""",
    "sqlite": """(SELECT json_extract(value, '$[0]') AS term, json_extract(value, '$[1]') AS first,
        json_extract(value, '$[2]') AS last FROM json_each(:spans))""",
}
FIRST_TERM = -(2**63)


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


def piece(
    since: int | None, until: int | None, limit: int, ascending: bool, term: str = "term"
) -> tuple[str, dict[str, Any]]:
    """SQL of the first rows and runs of a term with what is stored after `since` and not after `until`, in no order; and
    its parameters but for `term`. Of runs the first may end before `since`, and the last go on after `until`."""
    # As `(SELECT :x)` the planner cannot know what is asked: it would otherwise plan each question anew, for longer than it takes.
    term, since_, until_ = f"(SELECT :{term})", "(SELECT :since)", "(SELECT :until)"
    after = f" AND stored > {since_}" if since is not None else ""
    begun = f"SELECT max(stored) FROM posting_run WHERE term = {term} AND stored <= {since_}"
    from_run = f" AND stored >= coalesce(({begun}), {since_})" if since is not None else ""
    before = f" AND stored <= {until_}" if until is not None else ""
    way = "" if ascending else " DESC"
    sql = (
        f"SELECT * FROM (SELECT stored, seq, 0 AS run, members FROM posting WHERE term = {term}{after}{before}"
        f" ORDER BY stored{way}, seq{way} LIMIT {limit}) AS new UNION ALL"
        f" SELECT * FROM (SELECT stored, seq, 1 AS run, members FROM posting_run WHERE term = {term}{from_run}{before}"
        f" ORDER BY stored{way} LIMIT {_runs(limit)}) AS old"
    )
    return sql, {"since": since, "until": until}


def _runs(limit: int) -> int:
    """How many runs are read with so many rows: as many as have as many, and a beginning."""
    return 2 + limit // FULL


def walk(
    db: Connection,
    term: int,
    since: int | None,
    until: int | None,
    *,
    ascending: bool,
    begun: list[Found] | None = None,
) -> Iterator[tuple[int, list[int]]]:
    """(stored, numbers) of a term instant by instant, stored after `since` and not after `until`; read as needed.

    `begun`: what the first `piece` with FEW found, for who has asked for it already.
    """
    limit = FEW
    while True:
        if begun is not None:
            found: list[Any] = begun
            begun = None
        else:
            sql, given = piece(since, until, limit, ascending)
            found = rows(db, sql, term=term, **given)
        near, through = _near(found, limit, ascending)
        begin, end = since, until
        if through is not None and ascending:
            end = since = through if until is None else min(through, until)
        elif through is not None:
            begin = until = through - 1 if since is None else max(through - 1, since)
        within = [row for row in near if (begin is None or row[0] > begin) and (end is None or row[0] <= end)]
        for stored, at_once in groupby(within, key=itemgetter(0)):
            numbers = [seq for _, first, distances in at_once for seq in members(first, distances)]
            yield stored, sorted(numbers, reverse=not ascending)
        if through is None or (since is not None and since == until):
            return
        limit = min(limit * 4, MANY) if within else limit * 4


def _near(found: list[Found], limit: int, ascending: bool) -> tuple[list[At], int | None]:
    """Rows in order, those of runs too; and the last instant up to which there are no others, None where that is all."""
    new = sorted([(stored, seq, kept) for stored, seq, run, kept in found if not run], reverse=not ascending)
    runs = sorted([(stored, seq, kept) for stored, seq, run, kept in found if run], reverse=not ascending)
    ends = []
    if len(new) == limit:  # its last instant may go on
        ends.append(new[-1][0] - 1 if ascending else new[-1][0] + 1)
    if len(runs) == _runs(limit):
        ends.append(rows_in(runs[-1])[-1][0] if ascending else runs[-1][0])
    through = (min if ascending else max)(ends, default=None)
    if through is not None and ascending:
        runs = [run for run in runs if run[0] <= through]
    elif through is not None:  # whatever is older than a run that begins there
        runs = runs[: 1 + sum(stored > through for stored, _, _ in runs)]
    near = [*new, *chain.from_iterable(map(rows_in, runs))]
    return sorted(near, key=itemgetter(0), reverse=not ascending), through


def having(db: Connection, terms: Collection[int], entries: Collection[Entry]) -> set[int]:
    """Numbers of those of the statements that have one of the terms."""
    asked = {seq for _, seq in entries}
    sql = (
        f"SELECT p.stored, p.seq, 0 AS run, p.members {_AT_INSTANTS}"
        f" UNION ALL SELECT r.stored, r.seq, 1 AS run, r.members {_RUNS_AT_INSTANTS}"
    )
    instants = {stored for stored, _ in entries}
    found = rows(db, sql, terms=list(terms), instants=sorted(instants))
    return set().union(
        *(
            asked.intersection(numbers_at((stored, seq, kept), instants) if run else members(seq, kept))
            for stored, seq, run, kept in found
        )
    )


def all_having(db: Connection, terms: Iterable[int]) -> set[int]:
    """Numbers of the statements that have one of the terms."""
    sql = " UNION ALL ".join(
        f"SELECT stored, seq, {run} AS run, members FROM {table} WHERE term = ANY(:terms)"
        for run, table in enumerate(("posting", "posting_run"))
    )
    return {
        number
        for stored, seq, run, kept in rows(db, sql, terms=list(terms))
        for number in (numbers_in((stored, seq, kept)) if run else members(seq, kept))
    }


def add(db: Connection, new: Iterable[Row]) -> None:
    """Write rows one by one; a batch on PostgreSQL is copied, see store.postgresql."""
    values = [
        {"term": term, "stored": from_us(stored), "seq": first, "members": distances}
        for term, stored, first, distances in new
    ]
    if values:
        db.execute(insert(posting), values)


def remove(db: Connection, entries: Iterable[tuple[Entry, Iterable[int]]]) -> None:
    """Forget that these statements have these terms. Until this transaction ends nobody folds."""
    gone: dict[tuple[int, int], set[int]] = {}
    for (stored, seq), terms in entries:
        for term in terms:
            gone.setdefault((term, stored), set()).add(seq)
    if not gone:
        return
    hold_still(db)
    asked = {"terms": list({term for term, _ in gone}), "instants": sorted({stored for _, stored in gone})}
    there = rows(db, f"SELECT p.term, p.stored, p.seq, p.members {_AT_INSTANTS}", **asked)
    hit, left = [], []
    for term, stored, first, distances in there:
        rest = list(_without(gone.get((term, stored), set()), (stored, first, distances)))
        if rest != [(stored, first, distances)]:
            hit.append({"of": term, "at": from_us(stored), "first": first})
            left += [(term, *row) for row in rest]
    p = posting.c
    key = (p.term == bindparam("of"), p.stored == bindparam("at"), p.seq == bindparam("first"))
    if hit:
        db.execute(delete(posting).where(*key), hit)
    add(db, left)
    old, new = list[tuple[int, Run]](), list[tuple[int, Run]]()
    for term, *run in rows(db, f"SELECT r.term, r.stored, r.seq, r.members {_RUNS_AT_INSTANTS}", **asked):
        before = rows_in((run[0], run[1], run[2]))
        after = [row for one in before for row in _without(gone.get((term, one[0]), set()), one)]
        if after != before:
            old.append((term, (run[0], run[1], run[2])))
            new += [(term, made) for made in runs_of(after)]
    _replace(db, old, new)


def _without(leaving: set[int], row: At) -> Iterator[At]:
    stored, first, distances = row
    seqs = members(first, distances)
    if leaving.isdisjoint(seqs):
        yield row
    else:
        yield from ((stored, *packed) for packed in _pack([seq for seq in seqs if seq not in leaving]))


def hold_still(db: Connection) -> None:
    """Wait until nobody folds rows, and let nobody begin until this transaction ends."""
    if db.dialect.name == "postgresql":  # SQLite has one writer at a time anyway
        postgresql.hold_postings(db)


def may_fold(db: Connection) -> bool:
    """Whether nobody else folds or removes rows just now; then nobody does until this transaction ends."""
    return db.dialect.name != "postgresql" or postgresql.may_fold(db)


def fold(db: Connection, before: int, term: int, many: int) -> tuple[int, int | None]:
    """Move the next `many` rows of instants before `before` into runs, those of `term` first, then of higher ones. How many
    there were; and the term to go on with, None after the last. The caller has asked whether it may (`may_fold`).

    Rows are read by being deleted: whoever stores meanwhile loses nothing by it.
    """
    taken: dict[int, list[At]] = {}
    count = 0
    for of, *row in sorted(rows(db, _NEXT.format(these=_THESE[db.dialect.name], many=many), term=term, before=before)):
        taken.setdefault(of, []).append((row[0], row[1], row[2]))
        count += 1
    if not taken:
        return 0, None
    spans = json.dumps([(of, new[0][0], new[-1][0]) for of, new in taken.items()])
    beside: dict[int, list[Run]] = {}
    for of, *run in rows(db, _NEIGHBOURS.format(spans=_SPANS[db.dialect.name]), spans=spans):
        beside.setdefault(of, []).append((run[0], run[1], run[2]))
    old, new = list[tuple[int, Run]](), list[tuple[int, Run]]()
    for of, added in taken.items():
        joined = _joined_by(added, sorted(beside.get(of, ())))
        old += [(of, run) for run in joined]
        merged = sorted(chain(added, *map(rows_in, joined)), key=itemgetter(0, 1))
        new += [(of, run) for run in runs_of(merged)]
    _replace(db, old, new)
    return count, max(taken) if count == many else None


def _joined_by(added: Sequence[At], beside: list[Run]) -> list[Run]:
    """Of the runs that begin within the rows, and the one before, those that the rows belong into: not a full one that ends before."""
    if beside and is_full(beside[0]) and rows_in(beside[0])[-1][0] < added[0][0]:
        return beside[1:]
    return beside


def _replace(db: Connection, old: Iterable[tuple[int, Run]], new: Iterable[tuple[int, Run]]) -> None:
    kept = {(term, run[0]): run for term, run in new}
    gone = [{"of": term, "at": from_us(run[0])} for term, run in old if (term, run[0]) not in kept]
    r = posting_run.c
    if gone:
        db.execute(delete(posting_run).where(r.term == bindparam("of"), r.stored == bindparam("at")), gone)
    values = [
        {"term": term, "stored": from_us(stored), "seq": first, "members": packed}
        for (term, _), (stored, first, packed) in kept.items()
    ]
    if values:
        made: Any = inserting(db.dialect.name, posting_run)
        changed = {"seq": made.excluded.seq, "members": made.excluded.members}
        db.execute(made.on_conflict_do_update(index_elements=["term", "stored"], set_=changed), values)


def _pack(seqs: list[int]) -> Iterator[tuple[int, bytes]]:
    start = 0
    distances = list(map(sub, seqs[1:], seqs))
    for i, distance in enumerate(distances) if distances and max(distances) > 255 else ():
        if distance > 255:
            yield seqs[start], bytes(distances[start:i])
            start = i + 1
    if seqs:
        yield seqs[start], bytes(distances[start:])
