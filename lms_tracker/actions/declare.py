"""A learner declares something, words it better, or takes it back."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, Row

from lms_tracker.actions.activity_reports import ACTIVITY
from lms_tracker.core.declarations import MAX_FILES_EVER, PROOFS, Content, Kind, checked, step
from lms_tracker.core.study.review import NotAllowed
from lms_tracker.core.uploads import Upload, UploadRefused, check_uploads
from lms_tracker.store import attendance
from lms_tracker.store import declarations as store
from lms_tracker.store.db import writing
from lms_tracker.store.identity_history import hold_who_is_who
from lms_tracker.store.people import accounts_of_learner, enrolment_of

AHEAD = timedelta(hours=14)
"""The latest local date that there can be anywhere."""

Files = Sequence[tuple[str, bytes]]


def declare(
    db: Engine,
    programme_id: int,
    learner_id: int,
    kind: Kind,
    content: Content,
    *,
    files: Files,
    by: int,
    now: datetime,
) -> int:
    """Hand it in; its number. `files`: (name, content).

    Raises NotAllowed: as `core.declarations.checked`; `stranger` (not enrolled there), `twice` (declared about the same
    already), `past`, `future`, `year` (an analysis is of this year or the last), `early` (no activity that is over), `reported`
    (the class has reported on it); for files `files`, `file-size`, `file-kind`.
    """
    content, kept = checked(kind, content), _uploads(files)
    with writing(db) as tx:
        hold_who_is_who(tx)
        _check_about(tx, programme_id, learner_id, kind, content, None, now)
        id = store.add_declaration(tx, programme_id, learner_id, kind, content, now)
        store.add_step(tx, id, "declared", by=by, at=now, words="", content=content)
        store.add_files(tx, id, kept, now)
        return id


def declare_again(db: Engine, declaration_id: int, content: Content, *, files: Files, by: int, now: datetime) -> None:
    """A new wording of what was returned, or of what nobody has decided about yet. Raises as `declare`, and as
    `core.declarations.step`."""
    with writing(db) as tx:
        hold_who_is_who(tx)
        row = standing(tx, declaration_id)
        content, kept = checked(row.kind, content), _uploads(files)
        _check_about(tx, row.programme_id, row.owner, row.kind, content, declaration_id, now)
        after = step(row.state, "declared", "", by=by, owners=accounts_of_learner(tx, row.owner))
        if len(store.files_of(tx, declaration_id)) + len(kept) > MAX_FILES_EVER:
            raise NotAllowed("files-ever")
        store.move_on(tx, declaration_id, row.state, after)
        store.reword(tx, declaration_id, content, now)
        store.add_step(tx, declaration_id, "declared", by=by, at=now, words="", content=content)
        store.add_files(tx, declaration_id, kept, now)


def withdraw(db: Engine, declaration_id: int, *, by: int, now: datetime) -> None:
    """The learner takes it back; it stays on record. What is confirmed only staff can reopen. Raises as `step`."""
    with writing(db) as tx:
        row = standing(tx, declaration_id)
        after = step(row.state, "withdrawn", "", by=by, owners=accounts_of_learner(tx, row.owner))
        store.move_on(tx, declaration_id, row.state, after)
        store.add_step(tx, declaration_id, "withdrawn", by=by, at=now, words="")


def standing(tx: Connection, declaration_id: int) -> Row:
    """The declaration's row. Raises LookupError when there is none."""
    row = store.declaration_by_id(tx, declaration_id)
    if row is None:
        raise LookupError(f"there is no declaration {declaration_id}")
    return row


def _check_about(
    tx: Connection, programme_id: int, learner_id: int, kind: Kind, content: Content, itself: int | None, now: datetime
) -> None:
    enrolled = enrolment_of(tx, programme_id, learner_id)
    if enrolled is None or enrolled.left_on is not None:
        raise NotAllowed("stranger")
    if content.happened_on is not None and content.happened_on > (now + AHEAD).date():
        raise NotAllowed("future")
    if content.about is not None:
        other = store.declaration_about(tx, kind, content.about, learner_id)
        if other is not None and other.id != itself:
            raise NotAllowed("twice")
    if kind == "analysis" and content.about not in ((now + AHEAD).year, (now + AHEAD).year - 1):
        raise NotAllowed("year")
    if kind in ("leave", "report"):
        meeting = None if content.about is None else attendance.meeting_by_id(tx, content.about)
        here = meeting is not None and meeting.programme_id == programme_id
        if meeting is None or not here or meeting.cohort_id not in (None, enrolled.cohort_id):
            raise NotAllowed("stranger")
        if meeting.cancelled_at is not None:
            raise NotAllowed("cancelled")
        if kind == "report":
            _check_report(tx, meeting, enrolled.cohort_id, itself, now)


def _check_report(tx: Connection, meeting: Row, cohort_id: int, itself: int | None, now: datetime) -> None:
    """One from each class, by whoever of it writes, once the activity is over."""
    if meeting.kind != ACTIVITY or meeting.ends_at > now:
        raise NotAllowed("early")
    others = [row for row in store.reports_in(tx, meeting.programme_id) if row.id != itself]
    if any((row.about, row.cohort_id) == (meeting.id, cohort_id) for row in others):
        raise NotAllowed("reported")


def _uploads(files: Files) -> list[Upload]:
    try:
        return check_uploads(files, PROOFS)
    except UploadRefused as e:
        raise NotAllowed(e.why) from e
