"""GET /statements: each filter walks one list in order, pages follow (stored, seq) and stay put when more arrives.

What is found by an index of `statement` is walked there, what is found by terms in `posting`. Of several filters the
most selective kind is walked, and the others are asked of what it gives. A walk ends when the page is full: of
statements, or of bytes.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import Connection, select

from lms_tracker.core.instants import from_us, to_us
from lms_tracker.core.xapi.terms import ACTIVITY, ACTOR, AGENT, RELATED_ACTIVITY, RELATED_AGENT, VERB, fold, term
from lms_tracker.store import postings
from lms_tracker.store.chunks import rows_among
from lms_tracker.store.credentials import Closed
from lms_tracker.store.driver import rows, rows_while_open
from lms_tracker.store.packing import unpack_one
from lms_tracker.store.postings import Entry
from lms_tracker.store.tables import credential, statement
from lms_tracker.store.tables.record import SPANS

MAX_HOPS = 16
"""Our bound on the way from a statement to what it is about in the end: also a circle ends."""
REFERRING = 1000
"""Statements about statements that are looked at in one go."""
MANY = 4000
"""Candidates that are looked at in one go."""
PAGE_BYTES = 8 * 1024 * 1024
"""JSON of one page; a single statement may be larger. A page of 1,000 ordinary ones is a fifth of it."""
INLINE = 16 * 1024
"""Packed bytes up to which a statement is read along with others. Larger ones are read one by one, once they are shown."""


class Cursor(msgspec.Struct, frozen=True):
    """Where the page before ended, and the last statement that was there when the first page was asked for."""

    stored: datetime
    seq: int
    horizon: int


class Query(msgspec.Struct, kw_only=True):
    """The filters of Communication 2.1.3. `agent` is an identifier of core.xapi.actors."""

    agent: str | None = None
    verb: str | None = None
    activity: str | None = None
    registration: UUID | None = None
    related_agents: bool = False
    related_activities: bool = False
    since: datetime | None = None
    """Stored after it."""
    until: datetime | None = None
    """Stored at it or before."""
    limit: int = 100
    ascending: bool = False
    after: Cursor | None = None
    sent_by: int | None = None
    """Only what this credential sent."""
    authority_of: str | None = None
    """Name of the credential whose authority `agent` is, if it is one's: counts with related_agents."""
    secret: str | None = None
    """Digest of the secret of who asks, if that is to open still when it is asked."""


class Found(NamedTuple):
    """A statement of a page."""

    seq: int
    stored: datetime
    raw: bytes


class _Seen(NamedTuple):
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


class _Door(msgspec.Struct):
    """Asked along with the first question for statements, for a question takes longer than its answer."""

    secret: str | None
    """Digest of the secret that must open."""
    referring: str
    """SQL that finds statements about statements within the bounds."""
    refers: bool | None = None
    """Whether there are any; None until it is known."""


_SEEN = (
    "SELECT s.stored, s.seq, s.ifi, s.registration, s.credential_id,"
    f" CASE WHEN length(s.raw) <= {INLINE} THEN s.raw END AS raw FROM statement s"
)

_REFERRING = "s.target IS NOT NULL AND s.voided_by IS NULL"

Alternative = int | tuple[str, Any]
"""A term of `posting`; or a column of `statement`, and its value."""
Filter = list[Alternative]
"""Met by whatever meets one of them."""


class _Bounds(msgspec.Struct, frozen=True):
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

    def given(self) -> dict[str, int | None]:
        """Parameters of `sql`."""
        stored, seq = self.after or (None, None)
        names = {"since": self.since, "until": self.until, "horizon": self.horizon}
        return {**names, "after_stored": stored, "after_seq": seq}


def find_statements(db: Connection, query: Query) -> tuple[list[Found], Cursor | None]:
    """A page, and where the next one starts; None after the last.

    A statement whose object is a StatementRef is also found by what the statement that it refers to would be found by
    (Communication 2.1.3, "Filter Conditions for StatementRefs"), voided or not, and so on: MAX_HOPS.

    Raises Closed where `query.secret` opens nothing.
    """
    bounds, filters = _bounds(query), _filters(db, query)
    mine: Filter = [] if query.sent_by is None else [("credential_id", query.sent_by)]
    count = query.limit + 1
    found: dict[Entry, bytes | None] = {}
    door = _Door(query.secret, f"SELECT 1 FROM statement s WHERE {_REFERRING}{bounds.sql()}")
    if filters:
        lead, *others = filters
        for alternative in lead:
            found.update(_direct(db, door, alternative, [*others, mine] if mine else others, bounds, count))
        page = _page(found, bounds, count)
        if door.refers is not False:
            found.update(_referring(db, filters, mine, bounds, count, page, query.secret))
    else:
        found.update(_direct(db, door, mine[0] if mine else None, [], bounds, count))
    page = _page(found, bounds, count)
    shown, last = _shown(db, [(entry, found[entry]) for entry in page[: query.limit]])
    if last is None or last == page[-1]:
        return shown, None
    horizon = bounds.horizon or rows(db, "SELECT max(seq) FROM statement")[0][0]
    return shown, Cursor(from_us(last[0]), last[1], horizon)


