"""Beats as evidence: reading them for the engine, and letting them go."""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime

from sqlalchemy import Connection, delete, func, select

from lms_tracker.core.instants import to_us
from lms_tracker.core.study.beats import StoredBeats
from lms_tracker.store.chunks import chunks
from lms_tracker.store.driver import rows
from lms_tracker.store.tables import beat, player_session, player_stream

_BEATS = """
    SELECT s.learner_id, s.activity, s.uuid, s.registration, s.media, s.length_us, coalesce(c.name, ''), s.id,
        b.n, b.at, b.told
    FROM player_session s JOIN beat b ON b.session_id = s.id LEFT JOIN credential c ON c.id = s.credential_id
"""


def stored_beats(
    db: Connection,
    learner_ids: Collection[int],
    as_of: datetime | None = None,
    between: tuple[datetime, datetime] | None = None,
) -> Iterator[StoredBeats]:
    """What was told of these learners' sessions, in any order, as known at `as_of` when given; or only what arrived
    between two instants, of which the second is too late."""
    where, given = ["s.learner_id = ANY(:learners)"], {}
    if as_of is not None:
        where.append("b.at <= :until")
        given["until"] = to_us(as_of)
    if between is not None:
        where.append("b.at >= :since AND b.at < :until")
        given |= {"since": to_us(between[0]), "until": to_us(between[1])}
    if not _have_sessions(db, learner_ids):
        return iter(())
    return _read(db, _BEATS + "WHERE " + " AND ".join(where), learners=sorted(learner_ids), **given)


def beats_of(db: Connection, learner_id: int, session_ids: Collection[int]) -> Iterator[StoredBeats]:
    """What was told of those of these sessions that are the learner's."""
    if not session_ids:
        return iter(())
    found = _read(db, _BEATS + "WHERE s.id = ANY(:sessions)", sessions=sorted(session_ids))
    return (one for one in found if one.learner_id == learner_id)


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


def told_since(db: Connection, learner_ids: Iterable[int], after: datetime) -> set[int]:
    """Those of these learners of whom something was told after an instant."""
    found: set[int] = set()
    query = select(player_session.c.learner_id).join(player_stream, player_stream.c.session_id == player_session.c.id)
    query = query.where(player_stream.c.n > 0, player_stream.c.last_at > to_us(after)).distinct()
    for chunk in chunks(learner_ids):
        found.update(db.scalars(query.where(player_session.c.learner_id.in_(chunk))))
    return found


def count_beats(db: Connection, session_ids: Iterable[int]) -> int:
    """Requests that are kept of these sessions."""
    query = select(func.count()).select_from(beat)
    return sum(db.scalar(query.where(beat.c.session_id.in_(chunk))) or 0 for chunk in chunks(session_ids))


def delete_beats(db: Connection, session_ids: Iterable[int]) -> int:
    """How many there were."""
    return sum(db.execute(delete(beat).where(beat.c.session_id.in_(chunk))).rowcount for chunk in chunks(session_ids))


def _have_sessions(db: Connection, learner_ids: Collection[int]) -> bool:
    """Mostly nobody has: a look into an index, where a join of empty tables would be planned for full ones."""
    sql = "SELECT 1 FROM player_session WHERE learner_id = ANY(:learners) LIMIT 1"
    return bool(rows(db, sql, learners=sorted(learner_ids)))


def _read(db: Connection, sql: str, **given: object) -> Iterator[StoredBeats]:
    for learner, activity, uuid, registration, media, length, source, id, n, at, told in rows(db, sql, **given):
        text = str(uuid) if len(str(uuid)) == 36 else f"{uuid[:8]}-{uuid[8:12]}-{uuid[12:16]}-{uuid[16:20]}-{uuid[20:]}"
        yield StoredBeats(learner, activity, text, registration, bool(media), length, source, id, n, at, bytes(told))
