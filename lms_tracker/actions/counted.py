"""What a page of ours says of a learner, as the achievement that a policy counts: posted, replaced or withdrawn.

Whoever changes a thing says what it comes to now; this keeps the record in step, in the same transaction. Doing it again
changes nothing.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection

from lms_tracker.actions.achievements import (
    content_of,
    post_achievement,
    replace_achievement,
    withdraw_achievement,
)
from lms_tracker.core.grading.kinds import Achieved
from lms_tracker.store import achievements as store

MAX_REASON = 500


def keep_counted(
    tx: Connection,
    programme_id: int,
    source: str,
    wanted: Iterable[Achieved],
    *,
    reason: str,
    by: int | None,
    now: datetime,
    only: int | None = None,
) -> int:
    """Make what is in force from a source what is wanted; how many records changed.

    `source`: "attendance:12". `only`: this learner's alone; others' of the source stay as they are. One learner has at most
    one record of a source and kind. Raises AchievementRefused.
    """
    standing = {
        (row.learner_id, row.kind): row
        for row in store.from_source(tx, programme_id, source)
        if only is None or row.learner_id == only
    }
    reason = reason[:MAX_REASON]
    changed = 0
    for new in wanted:
        old = standing.pop((new.learner_id, new.kind), None)
        if old is None:
            changed += post_achievement(tx, programme_id, new, recorded_by=by, now=now)[1]
        elif content_of(old) != new:
            replace_achievement(tx, old.id, new, reason=reason, replaced_by=by, now=now)
            changed += 1
    for old in standing.values():
        withdraw_achievement(tx, old.id, reason=reason, withdrawn_by=by, now=now)
        changed += 1
    return changed
