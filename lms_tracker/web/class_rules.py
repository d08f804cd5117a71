"""Changes of rules as who leads a class sees them: how many gained or lost study time by each, and who most."""

from collections.abc import Sequence
from datetime import date

from msgspec import Struct
from sqlalchemy import Connection, Row

from lms_tracker.actions.adoption_effects import judges_otherwise, moved_by_adoption, was_announced
from lms_tracker.store.moved import Moved
from lms_tracker.web.policies import Step
from lms_tracker.web.rule_changes import RuleChange, in_words, told_steps

FEW = 5
"""Named are so many who lost most, and so many who gained most."""


class Person(Struct, frozen=True):
    """A learner of the class whose time changed. `more_us`: below 0 where it is less."""

    learner_id: int
    name: str | None
    before_us: int
    after_us: int

    @property
    def more_us(self) -> int:
        return self.after_us - self.before_us


class ClassChange(Struct, frozen=True):
    """`before_us`, `after_us`: of all whose time changed together. `named`: who lost most first, who gained most last.
    `elsewhere`: people of whose entries only some count otherwise, or whose held time is another, at the same sum."""

    rules: RuleChange
    gained: int
    lost: int
    elsewhere: int
    before_us: int
    after_us: int
    named: list[Person]

    @property
    def touched(self) -> int:
        return self.gained + self.lost + self.elsewhere


def class_changes(db: Connection, programme: Row, people: Sequence[Row], today: date) -> list[ClassChange]:
    """What was adopted for a day to come, and what changed time of these learners (rows with learner_id and name); the latest
    first."""
    names = {person.learner_id: person.name for person in people}
    found = []
    for step in told_steps(db, programme, today):
        moved = moved_by_adoption(db, step.row, step.policy, names)
        changed = {id: one for id, one in moved.items() if one.entries}
        if changed or _was_announced(step):
            found.append(_change(in_words(step), changed, names))
    return found


def _was_announced(step: Step) -> bool:
    return (
        step.before is not None and judges_otherwise(step.before, step.policy) and was_announced(step.row, step.policy)
    )


def _change(rules: RuleChange, moved: dict[int, Moved], names: dict[int, str | None]) -> ClassChange:
    everybody = [Person(id, names[id], one.before_us, one.after_us) for id, one in moved.items()]
    lost = sorted((one for one in everybody if one.more_us < 0), key=lambda one: (one.more_us, one.learner_id))
    gained = sorted((one for one in everybody if one.more_us > 0), key=lambda one: (one.more_us, -one.learner_id))
    return ClassChange(
        rules=rules,
        gained=len(gained),
        lost=len(lost),
        elsewhere=len(everybody) - len(gained) - len(lost),
        before_us=sum(one.before_us for one in everybody),
        after_us=sum(one.after_us for one in everybody),
        named=[*lost[:FEW], *gained[-FEW:]],
    )
