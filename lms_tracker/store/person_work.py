"""What a person handed in, attended and answered: to be counted, taken along, and forgotten. One line for each table."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from lms_tracker.store.files import drop_unused
from lms_tracker.store.tables import (
    ballot,
    ballot_candidate,
    code_failure,
    declaration,
    declaration_file,
    declaration_step,
    exam,
    exam_note,
    exam_result,
    expert_question,
    meeting,
    panel_grade,
    panel_ruling,
    panel_seat,
    presence,
    stored_file,
    survey,
    survey_turnout,
)


def count_work(db: Connection, ids: Collection[int]) -> dict[str, int]:
    """How many declarations, presences and exam results there are."""
    return {
        what: db.scalar(select(func.count()).select_from(table).where(table.c.learner_id.in_(ids))) or 0
        for what, table in (("declarations", declaration), ("presences", presence), ("exams", exam_result))
    }


def forget_work(db: Connection, ids: Collection[int]) -> dict[str, int]:
    """Declarations go with every step and proof. That somebody was at a meeting stays under the pseudonym, without words:
    the meeting's totals stand; so do marks in exams. How many there were."""
    counts = count_work(db, ids)
    theirs = select(declaration.c.id).where(declaration.c.learner_id.in_(ids))
    files = declaration_file.c.declaration_id.in_(theirs)
    digests = set(db.scalars(select(declaration_file.c.sha256).where(files)))
    seats = select(panel_seat.c.id).where(panel_seat.c.declaration_id.in_(theirs))
    db.execute(delete(panel_grade).where(panel_grade.c.seat_id.in_(seats)))
    for table in (panel_seat, panel_ruling):
        db.execute(delete(table).where(table.c.declaration_id.in_(theirs)))
    db.execute(delete(declaration_file).where(files))
    db.execute(delete(declaration_step).where(declaration_step.c.declaration_id.in_(theirs)))
    db.execute(delete(declaration).where(declaration.c.learner_id.in_(ids)))
    drop_unused(db, digests)
    db.execute(update(presence).where(presence.c.learner_id.in_(ids)).values(words=None))
    bare = {"words": None, "address": None, "device": None}
    db.execute(update(exam_result).where(exam_result.c.learner_id.in_(ids)).values(bare))
    db.execute(delete(exam_note).where(exam_note.c.learner_id.in_(ids)))
    db.execute(delete(survey_turnout).where(survey_turnout.c.learner_id.in_(ids)))
    db.execute(
        update(ballot_candidate).where(ballot_candidate.c.learner_id.in_(ids)).values(learner_id=None, steps=None)
    )
    db.execute(update(expert_question).where(expert_question.c.learner_id.in_(ids)).values(learner_id=None))
    db.execute(delete(code_failure).where(code_failure.c.learner_id.in_(ids)))
    return counts


def presences_to_take_along(db: Connection, ids: Collection[int]) -> list[dict[str, Any]]:
    """Meetings and what was written down of the person, corrected entries included; not who wrote it."""
    p, m = presence.c, meeting.c
    columns = (m.title, m.kind, m.starts_at, p.status, p.how, p.minutes, p.words, p.made_at, p.replaced_at)
    query = select(*columns).join_from(presence, meeting, m.id == p.meeting_id).where(p.learner_id.in_(ids))
    return [row._asdict() for row in db.execute(query.order_by(p.made_at, p.id))]


def exams_to_take_along(db: Connection, ids: Collection[int]) -> list[dict[str, Any]]:
    """Exams and results, corrected ones included, with address and device where a sheet named them."""
    r, e = exam_result.c, exam.c
    columns = (e.title, e.held_on, e.attempt, r.status, r.mark, e.out_of, r.started_at, r.minutes, r.address, r.device)
    query = select(*columns, r.words, r.made_at, r.replaced_at).join_from(exam_result, exam, e.id == r.exam_id)
    return [row._asdict() for row in db.execute(query.where(r.learner_id.in_(ids)).order_by(r.made_at, r.id))]


def questions_to_take_along(db: Connection, ids: Collection[int]) -> list[dict[str, Any]]:
    """What the person asked the experts."""
    q = expert_question.c
    rows = db.execute(select(q.topic, q.words, q.asked_at, q.withdrawn_at).where(q.learner_id.in_(ids)).order_by(q.id))
    return [row._asdict() for row in rows]


def surveys_answered(db: Connection, ids: Collection[int]) -> list[str]:
    """Titles of the surveys that the person has answered; what was answered is nobody's."""
    query = select(survey.c.title).join(survey_turnout, survey_turnout.c.survey_id == survey.c.id)
    return sorted(db.scalars(query.where(survey_turnout.c.learner_id.in_(ids))))


def ballots_to_take_along(db: Connection, ids: Collection[int]) -> list[dict[str, Any]]:
    """What came of the ballots about the person: how often each step was chosen. By whom, nobody knows."""
    b, n = ballot.c, ballot_candidate.c
    query = select(b.title, b.opens_at, b.closes_at, n.outcome, n.steps, b.annulled_at, b.annulled_reason)
    query = query.join_from(ballot_candidate, ballot, b.id == n.ballot_id).where(n.learner_id.in_(ids))
    return [row._asdict() for row in db.execute(query.order_by(b.closes_at, n.id))]


def declarations_to_take_along(db: Connection, ids: Collection[int]) -> list[dict[str, Any]]:
    """Declarations with every step and the names of the files; not by whom they were decided."""
    d, s, f = declaration.c, declaration_step.c, declaration_file.c
    columns = (d.id, d.kind, d.state, d.title, d.words, d.happened_on, d.facts, d.declared_at, d.decided_at, d.reason)
    found = []
    for row in db.execute(select(*columns).where(d.learner_id.in_(ids)).order_by(d.id)):
        steps = db.execute(select(s.step, s.made_at, s.words).where(s.declaration_id == row.id).order_by(s.id))
        files = db.execute(select(f.id, f.name).where(f.declaration_id == row.id).order_by(f.id))
        names = [f"declarations/{row.id}-{file.id}-{file.name}" for file in files]
        graded = select(panel_grade.c.level, panel_grade.c.words, panel_grade.c.graded_at, panel_grade.c.replaced_at)
        graded = graded.join(panel_seat, panel_seat.c.id == panel_grade.c.seat_id)
        levels = db.execute(graded.where(panel_seat.c.declaration_id == row.id).order_by(panel_grade.c.id))
        found.append(
            row._asdict()
            | {"levels": [one._asdict() for one in levels], "steps": [step._asdict() for step in steps], "files": names}
        )
    return found


def proof_content(db: Connection, name: str) -> bytes:
    """Of a file by its name in `declarations_to_take_along`."""
    f = declaration_file.c
    query = select(stored_file.c.content).join_from(declaration_file, stored_file, stored_file.c.sha256 == f.sha256)
    return bytes(db.scalar(query.where(f.id == int(name.split("-")[1]))) or b"")
