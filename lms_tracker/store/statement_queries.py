"""GET /statements: each filter walks one list in order, pages follow (stored, seq) and stay put when more arrives.

Of several filters the most selective kind is walked (store.statement_walks), and the others are asked of what it gives. A
walk ends when the page is full: of statements, or of bytes (store.statement_pages).
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import Connection, select

from lms_tracker.core.instants import from_us, to_us
from lms_tracker.core.xapi.terms import ACTIVITY, AGENT, RELATED_ACTIVITY, RELATED_AGENT, VERB, fold, term
from lms_tracker.store.postings import Entry
from lms_tracker.store.statement_pages import Page, show
from lms_tracker.store.statement_references import referring
from lms_tracker.store.statement_walks import Alternative, Bounds, Filter, Walk, direct, open_up
from lms_tracker.store.tables import credential


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


def find_statements(db: Connection, query: Query) -> tuple[Page, Cursor | None]:
    """A page, and where the next one starts; None after the last.

    A statement whose object is a StatementRef is also found by what the statement that it refers to would be found by
    (Communication 2.1.3, "Filter Conditions for StatementRefs"), voided or not, and so on: see store.statement_references.

    Raises Closed where `query.secret` opens nothing.
    """
    bounds, filters = _bounds(query), _filters(db, query)
    mine: list[Filter] = [] if query.sent_by is None else [[("credential_id", query.sent_by)]]
    count = query.limit + 1
    # What is found by what somebody sent alone is walked by that.
    lead: list[Alternative | None] = [*(filters or mine or [[]])[0]] or [None]
    others = [*filters[1:], *mine] if filters else []
    columns = [one for one in others if all(isinstance(alternative, tuple) for alternative in one)]
    asked = [one for one in others if one not in columns]
    walks = [Walk(alternative, columns, count) for alternative in lead]
    opening = open_up(db, query.secret, walks, bounds, refers=bool(filters))
    found: dict[Entry, bytes | None] = {}
    for walk, first in zip(walks, opening.first, strict=True):
        found.update(direct(db, walk, first, asked, bounds, count))
    page = _page(found, bounds, count)
    if opening.refers:
        found.update(referring(db, filters, mine, bounds, count, page, query.secret))
        page = _page(found, bounds, count)
    shown, last = show(db, [(entry, found[entry]) for entry in page[: query.limit]])
    if last is None or last == page[-1]:
        return shown, None
    horizon = bounds.horizon or opening.last
    assert horizon is not None  # there is at least what was found
    return shown, Cursor(from_us(last[0]), last[1], horizon)


def _bounds(query: Query) -> Bounds:
    since, until = (None if at is None else to_us(at) for at in (query.since, query.until))
    if query.after is None:
        return Bounds(since, until, query.ascending, None, None)
    at = to_us(query.after.stored)
    if query.ascending:
        since = at - 1 if since is None else max(since, at - 1)
    else:
        until = at if until is None else min(until, at)
    return Bounds(since, until, query.ascending, (at, query.after.seq), query.after.horizon)


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


def _page(found: Iterable[Entry], bounds: Bounds, count: int) -> list[Entry]:
    return sorted(found, reverse=not bounds.ascending)[:count]
