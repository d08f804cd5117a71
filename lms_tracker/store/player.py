"""Sessions of our own player, where each stands, and the beats: reading and writing them.

The way of a beat is taken some hundred times a second: on PostgreSQL it is two messages, on SQLite plain queries.
"""

from binascii import a2b_base64
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, bindparam, delete, func, insert, select, update

from lms_tracker.core.instants import to_us
from lms_tracker.core.player.live import Live
from lms_tracker.core.player.statements import Said, last_word
from lms_tracker.store import messages
from lms_tracker.store.chunks import chunks
from lms_tracker.store.conflicts import inserting
from lms_tracker.store.tables import (
    account,
    activity,
    beat,
    credential,
    player_event,
    player_refusal,
    player_session,
    player_stream,
)
from lms_tracker.store.tables.player import STREAM_STATES

OPEN, SUPERSEDED, REVOKED, CLOSED = STREAM_STATES
_PREPARED = {
    "lock_streams (integer[])": """
        SELECT session_id, learner_id, n, last_at, state, encode(live, 'base64') FROM player_stream
        WHERE session_id = ANY($1) ORDER BY session_id FOR UPDATE""",
    "move_streams (integer[], integer[], bigint[], smallint[], bytea[])": """
        UPDATE player_stream SET n = new.n, last_at = new.last_at, state = new.state, live = new.live
        FROM unnest($1, $2, $3, $4, $5) AS new (id, n, last_at, state, live) WHERE session_id = new.id""",
    "insert_beats (bigint[], integer[], integer[], bytea[])": """
        INSERT INTO beat (at, session_id, n, told) SELECT * FROM unnest($1, $2, $3, $4)""",
}
_live = msgspec.msgpack.Decoder(Live).decode
_encode = msgspec.msgpack.Encoder().encode
_said = msgspec.json.Decoder(Said).decode


class Stream(msgspec.Struct):
    """Where a session stands."""

    session_id: int
    learner_id: int
    n: int
    last_at: int
    state: str
    live: Live


class NewBeats(msgspec.Struct, frozen=True):
    """What one accepted request told, packed."""

    at: int
    session_id: int
    n: int
    told: bytes


def lock_streams(db: Connection, ids: Collection[int]) -> dict[int, Stream]:
    """Streams by session, theirs alone until the transaction ends; in the order of ids, so that nobody deadlocks."""
    if db.dialect.name == "postgresql":
        messages.prepare(db, _PREPARED)
        found = messages.ask(db, messages.call(db, "lock_streams", messages.array(sorted(ids))))
        return {
            int(id or 0): Stream(
                int(id or 0),
                int(learner or 0),
                int(n or 0),
                int(last or 0),
                STREAM_STATES[int(state or 0)],
                _live(a2b_base64(live or b"")),
            )
            for id, learner, n, last, state, live in found
        }
    s = player_stream.c
    rows = db.execute(select(player_stream).where(s.session_id.in_(ids)).order_by(s.session_id))
    return {row.session_id: _stream(row) for row in rows}


def _stream(row: Row[Any]) -> Stream:
    return Stream(row.session_id, row.learner_id, row.n, row.last_at, row.state, _live(row.live))


def move_streams(db: Connection, streams: Sequence[Stream], beats: Sequence[NewBeats]) -> None:
    """Write where streams stand now, and what they told."""
    if db.dialect.name == "postgresql":
        _move_postgresql(db, streams, beats)
        return
    if streams:
        s = player_stream.c
        names = ("n", "last_at", "state", "live")
        query = update(player_stream).where(s.session_id == bindparam("id"))
        rows = [
            {"id": o.session_id, "n": o.n, "last_at": o.last_at, "state": o.state, "live": _encode(o.live)}
            for o in streams
        ]
        db.execute(query.values({name: bindparam(name) for name in names}), rows)
    if beats:
        db.execute(insert(beat), [msgspec.structs.asdict(one) for one in beats])


