"""What was handed in: versions with text and files, drafts, and what was sent back."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, func, insert, select

from lms_tracker.store.chunks import rows_among
from lms_tracker.store.conflicts import inserting
from lms_tracker.store.tables import (
    assignment,
    cohort,
    enrolment,
    learner,
    organisation,
    stored_file,
    submission,
    submission_draft,
    submission_file,
    submission_return,
    unread_text,
)

_newer = submission.alias("newer")


def add_submission(db: Connection, values: dict[str, Any], files: Sequence[tuple[str, str]], now: datetime) -> int:
    """A version, with files (name, SHA-256) that are kept already; its id. Its text waits to be compared."""
    id = int(db.execute(insert(submission).values(values).returning(submission.c.id)).scalar_one())
    for name, digest in files:
        db.execute(insert(submission_file).values(submission_id=id, name=name, sha256=digest))
    db.execute(insert(unread_text).values(submission_id=id, since=now))
    return id


def versions_of(db: Connection, assignment_id: int, learner_id: int) -> list[Row[Any]]:
    """Rows of `submission`, the latest first."""
    s = submission.c
    mine = select(submission).where(s.assignment_id == assignment_id, s.learner_id == learner_id)
    return list(db.execute(mine.order_by(s.version.desc())))


def latest_works(db: Connection, assignment_id: int) -> list[Row[Any]]:
    """(id, learner_id, version, handed_in_at, name, school, organisation_id, cohort, cohort_id, left_on) of everybody's
    latest version, in the order of handing in. Nothing of who was erased."""
    return list(db.execute(_works().where(submission.c.assignment_id == assignment_id)))


def work_by_id(db: Connection, assignment_id: int, submission_id: int) -> Row[Any] | None:
    """The same of one version, if it is the latest, with its text."""
    of = (submission.c.id == submission_id) & (submission.c.assignment_id == assignment_id)
    return db.execute(_works().add_columns(submission.c.text).where(of)).one_or_none()


def submission_row(db: Connection, submission_id: int) -> Row[Any] | None:
    """All columns of a version, latest or not."""
    return db.execute(select(submission).where(submission.c.id == submission_id)).one_or_none()


def files_of(db: Connection, submission_ids: Collection[int]) -> dict[int, list[Row[Any]]]:
    """(id, submission_id, name, sha256, kind, size) without the content, by submission."""
    f = submission_file.c
    query = select(f.id, f.submission_id, f.name, f.sha256, stored_file.c.kind, stored_file.c.size)
    query = query.join_from(submission_file, stored_file, stored_file.c.sha256 == f.sha256)
    found: dict[int, list[Row[Any]]] = {id: [] for id in submission_ids}
    for row in sorted(rows_among(db, query, f.submission_id, submission_ids), key=lambda row: row.id):
        found[row.submission_id].append(row)
    return found


def file_of(db: Connection, submission_id: int, file_id: int) -> Row[Any] | None:
    """(name, kind, content), of a file of this version."""
    f = submission_file.c
    query = select(f.name, stored_file.c.kind, stored_file.c.content)
    query = query.join_from(submission_file, stored_file, stored_file.c.sha256 == f.sha256)
    return db.execute(query.where(f.id == file_id, f.submission_id == submission_id)).one_or_none()


def file_of_learner(db: Connection, assignment_id: int, learner_id: int, file_id: int) -> Row[Any] | None:
    """The same, of any version of one's own work."""
    f = submission_file.c
    of = select(f.submission_id).join_from(submission_file, submission, submission.c.id == f.submission_id)
    mine = of.where(f.id == file_id, submission.c.assignment_id == assignment_id, submission.c.learner_id == learner_id)
    submission_id = db.scalar(mine)
    return None if submission_id is None else file_of(db, submission_id, file_id)


