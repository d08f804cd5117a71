"""Finding learners by whatever an operator calls them, and the actors they are called by in exports."""

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, select

from lms_tracker.core.xapi.actors import identify
from lms_tracker.store.chunks import chunks
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


def actors_of(db: Connection, learner_ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """The actor under which each learner was first seen."""
    return {
        row.id: json.loads(row.actor)
        for chunk in chunks(learner_ids)
        for row in db.execute(select(learner.c.id, learner.c.actor).where(learner.c.id.in_(chunk)))
    }


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
