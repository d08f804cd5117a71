"""Lists of statements in order, each met by one alternative of a filter, as far as a page needs them.

What is found by an index of `statement` is walked there, what is found by terms in `posting`. A question takes longer
than its answer, so the beginnings of all walks are asked for in one, along with whatever else decides on the page.
"""

from collections.abc import Collection, Iterator, Sequence
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection

from lms_tracker.core.xapi.terms import ACTOR, term
from lms_tracker.store import postings
from lms_tracker.store.credentials import Closed
from lms_tracker.store.driver import OPEN, rows
from lms_tracker.store.postings import Entry
from lms_tracker.store.tables.record import SPANS

MANY = 4000
"""Candidates that are looked at in one go."""
INLINE = 16 * 1024
"""Packed bytes up to which a statement is read along with others. Larger ones are read one by one, once they are shown."""

Alternative = int | tuple[str, Any]
"""A term of `posting`; or a column of `statement`, and its value."""
Filter = list[Alternative]
"""Met by whatever meets one of them."""


class Seen(NamedTuple):
    """What filters ask of a statement's row, and what is shown of it."""

    stored: int
    seq: int
    ifi: int | None
    registration: int | None
    credential_id: int | None
    raw: bytes | None
    """Packed; None where it is larger than INLINE."""

    @property
    def entry(self) -> Entry:
        return self.stored, self.seq


SEEN = (
    "SELECT s.stored, s.seq, s.ifi, s.registration, s.credential_id,"
    f" CASE WHEN length(s.raw) <= {INLINE} THEN s.raw END AS raw FROM statement s"
)
REFERRING = "s.target IS NOT NULL AND s.voided_by IS NULL"
_POSTED = "SELECT stored, seq, CAST(run AS bigint), CAST(NULL AS bigint), CAST(NULL AS integer), members FROM"
"""What store.postings finds, in the columns of SEEN."""


class Bounds(msgspec.Struct, frozen=True):
    """Stored after `since`, not after `until`; and on the far side of `after`, where the page before ended."""

    since: int | None
    until: int | None
    ascending: bool
    after: Entry | None
    horizon: int | None

    def let(self, entry: Entry) -> bool:
        """Whether a statement between `since` and `until` is in them."""
        if self.horizon is not None and entry[1] > self.horizon:
            return False
        return self.after is None or (entry > self.after if self.ascending else entry < self.after)

    def way(self, span: str | None = None) -> str:
        """In which order. `span`: what the index that is to be walked holds of `stored`, see tables.record."""
        columns = [span, "s.stored", "s.seq"] if span else ["s.stored", "s.seq"]
        return ", ".join(column + " DESC" * (not self.ascending) for column in columns)

    def sql(self, span: str | None = None) -> str:
        """The same as conditions."""
        side = ">" if self.ascending else "<"
        parts = [
            "s.stored > :since" if self.since is not None else "",
            "s.stored <= :until" if self.until is not None else "",
            f"{span} >= {span.replace('stored', ':since')}" if span and self.since is not None else "",
            f"{span} <= {span.replace('stored', ':until')}" if span and self.until is not None else "",
            f"(s.stored, s.seq) {side} (:after_stored, :after_seq)" if self.after is not None else "",
            "s.seq <= :horizon" if self.horizon is not None else "",
        ]
        return "".join(f" AND {part}" for part in parts if part)

    def given(self) -> dict[str, Any]:
        """Parameters of `sql`."""
        stored, seq = self.after or (None, None)
        names = {"since": self.since, "until": self.until, "horizon": self.horizon}
        return {**names, "after_stored": stored, "after_seq": seq}


class Walk(msgspec.Struct):
    """One alternative (None: all statements), and the other filters that are met by columns alone."""

    lead: Alternative | None
    columns: list[Filter]
    size: int
    """How many statements are looked at in the first go."""

    def sql(self, db: Connection, bounds: Bounds, of: str = "") -> tuple[str, dict[str, Any]]:
        """The next piece; of posting lists the first. `of` stands before its parameters' names."""
        if isinstance(self.lead, int):
            piece, given = postings.piece(bounds.since, bounds.until, postings.FEW, bounds.ascending, f"{of}term")
            return f"{_POSTED} ({piece}) AS posted", given | {f"{of}term": self.lead}
        condition, given = condition_of(self.columns if self.lead is None else [[self.lead], *self.columns], of)
        by = self.lead and SPANS["learner_id" if self.lead[0] == "ifi" else self.lead[0]]
        span = by if db.dialect.name == "postgresql" else None
        where = f"WHERE s.voided_by IS NULL{condition}{bounds.sql(span)}"
        return f"{SEEN} {where} ORDER BY {bounds.way(span)} LIMIT {self.size}", given | bounds.given()


class Opening(NamedTuple):
    """What the first question says."""

    refers: bool
    """Whether there are statements about statements within the bounds."""
    last: int | None
    """The last number there is."""
    first: list[list[Any]]
    """The beginning of each walk: rows of SEEN, or what store.postings finds in their columns."""


