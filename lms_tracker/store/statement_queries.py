"""GET /statements as SQL: each filter walks one index, pages follow (stored, seq) and stay put when more arrives."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, Select, false, func, literal, null, select, tuple_

from lms_tracker.core.xapi.terms import AGENT, RELATED_ACTIVITY, RELATED_AGENT, term
from lms_tracker.store.tables import credential, related, statement

MAX_HOPS = 16
"""Our bound on the way from a statement to what it is about in the end: also a circle ends."""


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


def find_statements(db: Connection, query: Query) -> tuple[list[Row[*tuple[Any, ...]]], Cursor | None]:
    """(seq, stored, raw) of a page, and where the next one starts; None after the last.

    A statement whose object is a StatementRef is also found by what the statement that it refers to would be found by
    (Communication 2.1.3, "Filter Conditions for StatementRefs"), voided or not, and so on: MAX_HOPS.
    """
    horizon = query.after.horizon if query.after else (db.scalar(select(func.max(statement.c.seq))) or 0)
    merged: dict[int, Row[*tuple[Any, ...]]] = {}
    for branch in _branches(query, horizon):
        for row in db.execute(branch.limit(query.limit + 1)):
            merged[row.seq] = row
    rows = sorted(merged.values(), key=lambda row: (row.stored, row.seq), reverse=not query.ascending)
    page = rows[: query.limit]
    more = Cursor(page[-1].stored, page[-1].seq, horizon) if len(rows) > query.limit else None
    return page, more


def _branches(query: Query, horizon: int) -> list[Select[Any]]:
    """Queries whose pages, merged, are the answer: OR across indexes would make each database scan."""
    s = statement.c
    base = select(s.seq, s.stored, s.raw).where(s.voided_by.is_(None), s.seq <= horizon)
    if query.sent_by is not None:
        base = base.where(s.credential_id == query.sent_by)
    branches = []
    for agent in _agent_conditions(query):
        for activity in _activity_conditions(query):
            found: Select[Any] = base
            key: tuple[Any, Any] = (s.stored, s.seq)
            for condition in (agent, activity):
                if isinstance(condition, int):
                    terms = related.alias()
                    found = found.join_from(statement, terms, terms.c.seq == s.seq).where(terms.c.term == condition)
                    key = (terms.c.stored, terms.c.seq)
                elif condition is not None:
                    found = found.where(condition)
            if query.verb is not None:
                found = found.where(s.verb == query.verb)
            if query.registration is not None:
                found = found.where(s.registration == query.registration)
            branches.append(_in_page(found, query, *key))
    if query.agent or query.verb or query.activity or query.registration:
        branches.append(_referring(query, horizon))
    return branches


def _agent_conditions(query: Query) -> list[ColumnElement[bool] | int | None]:
    """Alternatives; a number is a term of `related`."""
    if query.agent is None:
        return [None]
    found: list[ColumnElement[bool] | int | None] = [statement.c.ifi == query.agent, term(AGENT, query.agent)]
    if query.related_agents:
        found.append(term(RELATED_AGENT, query.agent))
        if query.authority_of is not None:
            named = select(credential.c.id).where(credential.c.name == query.authority_of).scalar_subquery()
            found.append(statement.c.credential_id == named)
    return found


def _activity_conditions(query: Query) -> list[ColumnElement[bool] | int | None]:
    if query.activity is None:
        return [None]
    found: list[ColumnElement[bool] | int | None] = [statement.c.activity == query.activity]
    if query.related_activities:
        found.append(term(RELATED_ACTIVITY, query.activity))
    return found


def _referring(query: Query, horizon: int) -> Select[Any]:
    """Statements about a statement that matches, about a statement about one that does, and so on (2.1.3, recursive).

    Each filter is met by the statement itself or by any that it leads to. Those that refer at all are few, and
    ix_statement_target holds nothing else: the walk goes over them, from one to the next by id. Other columns are
    wrapped so that no planner walks what matches instead, or all that was stored, which may be millions.
    """
    first, hop = statement.alias("first"), statement.alias("hop")
    root, root_stored = first.c.seq.label("root"), first.c.stored.label("root_stored")
    start = select(root, root_stored, literal(0).label("hops"), *_node(first, query)).where(
        first.c.target >= UUID(int=0), first.c.voided_by.is_(None)
    )
    start = start.where(_unindexed(first.c.seq) <= horizon, *_bounds(query, _unindexed(first.c.stored)))
    if query.sent_by is not None:
        start = start.where(_unindexed(first.c.credential_id) == query.sent_by)
    chain = start.cte("chain", recursive=True)
    further = select(chain.c.root, chain.c.root_stored, chain.c.hops + 1, *_node(hop, query))
    further = further.join_from(chain, hop, hop.c.id == chain.c.next).where(chain.c.hops < MAX_HOPS)
    chain = chain.union_all(further)
    found = select(chain.c.root, chain.c.root_stored).distinct()
    last, *others = _conditions(query)
    for condition in others:
        met = chain.alias()
        found = found.where(chain.c.root.in_(select(met.c.root).where(condition(met))))
    found = found.where(last(chain))
    page = _in_page(found, query, chain.c.root_stored, chain.c.root).limit(query.limit + 1).subquery()
    s = statement.c
    return select(s.seq, s.stored, s.raw).join_from(page, statement, s.seq == page.c.root)


def _node(of: Any, query: Query) -> list[ColumnElement[Any]]:
    """What is kept of a statement on the way: where the way leads, and what the filters ask of it."""
    c = of.c
    found = [c.target.label("next")]
    if query.agent is not None:
        found += [c.ifi, c.credential_id]
    if query.agent is not None or query.related_activities:
        found += [c.seq, c.stored]
    asked = {"activity": query.activity, "verb": query.verb, "registration": query.registration}
    return found + [c[name] for name, value in asked.items() if value is not None]


def _conditions(query: Query) -> list[Callable[[Any], ColumnElement[bool]]]:
    """One for each filter, asked of whatever has the columns of a statement."""
    found: list[Callable[[Any], ColumnElement[bool]]] = []
    if query.agent is not None:
        kinds = [AGENT, RELATED_AGENT] if query.related_agents else [AGENT]
        agents = [term(kind, query.agent) for kind in kinds]
        found.append(lambda of: (of.c.ifi == query.agent) | _has_term(of, agents) | _is_authority(of, query))
    if query.activity is not None:
        activities = [term(RELATED_ACTIVITY, query.activity)] if query.related_activities else []
        found.append(lambda of: (of.c.activity == query.activity) | _has_term(of, activities))
    if query.verb is not None:
        found.append(lambda of: of.c.verb == query.verb)
    if query.registration is not None:
        found.append(lambda of: of.c.registration == query.registration)
    return found


def _is_authority(of: Any, query: Query) -> ColumnElement[bool]:
    if not query.related_agents or query.authority_of is None:
        return false()
    named = select(credential.c.id).where(credential.c.name == query.authority_of).scalar_subquery()
    return of.c.credential_id == named


def _unindexed(column: ColumnElement[Any]) -> ColumnElement[Any]:
    return func.coalesce(column, null(), type_=column.type)


def _has_term(of: Any, terms: list[int]) -> ColumnElement[bool]:
    r = related.c
    if not terms:
        return false()
    return select(r.seq).where(r.term.in_(terms), r.stored == of.c.stored, r.seq == of.c.seq).exists()


def _bounds(query: Query, stored: Any) -> list[ColumnElement[bool]]:
    since = [] if query.since is None else [stored > query.since]
    return since if query.until is None else [*since, stored <= query.until]


def _in_page(found: Select[Any], query: Query, stored: Any, seq: Any) -> Select[Any]:
    found = found.where(*_bounds(query, stored))
    if query.after is not None:
        here, last = tuple_(stored, seq), tuple_(query.after.stored, query.after.seq, types=[stored.type, seq.type])
        found = found.where(here > last if query.ascending else here < last)
    return found.order_by(stored, seq) if query.ascending else found.order_by(stored.desc(), seq.desc())
