"""Finding learners by whatever an operator calls them, and the actors they are called by in exports."""

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, select

from lms_tracker.core.xapi.actors import identify
from lms_tracker.store.chunks import chunks
from lms_tracker.store.tables import account, identity, learner


def find_learners(db: Connection, text: str) -> list[int]:
    """Ids of the learners called `text`: a learner's number, a login, a name, an actor (JSON), a mail address, an
    account name or its "homePage name", or the identity as stored. Empty when nobody is."""
    ids: set[int] = set()
    if text.isdigit():
        ids.update(db.execute(select(learner.c.id).where(learner.c.id == int(text))).scalars())
    if not ids:
        ids.update(db.execute(select(account.c.learner_id).where(account.c.login == text)).scalars())
        ids.update(db.execute(select(learner.c.id).where(learner.c.name == text)).scalars())
        ids.update(db.execute(select(identity.c.learner_id).where(identity.c.ifi.in_(_spellings(text)))).scalars())
    if not ids:
        endings = db.execute(
            select(identity.c.learner_id).where(identity.c.ifi.endswith(f" {text}", autoescape=True))
        ).scalars()
        ids.update(endings)
    return sorted(found for found in ids if found is not None)


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
