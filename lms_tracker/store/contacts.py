"""Contact notes: who was called when and what about."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, insert, or_, select, update

from lms_tracker.store.owner import owner
from lms_tracker.store.tables import account, cohort, contact_note, enrolment, learner

_n = contact_note.c
"""Who a note is about since learners were joined."""


def add_note(tx: Connection, **values: Any) -> int:
    """A new note; its id."""
    return int(tx.scalars(insert(contact_note).values(**values).returning(_n.id)).one())


def withdraw_note(tx: Connection, note_id: int, by: int, now: datetime) -> bool:
    """One's own note does not stand any more. False where it is not one's own, or was withdrawn before."""
    mine = update(contact_note).where(_n.id == note_id, _n.made_by == by, _n.withdrawn_at.is_(None))
    return bool(tx.execute(mine.values(withdrawn_at=now)).rowcount)


def notes_of(db: Connection, programme_id: int, learner_id: int) -> list[Row[Any]]:
    """Notes about a learner in one programme, the latest first, withdrawn ones included; columns of `contact_note` and
    `by`, `name`, `cohort`."""
    return list(db.execute(_notes().where(_n.programme_id == programme_id, owner == learner_id)))


def notes_within(
    db: Connection, programme_id: int, cohort_ids: Collection[int] | None, learner_ids: Collection[int], limit: int
) -> list[Row[Any]]:
    """Notes that stand, of a programme (`cohort_ids` None), or of these classes, who is in them now, and these learners; the
    latest first."""
    query = _notes().where(_n.programme_id == programme_id, _n.withdrawn_at.is_(None))
    if cohort_ids is not None:
        e, classes = enrolment.c, list(cohort_ids)
        here = select(e.learner_id).where(e.programme_id == programme_id, e.cohort_id.in_(classes), e.left_on.is_(None))
        query = query.where(or_(_n.cohort_id.in_(classes), owner.in_(here), owner.in_(list(learner_ids))))
    return list(db.execute(query.limit(limit)))


def latest_notes(db: Connection, programme_id: int, learner_ids: Collection[int], at: datetime) -> dict[int, Row[Any]]:
    """The last contact about each of few learners that stood at an instant, wherever in the programme they were then, and
    whoever was joined into them since."""
    stood = (_n.made_at <= at, or_(_n.withdrawn_at.is_(None), _n.withdrawn_at > at))
    query = _notes().add_columns(owner.label("head")).where(_n.programme_id == programme_id, *stood)
    latest: dict[int, Row[Any]] = {}
    for row in db.execute(query.where(owner.in_(list(learner_ids)))):
        latest.setdefault(row.head, row)
    return latest


def contacts_of_person(db: Connection, learner_ids: Collection[int]) -> list[dict[str, Any]]:
    """What was noted about a person, as plain values, for a copy."""
    columns = (_n.on, _n.way, _n.reached, _n.words, _n.again_on, _n.made_at, _n.withdrawn_at)
    query = select(*columns).where(_n.learner_id.in_(list(learner_ids))).order_by(_n.id)
    return [row._asdict() for row in db.execute(query)]


def _notes() -> Select[Any]:
    return (
        select(contact_note, account.c.name.label("by"), learner.c.name, cohort.c.name.label("cohort"))
        .join(learner, learner.c.id == _n.learner_id)
        .join(cohort, cohort.c.id == _n.cohort_id)
        .outerjoin(account, account.c.id == _n.made_by)
        .order_by(_n.on.desc(), _n.id.desc())
    )
