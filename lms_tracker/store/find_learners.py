"""Finding learners by whatever an operator calls them, and the actors they are called by in exports."""

import json
from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, select

from lms_tracker.core.xapi.actors import actor_of, identify
from lms_tracker.store.chunks import rows_among
from lms_tracker.store.tables import LARGEST_ID, account, identity, learner


def find_learners(db: Connection, text: str) -> list[int]:
    """Ids of the learners called `text`: a login, a name, an actor (JSON), a mail address, an account name or its
    "homePage name", the identity as stored, or else a learner's number. Who was joined into another learner is that one.
    Empty when nobody is called so."""
    ids: set[int] = set()
    ids.update(db.execute(select(account.c.learner_id).where(account.c.login == text)).scalars())
    ids.update(db.execute(select(learner.c.id).where(learner.c.name == text)).scalars())
    ids.update(db.execute(select(identity.c.learner_id).where(identity.c.ifi.in_(_spellings(text)))).scalars())
    ids.discard(None)  # accounts of people who do not study
    if not ids:
        endings = db.execute(
            select(identity.c.learner_id).where(identity.c.ifi.endswith(f" {text}", autoescape=True))
        ).scalars()
        ids.update(endings)
    # Last: many sources name their accounts by numbers, which mean more to people than ours.
    if not ids and text.isdecimal() and int(text) <= LARGEST_ID:
        ids.update(db.execute(select(learner.c.id).where(learner.c.id == int(text))).scalars())
    joined = select(learner.c.joined_into).where(learner.c.id.in_(ids), learner.c.joined_into.is_not(None))
    standing = select(learner.c.id).where(learner.c.id.in_(ids), learner.c.joined_into.is_(None))
    return sorted({*db.scalars(standing), *db.scalars(joined)})


def identifiers_of(db: Connection, learner_ids: Collection[int]) -> dict[int, str]:
    """The identifier that each learner is called by in exports: the first of all that the learner has, in the order of
    their characters, so an account before a mail address. Which of them was seen first, or with what name, is no part of it.

    Whoever has none (erased, joined and not settled since) is called as the learner's row says.
    """
    found: dict[int, str] = {}
    for row in rows_among(db, select(identity.c.learner_id, identity.c.ifi), identity.c.learner_id, learner_ids):
        found[row.learner_id] = min(row.ifi, found.get(row.learner_id, row.ifi))
    without = [id for id in learner_ids if id not in found]
    for row in rows_among(db, select(learner.c.id, learner.c.actor), learner.c.id, without):
        found[row.id] = identify(json.loads(row.actor)) or ""
    return found


def actors_of(db: Connection, learner_ids: Collection[int]) -> dict[int, dict[str, Any]]:
    """Each learner's actor in exports: an agent with that identifier and nothing else, no name and no members."""
    return {id: actor_of(ifi) for id, ifi in identifiers_of(db, learner_ids).items()}


def _spellings(text: str) -> list[str]:
    spellings = [text, f"mbox:{text}", f"mbox:mailto:{text}", f"account:{text}", f"openid:{text}", f"sha1:{text}"]
    if text.startswith("{"):
        try:
            actor = json.loads(text)
        except ValueError:
            return spellings
        try:
            spellings.append(identify(actor) or text)
        except (KeyError, TypeError):
            return spellings  # half an account identifies nobody
    return spellings
