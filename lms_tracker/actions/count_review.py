"""A review of a peer's work counts as evidence of the kind "review", for policies that have a part for it (P2's 互评).

Whoever sets an assignment need not point one at the other. The mark for reviewing is something else: it is recorded, where
the terms name a component for it, once reviewing is over.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from lms_tracker.actions.achievements import post_achievement
from lms_tracker.actions.programme_policy import policy_in_force
from lms_tracker.core.grading.kinds import Achieved
from lms_tracker.store import achievements as store
from lms_tracker.store import assessments
from lms_tracker.store.assignments import Setting


def count_review(tx: Connection, setting: Setting, pair: Row[Any], now: datetime) -> bool:
    """In force from the first time that this review was handed in. False: it counts already.

    Says neither whose work it was nor what was found: the reviewer's own record shows it.
    """
    source = f"review:{pair.id}"
    if store.from_source(tx, setting.programme_id, source):
        return False
    day = now.astimezone(policy_in_force(tx, setting.programme_id, setting.policy, now).study.zone).date()
    mine = [row.id for row in assessments.pairs_of(tx, setting.id) if row.learner_id == pair.learner_id]
    for number in (mine.index(pair.id) + 1, pair.id):  # the second where another assignment bore that title once
        new = Achieved(
            learner_id=pair.learner_id,
            kind="review",
            item=f"{setting.terms.title}（第 {number} 份）",
            happened_on=day,
            source=source,
        )
        if store.same_in_force(tx, setting.programme_id, new) is None:
            break
    return post_achievement(tx, setting.programme_id, new, recorded_by=None, now=now)[1]
