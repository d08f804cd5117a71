"""Searching people by anything they are known by, with what they have."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Row, func, select

from lms_tracker.core.xapi.terms import ACTOR, term
from lms_tracker.store.chunks import chunks
from lms_tracker.store.owner import owner
from lms_tracker.store.tables import account, enrolment, identity, learner, organisation, programme, statement

BATCH = 2000


def identities_from(db: Connection, prefixes: Iterable[str]) -> Iterator[Sequence[Row[*tuple[Any, ...]]]]:
    """(ifi, learner_id) of all identities that begin so, a few thousand at a time, by identifier."""
    i = identity.c
    for prefix in prefixes:
        last = ""
        while True:
            query = select(i.ifi, i.learner_id).where(i.ifi.startswith(prefix, autoescape=True), i.ifi > last)
            rows = db.execute(query.order_by(i.ifi).limit(BATCH)).all()
            if not rows:
                break
            yield rows
            last = rows[-1].ifi


def with_a_place(db: Connection, learner_ids: Collection[int]) -> set[int]:
    """Those of the learners who log in or are enrolled."""
    found: set[int] = set()
    for ids in chunks(learner_ids):
        for of in (account.c.learner_id, enrolment.c.learner_id):
            found.update(db.scalars(select(of).where(of.in_(ids))))
    return found


def search_people(db: Connection, text: str, limit: int, offset: int = 0) -> tuple[list[int], int]:
    """Ids of learners whose name, login or an identifier holds the text, by name, and how many there are.

    Without a text all who have an identity. Who was joined is found as who has the identities now.
    """
    found = select(owner.label("id")).where(learner.c.joined_into.is_(None), learner.c.erased_at.is_(None))
    if text:
        by_name = select(owner.label("id")).where(learner.c.name.icontains(text, autoescape=True))
        by_login = select(account.c.learner_id.label("id")).where(
            account.c.login.icontains(text, autoescape=True), account.c.learner_id.is_not(None)
        )
        by_ifi = select(identity.c.learner_id.label("id")).where(identity.c.ifi.icontains(text, autoescape=True))
        found = by_name.union(by_login, by_ifi)  # type: ignore[assignment]
    ids = found.subquery()
    total = db.scalar(select(func.count()).select_from(ids)) or 0
    query = select(learner.c.id).where(learner.c.id.in_(select(ids.c.id)))
    page = query.order_by(learner.c.name.is_(None), learner.c.name, learner.c.id).limit(limit).offset(offset)
    return list(db.scalars(page)), total


def people_rows(db: Connection, learner_ids: Collection[int]) -> dict[int, Row[*tuple[Any, ...]]]:
    """(id, name, created_at, joined_into, login) of these learners."""
    query = select(learner.c.id, learner.c.name, learner.c.created_at, learner.c.joined_into, account.c.login)
    query = query.select_from(learner).outerjoin(account, account.c.learner_id == learner.c.id)
    return {row.id: row for ids in chunks(learner_ids) for row in db.execute(query.where(learner.c.id.in_(ids)))}


def enrolments_of(db: Connection, learner_ids: Collection[int]) -> dict[int, list[Row[*tuple[Any, ...]]]]:
    """(learner_id, programme, school, left_on) by learner."""
    e, found = enrolment.c, dict[int, list[Row[*tuple[Any, ...]]]]()
    query = select(e.learner_id, programme.c.name.label("programme"), organisation.c.name.label("school"), e.left_on)
    query = query.join(programme, programme.c.id == e.programme_id)
    query = query.outerjoin(organisation, organisation.c.id == e.organisation_id).order_by(e.id)
    for ids in chunks(learner_ids):
        for row in db.execute(query.where(e.learner_id.in_(ids))):
            found.setdefault(row.learner_id, []).append(row)
    return found


def statement_counts(db: Connection, identities: Iterable[Row[Any]]) -> dict[str, int]:
    """Statements by identifier of the actor, of rows (ifi, learner_id)."""
    s, counts = statement.c, dict[tuple[int, int], int]()
    identities = list(identities)
    for ids in chunks(row.learner_id for row in identities):
        query = select(s.learner_id, s.ifi, func.count()).where(s.learner_id.in_(ids), s.ifi.is_not(None))
        counts.update({(who, ifi): count for who, ifi, count in db.execute(query.group_by(s.learner_id, s.ifi))})
    return {row.ifi: counts.get((row.learner_id, term(ACTOR, row.ifi)), 0) for row in identities}
