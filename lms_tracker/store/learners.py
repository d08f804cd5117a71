"""Learners and the identities that tie actors to them."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select

from lms_tracker.core.identities import IMPLIED, RULE, SEEN, aliases, digest_of, group
from lms_tracker.core.xapi.actors import display_name, identify
from lms_tracker.store.chunks import rows_among
from lms_tracker.store.conflicts import inserting
from lms_tracker.store.identity_rules import rules_in_force
from lms_tracker.store.tables import identity, learner

_NEW_BY_RULE = 7602
"""The lock of those who make learners while there are rules: one after the other."""
_NEWCOMERS = 7605
"""The lock of those who store what several new people did. Nobody else takes it."""

LIVING = "SELECT id FROM learner WHERE id = ANY(:learners) AND erased_at IS NULL ORDER BY id FOR SHARE"
"""Those of these learners who were not erased: nobody erases them until this transaction ends."""


def learner_of(db: Connection, actor: dict[str, Any], now: datetime) -> int:
    """The learner of an actor, made when the actor is new. In a writing transaction.

    Raises ValueError for an anonymous group: it is nobody in particular.
    """
    ifi = identify(actor)
    if ifi is None:
        raise ValueError("an actor without an identifier is no learner")
    return learners_of(db, {ifi: actor}, now)[ifi]


def learners_of(db: Connection, actors: Mapping[str, Mapping[str, Any]], now: datetime) -> dict[str, int]:
    """Learner ids by identifier, in few queries however many.

    `actors` maps identifiers to actors. A new actor who follows from a known one (core.identities: by the SHA-1 of a
    mail address, by rule) is that learner; otherwise a learner is made. Of several writers that meet the same new person,
    one makes the learner and the others wait for it: no identity has two learners.
    """
    found = known_learners(db, actors)
    missing = sorted(set(actors) - set(found))  # sorted: writers that share actors wait in one direction only
    if not missing:
        return found
    rules = rules_in_force(db)
    if rules and db.dialect.name == "postgresql":
        db.execute(select(func.pg_advisory_xact_lock(_NEW_BY_RULE)))
    closures = {ifi: aliases(ifi, rules) for ifi in missing}
    known = known_learners(db, {alias for closure in closures.values() for alias in closure})
    people = group(missing, closures)
    new = [ifis[0] for ifis in people if not any(alias in known for ifi in ifis for alias in closures[ifi])]
    made = _make_learners(db, {ifi: actors[ifi] for ifi in new}, now)
    known |= made
    rows = []
    for ifis in people:
        mine = min(known[alias] for ifi in ifis for alias in closures[ifi] if alias in known)
        for ifi in ifis:
            by_rule = ifi not in made and any(closures[ifi].values())
            rows.append({"ifi": ifi, "learner_id": mine, "how": RULE if by_rule else SEEN, "since": now})
    _add_identities(db, rows)
    won = known_learners(db, missing)
    if lost := set(made.values()) - set(won.values()):  # another writer was first
        used = set(db.scalars(select(identity.c.learner_id).where(identity.c.learner_id.in_(lost))))
        db.execute(delete(learner).where(learner.c.id.in_(lost - used)))
    return found | won


def newcomers(db: Connection, actors: Mapping[str, Mapping[str, Any]], now: datetime) -> dict[str, int]:
    """As `learners_of`, for whoever stores statements. Those who meet several new people come one after the other.

    A new class begins with many batches at once that name the same people: each made all of them, waited for another
    writer at one after the other, and deleted those that it had made in vain, for seconds.
    """
    if len(actors) > 1 and db.dialect.name == "postgresql":
        db.execute(select(func.pg_advisory_xact_lock(_NEWCOMERS)))
    return learners_of(db, actors, now)


def add_identity(db: Connection, learner_id: int, ifi: str, how: str, now: datetime) -> None:
    """One more identifier of a learner, that nobody has. In a writing transaction."""
    _add_identities(db, [{"ifi": ifi, "learner_id": learner_id, "how": how, "since": now}])


def _make_learners(db: Connection, actors: Mapping[str, Mapping[str, Any]], now: datetime) -> dict[str, int]:
    if not actors:
        return {}
    rows = [
        {"name": display_name(actor), "actor": json.dumps(actor, ensure_ascii=False), "created_at": now}
        for actor in actors.values()
    ]
    made = db.scalars(insert(learner).returning(learner.c.id, sort_by_parameter_order=True), rows).all()
    return dict(zip(actors, made, strict=True))


def _add_identities(db: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Those that nobody else has just added. A mail address goes where its SHA-1 is: that decides who is first."""
    digests = {row["ifi"]: digest_of(row["ifi"]) for row in rows}
    direct = {row["ifi"]: row for row in rows if digests[row["ifi"]] is None}
    implied = {digest: {**row, "ifi": digest, "how": IMPLIED} for row in rows if (digest := digests[row["ifi"]])}
    add_new = inserting(db.dialect.name, identity)
    add_new = add_new.on_conflict_do_nothing(index_elements=["ifi"])
    first = implied | direct
    db.execute(add_new, [first[ifi] for ifi in sorted(first)])
    if implied:
        owners = known_learners(db, implied)
        mails = sorted((row for row in rows if digests[row["ifi"]]), key=lambda row: str(row["ifi"]))
        db.execute(add_new, [{**row, "learner_id": owners[digests[row["ifi"]] or ""]} for row in mails])


def known_as(db: Connection, ifi: str) -> tuple[Sequence[str], Sequence[str]]:
    """Names and identifiers of the learner who has this identifier; nothing when nobody has."""
    mine = select(identity.c.learner_id).where(identity.c.ifi == ifi).scalar_subquery()
    one = (learner.c.id == mine) | (learner.c.joined_into == mine)
    names = db.scalars(select(learner.c.name).where(one, learner.c.name.is_not(None)).order_by(learner.c.id)).all()
    return [str(name) for name in names], db.scalars(
        select(identity.c.ifi).where(identity.c.learner_id == mine).order_by(identity.c.ifi)
    ).all()


def known_learners(db: Connection, ifis: Iterable[str]) -> dict[str, int]:
    """Learner ids of those identifiers that are known."""
    query = select(identity.c.ifi, identity.c.learner_id)
    return {row.ifi: row.learner_id for row in rows_among(db, query, identity.c.ifi, ifis)}
