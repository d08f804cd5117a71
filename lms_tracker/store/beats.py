"""Beats as evidence: reading them for the engine, and letting them go."""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, delete, func, select

from lms_tracker.core.instants import to_us
from lms_tracker.core.study.beats import StoredBeats
from lms_tracker.store.chunks import chunks
from lms_tracker.store.driver import rows
from lms_tracker.store.tables import beat, player_session, player_stream

_SESSIONS = """
    SELECT s.learner_id, s.activity, s.uuid, s.registration, s.media, s.length_us, coalesce(c.name, ''), s.id
    FROM player_session s LEFT JOIN credential c ON c.id = s.credential_id WHERE
"""
_BEATS = "SELECT session_id, n, at, told FROM beat WHERE session_id = ANY(:sessions)"


def stored_beats(
    db: Connection,
    learner_ids: Collection[int],
    as_of: datetime | None = None,
    between: tuple[datetime, datetime] | None = None,
) -> Iterator[StoredBeats]:
    """What was told of these learners' sessions, in any order, as known at `as_of` when given; or only what arrived
    between two instants, of which the second is too late."""
    when, given = "", {}
    if as_of is not None:
        when, given = " AND at <= :until", {"until": to_us(as_of)}
    if between is not None:
        when, given = " AND at >= :since AND at < :until", {"since": to_us(between[0]), "until": to_us(between[1])}
    sessions = rows(db, f"{_SESSIONS} s.learner_id = ANY(:learners)", learners=sorted(learner_ids))
    return _told(db, sessions, when, **given)


def beats_of(db: Connection, learner_id: int, session_ids: Collection[int]) -> Iterator[StoredBeats]:
    """What was told of those of these sessions that are the learner's."""
    if not session_ids:
        return iter(())
    sessions = rows(db, f"{_SESSIONS} s.id = ANY(:sessions)", sessions=sorted(session_ids))
    return _told(db, [one for one in sessions if one[0] == learner_id])


def requests_of(db: Connection, learner_ids: Iterable[int]) -> dict[int, int]:
    """How many requests were accepted of each of these learners who has any sessions; some of them may be gone."""
    sql = """
        SELECT s.learner_id, CAST(sum(t.n) AS bigint) FROM player_session s JOIN player_stream t ON t.session_id = s.id
        WHERE s.learner_id = ANY(:learners) GROUP BY s.learner_id
    """
    return dict(rows(db, sql, learners=sorted(learner_ids)))


def learners_with_beats(db: Connection, since: datetime | None = None) -> list[int]:
    """Every learner of whom something was told, since an instant when given."""
    query = select(player_session.c.learner_id).join(player_stream, player_stream.c.session_id == player_session.c.id)
    query = query.where(player_stream.c.n > 0)
    if since is not None:
        query = query.where(player_stream.c.last_at >= to_us(since))
    return sorted(db.scalars(query.distinct()))


def count_beats(db: Connection, session_ids: Iterable[int]) -> int:
    """Requests that are kept of these sessions."""
    query = select(func.count()).select_from(beat)
    return sum(db.scalar(query.where(beat.c.session_id.in_(chunk))) or 0 for chunk in chunks(session_ids))


def delete_beats(db: Connection, session_ids: Iterable[int]) -> int:
    """How many there were."""
    return sum(db.execute(delete(beat).where(beat.c.session_id.in_(chunk))).rowcount for chunk in chunks(session_ids))


def _told(
    db: Connection, sessions: Collection[tuple[Any, ...]], when: str = "", **given: object
) -> Iterator[StoredBeats]:
    """Mostly there are no sessions. Otherwise what names them is read once, not with every beat."""
    if not sessions:
        return
    known = {
        id: (learner, activity, _dashed(uuid), registration, bool(media), length, source, id)
        for learner, activity, uuid, registration, media, length, source, id in sessions
    }
    for session_id, n, at, told in rows(db, _BEATS + when, sessions=sorted(known), **given):
        yield StoredBeats(*known[session_id], n, at, told)


def _dashed(uuid: UUID | str) -> str:
    return str(uuid if isinstance(uuid, UUID) else UUID(uuid))
