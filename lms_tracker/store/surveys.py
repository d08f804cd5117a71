"""Surveys. Nothing here reads who answered together with what was answered."""

from collections.abc import Sequence
from datetime import datetime
from secrets import token_hex
from typing import Any

import msgspec
from sqlalchemy import Column, Connection, Row, Table, delete, func, insert, select, update

from lms_tracker.core.survey import Question, Sheet
from lms_tracker.store.owner import owner
from lms_tracker.store.tables import cohort, enrolment, learner, survey, survey_question, survey_sheet, survey_turnout

_s, _q, _t, _h = survey.c, survey_question.c, survey_turnout.c, survey_sheet.c


def survey_by_id(db: Connection, id: int) -> Row[Any] | None:
    """The row, or None."""
    return db.execute(select(survey).where(_s.id == id)).first()


def surveys_of(db: Connection, programme_id: int) -> list[Row[Any]]:
    """All of a programme with `turnout`, the latest first."""
    turnout = select(func.count()).where(_t.survey_id == _s.id).select_from(survey_turnout).scalar_subquery()
    query = select(survey, turnout.label("turnout")).where(_s.programme_id == programme_id)
    return list(db.execute(query.order_by(_s.closes_at.desc(), _s.id.desc())))


def questions_of(db: Connection, survey_id: int) -> list[Question]:
    """In their order."""
    rows = db.execute(select(survey_question).where(_q.survey_id == survey_id).order_by(_q.position))
    return [
        Question(row.kind, row.words, row.topic, tuple(msgspec.json.decode(row.options)), row.required) for row in rows
    ]


def add_survey(tx: Connection, values: dict[str, Any], questions: Sequence[Question]) -> int:
    """A new survey; its number."""
    id = int(tx.execute(insert(survey).values(values).returning(_s.id)).scalar_one())
    for n, one in enumerate(questions):
        options = msgspec.json.encode(one.options).decode()
        row = {"survey_id": id, "position": n, "kind": one.kind, "topic": one.topic, "words": one.words}
        tx.execute(insert(survey_question).values(row | {"options": options, "required": one.required}))
    return id


def close_now(tx: Connection, id: int, now: datetime) -> bool:
    """It ends before its time. False when it is over already."""
    return tx.execute(update(survey).where(_s.id == id, _s.closes_at > now).values(closes_at=now)).rowcount == 1


def has_answered(db: Connection, survey_id: int, learner_id: int) -> bool:
    """Whether the learner, or one who was joined into them, has answered."""
    query = select(_t.learner_id).join(learner, learner.c.id == _t.learner_id)
    return db.scalar(query.where(_t.survey_id == survey_id, owner == learner_id).limit(1)) is not None


def open_for(db: Connection, programme_id: int, learner_id: int, now: datetime) -> int:
    """How many open surveys the learner has not answered."""
    rows = db.execute(select(_s.id).where(_s.programme_id == programme_id, _s.opens_at <= now, _s.closes_at > now))
    return sum(1 for row in rows if not has_answered(db, row.id, learner_id))


def put_answers(tx: Connection, survey_id: int, learner_id: int, sheet: Sheet) -> None:
    """Both halves, with nothing that links them. Raises IntegrityError for who has answered already."""
    tx.execute(insert(survey_turnout).values(survey_id=survey_id, learner_id=learner_id))
    groups, answers = (msgspec.json.encode(part).decode() for part in (sheet.groups, sheet.answers))
    tx.execute(insert(survey_sheet).values(id=token_hex(16), survey_id=survey_id, groups=groups, answers=answers))


def sheets_of(db: Connection, survey_id: int) -> list[Sheet]:
    """All that was answered."""
    rows = db.execute(select(_h.groups, _h.answers).where(_h.survey_id == survey_id).order_by(_h.id))
    return [
        Sheet(msgspec.json.decode(row.groups), msgspec.json.decode(row.answers, type=dict[int, int | list[int] | str]))
        for row in rows
    ]


def turnout_by_class(db: Connection, survey_id: int, programme_id: int, at: datetime) -> list[tuple[str, int, int]]:
    """(class, how many have answered, how many are in it) of the people enrolled at an instant."""
    day = at.date()
    answered = (
        select(owner.label("owner"))
        .join(survey_turnout, _t.learner_id == learner.c.id)
        .where(_t.survey_id == survey_id)
    ).subquery()
    here = (enrolment.c.programme_id == programme_id) & (enrolment.c.enrolled_on <= day)
    query = (
        select(cohort.c.name, func.count(answered.c.owner.distinct()), func.count(enrolment.c.learner_id.distinct()))
        .select_from(enrolment)
        .join(cohort, cohort.c.id == enrolment.c.cohort_id)
        .outerjoin(answered, answered.c.owner == enrolment.c.learner_id)
        .where(here, (enrolment.c.left_on.is_(None)) | (enrolment.c.left_on > day))
        .group_by(cohort.c.id, cohort.c.name)
        .order_by(cohort.c.name)
    )
    return [(name, int(count), int(people)) for name, count, people in db.execute(query)]


def to_shuffle(db: Connection, now: datetime) -> list[int]:
    """Surveys that are over and lie as they came in."""
    return list(db.scalars(select(_s.id).where(_s.closes_at <= now, _s.shuffled_at.is_(None))))


def shuffle(tx: Connection, id: int, now: datetime) -> bool:
    """Write both halves anew, each in an order of its own. False when somebody else did."""
    here = (_s.id == id) & _s.shuffled_at.is_(None)
    if tx.execute(update(survey).where(here).values(shuffled_at=now)).rowcount != 1:
        return False
    rewrite(tx, survey_sheet, _h.survey_id, id, renumber=True)
    rewrite(tx, survey_turnout, _t.survey_id, id)
    return True


def rewrite(tx: Connection, table: Table, column: Column[Any], id: int, *, renumber: bool = False) -> None:
    """Write rows of a table anew, so that no order of arrival is left: by their first key that is not `column`. With
    `renumber` they get new random numbers first."""
    rows = [row._asdict() for row in tx.execute(select(table).where(column == id))]
    if renumber:
        rows = [row | {"id": token_hex(16)} for row in rows]
    key = next(one.name for one in table.primary_key if one is not column)
    tx.execute(delete(table).where(column == id))
    if rows:
        tx.execute(insert(table), sorted(rows, key=lambda row: str(row[key])))
