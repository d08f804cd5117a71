"""A person's work on assignments and reviews of others': to be counted, taken along, and forgotten."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, delete, func, or_, select, update

from lms_tracker.store.assessments import found_of
from lms_tracker.store.assignments import setting_of
from lms_tracker.store.files import drop_unused
from lms_tracker.store.marks import marks_in_force
from lms_tracker.store.submissions import file_of, files_of
from lms_tracker.store.tables import (
    assessment,
    assignment,
    mark_objection,
    peer_pair,
    submission,
    submission_draft,
    submission_file,
    submission_return,
    text_match,
    text_print,
    unread_text,
)


def count_submissions(db: Connection, ids: Collection[int]) -> dict[str, int]:
    """How many versions of work there are, and reviews of others' work."""
    mine = select(func.count()).select_from(submission).where(submission.c.learner_id.in_(ids))
    reviews = select(func.count()).select_from(assessment).where(assessment.c.learner_id.in_(ids))
    return {"submissions": db.scalar(mine) or 0, "peer_reviews": db.scalar(reviews) or 0}


def forget_submissions(db: Connection, ids: Collection[int]) -> dict[str, int]:
    """Deletes work with its files, text, and what was found of it; marks stay with the ledger's kind of pseudonym. Reviews
    of others' work are the others': they stay, by nobody. How many there were."""
    counts = count_submissions(db, ids)
    works = select(submission.c.id).where(submission.c.learner_id.in_(ids))
    digests = list(db.scalars(select(submission_file.c.sha256).where(submission_file.c.submission_id.in_(works))))
    for table in (submission_file, submission_return, mark_objection, unread_text, text_print, peer_pair, assessment):
        db.execute(delete(table).where(table.c.submission_id.in_(works)))
    db.execute(delete(text_match).where(or_(text_match.c.one_id.in_(works), text_match.c.other_id.in_(works))))
    for table in (peer_pair, submission_draft, submission):
        db.execute(delete(table).where(table.c.learner_id.in_(ids)))
    db.execute(update(assessment).where(assessment.c.learner_id.in_(ids)).values(learner_id=None))
    drop_unused(db, digests)
    return counts


def submissions_to_take_along(db: Connection, ids: Collection[int], now: datetime) -> list[dict[str, Any]]:
    """Every version with its text, receipt and names of files, and what was found of it as far as it is released; not by
    whom: that is the other person's."""
    found = []
    for row in db.execute(_versions().where(submission.c.learner_id.in_(ids)).order_by(submission.c.id)):
        files = [f"submissions/{row.id}-{file.id}-{file.name}" for file in files_of(db, [row.id])[row.id]]
        found.append(row._asdict() | {"files": files, "found": _released(db, row, now)})
    return found


def drafts_to_take_along(db: Connection, ids: Collection[int]) -> list[dict[str, Any]]:
    """What was typed and not handed in."""
    d = submission_draft.c
    query = select(assignment.c.title, d.text, d.saved_at).join_from(submission_draft, assignment)
    return [row._asdict() for row in db.execute(query.where(d.learner_id.in_(ids)).order_by(d.saved_at))]


def peer_reviews_to_take_along(db: Connection, ids: Collection[int]) -> list[dict[str, Any]]:
    """What the person wrote on others' work; not whose that is."""
    a = assessment.c
    query = select(assignment.c.title, a.mark, a.remarks, a.comment, a.made_at, a.replaced_at)
    query = query.join_from(assessment, submission, submission.c.id == a.submission_id)
    query = query.join(assignment, assignment.c.id == submission.c.assignment_id)
    return [row._asdict() for row in db.execute(query.where(a.learner_id.in_(ids)).order_by(a.id))]


def submitted_file(db: Connection, name: str) -> bytes:
    """Of a file by its name in `submissions_to_take_along`."""
    submission_id, file_id = name.removeprefix("submissions/").split("-")[:2]
    row = file_of(db, int(submission_id), int(file_id))
    return b"" if row is None else bytes(row.content)


def _versions() -> Select[Any]:
    s = submission.c
    columns = (s.id, s.assignment_id, s.learner_id, assignment.c.title, s.version, s.text, s.receipt, s.handed_in_at)
    return select(*columns).join_from(submission, assignment, assignment.c.id == s.assignment_id)


def _released(db: Connection, row: Any, now: datetime) -> list[dict[str, Any]]:
    setting = setting_of(db, row.assignment_id)
    release_at = None if setting is None else setting.terms.release_at
    if (release_at is not None and now < release_at) or row.learner_id not in marks_in_force(db, row.assignment_id):
        return []
    return [
        {"by": one.kind, "mark": one.mark, "remarks": one.remarks, "comment": one.comment, "made_at": one.made_at}
        for one in found_of(db, row.assignment_id, row.learner_id)
        if one.submission_id == row.id
    ]
