"""The way in on PostgreSQL: one query for all look-ups, and COPY in its binary format for all rows.

It goes to the driver in the caller's transaction; what SQLAlchemy adds to each query costs more than the query here.

COPY: https://www.postgresql.org/docs/current/sql-copy.html, "Binary Format". A row is the number of its fields (int16),
then each field as its length (int32; -1 for null) and its bytes. An executemany costs several times as much.
"""

import struct
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
import psycopg
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from lms_tracker.core.instants import to_us
from lms_tracker.core.xapi.terms import ACTOR, fold, term
from lms_tracker.core.xapi.vocabulary import VERB_VOIDED
from lms_tracker.store import messages, prepared
from lms_tracker.store.packing import pack, unpack_one
from lms_tracker.store.tables import EVIDENCE

if TYPE_CHECKING:
    from lms_tracker.store.postings import Row
    from lms_tracker.store.statements import NewStatement

_STORING, _VOIDING = (f"SELECT pg_advisory_xact_lock{how}(7601)" for how in ("_shared", ""))
"""Whoever voids waits for whoever stores, and the other way round, before either looks: otherwise a statement and what
voids it, stored at one moment, would not see each other."""
_LOOK_UP = """
    SELECT json_build_array(
        ARRAY(SELECT nextval('statement_seq_seq') FROM generate_series(1, $1)),
        ARRAY(SELECT secret_sha256 FROM credential WHERE secret_sha256 = ANY($2) AND revoked_at IS NULL),
        ARRAY(SELECT id FROM statement WHERE id = ANY($3)),
        ARRAY(SELECT id FROM unnest($3) AS asked (id) JOIN erased_statement USING (id)),
        ARRAY(SELECT (SELECT learner_id FROM identity WHERE identity.ifi = asked.ifi) FROM unnest($4) AS asked (ifi)),
        (SELECT coalesce(json_agg(json_build_array(target, id, (
                SELECT CASE WHEN 'all' = ANY(string_to_array(scopes, ' ')) THEN NULL ELSE credential.id END
                FROM credential WHERE credential.id = credential_id)) ORDER BY seq), '[]')
            FROM statement WHERE target IS NOT NULL AND target = ANY($3) AND voids))
"""
"""Where the table may be small, a join or one look for each: planned for an array of any length, `= ANY` reads such a
table from end to end and compares each row with each member. That took more time than all the rest."""
_MARK_UNSETTLED = """
    INSERT INTO touched_learner (learner_id, since, seqs, marks)
    SELECT learner, $1, seqs, $4 FROM unnest($2, $3) AS mark (learner, seqs)
"""
_TAKING_IN = b"""
    SELECT coalesce(sum(1 + coalesce(length(marks), 0) / 12), 0) < 100,
        set_config('synchronous_commit', 'off', true), pg_advisory_xact_lock(7604)
    FROM (SELECT marks FROM touched_learner LIMIT 100) AS first
"""
"""Whether few marks are there. Whoever claims need not wait for the disk: should it be lost, nobody has claimed, and every mark is
there again."""
_TAKE_IN = """
    WITH next AS MATERIALIZED (
        SELECT * FROM (
            SELECT id, learner_id, since, seqs, marks, sum(1 + coalesce(length(marks), 0) / 12)
                OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
            FROM (SELECT * FROM touched_learner ORDER BY id LIMIT %(limit)s) AS oldest
        ) AS counted WHERE coalesce(before, 0) < %(limit)s
    ), mark AS MATERIALIZED (
        SELECT learner_id, since, seqs, FALSE AS shares FROM next WHERE marks IS NULL
        UNION ALL
        SELECT key::integer, since, value, TRUE FROM next, json_each_text(marks::json) WHERE marks IS NOT NULL
    ), mine AS MATERIALIZED (
        SELECT learner_id FROM unsettled WHERE learner_id IN (SELECT learner_id FROM mark) FOR UPDATE SKIP LOCKED
    ), busy AS MATERIALIZED (
        SELECT learner_id FROM unsettled WHERE learner_id IN (SELECT learner_id FROM mark)
        EXCEPT SELECT learner_id FROM mine
    ), gone AS (
        DELETE FROM touched_learner USING next
        WHERE touched_learner.id = next.id AND next.learner_id NOT IN (SELECT learner_id FROM busy)
    ), kept AS (
        INSERT INTO touched_learner (learner_id, since, seqs)
        SELECT learner_id, since, seqs FROM mark WHERE shares AND learner_id IN (SELECT learner_id FROM busy)
    )
    INSERT INTO unsettled (learner_id, version, since, seqs)
    SELECT learner_id, 1, min(since),
        CASE WHEN count(*) = count(seqs) AND sum(length(seqs)) < %(most)s THEN string_agg(seqs, ',') END
    FROM mark WHERE learner_id NOT IN (SELECT learner_id FROM busy) GROUP BY learner_id
    ON CONFLICT (learner_id) DO UPDATE SET version = unsettled.version + 1, seqs =
        CASE WHEN length(unsettled.seqs) + length(excluded.seqs) < %(most)s THEN unsettled.seqs || ',' || excluded.seqs END
"""
"""Whose ledger is just being posted is passed over: what is shared with others becomes a row of its own. Rows appear in `unsettled` by this query alone, one at a time: so
what it does not see there it may add, and what it sees it has locked, and it waits for nobody."""
_RAWS = "SELECT id, raw FROM statement WHERE id = ANY(%s)"
_STATEMENT = """COPY statement (seq, stored, timestamp, id, evidence, received, voids, ifi, registration, learner_id,
    credential_id, target, raw) FROM STDIN (FORMAT binary)"""