def _shown(db: Connection, page: list[tuple[Entry, bytes | None]]) -> tuple[list[Found], Entry | None]:
    """As many as PAGE_BYTES allow, at least one; and the last of the page that was looked at."""
    shown: list[Found] = []
    left, last = PAGE_BYTES, None
    for entry, packed in page:
        if packed is None:
            large = rows(db, "SELECT raw FROM statement WHERE seq = :seq", seq=entry[1])
            packed = large[0][0] if large else None
        if packed is not None:  # else deleted meanwhile
            raw = unpack_one(packed)
            left -= len(raw)
            if left < 0 and shown:
                break
            shown.append(Found(entry[1], from_us(entry[0]), raw))
        last = entry
    return shown, last


def _bounds(query: Query) -> _Bounds:
    since, until = (None if at is None else to_us(at) for at in (query.since, query.until))
    if query.after is None:
        return _Bounds(since, until, query.ascending, None, None)
    at = to_us(query.after.stored)
    if query.ascending:
        since = at - 1 if since is None else max(since, at - 1)
    else:
        until = at if until is None else min(until, at)
    return _Bounds(since, until, query.ascending, (at, query.after.seq), query.after.horizon)


def _filters(db: Connection, query: Query) -> list[Filter]:
    """The most selective kind first."""
    found: list[Filter] = []
    if query.registration is not None:
        found.append([("registration", fold(query.registration))])
    if query.agent is not None:
        agents: Filter = [("ifi", query.agent), term(AGENT, query.agent)]
        if query.related_agents:
            agents.append(term(RELATED_AGENT, query.agent))
            named = select(credential.c.id).where(credential.c.name == query.authority_of)
            agents += [("credential_id", id) for id in db.scalars(named)] if query.authority_of is not None else []
        found.append(agents)
    if query.activity is not None:
        related: Filter = [term(RELATED_ACTIVITY, query.activity)] if query.related_activities else []
        found.append([term(ACTIVITY, query.activity), *related])
    if query.verb is not None:
        found.append([term(VERB, query.verb)])
    return found


def _page(found: Iterable[Entry], bounds: _Bounds, count: int) -> list[Entry]:
    return sorted(found, reverse=not bounds.ascending)[:count]


def _direct(
    db: Connection, door: _Door, lead: Alternative | None, others: list[Filter], bounds: _Bounds, count: int
) -> Iterator[tuple[Entry, bytes | None]]:
    """Up to `count` of those that meet `lead` (None: all) and the other filters themselves, with what is shown."""
    columns = [one for one in others if all(isinstance(alternative, tuple) for alternative in one)]
    asked = [one for one in others if one not in columns]
    if isinstance(lead, int):
        walk = _posted(db, door, lead, columns, bounds, count)
    else:
        walk = _indexed(db, door, lead, columns, bounds, count)
        asked += [[lead]] if lead is not None and lead[0] == "ifi" else []  # the index is by learner, who may have more
    for seen in walk:
        for one in asked:
            met = _met(db, one, seen)
            seen = [row for row in seen if row.seq in met]
        for row in seen:
            yield row.entry, row.raw
            count -= 1
            if count == 0:
                return


def _posted(
    db: Connection, door: _Door, lead: int, columns: list[Filter], bounds: _Bounds, size: int
) -> Iterator[list[_Seen]]:
    """Pieces of the list of a term."""
    condition, given = _condition(columns)
    sql = f"{_SEEN} WHERE s.seq = ANY(:seqs) AND s.voided_by IS NULL{condition}"
    waiting: list[Entry] = []

    def look() -> Iterator[list[_Seen]]:
        for start in range(0, len(waiting), size):
            seqs = [seq for _, seq in waiting[start : start + size]]
            found = _ask(db, door, sql, given | bounds.given() | {"seqs": seqs})
            yield sorted(found, key=lambda one: one.entry, reverse=not bounds.ascending)
        waiting.clear()

    for stored, seqs in postings.walk(db, lead, bounds.since, bounds.until, ascending=bounds.ascending):
        waiting += [(stored, seq) for seq in seqs if bounds.let((stored, seq))]
        if len(waiting) >= size:
            yield from look()
            size = min(size * 4, MANY)
    yield from look()


