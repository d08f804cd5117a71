"""Asking an expert, answering, taking a question back. It counts for nothing: whoever asks is never asked why."""

from datetime import datetime

from sqlalchemy import Engine

from lms_tracker.core.study.review import NotAllowed
from lms_tracker.core.typed import legible, legible_line
from lms_tracker.store import attendance
from lms_tracker.store import questions as store
from lms_tracker.store.db import writing
from lms_tracker.store.identity_history import hold_who_is_who
from lms_tracker.store.people import enrolment_of

MAX_TOPIC, MAX_QUESTION, MAX_ANSWER = 60, 2000, 5000


def ask(
    db: Engine, programme_id: int, learner_id: int, *, topic: str, words: str, meeting_id: int | None, now: datetime
) -> int:
    """Its number. Raises NotAllowed: `topic`, `words`, `stranger` (not enrolled, or no such live session)."""
    topic, words = legible_line(topic), legible(words)
    if not 0 < len(topic) <= MAX_TOPIC:
        raise NotAllowed("topic")
    if not 0 < len(words) <= MAX_QUESTION:
        raise NotAllowed("words")
    with writing(db) as tx:
        hold_who_is_who(tx)
        enrolled = enrolment_of(tx, programme_id, learner_id)
        if enrolled is None or enrolled.left_on is not None:
            raise NotAllowed("stranger")
        if meeting_id is not None and meeting_id not in {m.id for m in attendance.meetings_for(tx, learner_id)}:
            raise NotAllowed("stranger")
        values = {"programme_id": programme_id, "learner_id": learner_id, "meeting_id": meeting_id}
        return store.add_question(tx, values | {"topic": topic, "words": words, "asked_at": now})


def answer_question(db: Engine, question_id: int, *, words: str, by: int, now: datetime) -> None:
    """An expert's answer, in place of their earlier one. Raises NotAllowed: `words`, `gone`."""
    words = legible(words)
    if not 0 < len(words) <= MAX_ANSWER:
        raise NotAllowed("words")
    with writing(db) as tx:
        row = store.question_by_id(tx, question_id)
        if row is None or row.withdrawn_at is not None:
            raise NotAllowed("gone")
        store.put_answer(tx, question_id, by, words, now)


def take_back(db: Engine, question_id: int, *, now: datetime) -> None:
    """Whose it is takes a question back that nobody has answered. Raises NotAllowed: `answered`, `gone`."""
    with writing(db) as tx:
        row = store.question_by_id(tx, question_id)
        if row is not None and row.answers:
            raise NotAllowed("answered")
        if row is None or not store.withdraw(tx, question_id, now):
            raise NotAllowed("gone")
