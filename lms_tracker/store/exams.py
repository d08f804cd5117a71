"""Exams and results. A result is never edited: a new one replaces it."""

import json
from collections.abc import Collection
from datetime import datetime
from typing import Any

from msgspec.structs import asdict
from sqlalchemy import Connection, Row, func, insert, select, update

from lms_tracker.core.exams import Note, Sitting
from lms_tracker.store import replaced as entries
from lms_tracker.store.owner import owner
from lms_tracker.store.tables import account, exam, exam_note, exam_result, learner

_e, _r, _n = exam.c, exam_result.c, exam_note.c


def exam_by_id(db: Connection, id: int) -> Row[Any] | None:
    """The row, or None."""
    return db.execute(select(exam).where(_e.id == id)).first()


def exam_titled(db: Connection, programme_id: int, title: str) -> Row[Any] | None:
    """The programme's exam of that name, or None."""
    return db.execute(select(exam).where(_e.programme_id == programme_id, _e.title == title)).first()


def exams_of(db: Connection, programme_id: int) -> list[Row[Any]]:
    """All of a programme, the latest first, with how many `results` and open `notes` each has."""
    results = select(func.count(_r.id)).where(_r.exam_id == _e.id, _r.replaced_at.is_(None)).scalar_subquery()
    notes = select(func.count(_n.id)).where(_n.exam_id == _e.id, _n.closed_at.is_(None)).scalar_subquery()
    query = select(exam, results.label("results"), notes.label("notes")).where(_e.programme_id == programme_id)
    return list(db.execute(query.order_by(_e.held_on.desc(), _e.id.desc())))


def resit_of(db: Connection, id: int) -> Row[Any] | None:
    """The attempt after this one, or None."""
    return db.execute(select(exam).where(_e.resit_of == id)).first()


def add_exam(tx: Connection, values: dict[str, Any]) -> int:
    """A new exam; its number."""
    return int(tx.execute(insert(exam).values(values).returning(_e.id)).scalar_one())


def results_of(db: Connection, exam_id: int) -> dict[int, Row[Any]]:
    """Learner -> result in force, with `by`."""
    return entries.in_force(db, exam_result, _r.exam_id == exam_id)


def history(db: Connection, exam_id: int) -> list[Row[Any]]:
    """Results that were replaced, the latest first, with name and by."""
    return entries.replaced(db, exam_result, _r.exam_id == exam_id)


def results_for(db: Connection, programme_id: int, learner_id: int) -> list[Row[Any]]:
    """Every exam of the programme with the learner's result in force (status None: none), the latest first."""
    mine = (
        select(exam_result)
        .join(learner, learner.c.id == _r.learner_id)
        .where(owner == learner_id, _r.replaced_at.is_(None))
        .subquery()
    )
    query = (
        select(exam, mine.c.status, mine.c.mark, mine.c.words)
        .select_from(exam)
        .outerjoin(mine, mine.c.exam_id == _e.id)
        .where(_e.programme_id == programme_id)
    )
    return list(db.execute(query.order_by(_e.held_on.desc(), _e.id.desc())))


def sitting_of(row: Row[Any]) -> Sitting:
    """What a result says, without who wrote it down when."""
    return Sitting(**{name: getattr(row, name) for name in Sitting.__struct_fields__})


def put_result(tx: Connection, exam_id: int, learner_id: int, sitting: Sitting, by: int | None, now: datetime) -> None:
    """Put a result in force; the one before, of whoever the person was taken for, stays as replaced."""
    ids = select(learner.c.id).where(owner == learner_id)
    here = (_r.exam_id == exam_id) & _r.learner_id.in_(ids) & _r.replaced_at.is_(None)
    tx.execute(update(exam_result).where(here).values(replaced_at=now))
    values = {"exam_id": exam_id, "learner_id": learner_id, "made_by": by, "made_at": now}
    tx.execute(insert(exam_result).values(asdict(sitting) | values))


def devices_before(db: Connection, programme_id: int, but: int) -> dict[int, list[str]]:
    """Learner -> devices of the sittings in the programme's other exams."""
    found: dict[int, list[str]] = {}
    query = (
        select(owner.label("owner"), _r.device)
        .select_from(exam_result)
        .join(exam, _e.id == _r.exam_id)
        .join(learner, learner.c.id == _r.learner_id)
        .where(_e.programme_id == programme_id, _e.id != but, _r.device.is_not(None), _r.replaced_at.is_(None))
    )
    for row in db.execute(query):
        found.setdefault(row.owner, []).append(row.device)
    return found


def keep_notes(tx: Connection, exam_id: int, notes: Collection[Note], now: datetime) -> None:
    """Those that are new. What somebody has looked at stays closed; what no longer holds and nobody looked at goes."""
    there = {(row.learner_id, row.signal): row for row in tx.execute(select(exam_note).where(_n.exam_id == exam_id))}
    for note in notes:
        row = there.pop((note.learner_id, note.signal), None)
        others = json.dumps(list(note.others))
        if row is None:
            values = {"exam_id": exam_id, "learner_id": note.learner_id, "signal": note.signal, "noted_at": now}
            tx.execute(insert(exam_note).values(values | {"others": others}))
        elif row.closed_at is None and row.others != others:
            tx.execute(update(exam_note).where(_n.id == row.id).values(others=others))
    for row in there.values():
        if row.closed_at is None:
            tx.execute(exam_note.delete().where(_n.id == row.id))


def notes_of(db: Connection, exam_id: int) -> list[Row[Any]]:
    """Notes with name and by, the open ones first."""
    query = (
        select(exam_note, learner.c.name, account.c.name.label("by"))
        .select_from(exam_note)
        .join(learner, learner.c.id == _n.learner_id)
        .outerjoin(account, account.c.id == _n.closed_by)
        .where(_n.exam_id == exam_id)
    )
    return list(db.execute(query.order_by(_n.closed_at.is_not(None), _n.id)))


def close_note(tx: Connection, exam_id: int, note_id: int, words: str, by: int, now: datetime) -> bool:
    """Somebody has looked. False when it is closed already, or there is no such note."""
    here = (_n.id == note_id) & (_n.exam_id == exam_id) & _n.closed_at.is_(None)
    return tx.execute(update(exam_note).where(here).values(words=words, closed_by=by, closed_at=now)).rowcount == 1
