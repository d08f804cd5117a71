"""Panels of experts for research output: seats, levels, the chair's word; and the list of what was published."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, or_, select, update

from lms_tracker.core.panel import Ruling, rule_on
from lms_tracker.store.declarations import rows_query
from lms_tracker.store.tables import account, declaration, enrolment, panel_grade, panel_ruling, panel_seat, role

_s, _g, _u = panel_seat.c, panel_grade.c, panel_ruling.c
_in_force = (_g.seat_id == _s.id) & _g.replaced_at.is_(None)


def seats_of(db: Connection, declaration_id: int) -> list[Row[Any]]:
    """(id, account_id, part, seated_at, name, learner_id, level, words, graded_at); level None: not graded yet."""
    query = (
        select(panel_seat, account.c.name, account.c.learner_id, _g.level, _g.words, _g.graded_at)
        .select_from(panel_seat)
        .outerjoin(account, account.c.id == _s.account_id)
        .outerjoin(panel_grade, _in_force)
        .where(_s.declaration_id == declaration_id)
    )
    return list(db.execute(query.order_by(_s.id)))


def chair_of(db: Connection, declaration_id: int) -> Row[Any] | None:
    """The chair's word in force (level, words, made_at, by), or None."""
    query = select(panel_ruling, account.c.name.label("by")).outerjoin(account, account.c.id == _u.made_by)
    return db.execute(query.where(_u.declaration_id == declaration_id, _u.replaced_at.is_(None))).first()


def ruling_on(db: Connection, declaration_id: int) -> Ruling:
    """What the panel has come to."""
    seats, chair = seats_of(db, declaration_id), chair_of(db, declaration_id)
    third = next((seat.level for seat in seats if seat.part == "third"), None)
    return rule_on(
        [seat.level for seat in seats if seat.part == "expert"], third, None if chair is None else chair.level
    )


def seat_of(db: Connection, declaration_id: int, account_id: int) -> Row[Any] | None:
    """The seat of one expert, as in `seats_of`; or None."""
    return next((seat for seat in seats_of(db, declaration_id) if seat.account_id == account_id), None)


def add_seat(tx: Connection, declaration_id: int, account_id: int, part: str, by: int, now: datetime) -> None:
    """One more expert. Raises IntegrityError for who sits there already."""
    values = {"declaration_id": declaration_id, "account_id": account_id, "part": part}
    tx.execute(insert(panel_seat).values(values | {"seated_by": by, "seated_at": now}))


def put_grade(tx: Connection, seat_id: int, level: str, words: str, now: datetime) -> None:
    """Put a level in force; the one before stays as replaced."""
    tx.execute(update(panel_grade).where(_g.seat_id == seat_id, _g.replaced_at.is_(None)).values(replaced_at=now))
    tx.execute(insert(panel_grade).values(seat_id=seat_id, level=level, words=words, graded_at=now))


def put_ruling(tx: Connection, declaration_id: int, level: str, words: str, by: int, now: datetime) -> None:
    """The chair's word; a former one stays as replaced."""
    here = (_u.declaration_id == declaration_id) & _u.replaced_at.is_(None)
    tx.execute(update(panel_ruling).where(here).values(replaced_at=now))
    values = {"declaration_id": declaration_id, "level": level, "words": words, "made_by": by, "made_at": now}
    tx.execute(insert(panel_ruling).values(values))


def work_of(db: Connection, programme_id: int, account_id: int) -> list[tuple[Row[Any], Row[Any]]]:
    """(declaration, seat) of what an expert is asked to grade in a programme, what is not graded yet first."""
    ids = select(_s.declaration_id).where(_s.account_id == account_id)
    rows = db.execute(rows_query().where(declaration.c.id.in_(ids), declaration.c.programme_id == programme_id))
    found = [(row, seat_of(db, row.id, account_id)) for row in rows]
    mine = [(row, seat) for row, seat in found if seat is not None]
    return sorted(mine, key=lambda one: (one[1].level is not None, one[0].id))


def count_work(db: Connection, programme_id: int, account_id: int) -> int:
    """How much an expert has still to grade."""
    return sum(
        1 for row, seat in work_of(db, programme_id, account_id) if seat.level is None and row.state == "confirmed"
    )


def experts_of(db: Connection, programme_id: int) -> list[Row[Any]]:
    """(id, name, learner_id, organisation_id) of the accounts that are experts of a programme; the school of those who
    study in it, too."""
    school = (enrolment.c.learner_id == account.c.learner_id) & (enrolment.c.programme_id == programme_id)
    query = (
        select(account.c.id, account.c.name, account.c.learner_id, enrolment.c.organisation_id)
        .distinct()
        .join(role, role.c.account_id == account.c.id)
        .outerjoin(enrolment, school)
        .where(role.c.role == "expert", role.c.programme_id == programme_id, account.c.disabled_at.is_(None))
    )
    return list(db.execute(query.order_by(account.c.id)))


def publications(db: Connection, programme_id: int, *, listed_only: bool) -> list[Row[Any]]:
    """Confirmed research output, the latest first. `listed_only`: what the authors agreed to have listed."""
    d = declaration.c
    query = rows_query().where(d.programme_id == programme_id, d.kind == "research", d.state == "confirmed")
    if listed_only:
        query = query.where(or_(d.facts.contains('"listed":"yes"'), d.facts.contains('"listed": "yes"')))
    return list(db.execute(query.order_by(d.happened_on.desc(), d.id.desc())))


def levels_of(db: Connection, declaration_ids: Collection[int]) -> dict[int, Ruling]:
    """What the panels of these came to."""
    return {id: ruling_on(db, id) for id in declaration_ids}
