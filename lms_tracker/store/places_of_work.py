"""Where meetings, and what learners declare, belong: as `places`, for what is worked at together."""

import msgspec
from sqlalchemy import Connection, select

from lms_tracker.store.owner import owner
from lms_tracker.store.places import Place, place_of_cohort, place_of_programme
from lms_tracker.store.tables import ballot, declaration, enrolment, exam, expert_question, learner, meeting, survey


def place_of_meeting(db: Connection, meeting_id: int) -> Place | None:
    """The class that it is for, or the programme."""
    row = db.execute(select(meeting.c.programme_id, meeting.c.cohort_id).where(meeting.c.id == meeting_id)).first()
    if row is None:
        return None
    return place_of_programme(db, row.programme_id) if row.cohort_id is None else place_of_cohort(db, row.cohort_id)


def place_of_survey(db: Connection, survey_id: int) -> Place | None:
    """The programme that it asks."""
    found = db.scalar(select(survey.c.programme_id).where(survey.c.id == survey_id))
    return None if found is None else place_of_programme(db, found)


def place_of_ballot(db: Connection, ballot_id: int) -> Place | None:
    """The programme for which it is held."""
    found = db.scalar(select(ballot.c.programme_id).where(ballot.c.id == ballot_id))
    return None if found is None else place_of_programme(db, found)


def place_of_question(db: Connection, question_id: int) -> Place | None:
    """The programme, and who asked."""
    query = select(expert_question.c.programme_id, owner.label("owner"))
    query = query.select_from(expert_question).outerjoin(learner, learner.c.id == expert_question.c.learner_id)
    row = db.execute(query.where(expert_question.c.id == question_id)).first()
    found = None if row is None else place_of_programme(db, row.programme_id)
    return None if row is None or found is None else msgspec.structs.replace(found, learner_id=row.owner)


def place_of_exam(db: Connection, exam_id: int) -> Place | None:
    """The programme in which it is held."""
    found = db.scalar(select(exam.c.programme_id).where(exam.c.id == exam_id))
    return None if found is None else place_of_programme(db, found)


def place_of_declaration(db: Connection, declaration_id: int) -> Place | None:
    """The class of whose it is, or no class when they have left."""
    query = select(declaration.c.programme_id, owner.label("owner"), enrolment.c.cohort_id)
    query = query.select_from(declaration).join(learner, learner.c.id == declaration.c.learner_id)
    enrolled = (enrolment.c.programme_id == declaration.c.programme_id) & (enrolment.c.learner_id == owner)
    row = db.execute(query.outerjoin(enrolment, enrolled).where(declaration.c.id == declaration_id)).first()
    found = None if row is None else place_of_programme(db, row.programme_id)
    if row is None or found is None:
        return None
    classes = frozenset() if row.cohort_id is None else frozenset({row.cohort_id})
    return msgspec.structs.replace(found, cohort_ids=classes, learner_id=row.owner)
