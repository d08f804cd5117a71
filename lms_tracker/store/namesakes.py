"""Who may be one person by their names, and who was found to be two."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, or_, select

from lms_tracker.store.identity_history import SPLIT
from lms_tracker.store.tables import account, enrolment, identity_event, learner, namesake_dismissed

_n = namesake_dismissed.c


def possible_namesakes(db: Connection, limit: int, offset: int = 0) -> tuple[list[tuple[int, int]], int]:
    """Pairs (younger, older) of learners of one name of whom one has no school, or both the same; and how many pairs.

    Without those whom somebody found to be two people.
    """
    one, other = learner.alias("one"), learner.alias("other")
    mine, theirs = enrolment.alias("mine"), enrolment.alias("theirs")
    schools = select(mine.c.organisation_id).where(mine.c.learner_id == one.c.id)
    others = select(theirs.c.organisation_id).where(theirs.c.learner_id == other.c.id)
    same = (
        select(mine.c.id)
        .join(theirs, theirs.c.organisation_id == mine.c.organisation_id)
        .where(mine.c.learner_id == one.c.id, theirs.c.learner_id == other.c.id)
    )
    pairs = (
        select(one.c.id.label("younger"), other.c.id.label("older"))
        .join(other, (other.c.name == one.c.name) & (other.c.id < one.c.id))
        .where(one.c.joined_into.is_(None), other.c.joined_into.is_(None), one.c.name != "")
        .where(or_(~schools.exists(), ~others.exists(), same.exists()))
        .where(~select(_n.younger).where(_n.younger == one.c.id, _n.older == other.c.id).exists())
    )
    total = db.scalar(select(func.count()).select_from(pairs.subquery())) or 0
    page = pairs.order_by(one.c.id, other.c.id).limit(limit).offset(offset)
    return [(row.younger, row.older) for row in db.execute(page)], total


def dismiss(db: Connection, younger: int, older: int, made_by: int | None, now: datetime) -> bool:
    """Whether both are living learners who are not joined, and were not dismissed before."""
    known = select(func.count()).where(learner.c.id.in_([younger, older]), learner.c.joined_into.is_(None))
    there = select(_n.younger).where(_n.younger == younger, _n.older == older)
    if db.scalar(known.where(learner.c.erased_at.is_(None))) != 2 or db.execute(there).first():
        return False
    values = {"younger": younger, "older": older, "made_by": made_by, "made_at": now}
    db.execute(insert(namesake_dismissed).values(values))
    return True


def restore(db: Connection, younger: int, older: int) -> bool:
    """Whether they had been dismissed."""
    return db.execute(delete(namesake_dismissed).where(_n.younger == younger, _n.older == older)).rowcount == 1


def dismissed(db: Connection, limit: int, offset: int = 0) -> tuple[Sequence[Row[*tuple[Any, ...]]], int]:
    """(younger, older, made_at, by: a name or None), the latest first; and how many there are."""
    query = select(_n.younger, _n.older, _n.made_at, account.c.name.label("by"))
    query = query.select_from(namesake_dismissed).outerjoin(account, account.c.id == _n.made_by)
    page = query.order_by(_n.made_at.desc(), _n.younger.desc(), _n.older).limit(limit).offset(offset)
    return db.execute(page).all(), db.scalar(select(func.count()).select_from(namesake_dismissed)) or 0


def found_to_be_two(db: Connection) -> set[tuple[int, int]]:
    """Pairs (younger, older) of whom somebody said that they are two people: dismissed, or split and not joined since."""
    found = {(row.younger, row.older) for row in db.execute(select(_n.younger, _n.older))}
    e = identity_event.c
    for row in db.execute(select(e.kind, e.from_learner, e.to_learner).order_by(e.id)):
        pair = (max(row.from_learner, row.to_learner), min(row.from_learner, row.to_learner))
        (found.add if row.kind == SPLIT else found.discard)(pair)
    return found


def forget(db: Connection, learner_ids: Collection[int]) -> None:
    """That these shared a name with somebody."""
    db.execute(delete(namesake_dismissed).where(or_(_n.younger.in_(learner_ids), _n.older.in_(learner_ids))))
