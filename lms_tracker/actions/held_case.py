"""Somebody's held time in one class as it is now, and what has changed since a reviewer saw it: nobody decides unseen."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row

from lms_tracker.core.study.decisions import Window, amount_within
from lms_tracker.core.study.entries import Entry
from lms_tracker.core.study.review import NotAllowed
from lms_tracker.store import reviews as store
from lms_tracker.store.accounts import account_by_id
from lms_tracker.store.ledger import entries_in_force


class Sight(NamedTuple):
    """What there is to see of a held part: how much is held, and whether the learner has appealed (0: has not)."""

    held_us: int
    appeal_id: int


class HeldPart(NamedTuple):
    """A part of a session that waits for a decision. `row`: columns of `store.reviews.open_holds`."""

    row: Row[Any]
    entries: list[Entry]
    held_us: int
    appeal: Row[Any] | None

    @property
    def sight(self) -> Sight:
        return Sight(self.held_us, 0 if self.appeal is None else self.appeal.id)


class SeenCase(NamedTuple):
    """The held parts that a reviewer saw, by the number of their hold."""

    cohort_id: int
    parts: Mapping[int, Sight]


class Answered(NamedTuple):
    """A part that somebody has decided about meanwhile. `by` None: nobody in time, or whose account is gone."""

    kind: str
    reason: str
    by: str | None


class CaseChanged(NotAllowed):
    """`changed`: the case is not what was seen. Numbers of holds; `gone` are those that are another class's now."""

    def __init__(self, answered: list[Answered], gone: set[int], new: set[int], moved: set[int], appealed: set[int]):
        super().__init__("changed")
        self.answered, self.gone, self.new, self.moved, self.appealed = answered, gone, new, moved, appealed


def held_case(tx: Connection, cohort_id: int, learner_id: int) -> list[HeldPart]:
    """All that is held of a learner and is this class's to decide, the oldest hold first."""
    rows = store.open_holds(tx, (), [cohort_id], learner_id)
    appeals = {a.hold_id: a for a in store.appeals_of(tx, learner_id) if a.hold_id is not None} if rows else {}
    entries = [entry for entry in entries_in_force(tx, [learner_id]) if entry.held_us] if rows else []
    return [_part(row, entries, appeals.get(row.id)) for row in rows]


def require_seen_case(tx: Connection, learner_id: int, seen: SeenCase) -> None:
    """Raises CaseChanged unless the learner's case is, part by part, the one that was seen."""
    there = {part.row.id: part.sight for part in held_case(tx, seen.cohort_id, learner_id)}
    if there == seen.parts:
        return
    missing, both = seen.parts.keys() - there.keys(), seen.parts.keys() & there.keys()
    own = set(store.learner_ids_of(tx, learner_id))  # numbers come from a form: others' decisions are not told of
    found = store.holds_by_id(tx, missing)
    answers = {id: last for id, (hold, last) in found.items() if last is not None and hold.learner_id in own}
    raise CaseChanged(
        answered=[_answered(tx, last) for _, last in sorted(answers.items())],
        gone=missing - answers.keys(),
        new=there.keys() - seen.parts.keys(),
        moved={id for id in both if there[id].held_us != seen.parts[id].held_us},
        appealed={id for id in both if there[id].appeal_id != seen.parts[id].appeal_id},
    )


def _part(row: Row[Any], entries: list[Entry], appeal: Row[Any] | None) -> HeldPart:
    window = Window(row.activity, row.session, row.registration, row.start_us, row.end_us)
    amounts = [(entry, amount_within(entry, window, "held")) for entry in entries]
    return HeldPart(row, [entry for entry, held in amounts if held], sum(held for _, held in amounts), appeal)


def _answered(tx: Connection, last: Row[Any]) -> Answered:
    by = account_by_id(tx, last.decided_by) if last.decided_by is not None else None
    return Answered(last.kind, last.reason, by.name if by is not None else None)
