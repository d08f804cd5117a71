"""What an adopted policy did to study time that had been posted by then, read from the ledger."""

from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row

from lms_tracker.core.grading.policy import Policy
from lms_tracker.core.study.stages import Stage, adoption_cause, differing
from lms_tracker.store.moved import Moved, moved_by
from lms_tracker.store.policies import programmes_of


def moved_by_adoption(
    db: Connection, adoption: Row[Any], policy: Policy, learner_ids: Collection[int]
) -> dict[int, Moved]:
    """Of those of the learners whose entries were reversed because the policy judges them now. `adoption`: a row of
    store.policies.adoptions_of."""
    learners = judged_in(db, adoption.programme_id, learner_ids)
    return moved_by(db, learners, adoption_cause(policy.study.id, adoption.from_on), adoption.adopted_at)


def judged_in(db: Connection, programme_id: int, learner_ids: Collection[int]) -> set[int]:
    """Those of the learners whose study time is judged in this programme, and in no other that they entered later."""
    return {id for id, own in programmes_of(db, learner_ids).items() if own is not None and own[0] == programme_id}


def judges_otherwise(before: Policy, policy: Policy) -> bool:
    """Whether its rules for study time are not those of another policy."""
    return len(differing([Stage(None, before.study), Stage(date.min, policy.study)])) == 2


def was_announced(adoption: Row[Any], policy: Policy) -> bool:
    """Whether it was adopted before its first day: it changes nothing that was studied by then."""
    ahead: bool = adoption.from_on > adoption.adopted_at.astimezone(policy.study.zone).date()
    return ahead
