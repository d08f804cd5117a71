"""Targets of forwarding, their claims, and what was put aside."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, case, delete, func, insert, literal, or_, select, update

from lms_tracker.store.chunks import chunks, rows_among
from lms_tracker.store.tables import (
    Instant,
    credential,
    enrolment,
    former_target,
    forward_aside,
    forward_target,
    identity,
    organisation,
    programme,
    statement,
)

COUNT_UP_TO = 10_000
"""More that wait are not counted: the page says "more than"."""

_t, _a = forward_target.c, forward_aside.c
MAY_HAVE_COPIES = (_t.sent > 0) | _t.claimed_until.is_not(None)
"""Who is sending just now may have sent more than is noted."""


def add_target(db: Connection, **values: Any) -> int:
    """Its id. Raises IntegrityError when the name is taken."""
    values |= {"sent": 0, "attempts": 0, "next_try_at": values["created_at"]}
    return int(db.execute(insert(forward_target).values(**values).returning(_t.id)).scalar_one())


def change_target(db: Connection, id: int, **values: Any) -> bool:
    """Whether there is such a target."""
    return db.execute(update(forward_target).where(_t.id == id).values(**values)).rowcount == 1


def remove_target(db: Connection, id: int, now: datetime) -> bool:
    """With what was put aside for it; its name stays if it may have got anything. Whether there was one."""
    last = select(func.max(statement.c.seq)).scalar_subquery()
    upto = case((_t.claimed_until.is_not(None), func.coalesce(last, _t.position)), else_=_t.position)
    kept = select(_t.name, _t.endpoint, upto, _t.sent, literal(now, Instant)).where(_t.id == id, MAY_HAVE_COPIES)
    db.execute(insert(former_target).from_select(["name", "endpoint", "position", "sent", "removed_at"], kept))
    db.execute(delete(forward_aside).where(_a.target_id == id))
    return db.execute(delete(forward_target).where(_t.id == id)).rowcount == 1


def former_targets(db: Connection) -> Sequence[Row[*tuple[Any, ...]]]:
    """All of former_target, the latest removed first."""
    return db.execute(select(former_target).order_by(former_target.c.removed_at.desc(), former_target.c.id)).all()


def targets(db: Connection) -> Sequence[Row[*tuple[Any, ...]]]:
    """All of forward_target, and `aside`: how many statements are put aside; by name."""
    aside = select(func.count()).where(_a.target_id == _t.id).scalar_subquery().label("aside")
    return db.execute(select(forward_target, aside).order_by(_t.name)).all()


def target(db: Connection, id: int) -> Row[*tuple[Any, ...]] | None:
    """As `targets`, one of them."""
    return next((row for row in targets(db) if row.id == id), None)


def due(db: Connection, now: datetime) -> list[int]:
    """Targets that may be tried now, are not under way, and for which something waits."""
    free = _t.claimed_until.is_(None) | (_t.claimed_until < now)
    last = select(func.max(statement.c.seq)).scalar_subquery()
    asked = select(_a.seq).where(_a.target_id == _t.id, _a.again).exists()
    query = select(_t.id).where(_t.paused_at.is_(None), _t.next_try_at <= now, free, (_t.position < last) | asked)
    return list(db.scalars(query.order_by(_t.next_try_at)))


def claim(db: Connection, id: int, now: datetime, until: datetime) -> Row[*tuple[Any, ...]] | None:
    """Take a target that is due; its row, or None when somebody else has it. Compare-and-swap."""
    free = _t.claimed_until.is_(None) | (_t.claimed_until < now)
    mine = (_t.id == id) & _t.paused_at.is_(None) & (_t.next_try_at <= now) & free
    taken = update(forward_target).where(mine).values(claimed_until=until).returning(*forward_target.c)
    return db.execute(taken).one_or_none()


def finish(db: Connection, id: int, until: datetime, **values: Any) -> bool:
    """End a claim with what came of it. False, and nothing is changed, when the claim was lost meanwhile."""
    mine = (_t.id == id) & (_t.claimed_until == until)
    return db.execute(update(forward_target).where(mine).values(claimed_until=None, **values)).rowcount == 1


def put_aside(db: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """target_id, seq, statement_id, kind, reason, at. What is aside already is told anew."""
    for row in rows:
        db.execute(delete(forward_aside).where(_a.target_id == row["target_id"], _a.seq == row["seq"]))
    if rows:
        db.execute(insert(forward_aside), [{**row, "again": False} for row in rows])


def take_back(db: Connection, target_id: int, seqs: Iterable[int]) -> None:
    """No longer aside: sent, or gone."""
    for chunk in chunks(seqs):
        db.execute(delete(forward_aside).where(_a.target_id == target_id, _a.seq.in_(chunk)))


def is_full(db: Connection, target_id: int, most: int) -> bool:
    """Whether so many statements are put aside for a target."""
    return db.execute(select(_a.seq).where(_a.target_id == target_id).limit(1).offset(most - 1)).first() is not None


def give_up(db: Connection, target_id: int) -> int:
    """Nothing that is aside is kept, or sent again. How many it were; the target counts them."""
    gone = db.execute(delete(forward_aside).where(_a.target_id == target_id)).rowcount
    db.execute(update(forward_target).where(_t.id == target_id).values(given_up=_t.given_up + gone))
    return gone


def ask_again(db: Connection, target_id: int, seq: int | None, now: datetime) -> int:
    """Have one statement, or all that are aside, sent once more. How many."""
    which = (_a.target_id == target_id) if seq is None else (_a.target_id == target_id) & (_a.seq == seq)
    asked = db.execute(update(forward_aside).where(which).values(again=True)).rowcount
    if asked:
        change_target(db, target_id, next_try_at=now)
    return asked


def asked_again(db: Connection, target_id: int, limit: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """(seq, statement_id), oldest first."""
    query = select(_a.seq, _a.statement_id).where(_a.target_id == target_id, _a.again)
    return db.execute(query.order_by(_a.seq).limit(limit)).all()


def aside(db: Connection, target_id: int, limit: int, offset: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """(seq, statement_id, kind, reason, at, again), newest first."""
    query = select(_a.seq, _a.statement_id, _a.kind, _a.reason, _a.at, _a.again).where(_a.target_id == target_id)
    return db.execute(query.order_by(_a.at.desc(), _a.seq.desc()).limit(limit).offset(offset)).all()


def waiting(db: Connection, position: int) -> int:
    """Statements after a position, the filter not asked; at most COUNT_UP_TO + 1."""
    some = select(statement.c.seq).where(statement.c.seq > position).limit(COUNT_UP_TO + 1).subquery()
    return int(db.scalar(select(func.count()).select_from(some)) or 0)


def troubled(db: Connection) -> int:
    """Targets with an error, or with statements aside: somebody should look."""
    has_aside = select(_a.seq).where(_a.target_id == _t.id).exists()
    return int(db.scalar(select(func.count()).where(_t.error.is_not(None) | has_aside)) or 0)


def forget(db: Connection, seqs: Collection[int]) -> int:
    """Statements that are being deleted are no longer put aside. How many were."""
    return sum(db.execute(delete(forward_aside).where(_a.seq.in_(chunk))).rowcount for chunk in chunks(seqs))


def fall_back(db: Connection, deleted: Collection[int]) -> None:
    """After these statements were deleted, in that transaction: no position lies beyond the last statement.

    On SQLite the next statement takes the number after that, and would be passed by. So would one that comes while
    somebody sends, who looked before: such claims fall. On PostgreSQL no number is given twice.
    """
    if db.dialect.name == "sqlite" and deleted and max(deleted) > (last := newest(db)):
        db.execute(update(forward_target).where(_t.claimed_until.is_not(None)).values(claimed_until=None))
        for table in (forward_target, former_target):
            db.execute(update(table).where(table.c.position > last).values(position=last))


def people_meant(
    db: Connection, ifis: Collection[str], programmes: Collection[str], organisations: Collection[str]
) -> set[str]:
    """Those of the identifiers whose learner is in all that is named: in any of the programmes, and in any of the
    organisations, ones below them, or a programme run for one."""
    e = enrolment.c
    known = {row.ifi: row.learner_id for row in rows_among(db, select(identity), identity.c.ifi, ifis)}
    asked: list[ColumnElement[bool]] = []
    if programmes:
        asked.append(e.programme_id.in_(select(programme.c.id).where(programme.c.slug.in_(programmes))))
    if organisations:
        tree = select(organisation.c.id).where(organisation.c.name.in_(organisations)).cte("tree", recursive=True)
        tree = tree.union(select(organisation.c.id).join(tree, organisation.c.parent_id == tree.c.id))
        run_for = select(programme.c.id).where(programme.c.organisation_id.in_(select(tree.c.id)))
        asked.append(or_(e.organisation_id.in_(select(tree.c.id)), e.programme_id.in_(run_for)))
    query = select(e.learner_id).where(*asked)
    meant = {row.learner_id for row in rows_among(db, query, e.learner_id, set(known.values()))}
    return {ifi for ifi, learner_id in known.items() if learner_id in meant}


def names_missing(db: Connection, column: Any, names: Iterable[str]) -> list[str]:
    """Those of the names that no row has in this column."""
    wanted = list(names)
    found = {row[0] for row in rows_among(db, select(column), column, wanted)}
    return [name for name in wanted if name not in found]


def voided_among(db: Connection, ids: Iterable[UUID]) -> Iterator[Row[*tuple[Any, ...]]]:
    """(seq, raw, credential_id, voided_by) of those of the statements that are voided."""
    s = statement.c
    query = select(s.seq, s.raw, s.credential_id, s.voided_by).where(s.voided_by.is_not(None))
    return rows_among(db, query, s.id, ids)


def voided_before_they_came(db: Connection, ids: Iterable[UUID]) -> dict[UUID, tuple[int, UUID]]:
    """Of these statements, those whose voiding statement was stored earlier: statement -> its (seq, id)."""
    voider = statement.alias()
    query = select(statement.c.id, voider.c.seq, voider.c.id.label("voider")).join(
        voider, voider.c.id == statement.c.voided_by
    )
    query = query.where(voider.c.seq < statement.c.seq)
    return {row.id: (row.seq, row.voider) for row in rows_among(db, query, statement.c.id, ids)}


def names_of_sources(db: Connection) -> dict[int, str]:
    """Names of credentials by id."""
    return {row.id: row.name for row in db.execute(select(credential.c.id, credential.c.name))}


def newest(db: Connection) -> int:
    """The highest number that is visible."""
    return int(db.scalar(select(func.coalesce(func.max(statement.c.seq), 0))) or 0)
