"""State changes of player sessions become statements: one after the other, each once, however often this is tried."""

import json
import logging
from collections import defaultdict
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, Row

from lms_tracker.actions.blocked import Blocked
from lms_tracker.actions.ingest import Conflict, Revoked, authority_of, ingest
from lms_tracker.core.player.statements import Session, statement_of
from lms_tracker.core.xapi.errors import StatementError
from lms_tracker.store import player
from lms_tracker.store.credentials import Credential, credential_by_id, credential_of
from lms_tracker.store.db import reading, writing

log = logging.getLogger(__name__)
AT_ONCE = 200
OURSELVES = "player"
"""Who vouches for what our own player proves."""


class _Ourselves:
    name = OURSELVES


def tell_sessions(db: Engine, now: datetime, home_page: str = "urn:lms-tracker") -> int:
    """Store what waits. How many statements; may run in several processes at once.

    The changes go once their statements are stored: should this process end in between, or another do the same at the
    same time, the same statements come again, with the same ids.
    """
    with reading(db) as tx:
        waiting = player.waiting_events(tx, AT_ONCE)
        sessions = player.sessions_by_id(tx, {session for _, session, _ in waiting})
        sources = _sources(tx, sessions)
    by_source: dict[int | None, list[dict[str, Any]]] = defaultdict(list)
    for _, session_id, said in waiting:
        row = sessions.get(session_id)
        if row is not None:  # erased since
            source = sources.get(row.credential_id)
            authority = authority_of(source or _Ourselves(), home_page)
            by_source[row.credential_id if source else None].append(statement_of(said, _session(row), authority))
    for source_id, made in by_source.items():
        _store(db, made, sources.get(source_id), now, home_page)
    if waiting:
        with writing(db) as tx:
            player.remove_events(tx, [id for id, _, _ in waiting])
    return len(waiting)


def _store(db: Engine, made: list[dict[str, Any]], source: Credential | None, now: datetime, home_page: str) -> None:
    given = {"evidence": "proved", "received": False, "now": now, "home_page": home_page}
    try:
        ingest(db, made, credential=source, **given)  # type: ignore[arg-type]
    except Revoked:  # what was proved before stays so
        ingest(db, made, credential=None, **given)  # type: ignore[arg-type]
    except Blocked:
        log.info("statements of somebody who was erased were not made")
    except (StatementError, Conflict) as e:  # one that cannot be said must not keep all others waiting
        if len(made) == 1:
            log.error("statement %s of a player session was not made: %s", made[0]["id"], e)
            return
        for one in made:
            _store(db, [one], source, now, home_page)


def _session(row: Row[Any]) -> Session:
    actor = json.loads(row.actor)
    return Session(row.uuid, actor, row.activity, row.registration, row.device, row.media, row.length_us)


def _sources(tx: Any, sessions: dict[int, Row[Any]]) -> dict[int | None, Credential]:
    found: dict[int | None, Credential] = {}
    for id in {row.credential_id for row in sessions.values()} - {None}:
        row = credential_by_id(tx, id)
        if row is not None and row.revoked_at is None:
            found[id] = credential_of(row)
    return found
