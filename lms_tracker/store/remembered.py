"""What is remembered of learners' sessions between two settlings, so that newer evidence need not be settled with all.

A learner is remembered as long as all of the entries in force are what one policy's rules say of evidence that is there:
no decision, no frozen entry, no second policy. Then the ledger is half of the memory; the other half stands here.
"""

import datetime
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from itertools import accumulate, chain
from operator import sub
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, delete, tuple_

from lms_tracker.core.study.engine import Settled
from lms_tracker.core.study.entries import ENGINE, Entry
from lms_tracker.core.study.evidence import SessionKey
from lms_tracker.core.study.sessions import CatalogueItem
from lms_tracker.store.bulk import insert_many
from lms_tracker.store.chunks import chunks, one_of
from lms_tracker.store.driver import rows, rows_of_all, tell
from lms_tracker.store.evidence import CATALOGUED, catalogue_of
from lms_tracker.store.ledger import OF_ACTIVITY, ON_DATE, entries_in
from lms_tracker.store.tables import remembered, remembered_session

_KEY = ("learner_id", "activity", "session", "registration")
_s = remembered_session.c
_key = tuple_(_s.activity, _s.session, _s.registration)
_distances = msgspec.msgpack.Decoder(list[int])


class Remembered(msgspec.Struct, frozen=True):
    """One session: when it began, the longest length that it claims of its activity, the numbers of its statements
    (and of its beats: core.study.beats)."""

    key: SessionKey
    start: int
    length: int
    seqs: Collection[int]


class Memory(NamedTuple):
    """What to remember of a learner: the policy that judged, and all sessions."""

    policy: str
    sessions: Collection[Remembered]


def seqs_and_catalogue(
    db: Connection, keys: Collection[SessionKey], activities: Collection[str]
) -> tuple[dict[SessionKey, list[int]], dict[str, CatalogueItem]]:
    """Numbers of the statements of those of these sessions that are remembered; and what the catalogue knows of these activities."""
    which = ((_SEQS, msgspec.structs.asdict(key)) for key in keys)  # mostly one, or two
    catalogue, *found = rows_of_all(db, (CATALOGUED, {"iris": sorted(activities)}), *which)
    seqs = {key: unpack(packed) for key, one in zip(keys, found, strict=True) for (packed,) in one}
    return seqs, catalogue_of(catalogue)


def count_sessions(db: Connection, learner_id: int) -> int:
    """How many sessions are remembered of the learner."""
    [(count,)] = rows(db, "SELECT count(*) FROM remembered_session WHERE learner_id = :learner", learner=learner_id)
    return int(count)


def sessions_on(
    db: Connection, learner_id: int, activities: Collection[str], dates: Collection[datetime.date]
) -> list[Settled]:
    """The sessions of these activities, with all of their entries in force; and of any other what is in force on these dates.

    Each activity and date is a question of its own: one about a list is planned anew each time, which takes longer than to answer it.
    """
    each = [(OF_ACTIVITY, _BEGAN_OF_ACTIVITY, {"learner": learner_id, "activity": one}) for one in activities]
    each += [(ON_DATE, _BEGAN_ON_DATE, {"learner": learner_id, "date": day.isoformat()}) for day in dates]
    answers = rows_of_all(db, *((sql, given) for *both, given in each for sql in both))
    entries: dict[SessionKey, list[Entry]] = defaultdict(list)
    for entry in dict(entries_in(chain(*answers[::2]))).values():  # by row: some are of such an activity and date
        entries[SessionKey(learner_id, *entry.key[:3])].append(entry)
    began = {SessionKey(learner_id, *names): (start, length) for *names, start, length in chain(*answers[1::2])}
    return [Settled(key, start, length, entries.get(key, [])) for key, (start, length) in began.items()]


_SEQS = "SELECT seqs FROM remembered_session WHERE " + " AND ".join(f"{name} = :{name}" for name in _KEY)
_BEGAN = "SELECT s.activity, s.session, s.registration, s.start_us, s.length_us FROM remembered_session s"
_BEGAN_OF_ACTIVITY = f"{_BEGAN} WHERE learner_id = :learner AND activity = :activity"
_BEGAN_ON_DATE = f"""
    {_BEGAN} JOIN ledger USING (learner_id, activity, session, registration)
    WHERE learner_id = :learner AND reversed_at IS NULL AND date = :date
"""


def remember(db: Connection, learners: Mapping[int, Memory]) -> None:
    """All of these learners' sessions, as one policy has judged them. Nothing is remembered of any of them yet."""
    judged = [{"learner_id": id, "policy": memory.policy, "engine": ENGINE} for id, memory in learners.items()]
    insert_many(db, remembered, judged)
    insert_many(db, remembered_session, [_row(one) for memory in learners.values() for one in memory.sessions])


def remember_more(
    db: Connection, learner_id: int, judged: Collection[Remembered], gone: Collection[SessionKey]
) -> None:
    """Of a learner who is remembered: sessions that were judged again, and some of which no evidence is left."""
    if gone:
        db.execute(delete(remembered_session).where(_s.learner_id == learner_id, _key.in_(map(_names, gone))))
    for session in judged:  # mostly one, or two
        tell(db, _REMEMBER, **_row(session))


_REMEMBER = """
    INSERT INTO remembered_session (learner_id, activity, session, registration, start_us, length_us, seqs)
    VALUES (:learner_id, :activity, :session, :registration, :start_us, :length_us, :seqs)
    ON CONFLICT (learner_id, activity, session, registration)
    DO UPDATE SET start_us = excluded.start_us, length_us = excluded.length_us, seqs = excluded.seqs
"""


def forget(db: Connection, learner_ids: Iterable[int]) -> None:
    """Remember nothing of these learners: the next settling reads all of their evidence."""
    for chunk in chunks(learner_ids):
        for table in (remembered, remembered_session):
            db.execute(delete(table).where(one_of(db, table.c.learner_id, chunk)))


def pack(seqs: Iterable[int]) -> bytes:
    """Numbers in few bytes, each once: the first, then distances, most of which take one."""
    ordered = sorted(set(seqs))
    return msgspec.msgpack.encode(list(map(sub, ordered, [0, *ordered])))


def unpack(packed: bytes) -> list[int]:
    """The numbers, ascending."""
    return list(accumulate(_distances.decode(packed)))


def _names(key: SessionKey) -> tuple[str, str, str]:
    return key.activity, key.session, key.registration


def _row(session: Remembered) -> dict[str, object]:
    numbers = {"start_us": session.start, "length_us": session.length, "seqs": pack(session.seqs)}
    return msgspec.structs.asdict(session.key) | numbers
