"""Assignments and their terms; what is due when."""

from collections.abc import Collection
from datetime import date, datetime
from decimal import Decimal
from secrets import token_hex
from typing import Any, Literal

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Row, func, insert, select, update

from lms_tracker.core.assignments.terms import Terms
from lms_tracker.store.chunks import rows_among
from lms_tracker.store.tables import account, assignment, assignment_terms, enrolment, programme
from lms_tracker.store.weights import USUAL, begin, weigh

_decode = msgspec.json.Decoder(Terms).decode


class Setting(Struct, frozen=True):
    """An assignment with the terms in force. `policy` is that of the programme's beginning."""

    id: int
    programme_id: int
    programme: str
    policy: str
    terms_id: int
    terms: Terms
    seed: str
    set_at: datetime


def setting_of(db: Connection, assignment_id: int) -> Setting | None:
    """None for an assignment without terms: nothing is handed in for it, marks are given by hand."""
    row = db.execute(_settings().where(assignment.c.id == assignment_id)).one_or_none()
    return None if row is None else _setting(row)


def settings_of(db: Connection, programme_ids: Collection[int] | None = None) -> list[Setting]:
    """All assignments with terms of these programmes (None: of all), by deadline; those without one last."""
    query = _settings()
    rows = db.execute(query) if programme_ids is None else rows_among(db, query, programme.c.id, programme_ids)
    found = [_setting(row) for row in rows]
    return sorted(found, key=lambda one: (one.terms.due_at is None, one.terms.due_at or one.set_at, one.id))


def assignment_row(db: Connection, assignment_id: int) -> Row[Any] | None:
    """All columns of an assignment."""
    return db.execute(select(assignment).where(assignment.c.id == assignment_id)).one_or_none()


def assignment_titled(db: Connection, programme_id: int, title: str) -> Row[Any] | None:
    """The assignment of that title."""
    mine = (assignment.c.programme_id == programme_id) & (assignment.c.title == title)
    return db.execute(select(assignment).where(mine)).one_or_none()


def add_assignment(
    db: Connection,
    programme_id: int,
    component: str,
    title: str,
    due_on: date | None,
    *,
    weight: Decimal = USUAL,
    by: int | None,
    now: datetime,
) -> int:
    """Its id."""
    values = {"programme_id": programme_id, "component": component, "title": title, "due_on": due_on}
    id = int(db.execute(insert(assignment).values(values).returning(assignment.c.id)).scalar_one())
    begin(db, id, component, weight, by=by, now=now)
    return id


def change_assignment(
    db: Connection,
    assignment_id: int,
    component: str,
    title: str,
    due_on: date | None,
    *,
    weight: Decimal,
    by: int | None,
    now: datetime,
) -> None:
    """What lists and grades read of it; its terms keep the history, `weights` that of where it counts."""
    weigh(db, assignment_id, component, weight, by=by, now=now)
    values = {"component": component, "title": title, "due_on": due_on}
    db.execute(update(assignment).where(assignment.c.id == assignment_id).values(values))


def add_terms(db: Connection, assignment_id: int, terms: Terms, by: int | None, now: datetime) -> int:
    """In force from now on; the id. The seed stays that of the first terms."""
    t = assignment_terms.c
    seed = db.scalar(select(t.seed).where(t.assignment_id == assignment_id).order_by(t.id).limit(1)) or token_hex(16)
    content = msgspec.json.encode(terms).decode()
    values = {"assignment_id": assignment_id, "content": content, "seed": seed, "set_by": by, "set_at": now}
    return int(db.execute(insert(assignment_terms).values(values).returning(t.id)).scalar_one())


def hold_assignment(db: Connection, assignment_id: int) -> None:
    """Nobody else who does this changes anything of the assignment until this transaction ends."""
    db.execute(select(assignment.c.id).where(assignment.c.id == assignment_id).with_for_update())


def terms_by_id(db: Connection, terms_id: int) -> Terms:
    """As they were set."""
    return _decode(db.execute(select(assignment_terms.c.content).where(assignment_terms.c.id == terms_id)).scalar_one())


def history_of(db: Connection, assignment_id: int) -> list[tuple[Terms, str | None, datetime]]:
    """(terms, by whom, when), the latest first."""
    t = assignment_terms.c
    query = select(t.content, account.c.name, t.set_at).outerjoin_from(
        assignment_terms, account, account.c.id == t.set_by
    )
    rows = db.execute(query.where(t.assignment_id == assignment_id).order_by(t.id.desc()))
    return [(_decode(row.content), row.name, row.set_at) for row in rows]


def programmes_studied(db: Connection, learner_id: int) -> set[int]:
    """Programmes in which the learner is enrolled now."""
    e = enrolment.c
    return set(db.scalars(select(e.programme_id).where(e.learner_id == learner_id, e.left_on.is_(None))))


What = Literal["opens", "due", "late_until", "reviews_due", "release"]


class Due(Struct, frozen=True):
    """A date of a programme's calendar that follows from an assignment's terms."""

    assignment_id: int
    title: str
    what: What
    at: datetime


def due_dates(db: Connection, programme_id: int) -> list[Due]:
    """What opens and ends in a programme, in the order of time."""
    found = []
    for one in settings_of(db, [programme_id]):
        terms = one.terms
        peers = terms.peer.due_at if terms.peer else None
        moments: list[tuple[What, datetime | None]] = [
            ("opens", terms.opens_at),
            ("due", terms.due_at),
            ("late_until", None if terms.late == "refuse" else terms.late_until),
            ("reviews_due", peers),
            ("release", terms.release_at),
        ]
        found += [Due(one.id, terms.title, what, at) for what, at in moments if at is not None]
    return sorted(found, key=lambda due: (due.at, due.assignment_id))


def _settings() -> Any:
    t, latest = assignment_terms.c, assignment_terms.alias("latest").c
    newest = select(func.max(latest.id)).where(latest.assignment_id == assignment.c.id).scalar_subquery()
    return (
        select(assignment.c.id, assignment.c.programme_id, programme.c.name, programme.c.policy)
        .add_columns(t.id.label("terms_id"), t.content, t.seed, t.set_at)
        .join_from(assignment, assignment_terms, t.assignment_id == assignment.c.id)
        .join(programme, programme.c.id == assignment.c.programme_id)
        .where(t.id == newest)
    )


def _setting(row: Row[Any]) -> Setting:
    return Setting(
        row.id, row.programme_id, row.name, row.policy, row.terms_id, _decode(row.content), row.seed, row.set_at
    )
