"""A person in our own player: sessions, beats, checks and refusals, to be counted, taken along, moved and forgotten."""

import json
from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import Connection, delete, select, update

from lms_tracker.core.player.tape import NAMES, unpack
from lms_tracker.core.study.beats import StoredBeats
from lms_tracker.store.beats import count_beats, delete_beats, stored_beats
from lms_tracker.store.checks import checks_of, delete_checks
from lms_tracker.store.chunks import chunks
from lms_tracker.store.player import CLOSED, refusals_of, set_state
from lms_tracker.store.tables import player_event, player_refusal, player_session, player_stream


def count_player(db: Connection, ids: Collection[int]) -> dict[str, int]:
    """How many sessions of these learners are kept, and how many requests of them."""
    sessions = _sessions(db, ids)
    return {"player_sessions": len(sessions), "beats": count_beats(db, sessions)}


def forget_player(db: Connection, ids: Collection[int]) -> dict[str, int]:
    """Delete all of it; how many sessions and requests there were."""
    sessions = _sessions(db, ids)
    beats = delete_beats(db, sessions)
    delete_checks(db, sessions)
    for chunk in chunks(sessions):
        for table in (player_event, player_refusal, player_stream):
            db.execute(delete(table).where(table.c.session_id.in_(chunk)))
        db.execute(delete(player_session).where(player_session.c.id.in_(chunk)))
    return {"player_sessions": len(sessions), "beats": beats}


def move_player(db: Connection, ifis: Collection[str], before: Collection[int], to: int) -> None:
    """Sessions that were opened under these identifiers are another learner's; who watches just now opens the page anew."""
    p, s = player_session.c, player_stream.c
    mine = list(db.scalars(select(p.id).where(p.learner_id.in_(before), p.ifi.in_(ifis))))
    set_state(db, mine, CLOSED)
    for chunk in chunks(mine):
        db.execute(update(player_session).where(p.id.in_(chunk)).values(learner_id=to))
        db.execute(update(player_stream).where(s.session_id.in_(chunk)).values(learner_id=to))


def sessions_to_take_along(db: Connection, ids: Collection[int]) -> list[dict[str, Any]]:
    """Sessions with their checks (what was asked, answered and when), and what was refused."""
    p = player_session.c
    rows = db.execute(select(player_session).where(p.learner_id.in_(ids)).order_by(p.id)).all()
    checks: dict[int, list[dict[str, Any]]] = {}
    for row in checks_of(db, [row.id for row in rows]):
        about = {
            name: getattr(row, name) for name in ("kind", "issued_at", "shown_at", "answered_at", "given", "state")
        }
        checks.setdefault(row.session_id, []).append({"asked": json.loads(row.asked), **about})
    refused: dict[str, list[dict[str, Any]]] = {}
    for row in refusals_of(db, ids):
        refused.setdefault(str(row.uuid), []).append({"reason": row.reason, "times": row.times, "last_at": row.last_at})
    return [
        {"session": str(row.uuid), "activity": row.activity, "registration": row.registration, "device": row.device}
        | {"opened_at": row.opened_at, "checks": checks.get(row.id, []), "refused": refused.get(str(row.uuid), [])}
        for row in rows
    ]


def beats_to_take_along(db: Connection, ids: Collection[int]) -> Iterator[dict[str, Any]]:
    """Every beat, as they came: session, instant in microseconds since 1970, and what the page told."""
    for request in sorted(stored_beats(db, ids), key=lambda one: (one.at, one.session_id, one.n)):
        yield from _told(request)


def _told(request: StoredBeats) -> Iterator[dict[str, Any]]:
    for one in unpack(request.told):
        yield {
            "session": request.session,
            "at_us": request.at - one.age_ms * 1000,
            "event": NAMES[one.kind],
            "flags": one.flags,
            "media_s": None if one.position_ms < 0 else one.position_ms / 1000,
            "rate": one.rate_pct / 100,
            "inputs": one.inputs,
        }


def _sessions(db: Connection, ids: Collection[int]) -> list[int]:
    return list(db.scalars(select(player_session.c.id).where(player_session.c.learner_id.in_(ids))))