def _move_postgresql(db: Connection, streams: Sequence[Stream], beats: Sequence[NewBeats]) -> None:
    messages.prepare(db, _PREPARED)
    if streams:
        columns: tuple[Iterable[object], ...] = (
            [one.session_id for one in streams],
            [one.n for one in streams],
            [one.last_at for one in streams],
            [STREAM_STATES.index(one.state) for one in streams],
            [_bytes(_encode(one.live)) for one in streams],
        )
        messages.tell(db, messages.call(db, "move_streams", *map(messages.array, columns)))
    if beats:
        columns = (
            [one.at for one in beats],
            [one.session_id for one in beats],
            [one.n for one in beats],
            [_bytes(one.told) for one in beats],
        )
        messages.tell(db, messages.call(db, "insert_beats", *map(messages.array, columns)))


def _bytes(value: bytes) -> str:
    return f'"\\\\x{value.hex()}"'


def add_session(db: Connection, values: Mapping[str, Any], live: Live) -> int:
    """A new session with its stream, open. Raises IntegrityError when the learner has an open one."""
    made = insert(player_session).values(dict(values)).returning(player_session.c.id)
    id = int(db.execute(made).scalar_one())
    stream = {"session_id": id, "learner_id": values["learner_id"], "n": 0, "state": OPEN}
    db.execute(insert(player_stream).values(**stream, last_at=to_us(values["opened_at"]), live=_encode(live)))
    return id


def save_live(db: Connection, session_id: int, live: Live) -> None:
    """Where a stream stands, changed by something else than a request of its page."""
    db.execute(update(player_stream).where(player_stream.c.session_id == session_id).values(live=_encode(live)))


def open_stream_of(db: Connection, learner_id: int) -> Stream | None:
    """The open stream of a learner, theirs alone until the transaction ends."""
    s = player_stream.c
    row = db.execute(select(player_stream).where(s.learner_id == learner_id, s.state == OPEN).with_for_update()).first()
    return None if row is None else _stream(row)


def session_row(db: Connection, session_id: int) -> Row[Any] | None:
    """All of a session that never changes."""
    return db.execute(select(player_session).where(player_session.c.id == session_id)).one_or_none()


def activity_of(db: Connection, session_id: int) -> str:
    """What a session is of."""
    return str(db.scalar(select(player_session.c.activity).where(player_session.c.id == session_id)))


def sessions_by_id(db: Connection, ids: Iterable[int]) -> dict[int, Row[Any]]:
    """Session rows by id, each with `source`: the name of the credential that asked for it, or ""."""
    found: dict[int, Row[Any]] = {}
    query = select(player_session, func.coalesce(credential.c.name, "").label("source")).select_from(
        player_session.outerjoin(credential, credential.c.id == player_session.c.credential_id)
    )
    for chunk in chunks(ids):
        found |= {row.id: row for row in db.execute(query.where(player_session.c.id.in_(chunk)))}
    return found


def latest_of(
    db: Connection, learner_id: int, of: str | None = None, before: int | None = None
) -> tuple[Row[Any], Stream] | None:
    """The latest session of a learner (on an activity; of those before another), and where it stands."""
    p = player_session.c
    query = select(player_session).where(p.learner_id == learner_id).order_by(p.id.desc()).limit(1)
    if before is not None:
        query = query.where(p.id < before)
    row = db.execute(query if of is None else query.where(p.activity == of)).first()
    if row is None:
        return None
    stream = db.execute(select(player_stream).where(player_stream.c.session_id == row.id)).one()
    return row, _stream(stream)


def set_state(db: Connection, session_ids: Iterable[int], state: str) -> None:
    """Open streams are so from now on."""
    s = player_stream.c
    for chunk in chunks(session_ids):
        db.execute(update(player_stream).where(s.session_id.in_(chunk), s.state == OPEN).values(state=state))


def open_sessions_of(db: Connection, **by: Any) -> list[int]:
    """Ids of sessions that are open, by columns of player_session."""
    query = select(player_session.c.id).join(player_stream, player_stream.c.session_id == player_session.c.id)
    query = query.where(player_stream.c.state == OPEN, *(player_session.c[name] == value for name, value in by.items()))
    return list(db.scalars(query))


def end_streams(db: Connection, **by: Any) -> int:
    """Nothing more is taken from the sessions that are open, by `account_id`, `login`, `credential_id`, `learner_id` or
    `id`; all that was proved so far stays, and their end is told in a statement. How many there were."""
    ids = open_sessions_of(db, **by)
    lengths = {id: row.length_us for id, row in sessions_by_id(db, ids).items()}
    ends = [
        (id, last_word(stream.live, stream.last_at, lengths[id]))
        for chunk in chunks(ids)
        for id, stream in lock_streams(db, list(chunk)).items()
    ]
    set_state(db, ids, REVOKED)
    add_events(db, ends)
    return len(ids)