def _indexed(
    db: Connection, door: _Door, lead: tuple[str, Any] | None, columns: list[Filter], bounds: _Bounds, size: int
) -> Iterator[list[_Seen]]:
    """Pieces of what an index of `statement` gives."""
    condition, given = _condition(columns if lead is None else [[lead], *columns])
    by = lead and SPANS["learner_id" if lead[0] == "ifi" else lead[0]]
    span = by if db.dialect.name == "postgresql" else None
    while True:
        sql = f"{_SEEN} WHERE s.voided_by IS NULL{condition}{bounds.sql(span)} ORDER BY {bounds.way(span)} LIMIT {size}"
        found = _ask(db, door, sql, given | bounds.given())
        yield found
        if len(found) < size:
            return
        last = found[-1].entry
        limits = {"since": last[0] - 1} if bounds.ascending else {"until": last[0]}
        bounds = msgspec.structs.replace(bounds, after=last, **limits)
        size = min(size * 4, MANY)


def _ask(db: Connection, door: _Door, sql: str, given: dict[str, Any]) -> list[_Seen]:
    """The rows of a question for statements. The first one also asks what `door` wants to know. Raises Closed."""
    if door.refers is not None:
        return [_Seen(*row) for row in rows(db, sql, **given)]
    all_of_it = (
        f"SELECT EXISTS ({door.referring}) AS refers, seen.* FROM (SELECT 1) AS one LEFT JOIN ({sql}) AS seen ON TRUE"
    )
    found = rows_while_open(db, door.secret, all_of_it, **given)
    if found is None:
        raise Closed
    door.refers = bool(found[0][0])
    return [_Seen(*row) for _, *row in found if row[0] is not None]


def _condition(columns: list[Filter]) -> tuple[str, dict[str, Any]]:
    """SQL of filters that are met by columns alone, and its parameters. Of an identifier: that it is the learner's."""
    parts, given = [], {}
    for n, one in enumerate(columns):
        either = []
        for m, (column, value) in enumerate(one):  # type: ignore[misc]
            given[f"value{n}_{m}"] = value
            known = f"(SELECT learner_id FROM identity WHERE ifi = :value{n}_{m})"
            either.append(f"s.learner_id = {known}" if column == "ifi" else f"s.{column} = :value{n}_{m}")
        parts.append(" AND (" + " OR ".join(either) + ")")
    return "".join(parts), given


def _met(db: Connection, one: Filter, seen: Iterable[_Seen]) -> set[int]:
    """Numbers of those that meet the filter."""
    asked = [
        (column, term(ACTOR, v) if column == "ifi" else v) for column, v in (a for a in one if isinstance(a, tuple))
    ]
    met = {row.seq for row in seen if any(getattr(row, column) == value for column, value in asked)}
    terms = [alternative for alternative in one if isinstance(alternative, int)]
    return met | postings.having(db, terms, {row.entry for row in seen}) if terms and seen else met


def _referring(
    db: Connection,
    filters: list[Filter],
    mine: Filter,
    bounds: _Bounds,
    count: int,
    page: list[Entry],
    secret: str | None,
) -> Iterator[tuple[Entry, bytes | None]]:
    """Statements about a statement that matches, about a statement about one that does, and so on (2.1.3, recursive).

    Each filter is met by the statement itself or by any that it leads to. Those that refer at all are few; of them,
    those are looked at that could still come into the page. Raises Closed: this query is always asked.
    """
    last = page[-1] if len(page) == count else None
    condition, given = _condition([mine] if mine else [])
    sql = f"{_SEEN} WHERE {_REFERRING}{condition}"
    while True:
        if last is not None:
            limits = {"until": last[0]} if bounds.ascending else {"since": last[0] - 1}
            bounds = msgspec.structs.replace(bounds, **limits)
        ordered = f"{sql}{bounds.sql()} ORDER BY {bounds.way()} LIMIT {REFERRING}"
        found = rows_while_open(db, secret, ordered, **given, **bounds.given())
        if found is None:
            raise Closed
        roots = sorted((_Seen(*row) for row in found), key=lambda one: one.entry, reverse=not bounds.ascending)
        for root in _leading(db, filters, roots) if roots else ():
            yield root.entry, root.raw
            count -= 1
            if count == 0:
                return
        if len(roots) < REFERRING:
            return
        bounds = msgspec.structs.replace(bounds, after=roots[-1].entry)


def _leading(db: Connection, filters: list[Filter], roots: list[_Seen]) -> list[_Seen]:
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
            seen[row.seq] = _Seen(to_us(row.stored), row.seq, row.ifi, row.registration, row.credential_id, None)
            new = {first for first in asked[row.id] if row.seq not in ways[first]}
            for first in new:
                ways[first].add(row.seq)
            if new and row.target is not None:
                targets[row.seq] = row.target
                ends[row.seq] = new
        if not ends:
            break
    met = [_met(db, one, seen.values()) for one in filters]
    return [root for root in roots if all(ways[root.seq] & numbers for numbers in met)]
