"""From which day on other rules judge a learner, what they say otherwise in plain words, and what that did to the learner's time."""

from datetime import date, datetime

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection, Row

from lms_tracker.actions.adoption_effects import moved_by_adoption
from lms_tracker.actions.programme_policy import policies_of
from lms_tracker.core.grading.compare import Change
from lms_tracker.store.moved import Moved
from lms_tracker.store.policies import adoptions_of
from lms_tracker.web.policies import Step, steps_of
from lms_tracker.web.provisions import Said, said_of


class RuleChange(Struct, frozen=True):
    """An adoption that stands. `moved`: what it did to the learner's time; None: nothing was judged anew yet, or it is not for
    this reader. `more`: other provisions changed as well."""

    from_on: date
    adopted_at: datetime
    reason: str
    said: list[Said]
    more: bool
    moved: Moved | None = None


def rule_changes(db: Connection, programme: Row, learner_id: int, *, today: date, with_time: bool) -> list[RuleChange]:
    """The changes of rules in a programme that touch learners, the latest first."""
    found = []
    for step in told_steps(db, programme, today):
        moved = moved_by_adoption(db, step.row, step.policy, [learner_id]) if with_time else {}
        found.append(replace(in_words(step), moved=moved.get(learner_id)))
    return found


def told_steps(db: Connection, programme: Row, today: date) -> list[Step]:
    """The adoptions of a programme that stand and touch learners, the latest first."""
    in_force = policies_of(db, programme.id, programme.policy)
    return [step for step in steps_of(adoptions_of(db, programme.id), in_force, today)[::-1] if _is_told(step)]


def in_words(step: Step) -> RuleChange:
    """What an adoption changed, for people."""
    assert step.before is not None
    said = [one for change in step.changed if (one := said_of(change, step.before, step.policy))]
    return RuleChange(
        from_on=step.row.from_on,
        adopted_at=step.row.adopted_at,
        reason=step.row.reason,
        said=said,
        more=sum(map(_touches, step.changed)) > len(said),
    )


def _is_told(step: Step) -> bool:
    return step.row.from_on is not None and step.state != "superseded" and any(map(_touches, step.changed))


def _touches(change: Change) -> bool:
    """Titles, whom the staff calls and what a bulletin names change nothing for a learner."""
    return not change.key.startswith(("programme.", "contact.", "bulletin.")) and ".title." not in change.key