def silent_since(db: Connection, before: datetime, limit: int = 500) -> list[Stream]:
    """Open streams that were last heard of before an instant; theirs alone until the transaction ends."""
    s = player_stream.c
    query = select(player_stream).where(s.state == OPEN, s.last_at < to_us(before)).order_by(s.session_id).limit(limit)
    return [_stream(row) for row in db.execute(query.with_for_update(skip_locked=True))]


def add_events(db: Connection, events: Sequence[tuple[int, Said]]) -> None:
    """State changes that are to become statements."""
    if events:
        rows = [{"session_id": id, "said": msgspec.json.encode(said)} for id, said in events]
        db.execute(insert(player_event), rows)


def waiting_events(db: Connection, limit: int) -> list[tuple[int, int, Said]]:
    """(id, session, what) of the oldest state changes that wait."""
    query = select(player_event).order_by(player_event.c.id).limit(limit)
    return [(row.id, row.session_id, _said(row.said)) for row in db.execute(query)]


def remove_events(db: Connection, ids: Iterable[int]) -> None:
    """They are statements now."""
    for chunk in chunks(ids):
        db.execute(delete(player_event).where(player_event.c.id.in_(chunk)))


def count_refusals(db: Connection, refused: Mapping[tuple[int, str], int], now: datetime) -> None:
    """Add to how often requests of sessions were refused, by (session, reason)."""
    if not refused:
        return
    new = inserting(db.dialect.name, player_refusal)
    changed = {"times": player_refusal.c.times + new.excluded.times, "last_at": new.excluded.last_at}
    rows = [
        {"session_id": id, "reason": reason, "times": times, "first_at": now, "last_at": now}
        for (id, reason), times in sorted(refused.items())
    ]
    db.execute(new.on_conflict_do_update(index_elements=["session_id", "reason"], set_=changed), rows)


def refusals_of(db: Connection, learner_ids: Iterable[int]) -> list[Row[Any]]:
    """(learner_id, activity, uuid, registration, reason, times, first_at, last_at) of what was refused of learners."""
    p, r = player_session.c, player_refusal.c
    query = select(p.learner_id, p.activity, p.uuid, p.registration, r.reason, r.times, r.first_at, r.last_at)
    query = query.select_from(player_refusal.join(player_session, p.id == r.session_id))
    return list(db.execute(query.where(p.learner_id.in_(list(learner_ids))).order_by(r.first_at, r.reason)))


def who_watches(db: Connection) -> list[Row[Any]]:
    """(id, uuid, learner_id, activity, device, opened_at, last_at, login) of open streams, the latest first."""
    p, s = player_session.c, player_stream.c
    query = select(p.id, p.uuid, p.learner_id, p.activity, p.device, p.opened_at, s.last_at, account.c.login)
    query = query.select_from(
        player_session.join(player_stream, s.session_id == p.id).outerjoin(account, account.c.id == p.account_id)
    )
    return list(db.execute(query.where(s.state == OPEN).order_by(p.id.desc())))


def title_of(db: Connection, iri: str) -> str:
    """What the catalogue calls an activity; its IRI where it does not know it."""
    return db.scalar(select(activity.c.title).where(activity.c.iri == iri)) or iri


def learners_with_kept_beats(db: Connection, before: datetime) -> list[int]:
    """Learners of whom beats are kept of sessions that were opened before an instant."""
    p = player_session.c
    kept = select(beat.c.n).where(beat.c.session_id == p.id).exists()
    return sorted(db.scalars(select(p.learner_id).where(p.opened_at < before, kept).distinct()))


def sessions_before(db: Connection, learner_id: int, before: datetime) -> Sequence[Row[Any]]:
    """Sessions of a learner that were opened before an instant, are over, and of which beats are kept."""
    p, s = player_session.c, player_stream.c
    kept = select(beat.c.n).where(beat.c.session_id == p.id).exists()
    query = select(player_session).join(player_stream, s.session_id == p.id)
    return db.execute(query.where(p.learner_id == learner_id, p.opened_at < before, s.state != OPEN, kept)).all()
