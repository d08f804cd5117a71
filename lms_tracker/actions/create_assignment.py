"""Setting a piece of work that is marked, handed in elsewhere or here; and what it weighs."""

from datetime import date, datetime
from decimal import Decimal

import msgspec
from sqlalchemy import Connection, Engine

from lms_tracker.core.assignments.terms import is_weight
from lms_tracker.store import assignments as store
from lms_tracker.store.db import writing
from lms_tracker.store.weights import USUAL, weigh


class AssignmentRefused(ValueError):
    """There is another piece of work with that title, or the weight is none."""


def create_assignment(
    db: Engine,
    programme_id: int,
    component: str,
    title: str,
    due_on: date | None = None,
    *,
    weight: Decimal | None = None,
    now: datetime,
) -> int:
    """The id of a new piece of work, whose marks feed the policy's `component`; the same one again changes nothing but its
    `weight`, if one is given.

    Raises AssignmentRefused when the title stands for work of another component or date, or the weight is none.
    """
    with writing(db) as tx:
        known = store.assignment_titled(tx, programme_id, title)
        if known is None:
            begins = USUAL if weight is None else weight
            check_weight(begins)
            return store.add_assignment(tx, programme_id, component, title, due_on, weight=begins, by=None, now=now)
        if (known.component, known.due_on) != (component, due_on):
            raise AssignmentRefused(f"{title}: is there already, in {known.component}, due {known.due_on}")
        if weight is not None:
            weigh_assignment(tx, int(known.id), weight, by=None, now=now)
        return int(known.id)


def weigh_titled(db: Engine, programme_id: int, title: str, weight: Decimal, *, now: datetime) -> bool:
    """The same by its title, as an operator does. Raises AssignmentRefused, also when there is no such work."""
    with writing(db) as tx:
        row = store.assignment_titled(tx, programme_id, title)
        if row is None:
            raise AssignmentRefused(f"no assignment is called {title!r}")
        return weigh_assignment(tx, int(row.id), weight, by=None, now=now)


def weigh_assignment(tx: Connection, assignment_id: int, weight: Decimal, *, by: int | None, now: datetime) -> bool:
    """From now on it weighs so much; whether it did not before. Its terms, if it has any, are superseded.

    Raises AssignmentRefused.
    """
    check_weight(weight)
    store.hold_assignment(tx, assignment_id)
    row = store.assignment_row(tx, assignment_id)
    assert row is not None
    setting = store.setting_of(tx, assignment_id)
    if setting is not None and setting.terms.weight != weight:
        store.add_terms(tx, assignment_id, msgspec.structs.replace(setting.terms, weight=weight), by, now)
    return weigh(tx, assignment_id, row.component, weight, by=by, now=now)


def check_weight(weight: Decimal) -> None:
    """Raises AssignmentRefused."""
    if not is_weight(weight):
        raise AssignmentRefused(f"a weight is a number above 0, at most 1000, with at most 4 decimals (it is {weight})")
