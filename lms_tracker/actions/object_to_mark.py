"""A learner objects to a mark that peers had a share in; staff decide."""

from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from lms_tracker.actions.assess import MAX_COMMENT
from lms_tracker.actions.hand_in import WorkRefused, setting_for
from lms_tracker.actions.record_mark import MarkRefused, put_mark
from lms_tracker.actions.settle_marks import released
from lms_tracker.actions.standing import standings
from lms_tracker.core.typed import legible
from lms_tracker.store import assessments
from lms_tracker.store.db import writing
from lms_tracker.store.marks import mark_in_force
from lms_tracker.store.reviews import accounts_of

OBJECT_DAYS = 14
"""Days after the mark came into force in which it may be objected to."""


def file_objection(db: Engine, assignment_id: int, learner_id: int, words: str, now: datetime) -> int:
    """Once for a work; its id. Raises WorkRefused: `nothing` (no mark yet, or none that peers had a share in), `late`,
    `filed`, `words`."""
    words = _checked(words)
    try:
        with writing(db) as tx:
            setting = setting_for(tx, assignment_id, learner_id)
            mark = mark_in_force(tx, assignment_id, learner_id)
            mine = next((w for w in standings(tx, setting, now).works if w.work.learner_id == learner_id), None)
            if mark is None or mine is None or not mine.peers or not released(setting, now):
                raise WorkRefused("nothing")
            if now > mark.marked_at + timedelta(days=OBJECT_DAYS):
                raise WorkRefused("late")
            if assessments.objections_of(tx, assignment_id, learner_id):
                raise WorkRefused("filed")
            return assessments.add_objection(tx, mine.work.id, words, now)
    except IntegrityError as e:
        raise WorkRefused("filed") from e


def decide_objection(
    db: Engine, assignment_id: int, objection_id: int, *, mark: Decimal | None, words: str, by: int, now: datetime
) -> None:
    """Uphold it with another `mark`, which counts from now on, or decline it (None). Raises WorkRefused: `none`, `own`,
    `decided`, `mark`, `words`."""
    words = _checked(words)
    with writing(db) as tx:
        row = next((one for one in assessments.objections_of(tx, assignment_id) if one.id == objection_id), None)
        if row is None:
            raise WorkRefused("none")
        if by in accounts_of(tx, row.learner_id):
            raise WorkRefused("own")
        if not assessments.close_objection(tx, objection_id, "declined" if mark is None else "upheld", words, by, now):
            raise WorkRefused("decided")
        if mark is not None:
            try:
                put_mark(tx, assignment_id, row.learner_id, mark, marked_by=by, comment=words, marked_at=now)
            except MarkRefused as e:
                raise WorkRefused("mark") from e


def _checked(words: str) -> str:
    words = legible(words)
    if not 1 <= len(words) <= MAX_COMMENT:
        raise WorkRefused("words")
    return words