def open_up(db: Connection, secret: str | None, walks: Sequence[Walk], bounds: Bounds, *, refers: bool) -> Opening:
    """Ask for the beginnings of all walks; and `refers` if that matters. Raises Closed where `secret` opens nothing."""
    pieces, given = [], {"secret": secret}
    for n, walk in enumerate(walks):
        piece, more = walk.sql(db, bounds, f"of{n}_")
        pieces.append(f"SELECT {n} AS of_walk, piece.* FROM ({piece}) AS piece")
        given |= more
    about = f"EXISTS (SELECT 1 FROM statement s WHERE {REFERRING}{bounds.sql()})" if refers else "0 = 1"
    found = rows(
        db,
        f"SELECT {about}, (SELECT max(seq) FROM statement), found.* FROM ({OPEN if secret else 'SELECT 1'}) AS open"
        f" LEFT JOIN ({' UNION ALL '.join(pieces)}) AS found ON TRUE",
        **given | bounds.given(),
    )
    if not found:
        raise Closed
    first: list[list[Any]] = [[] for _ in walks]
    for row in found:
        if row[2] is not None:
            first[row[2]].append(row[3:])
    for one in first:
        one.sort(key=itemgetter(0, 1), reverse=not bounds.ascending)
    return Opening(bool(found[0][0]), found[0][1], first)


def direct(
    db: Connection, walk: Walk, first: list[Any], asked: list[Filter], bounds: Bounds, count: int
) -> list[tuple[Entry, bytes | None]]:
    """Up to `count` of those that meet the walk and the filters `asked` themselves, with what is shown."""
    if isinstance(walk.lead, int):
        pieces = _posted(db, walk, walk.lead, first, bounds)
    else:
        pieces = _indexed(db, walk, first, bounds)
        if walk.lead is not None and walk.lead[0] == "ifi":  # the index is by learner, who may have more
            asked = [*asked, [walk.lead]]
    kept: list[tuple[Entry, bytes | None]] = []
    for seen in pieces:
        for one in asked:
            met = numbers_met(db, one, seen)
            seen = [row for row in seen if row.seq in met]
        kept += [((row.stored, row.seq), row.raw) for row in seen]
        if len(kept) >= count:
            return kept[:count]
    return kept


def _posted(db: Connection, walk: Walk, lead: int, first: list[Any], bounds: Bounds) -> Iterator[list[Seen]]:
    """Pieces of the list of a term."""
    condition, given = condition_of(walk.columns)
    sql = f"{SEEN} WHERE s.seq = ANY(:seqs) AND s.voided_by IS NULL{condition}"
    size, waiting = walk.size, list[Entry]()

    def look() -> Iterator[list[Seen]]:
        for start in range(0, len(waiting), size):
            seqs = [seq for _, seq in waiting[start : start + size]]
            found = map(Seen._make, rows(db, sql, **given, seqs=seqs))
            yield sorted(found, key=itemgetter(0, 1), reverse=not bounds.ascending)
        waiting.clear()

    begun = [(stored, seq, run, members) for stored, seq, run, *_, members in first]
    for stored, seqs in postings.walk(db, lead, bounds.since, bounds.until, ascending=bounds.ascending, begun=begun):
        waiting += [(stored, seq) for seq in seqs if bounds.let((stored, seq))]
        if len(waiting) >= size:
            yield from look()
            size = min(size * 4, MANY)
    yield from look()


def _indexed(db: Connection, walk: Walk, first: list[Any], bounds: Bounds) -> Iterator[list[Seen]]:
    """Pieces of what an index of `statement` gives."""
    found, size = first, walk.size
    while True:
        yield list(map(Seen._make, found))
        if len(found) < size:
            return
        last = found[-1][:2]
        limits = {"since": last[0] - 1} if bounds.ascending else {"until": last[0]}
        bounds = msgspec.structs.replace(bounds, after=last, **limits)
        size = min(size * 4, MANY)
        sql, given = msgspec.structs.replace(walk, size=size).sql(db, bounds)
        found = rows(db, sql, **given)


def condition_of(columns: list[Filter], of: str = "") -> tuple[str, dict[str, Any]]:
    """SQL of filters that are met by columns alone, and its parameters, whose names begin with `of`. Of an identifier:
    that it is the learner's."""
    parts, given = [], {}
    for n, one in enumerate(columns):
        either = []
        for m, (column, value) in enumerate(one):  # type: ignore[misc]
            name = f"{of}value{n}_{m}"
            given[name] = value
            known = f"(SELECT learner_id FROM identity WHERE ifi = :{name})"
            either.append(f"s.learner_id = {known}" if column == "ifi" else f"s.{column} = :{name}")
        parts.append(" AND (" + " OR ".join(either) + ")")
    return "".join(parts), given


def numbers_met(db: Connection, one: Filter, seen: Collection[Seen]) -> set[int]:
    """Numbers of those that meet the filter."""
    met, terms = set[int](), list[int]()
    for alternative in one:
        if isinstance(alternative, int):
            terms.append(alternative)
        else:
            column, value = alternative
            wanted, of = (term(ACTOR, value) if column == "ifi" else value), attrgetter(column)
            met.update([row.seq for row in seen if of(row) == wanted])
    return met | postings.having(db, terms, {row.entry for row in seen}) if terms and seen else met
