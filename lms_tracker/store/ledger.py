"""Posted ledger entries: reading those in force, posting and reversing."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from operator import attrgetter
from types import MappingProxyType
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, Row, Select, and_, case, select

from lms_tracker.core.instants import to_us
from lms_tracker.core.study.decisions import SessionKey
from lms_tracker.core.study.entries import Entry, Interval
from lms_tracker.core.study.evidence import SessionKey as SessionOf
from lms_tracker.store.bulk import insert_many
from lms_tracker.store.chunks import chunks, one_of
from lms_tracker.store.driver import rows, rows_of_all, tell
from lms_tracker.store.moved import followed
from lms_tracker.store.tables import ledger

NOBODY: Mapping[Any, str] = MappingProxyType({})
EntryKey = tuple[str, str, str, date]
_intervals = msgspec.json.Decoder(list[Interval])
_discounted = msgspec.json.Decoder(dict[str, int])
_columns = attrgetter(*Entry.__struct_fields__)


def entries_in_force(
    db: Connection, learner_ids: Iterable[int], since: date | None = None, until: date | None = None
) -> Iterator[Entry]:
    """Entries in force of these learners, dates `since` to `until` inclusive, by learner, date, activity, session."""
    for chunk in chunks(learner_ids):
        query = _between(select(ledger).where(ledger.c.learner_id.in_(chunk)), since, until).order_by(
            ledger.c.learner_id, ledger.c.date, ledger.c.activity, ledger.c.session, ledger.c.registration
        )
        for row in db.execute(query):
            yield entry_of(row)


class Reversed(NamedTuple):
    """An entry that is in force no more. `same`: what took its place counts, holds and discounts the same seconds."""

    key: EntryKey
    credited_us: int
    held_us: int
    reversed_at: datetime
    cause: str | None
    same: bool


def reversed_between(db: Connection, learner_id: int, since: date, until: date) -> Iterator[Reversed]:
    """What entries of these dates were before, the latest reversed first."""
    c, new = ledger.c, ledger.alias("new")
    same = and_(*(new.c[name] == c[name] for name in ("raw_us", "credited_us", "held_us", "intervals")))
    query = (
        select(c.activity, c.session, c.registration, c.date, c.credited_us, c.held_us, c.reversed_at, c.cause)
        .add_columns(c.discounted, case((same, new.c.discounted)).label("now"))
        .select_from(ledger.outerjoin(new, followed(ledger, new)))
        .where(c.learner_id == learner_id, c.date.between(since, until), c.reversed_at.is_not(None))
    )
    for *key, credited, held, at, cause, was, now in db.execute(query.order_by(c.reversed_at.desc(), c.id.desc())):
        unchanged = now is not None and _discounted.decode(now) == _discounted.decode(was)
        yield Reversed(tuple(key), credited, held, at, cause, unchanged)  # type: ignore[arg-type]


def frozen_entries(db: Connection, learner_ids: Iterable[int]) -> dict[int, list[Entry]]:
    """Entries in force whose evidence is gone, of those of these learners who have any; by date, activity and session.

    They stay as they were posted.
    """
    c = ledger.c
    found: dict[int, list[Entry]] = defaultdict(list)
    for chunk in chunks(learner_ids):
        theirs = select(ledger).where(
            one_of(db, c.learner_id, chunk), c.frozen_at.is_not(None), c.reversed_at.is_(None)
        )
        for row in db.execute(theirs.order_by(c.date, c.activity, c.session, c.registration)):
            found[row.learner_id].append(entry_of(row))
    return found


def learners_with_entries(db: Connection) -> set[int]:
    """Everybody who has an entry in force."""
    return set(db.scalars(select(ledger.c.learner_id).where(ledger.c.reversed_at.is_(None)).distinct()))


class Change(NamedTuple):
    """What a learner's ledger is to be, and what reversals in it say.

    `decided` are the causes of sessions about which a person, or a suspicion, has decided; `adopted`, by policy id, those
    of entries that another policy judges now; `cause` is that of all others. `within`: only these sessions are brought
    to `entries`, and nothing else of the ledger is read.
    """

    learner_id: int
    entries: list[Entry]
    cause: str
    decided: Mapping[SessionKey, str] = NOBODY
    adopted: Mapping[str, str] = NOBODY
    within: Collection[SessionOf] | None = None


def post_changes(db: Connection, changes: Collection[Change], now: datetime) -> int:
    """Bring ledgers in force, each learner's once, to what they are to be: reverse what changed, post what is new. The
    number of entries changed."""
    standing: dict[int, dict[EntryKey, tuple[int, Entry]]] = defaultdict(dict)
    for row_id, entry in _in_force(db, changes):
        standing[entry.learner_id][entry.key] = row_id, entry
    gone: dict[str, list[int]] = defaultdict(list)
    new: list[Entry] = []
    for change in changes:
        there = standing[change.learner_id]
        wanted = {entry.key: entry for entry in change.entries}
        new += [entry for key, entry in wanted.items() if key not in there or there[key][1] != entry]
        for key, (row_id, entry) in there.items():
            if wanted.get(key) != entry:
                gone[_why(change, entry, wanted.get(key))].append(row_id)
    for why, row_ids in sorted(gone.items()):
        tell(db, _REVERSE, now=to_us(now), why=why, ids=row_ids)
    insert_many(db, ledger, [_row(entry, now) for entry in new])
    return sum(map(len, gone.values())) + len(new)


def _why(change: Change, entry: Entry, now_is: Entry | None) -> str:
    """What the reversal of an entry says, of which this is left."""
    moved = now_is is not None and now_is.policy != entry.policy and now_is.policy in change.adopted
    why = [change.adopted[now_is.policy]] if now_is is not None and moved else []
    why += [change.decided[entry.key[:3]]] if entry.key[:3] in change.decided else []
    return "; ".join(why) or change.cause


def _in_force(db: Connection, changes: Collection[Change]) -> Iterator[tuple[int, Entry]]:
    c = ledger.c
    for chunk in chunks(change.learner_id for change in changes if change.within is None):
        theirs = select(ledger).where(one_of(db, c.learner_id, chunk), c.reversed_at.is_(None))
        yield from ((row.id, entry_of(row)) for row in db.execute(theirs))
    sessions = [
        {"learner": change.learner_id} | msgspec.structs.asdict(key)
        for change in changes
        for key in change.within or ()
    ]
    for found in rows_of_all(db, *((_OF_SESSION, one) for one in sessions)):
        yield from entries_in(found)


def entries_of_activity(db: Connection, learner_id: int, activity: str) -> list[Entry]:
    """A learner's entries in force of an activity."""
    return [entry for _, entry in entries_in(rows(db, OF_ACTIVITY, learner=learner_id, activity=activity))]