_POSTING = "COPY posting (term, stored, seq, members) FROM STDIN (FORMAT binary)"
_PREPARED = {
    "look_up (integer, text[], uuid[], text[])": _LOOK_UP,
    "mark_unsettled (bigint, integer[], text[], text)": _MARK_UNSETTLED,
}
_BEGIN = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_END = b"\xff\xff"
_NULL = b"\xff\xff\xff\xff"

_found = msgspec.json.Decoder(
    tuple[list[int], set[str], list[UUID], list[UUID], list[int | None], list[tuple[UUID, UUID, int | None]]]
).decode

_before = struct.Struct(">h iq iq iq i16s ih i? i?").pack
_usual = struct.Struct(">h iq iq iq i16s ih i? i? iq iq ii ii i i").pack
_length = struct.Struct(">i").pack
_posting = struct.Struct(">h iq iq iq i").pack
_int8 = struct.Struct(">iq").pack
_int4 = struct.Struct(">ii").pack


def look_up(
    db: Connection, ids: Collection[UUID], ifis: Collection[str], secrets: Collection[str], *, voids: bool
) -> tuple[list[int], set[str], dict[UUID, bytes], dict[str, int], list[tuple[UUID, UUID, int | None]]]:
    """As many new numbers as ids; then, of those asked for: digests of secrets that still open, raw statements there
    (nothing for one that was erased), learners known, and what voids them (store.statements.Voiding), in its order."""
    messages.prepare(db, _PREPARED)
    given = (len(ids), messages.texts(secrets), messages.array([id.hex for id in ids]), messages.texts(ifis))
    found = messages.send(db, _VOIDING if voids else _STORING, messages.call(db, "look_up", *given))
    seqs, usable, taken, erased, learners, voiders = _found(found or b"")
    known = {ifi: learner for ifi, learner in zip(ifis, learners, strict=True) if learner is not None}
    return seqs, usable, _raws(db, taken) | dict.fromkeys(erased, b""), known, voiders


def _raws(db: Connection, ids: list[UUID]) -> dict[UUID, bytes]:
    if not ids:
        return {}
    with cursor(db, _RAWS) as c:
        found = c.execute(_RAWS, (ids,), binary=True).fetchall()
    return {id: unpack_one(raw) for id, raw in found}


def keep_writers_out(db: Connection) -> None:
    """Wait until nobody stores statements, and let nobody begin until this transaction ends."""
    messages.send(db, _VOIDING)