def save_draft(db: Connection, assignment_id: int, learner_id: int, text: str, now: datetime) -> None:
    """What is typed so far; nothing where it is empty."""
    d = submission_draft.c
    mine = (d.assignment_id == assignment_id) & (d.learner_id == learner_id)
    if not text:
        db.execute(delete(submission_draft).where(mine))
        return
    new = inserting(db.dialect.name, submission_draft).values(
        assignment_id=assignment_id, learner_id=learner_id, text=text, saved_at=now
    )
    keys = ["assignment_id", "learner_id"]
    db.execute(new.on_conflict_do_update(index_elements=keys, set_={"text": text, "saved_at": now}))


def draft_of(db: Connection, assignment_id: int, learner_id: int) -> Row[Any] | None:
    """(text, saved_at) or None."""
    d = submission_draft.c
    mine = select(d.text, d.saved_at).where(d.assignment_id == assignment_id, d.learner_id == learner_id)
    return db.execute(mine).one_or_none()


def add_return(db: Connection, submission_id: int, words: str, until: datetime, by: int, now: datetime) -> None:
    """Sent back. Raises IntegrityError the second time."""
    values = {"submission_id": submission_id, "words": words, "until": until, "returned_by": by, "returned_at": now}
    db.execute(insert(submission_return).values(values))


def returns_of(db: Connection, assignment_id: int, learner_id: int | None = None) -> list[Row[Any]]:
    """(submission_id, learner_id, version, words, until, returned_at), the latest version first."""
    r, s = submission_return.c, submission.c
    query = select(r.submission_id, s.learner_id, s.version, r.words, r.until, r.returned_at)
    query = query.join_from(submission_return, submission, s.id == r.submission_id)
    query = query.where(s.assignment_id == assignment_id).order_by(s.version.desc())
    return list(db.execute(query if learner_id is None else query.where(s.learner_id == learner_id)))


def without_work(db: Connection, assignment_id: int) -> set[int]:
    """Who is enrolled now and has handed in nothing; nobody who was erased."""
    e, s = enrolment.c, submission.c
    handed_in = select(s.id).where(s.assignment_id == assignment_id, s.learner_id == e.learner_id).exists()
    query = (
        select(e.learner_id)
        .join_from(assignment, enrolment, e.programme_id == assignment.c.programme_id)
        .join(learner, learner.c.id == e.learner_id)
        .where(assignment.c.id == assignment_id, e.left_on.is_(None), learner.c.erased_at.is_(None), ~handed_in)
    )
    return set(db.scalars(query))


def count_handed_in(db: Connection, programme_ids: Collection[int]) -> dict[int, int]:
    """By assignment: how many people have handed in something."""
    s = submission.c
    query = select(s.assignment_id, func.count(s.learner_id.distinct()).label("people"))
    query = query.join_from(submission, assignment, assignment.c.id == s.assignment_id)
    found = rows_among(db, query.group_by(s.assignment_id), assignment.c.programme_id, programme_ids)
    return {row.assignment_id: row.people for row in found}


def _works() -> Select[Any]:
    s, e = submission.c, enrolment.c
    latest = ~(
        select(_newer.c.id)
        .where(_newer.c.assignment_id == s.assignment_id, _newer.c.learner_id == s.learner_id)
        .where(_newer.c.version > s.version)
        .exists()
    )
    return (
        select(s.id, s.assignment_id, s.learner_id, s.version, s.handed_in_at, learner.c.name)
        .add_columns(organisation.c.name.label("school"), e.organisation_id)
        .add_columns(cohort.c.name.label("cohort"), e.cohort_id, e.left_on)
        .select_from(submission)
        .join(assignment, assignment.c.id == s.assignment_id)
        .join(learner, learner.c.id == s.learner_id)
        .join(enrolment, (e.programme_id == assignment.c.programme_id) & (e.learner_id == s.learner_id))
        .join(cohort, cohort.c.id == e.cohort_id)
        .outerjoin(organisation, organisation.c.id == e.organisation_id)
        .where(latest, learner.c.erased_at.is_(None))
        .order_by(s.handed_in_at, s.id)
    )


def names_of(db: Connection, learner_ids: Collection[int]) -> dict[int, str | None]:
    """What these learners are called."""
    return {row.id: row.name for row in rows_among(db, select(learner.c.id, learner.c.name), learner.c.id, learner_ids)}
