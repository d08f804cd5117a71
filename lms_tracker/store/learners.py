"""Learners and the identities that tie actors to them."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from lms_tracker.core.xapi.actors import display_name, identify
from lms_tracker.store.chunks import chunks
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


def known_learners(db: Connection, ifis: Iterable[str]) -> dict[str, int]:
    """Learner ids of those identifiers that are known."""
    found: dict[str, int] = {}
    for chunk in chunks(ifis):
        query = select(identity.c.ifi, identity.c.learner_id).where(identity.c.ifi.in_(chunk))
        found.update((row.ifi, row.learner_id) for row in db.execute(query))
    return found