_FOLDING = 7606
"""Whoever takes statements out takes this lock too, after that of _VOIDING; whoever folds rows takes no other."""


def hold_postings(db: Connection) -> None:
    """Wait until nobody folds rows of `posting`, and let nobody begin until this transaction ends."""
    messages.send(db, f"SELECT pg_advisory_xact_lock({_FOLDING})")


def may_fold(db: Connection) -> bool:
    """The same without waiting: whether it was to be had."""
    query = f"SELECT pg_try_advisory_xact_lock({_FOLDING})"
    with cursor(db, query) as c:
        return bool(c.execute(query).fetchone()[0])


def mark_unsettled(db: Connection, seqs: Mapping[int, str | None], now: datetime, marks: str | None) -> None:
    """Note these learners, with the numbers of what is new; or `marks` of several."""
    messages.prepare(db, _PREPARED)
    new = messages.array(None if one is None else f'"{one}"' for one in seqs.values())
    messages.tell(db, messages.call(db, "mark_unsettled", to_us(now), messages.array(seqs), new, marks))


def begin_to_take_in(db: Connection) -> bool:
    """Whether few marks of touched learners are there. Until this transaction ends others who want to take in marks wait: it is to be
    short."""
    [(few, *_)] = prepared.ask(db, _TAKING_IN, [])
    return bool(few)


def take_in(limit: int, most: int) -> str:
    """What lets the oldest `limit` marks of touched learners be rows of `unsettled`.

    To plan it takes longer than to take in one mark. How many there are changes too much for one plan, and what is kept ready is planned
    for what was there then: so it is for few that it is to be kept ready.
    """
    return _TAKE_IN % {"limit": limit, "most": most}


def copy_statements(db: Connection, numbered: Sequence[tuple[int, "NewStatement"]], postings: Iterable["Row"]) -> None:
    """Rows of statement and posting."""
    parts = [_BEGIN]
    at, stored = None, 0
    for (seq, new), packed in zip(numbered, pack([new.raw for _, new in numbered]), strict=True):
        if new.stored is not at:  # mostly all have one
            at, stored = new.stored, to_us(new.stored)
        ifi, registration, learner, source = new.ifi, new.registration, new.learner_id, new.credential_id
        known = (
            8, seq, 8, stored, 8, to_us(new.timestamp), 16, new.id.bytes, 2, EVIDENCE.index(new.evidence), 1, new.received,
            1, new.verb == VERB_VOIDED,
        )  # fmt: skip
        if ifi is None or registration is None or learner is None or source is None or new.target is not None:
            parts += (_before(13, *known), *_nullable(new), _length(len(packed)), packed)
        else:  # nearly all
            parts += (
                _usual(13, *known, 8, term(ACTOR, ifi), 8, fold(registration), 4, learner, 4, source, -1, len(packed)),
                packed,
            )
    messages.tell(db, _STATEMENT, b"".join((*parts, _END)))
    parts = [_BEGIN]
    for number, stored, first, distances in postings:
        parts += (_posting(4, 8, number, 8, stored, 8, first, len(distances)), distances)
    messages.tell(db, _POSTING, b"".join((*parts, _END)))


def _nullable(new: "NewStatement") -> Iterator[bytes]:
    yield _NULL if new.ifi is None else _int8(8, term(ACTOR, new.ifi))
    yield _NULL if new.registration is None else _int8(8, fold(new.registration))
    yield _NULL if new.learner_id is None else _int4(4, new.learner_id)
    yield _NULL if new.credential_id is None else _int4(4, new.credential_id)
    yield _NULL if new.target is None else b"\0\0\0\x10" + new.target.bytes


@contextmanager
def cursor(db: Connection, query: str) -> Iterator[Any]:
    """The driver's cursor. Raises what SQLAlchemy raises: IntegrityError and the like."""
    driver: Any = db.connection.driver_connection
    try:
        with driver.cursor() as c:
            yield c
    except psycopg.Error as e:
        raise DBAPIError.instance(query, None, e, psycopg.Error, dialect=db.dialect) from e
