"""Questions to experts, their answers, and the file of each expert."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, or_, select, update

from lms_tracker.store.owner import owner
from lms_tracker.store.tables import account, expert_answer, expert_question, learner, meeting

_q, _a = expert_question.c, expert_answer.c
_in_force = (_a.question_id == _q.id) & _a.replaced_at.is_(None)


def _rows() -> Any:
    answers = select(func.count(_a.id)).where(_in_force).scalar_subquery().label("answers")
    return (
        select(expert_question, owner.label("owner"), learner.c.name, meeting.c.title.label("meeting"), answers)
        .select_from(expert_question)
        .outerjoin(learner, learner.c.id == _q.learner_id)
        .outerjoin(meeting, meeting.c.id == _q.meeting_id)
    )


def question_by_id(db: Connection, id: int) -> Row[Any] | None:
    """The row with owner, name, meeting (title) and answers (how many); or None."""
    return db.execute(_rows().where(_q.id == id)).first()


def questions_of(
    db: Connection, programme_id: int, text: str = "", open_only: bool = False, limit: int = 200
) -> list[Row[Any]]:
    """Those of a programme that hold a text in topic, question or answer, the latest first."""
    query = _rows().where(_q.programme_id == programme_id, _q.withdrawn_at.is_(None))
    if text:
        said = select(_a.id).where(_in_force, _a.words.contains(text, autoescape=True)).exists()
        here = [column.contains(text, autoescape=True) for column in (_q.topic, _q.words)]
        query = query.where(or_(*here, said))
    if open_only:
        query = query.where(~select(_a.id).where(_in_force).exists())
    return list(db.execute(query.order_by(_q.asked_at.desc(), _q.id.desc()).limit(limit)))


def count_open(db: Connection, programme_id: int) -> int:
    """Questions that nobody has answered."""
    here = (_q.programme_id == programme_id) & _q.withdrawn_at.is_(None)
    return db.scalar(select(func.count(_q.id)).where(here, ~select(_a.id).where(_in_force).exists())) or 0


def answers_to(db: Connection, question_id: int) -> list[Row[Any]]:
    """Answers in force, the earliest first, with `by`."""
    query = select(expert_answer, account.c.name.label("by")).outerjoin(account, account.c.id == _a.account_id)
    return list(db.execute(query.where(_a.question_id == question_id, _a.replaced_at.is_(None)).order_by(_a.id)))


def add_question(tx: Connection, values: dict[str, Any]) -> int:
    """A new one; its number."""
    return int(tx.execute(insert(expert_question).values(values).returning(_q.id)).scalar_one())


def withdraw(tx: Connection, id: int, now: datetime) -> bool:
    """Nobody is shown it any more."""
    return (
        tx.execute(
            update(expert_question).where(_q.id == id, _q.withdrawn_at.is_(None)).values(withdrawn_at=now)
        ).rowcount
        == 1
    )


def put_answer(tx: Connection, question_id: int, account_id: int, words: str, now: datetime) -> None:
    """An expert's answer; their earlier one to the same question stays as replaced."""
    here = (_a.question_id == question_id) & (_a.account_id == account_id) & _a.replaced_at.is_(None)
    tx.execute(update(expert_answer).where(here).values(replaced_at=now))
    tx.execute(
        insert(expert_answer).values(question_id=question_id, account_id=account_id, words=words, answered_at=now)
    )


def expert_files(db: Connection, programme_id: int) -> list[tuple[str, list[Row[Any]]]]:
    """(expert, what they answered: question_id, topic, words, meeting, answered_at) of a programme, who answered most first."""
    query = (
        select(
            account.c.name,
            _a.account_id,
            _a.question_id,
            _q.topic,
            _q.words,
            _a.answered_at,
            meeting.c.title.label("meeting"),
        )
        .select_from(expert_answer)
        .join(expert_question, _q.id == _a.question_id)
        .join(account, account.c.id == _a.account_id)
        .outerjoin(meeting, meeting.c.id == _q.meeting_id)
        .where(_q.programme_id == programme_id, _a.replaced_at.is_(None), _q.withdrawn_at.is_(None))
        .order_by(_a.answered_at.desc(), _a.id.desc())
    )
    files: dict[int, list[Row[Any]]] = {}
    for row in db.execute(query):
        files.setdefault(row.account_id, []).append(row)
    return [(rows[0].name, rows) for rows in sorted(files.values(), key=lambda rows: (-len(rows), rows[0].name))]
