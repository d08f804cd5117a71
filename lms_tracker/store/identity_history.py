"""Moving what belongs to a learner to another, and the history of it: what went where, who did it, when and why."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, Table, delete, func, insert, select, update

from lms_tracker.core.xapi.actors import actor_of, identify
from lms_tracker.store import postgresql
from lms_tracker.store.chunks import chunks, one_of
from lms_tracker.store.person_player import move_player
from lms_tracker.store.settling import mark_unsettled
from lms_tracker.store.tables import (
    account,
    achievement,
    assessment,
    enrolment,
    grade_override,
    identity,
    identity_event,
    learner,
    ledger,
    mark,
    peer_pair,
    statement,
    submission,
    unposted_cause,
)

JOIN, SPLIT = "join", "split"
_WHO_IS_WHO = 7603
"""Another lock than that of those who store: a long import of people must not keep statements waiting."""


class Moved(msgspec.Struct, omit_defaults=True):
    """What one event moved: identifiers, and ids of rows. Stored as JSON: a golden test holds the form."""

    identities: list[str] = []
    statements: int = 0
    accounts: list[int] = []
    enrolments: list[int] = []
    marks: list[int] = []
    frozen: list[int] = []
    """Ledger entries whose evidence is gone, as they stand with the new learner."""
    joined: list[int] = []
    """Learners who had been joined into the one that was joined now."""
    name: str | None = None
    """What the other is called since, who had no name."""
    achievements: list[int] = []
    overrides: list[int] = []
    submissions: list[int] = []
    """Work on assignments, every version."""
    pairs: list[int] = []
    """Whose work is to be reviewed."""
    assessments: list[int] = []
    """Reviews of others' work."""


class Event(msgspec.Struct, frozen=True):
    """Who did what when, and why. `made_by` is None for an operator's command, `rule_id` None for what was by hand."""

    kind: str
    from_learner: int
    to_learner: int
    reason: str
    rule_id: int | None
    made_by: int | None
    made_at: datetime


def keep_writers_out(db: Connection) -> None:
    """Until this transaction ends nobody stores statements: what is on its way is either moved, or comes after."""
    if db.dialect.name == "postgresql":  # SQLite has one writer at a time anyway
        db.execute(select(func.pg_advisory_xact_lock(_WHO_IS_WHO)))
        postgresql.keep_writers_out(db)


def hold_who_is_who(db: Connection) -> None:
    """Nobody joins, splits or erases until this transaction ends: for whoever looks up a learner, to write something of theirs."""
    if db.dialect.name == "postgresql":
        db.execute(select(func.pg_advisory_xact_lock_shared(_WHO_IS_WHO)))


def hold_learners(db: Connection, learner_ids: Iterable[int]) -> None:
    """Before anything of theirs is changed, and in the order of ids: whoever settles them does so, too."""
    query = select(learner.c.id).where(learner.c.id.in_(set(learner_ids))).order_by(learner.c.id)
    db.execute(query.with_for_update(key_share=True))


def learner_row(db: Connection, learner_id: int) -> Row[*tuple[Any, ...]] | None:
    """The learner, who may be erased; or None."""
    return db.execute(select(learner).where(learner.c.id == learner_id)).one_or_none()


def identities_of(db: Connection, learner_ids: Iterable[int]) -> Sequence[Row[*tuple[Any, ...]]]:
    """(ifi, learner_id, how, since) of these learners, by identifier."""
    found: list[Row[*tuple[Any, ...]]] = []
    for chunk in chunks(learner_ids):
        found += db.execute(select(identity).where(identity.c.learner_id.in_(chunk)).order_by(identity.c.ifi)).all()
    return found