def entries_in(rows: Iterable[Sequence[Any]]) -> Iterator[tuple[int, Entry]]:
    """(row id, entry) of rows of OF_ACTIVITY or ON_DATE."""
    return ((id, _entry(columns)) for id, *columns in rows)


_IN_FORCE = """
    SELECT id, learner_id, activity, session, registration, date, raw_us, credited_us, held_us, discounted, intervals,
        evidence, policy, engine
    FROM ledger WHERE learner_id = :learner AND reversed_at IS NULL
"""
OF_ACTIVITY = f"{_IN_FORCE} AND activity = :activity"
ON_DATE = f"{_IN_FORCE} AND date = :date"
_OF_SESSION = f"{OF_ACTIVITY} AND session = :session AND registration = :registration"
_REVERSE = "UPDATE ledger SET reversed_at = :now, cause = :why WHERE id = ANY(:ids)"


def entry_of(row: Row) -> Entry:
    """The entry in a row of the ledger table."""
    return _entry(_columns(row))


def _entry(columns: Sequence[Any]) -> Entry:
    """Of a row's columns in the order of Entry's fields. A date is text where SQLite's driver itself was asked."""
    learner, activity, session, registration, day, raw, credited, held, discounted, intervals, *by = columns
    on = day if isinstance(day, date) else date.fromisoformat(day)
    why, what = _discounted.decode(discounted), _intervals.decode(intervals)
    return Entry(learner, activity, session, registration, on, raw, credited, held, why, what, *by)


def _row(entry: Entry, now: datetime) -> dict[str, Any]:
    return msgspec.structs.asdict(entry) | {
        "discounted": msgspec.json.encode(entry.discounted).decode(),
        "intervals": msgspec.json.encode(entry.intervals).decode(),
        "posted_at": now,
    }


def _between(query: Select[Any], since: date | None, until: date | None) -> Select[Any]:
    query = query.where(ledger.c.reversed_at.is_(None))
    if since is not None:
        query = query.where(ledger.c.date >= since)
    if until is not None:
        query = query.where(ledger.c.date <= until)
    return query
