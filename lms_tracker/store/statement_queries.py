"""GET /statements as SQL: each filter walks one index, pages follow (stored, seq) and stay put when more arrives."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, Select, func, null, select, tuple_

from lms_tracker.core.xapi.terms import AGENT, RELATED_ACTIVITY, RELATED_AGENT, term
from lms_tracker.store.tables import credential, related, statement


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
    authority_of: str | None = None
    """Name of the credential whose authority `agent` is, if it is one's: counts with related_agents."""


def find_statements(db: Connection, query: Query) -> tuple[list[Row[*tuple[Any, ...]]], Cursor | None]:
    """(seq, stored, raw) of a page, and where the next one starts; None after the last.

    A statement whose object is a StatementRef is also found by what the statement that it refers to would be found by
    (Communication 2.1.3, "Filter Conditions for StatementRefs"), voided or not.
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
        branches.append(_in_page(_referring(query, horizon), query, _unindexed(s.stored), _unindexed(s.seq)))
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
    """Statements about a statement that matches.

    They are few, and ix_statement_target holds nothing else: the walk goes over them. All other columns are wrapped so
    that no planner walks what matches on the other side instead, or all that was stored, which may be millions.
    """
    s, target = statement.c, statement.alias("referred")
    found = select(s.seq, s.stored, s.raw).join_from(statement, target, target.c.id == s.target)
    found = found.where(s.target >= UUID(int=0), s.voided_by.is_(None), _unindexed(s.seq) <= horizon)
    wanted = {"verb": query.verb, "registration": query.registration}
    for name, value in wanted.items():
        if value is not None:
            found = found.where(_unindexed(target.c[name]) == value)
    if query.agent is not None:
        terms = [term(AGENT, query.agent)] + ([term(RELATED_AGENT, query.agent)] if query.related_agents else [])
        found = found.where((_unindexed(target.c.ifi) == query.agent) | _has_term(target, terms))
    if query.activity is not None:
        match = _unindexed(target.c.activity) == query.activity
        if query.related_activities:
            match |= _has_term(target, [term(RELATED_ACTIVITY, query.activity)])
        found = found.where(match)
    return found


def _unindexed(column: ColumnElement[Any]) -> ColumnElement[Any]:
    return func.coalesce(column, null(), type_=column.type)


def _has_term(of: Any, terms: list[int]) -> ColumnElement[bool]:
    r = related.c
    return select(r.seq).where(r.term.in_(terms), r.stored == of.c.stored, r.seq == of.c.seq).exists()


def _in_page(found: Select[Any], query: Query, stored: Any, seq: Any) -> Select[Any]:
    if query.since is not None:
        found = found.where(stored > query.since)
    if query.until is not None:
        found = found.where(stored <= query.until)
    if query.after is not None:
        here, last = tuple_(stored, seq), tuple_(query.after.stored, query.after.seq, types=[stored.type, seq.type])
        found = found.where(here > last if query.ascending else here < last)
    return found.order_by(stored, seq) if query.ascending else found.order_by(stored.desc(), seq.desc())
