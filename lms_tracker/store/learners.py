"""Learners and the identities that tie actors to them."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from lms_tracker.core.xapi.actors import display_name, identify
from lms_tracker.store.chunks import rows_among
from lms_tracker.store.tables import identity, learner


def learner_of(db: Connection, actor: dict[str, Any], now: datetime) -> int:
    """The learner of an actor, made when the actor is new. In a writing transaction.

    Raises ValueError for an anonymous group: it is nobody in particular.
    """
    ifi = identify(actor)
    if ifi is None:
        raise ValueError("an actor without an identifier is no learner")
    return learners_of(db, {ifi: actor}, now)[ifi]


def learners_of(db: Connection, actors: Mapping[str, Mapping[str, Any]], now: datetime) -> dict[str, int]:
    """Learner ids by identifier, in two queries however many: for those known, and for those made.

    `actors` maps identifiers to actors. Of several writers that meet the same new actor, one makes the learner and the
    others wait for it: no identity has two learners.
    """
    found = known_learners(db, actors)
    missing = sorted(set(actors) - set(found))  # sorted: writers that share actors wait in one direction only
    if not missing:
        return found
    rows = [
        {"name": display_name(actors[ifi]), "actor": json.dumps(actors[ifi], ensure_ascii=False), "created_at": now}
        for ifi in missing
    ]
    made = db.scalars(insert(learner).returning(learner.c.id, sort_by_parameter_order=True), rows).all()
    insert_new = postgresql.insert if db.dialect.name == "postgresql" else sqlite.insert
    db.execute(
        insert_new(identity).on_conflict_do_nothing(index_elements=["ifi"]),
        [{"ifi": ifi, "learner_id": learner_id} for ifi, learner_id in zip(missing, made, strict=True)],
    )
    won = known_learners(db, missing)
    orphans = [mine for ifi, mine in zip(missing, made, strict=True) if won[ifi] != mine]
    if orphans:
        db.execute(delete(learner).where(learner.c.id.in_(orphans)))
    return found | won


def known_as(db: Connection, ifi: str) -> tuple[Sequence[str], Sequence[str]]:
    """Names and identifiers of the learner who has this identifier; nothing when nobody has."""
    mine = select(identity.c.learner_id).where(identity.c.ifi == ifi).scalar_subquery()
    names = db.scalars(select(learner.c.name).where(learner.c.id == mine, learner.c.name.is_not(None))).all()
    return [str(name) for name in names], db.scalars(
        select(identity.c.ifi).where(identity.c.learner_id == mine).order_by(identity.c.ifi)
    ).all()


def known_learners(db: Connection, ifis: Iterable[str]) -> dict[str, int]:
    """Learner ids of those identifiers that are known."""
    query = select(identity.c.ifi, identity.c.learner_id)
    return {row.ifi: row.learner_id for row in rows_among(db, query, identity.c.ifi, ifis)}
