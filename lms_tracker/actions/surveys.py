"""Asking a programme's people, and their answers: kept so that nobody can tell whose they are."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Engine, Row, select
from sqlalchemy.exc import IntegrityError

from lms_tracker.core.organisations import above
from lms_tracker.core.study.review import NotAllowed
from lms_tracker.core.survey import MAX_QUESTIONS, Question, Sheet, checked_question, read_answers
from lms_tracker.core.typed import legible, legible_line
from lms_tracker.store import surveys as store
from lms_tracker.store.db import reading, writing
from lms_tracker.store.identity_history import hold_who_is_who
from lms_tracker.store.organisations import parents_of
from lms_tracker.store.people import enrolment_of
from lms_tracker.store.tables import cohort, organisation

KINDS = ("satisfaction", "needs", "other")
GROUPS = ("centre", "district", "class", "school_kind")
"""What may be kept with an answer. The form says which are."""
LONGEST = timedelta(days=120)


class SurveyForm(Struct, frozen=True):
    """What is asked for."""

    kind: str
    title: str
    words: str
    opens_at: datetime
    closes_at: datetime
    questions: Sequence[Question]
    groups: Sequence[str] = GROUPS


def create_survey(db: Engine, programme_id: int, form: SurveyForm, *, by: int | None, now: datetime) -> int:
    """Its number. Raises NotAllowed: `kind`, `title`, `times`, `groups`, `questions` (1 to 60), and as `checked_question`
    with the number of the question ("options:3", from 1)."""
    title, words = legible_line(form.title), legible(form.words)
    for why, fits in (
        ("kind", form.kind in KINDS),
        ("title", 0 < len(title) <= 150 and len(words) <= 3000),
        ("times", timedelta(0) < form.closes_at - form.opens_at <= LONGEST and form.closes_at > now),
        ("groups", set(form.groups) <= set(GROUPS)),
        ("questions", 0 < len(form.questions) <= MAX_QUESTIONS),
    ):
        if not fits:
            raise NotAllowed(why)
    questions = []
    for n, question in enumerate(form.questions, 1):
        try:
            questions.append(checked_question(question))
        except NotAllowed as e:
            raise NotAllowed(f"{e.why}:{n}") from e
    groups = msgspec.json.encode([group for group in GROUPS if group in form.groups]).decode()
    values = {"programme_id": programme_id, "kind": form.kind, "title": title, "words": words, "groups": groups}
    values |= {"opens_at": form.opens_at, "closes_at": form.closes_at, "made_by": by, "made_at": now}
    with writing(db) as tx:
        return store.add_survey(tx, values, questions)


def answer_survey(
    db: Engine, survey_id: int, learner_id: int, typed: Mapping[int, Sequence[str]], *, now: datetime
) -> None:
    """Keep a learner's answers, apart from that they have answered. There is no way back: nobody knows which are theirs.

    Raises NotAllowed: `closed`, `stranger`, `answered`, and as `read_answers`.
    """
    try:
        with writing(db) as tx:
            hold_who_is_who(tx)
            row = store.survey_by_id(tx, survey_id)
            if row is None or not row.opens_at <= now < row.closes_at:
                raise NotAllowed("closed")
            enrolled = enrolment_of(tx, row.programme_id, learner_id)
            if enrolled is None or enrolled.left_on is not None:
                raise NotAllowed("stranger")
            if store.has_answered(tx, survey_id, learner_id):
                raise NotAllowed("answered")
            answers = read_answers(store.questions_of(tx, survey_id), typed)
            store.put_answers(tx, survey_id, learner_id, Sheet(_groups(tx, row, enrolled), answers))
    except IntegrityError as e:  # the same form sent twice
        raise NotAllowed("answered") from e


def close_survey(db: Engine, survey_id: int, *, now: datetime) -> None:
    """End it now. Raises NotAllowed `closed`."""
    with writing(db) as tx:
        if not store.close_now(tx, survey_id, now):
            raise NotAllowed("closed")
    shuffle_closed(db, now)


def shuffle_closed(db: Engine, now: datetime) -> int:
    """A job: what is over is written anew in random order, so that no order of rows links people and answers."""
    with reading(db) as tx:
        ids = store.to_shuffle(tx, now)
    count = 0
    for id in ids:
        with writing(db) as tx:
            count += store.shuffle(tx, id, now)
    return count


def _groups(tx: Connection, row: Row, enrolled: Row) -> dict[str, str]:
    """What the survey keeps of where somebody belongs."""
    wanted = set(msgspec.json.decode(row.groups))
    school = tx.execute(select(organisation).where(organisation.c.id == enrolled.organisation_id)).first()
    found = {"class": str(tx.scalar(select(cohort.c.name).where(cohort.c.id == enrolled.cohort_id)))}
    if school is not None:
        found |= {"school_kind": school.school_kind} if school.school_kind else {}
        over = list(above(parents_of(tx), school.parent_id))
        rows = tx.execute(select(organisation.c.kind, organisation.c.name).where(organisation.c.id.in_(over)))
        found |= {one.kind: one.name for one in rows if one.kind in ("centre", "district")}
    return {key: value for key, value in found.items() if key in wanted}
