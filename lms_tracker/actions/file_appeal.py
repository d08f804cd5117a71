"""A learner appeals: against a discount of the rules, or against a hold and what came of it. With words and files."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from lms_tracker.actions.appealable import HELD, Target, look_within
from lms_tracker.actions.review_hold import checked_words
from lms_tracker.core.study.review import APPEAL_FILES, NotAllowed
from lms_tracker.core.uploads import UploadRefused, check_uploads
from lms_tracker.store import reviews as store
from lms_tracker.store.db import writing
from lms_tracker.store.identity_history import hold_learners


def file_appeal(
    db: Engine, learner_id: int, target: Target, *, words: str, files: Sequence[tuple[str, bytes]], now: datetime
) -> int:
    """File it; its number. `files`: (name, content). Raises NotAllowed as `look_at` does, and `words`, `files` (too many),
    `file-size`, `file-kind`."""
    words, kept = checked_words(words), checked_files(files)
    try:
        with writing(db) as tx:
            hold_learners(tx, [learner_id])
            found = look_within(tx, learner_id, target, now)
            values = {
                "learner_id": learner_id if found.hold is None else found.hold.learner_id,
                "programme_id": found.place.programme_id,
                "cohort_id": found.place.cohort_id,
                "activity": target.activity,
                "session": target.session,
                "registration": target.registration,
                "date": target.date,
                "about": target.about if found.hold is None else HELD,
                "start_us": found.window.start_us,
                "end_us": found.window.end_us,
                "amount_us": found.amount_us,
                "hold_id": None if found.hold is None else found.hold.id,
                "words": words,
                "filed_at": now,
            }
            return store.add_appeal(tx, values, kept)
    except IntegrityError as e:  # the same form sent twice
        raise NotAllowed("filed") from e


def checked_files(files: Sequence[tuple[str, bytes]]) -> list[tuple[str, str, bytes]]:
    """(name, kind, content) of what may be handed in. Raises NotAllowed."""
    try:
        return [(one.name, one.kind, one.content) for one in check_uploads(files, APPEAL_FILES)]
    except UploadRefused as e:
        raise NotAllowed(e.why) from e