def rows_of(db: Connection, table: Table, learner_id: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """A learner's rows of a table that has a `learner_id`, by id."""
    return db.execute(select(table).where(table.c.learner_id == learner_id).order_by(table.c.id)).all()


def move_identities(db: Connection, ifis: Collection[str], to: int, how: str, now: datetime) -> int:
    """Identifiers, with the statements of who was known by them; the number of statements."""
    moved = 0
    for chunk in chunks(ifis):
        before = db.scalars(select(identity.c.learner_id).where(identity.c.ifi.in_(chunk)).distinct()).all()
        db.execute(update(identity).where(identity.c.ifi.in_(chunk)).values(learner_id=to, since=now))
        implied = identity.c.how == "implied"  # by its mail address, which goes along
        db.execute(update(identity).where(identity.c.ifi.in_(chunk), ~implied).values(how=how))
        theirs = statement.c.learner_id.in_(before) & statement.c.ifi.in_(chunk)  # the index is by learner
        moved += db.execute(update(statement).where(theirs).values(learner_id=to)).rowcount
        move_player(db, chunk, before, to)
    return moved


def tables_of(moved: Moved) -> list[tuple[Table, list[int]]]:
    """The rows that go along, by table."""
    return [
        (account, moved.accounts),
        (enrolment, moved.enrolments),
        (mark, moved.marks),
        (achievement, moved.achievements),
        (grade_override, moved.overrides),
        (submission, moved.submissions),
        (peer_pair, moved.pairs),
        (assessment, moved.assessments),
    ]


def move_rows(db: Connection, table: Table, ids: Collection[int], to: int) -> None:
    """Rows of a table that has a `learner_id`."""
    for chunk in chunks(ids):
        db.execute(update(table).where(table.c.id.in_(chunk)).values(learner_id=to))


def move_frozen(
    db: Connection, learner_id: int, to: int, only: Collection[int] | None, now: datetime, why: str
) -> list[int]:
    """Entries in force whose evidence is gone: reversed here, posted there. Ids of the new ones.

    An entry that the other has already (the same session under two names) is reversed and not posted again.
    """
    mine = (ledger.c.learner_id == learner_id) & ledger.c.frozen_at.is_not(None) & ledger.c.reversed_at.is_(None)
    rows = [row for row in db.execute(select(ledger).where(mine)) if only is None or row.id in only]
    posted = []
    for row in rows:
        values = row._asdict() | {"learner_id": to, "posted_at": now}
        del values["id"]
        key = [ledger.c[name] == values[name] for name in ("learner_id", "activity", "session", "registration", "date")]
        db.execute(update(ledger).where(ledger.c.id == row.id).values(reversed_at=now, cause=why))
        if db.scalar(select(ledger.c.id).where(*key, ledger.c.reversed_at.is_(None))) is None:
            posted.append(int(db.execute(insert(ledger).values(values).returning(ledger.c.id)).scalar_one()))
    return posted


def point_to(db: Connection, learner_ids: Collection[int], into: int | None) -> None:
    """Say into whom these learners were joined; None: they stand for themselves again."""
    for chunk in chunks(learner_ids):
        db.execute(update(learner).where(learner.c.id.in_(chunk)).values(joined_into=into))


def joined_into(db: Connection, learner_id: int) -> list[int]:
    """Ids of the learners who were joined into this one."""
    return list(db.scalars(select(learner.c.id).where(learner.c.joined_into == learner_id).order_by(learner.c.id)))


def add_learner(db: Connection, actor: Mapping[str, Any], now: datetime) -> int:
    """A learner without name and identities."""
    values = {"actor": msgspec.json.encode(actor).decode(), "created_at": now}
    return int(db.execute(insert(learner).values(values).returning(learner.c.id)).scalar_one())


def call_by_own_names(db: Connection, learner_ids: Iterable[int]) -> None:
    """Exports call a learner by the actor who was seen first: by another where that identity is somebody else's now."""
    for id in sorted(set(learner_ids)):
        own = [row.ifi for row in identities_of(db, [id])]
        if own and _first_seen_as(db, id) not in own:
            _call(db, id, actor=msgspec.json.encode(actor_of(own[0])).decode())


def _first_seen_as(db: Connection, learner_id: int) -> str | None:
    return identify(msgspec.json.decode(db.scalars(select(learner.c.actor).where(learner.c.id == learner_id)).one()))


def _call(db: Connection, learner_id: int, **values: str | None) -> None:
    db.execute(update(learner).where(learner.c.id == learner_id).values(values))


def record(db: Connection, event: Event, moved: Moved) -> int:
    """Write an event down, and have both ledgers settled anew with it as their cause; its id."""
    values = msgspec.structs.asdict(event) | {"moved": msgspec.json.encode(moved).decode()}
    id = int(db.execute(insert(identity_event).values(values).returning(identity_event.c.id)).scalar_one())
    both = sorted({event.from_learner, event.to_learner})
    db.execute(insert(unposted_cause), [{"learner_id": one, "event_id": id} for one in both])
    mark_unsettled(db, both, event.made_at)
    return id


def joins_into(db: Connection, learner_id: int) -> list[tuple[int, int, Moved]]:
    """(id, the learner who was joined, what was moved) of joins into a learner, the latest first."""
    e = identity_event.c
    query = (
        select(e.id, e.from_learner, e.moved).where(e.kind == JOIN, e.to_learner == learner_id).order_by(e.id.desc())
    )
    return [(row.id, row.from_learner, msgspec.json.decode(row.moved, type=Moved)) for row in db.execute(query)]


def events(
    db: Connection, learner_id: int | None = None, limit: int = 50, offset: int = 0
) -> list[tuple[Row[*tuple[Any, ...]], Moved]]:
    """Rows with `by` (a name or None), the latest first; of one learner or of all."""
    e = identity_event.c
    query = select(identity_event, account.c.name.label("by"))
    query = query.select_from(identity_event).outerjoin(account, account.c.id == e.made_by)
    if learner_id is not None:
        query = query.where((e.from_learner == learner_id) | (e.to_learner == learner_id))
    rows = db.execute(query.order_by(e.id.desc()).limit(limit).offset(offset))
    return [(row, msgspec.json.decode(row.moved, type=Moved)) for row in rows]


def forget(db: Connection, learner_ids: Collection[int], ifis: Collection[str], nobody: str) -> None:
    """Of joins and splits of an erased person it stays that they happened, also of those long before with others.

    The words go that were given for them, from ledgers too. Who was first seen as the person is called by an identity
    that is left, or `nobody` (an actor as JSON).
    """
    e, beside = identity_event.c, set()
    query = select(e.id, e.kind, e.from_learner, e.to_learner, e.moved, e.reason).order_by(e.id)
    for row in db.execute(query).all():
        both, moved = {row.from_learner, row.to_learner}, msgspec.json.decode(row.moved, type=Moved)
        if both.isdisjoint(learner_ids) and set(moved.identities).isdisjoint(ifis):
            continue
        left = Moved() if not both.isdisjoint(learner_ids) else msgspec.structs.replace(moved, name=None)
        left.identities = [ifi for ifi in left.identities if ifi not in ifis]
        words = {"moved": msgspec.json.encode(left).decode(), "reason": ""}
        db.execute(update(identity_event).where(e.id == row.id).values(words))
        said = ledger.c.learner_id.in_(both) & (ledger.c.cause == cause_of(row.kind, row.reason))
        db.execute(update(ledger).where(said).values(cause=None))
        if set(moved.identities) & set(ifis):
            beside |= both - set(learner_ids)
    for id in sorted(beside):
        if _first_seen_as(db, id) in ifis and not identities_of(db, [id]):
            _call(db, id, actor=nobody, name=None)
    call_by_own_names(db, beside)


def unposted_causes(db: Connection, learner_ids: Iterable[int]) -> dict[int, dict[int, str]]:
    """Learner -> event -> why, of joins and splits that a learner's ledger does not follow yet, the earliest first."""
    e, of = identity_event.c, unposted_cause.c.learner_id
    found: dict[int, dict[int, str]] = defaultdict(dict)
    for chunk in chunks(learner_ids):
        query = select(of, e.id, e.kind, e.reason).join(unposted_cause, unposted_cause.c.event_id == e.id)
        for row in db.execute(query.where(one_of(db, of, chunk)).order_by(e.id)):
            found[row.learner_id][row.id] = cause_of(row.kind, row.reason)
    return found


def cause_of(kind: str, reason: str) -> str:
    """What the ledger says of entries that were reversed for it."""
    return f"identities {'joined' if kind == JOIN else 'split'}: {reason}"


def have_posted(db: Connection, learner_id: int, event_ids: Iterable[int]) -> None:
    """The ledger follows these events now."""
    u = unposted_cause.c
    for chunk in chunks(event_ids):
        db.execute(delete(unposted_cause).where(u.learner_id == learner_id, u.event_id.in_(chunk)))


def count_events(db: Connection) -> int:
    """How many joins and splits there were."""
    return db.scalar(select(func.count()).select_from(identity_event)) or 0
