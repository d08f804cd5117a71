"""Results that a person sets in place of what the policy makes of the evidence: who, why, before and after are kept."""

from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import Connection, Engine, Row
from sqlalchemy.exc import IntegrityError

from lms_tracker.actions.grade_explained import grade_explained
from lms_tracker.core.grading.grade import STATUSES, Grade
from lms_tracker.core.grading.tables import Grading
from lms_tracker.core.typed import legible_line
from lms_tracker.store import overrides as store
from lms_tracker.store.db import writing
from lms_tracker.store.identity_history import hold_who_is_who

MAX_REASON = 500
LARGEST = 10_000


class OverrideRefused(ValueError):
    """It cannot be set or withdrawn. `code`: not-enrolled, part, value, reason, same, gone."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


def override_grade(
    db: Engine,
    programme_id: int,
    learner_id: int,
    part: str,
    after: str,
    *,
    reason: str,
    by: int | None,
    now: datetime,
    on: date | None = None,
) -> int:
    """From `now` on the learner's `part` (key of a part, "final" or "status") is `after`; the id of the override.

    Where each year has a grade it is of the year that holds the date `on` (default: of now). What stood there is kept with it; one that was set before is ended. Raises OverrideRefused, UnknownProgramme,
    PolicyErrors and ValueError for a policy that does not grade.
    """
    reason = _reason(reason)
    found = grade_explained(db, programme_id, learner_id, now, on)
    if found is None:
        raise OverrideRefused("not-enrolled", f"learner {learner_id} is not enrolled in programme {programme_id} today")
    grading = found.policy.grading
    assert grading is not None
    before, value = standing_value(found.grade, part), _checked(grading, part, after.strip())
    if before is None:
        keys = ", ".join([*(one.key for one in grading.parts), "final", "status"])
        raise OverrideRefused("part", f"there is no part {part!r} (there are: {keys})")
    if before == value:
        raise OverrideRefused("same", f"{part} is {before} already")
    period = found.grade.span.key if found.grade.span is not None else ""
    try:
        with writing(db) as tx:
            hold_who_is_who(tx)
            there = store.override_in_force(tx, programme_id, learner_id, part, period)
            _end_standing(tx, there, by, f"→ {value}: {reason}"[:MAX_REASON], now)
            return store.insert_override(
                tx, programme_id, learner_id, part, period, before, value, reason=reason, made_by=by, now=now
            )
    except IntegrityError as e:
        raise OverrideRefused("gone", "somebody else set this at the same moment: look again") from e


def withdraw_override(db: Engine, override_id: int, *, reason: str, by: int | None, now: datetime) -> None:
    """From `now` on the policy decides again. Raises OverrideRefused."""
    reason = _reason(reason)
    with writing(db) as tx:
        if not store.end_override(tx, override_id, by=by, reason=reason, now=now):
            raise OverrideRefused("gone", f"override {override_id} is not in force")


def standing_value(grade: Grade, part: str) -> str | None:
    """What stands there now, as text; None when there is no such part."""
    values = {one.key: str(one.points) for one in grade.components}
    return (values | {"final": str(grade.final), "status": grade.status}).get(part)


def _checked(grading: Grading, part: str, after: str) -> str:
    if part == "status":
        if after not in STATUSES:
            raise OverrideRefused("value", f"{after!r} is no status (allowed: {', '.join(STATUSES)})")
        return after
    most = next((one.weight for one in grading.parts if one.key == part), Decimal(0)) or Decimal(LARGEST)
    if part == "final" and grading.rules.scheme == "weights":
        most = 100 + (grading.rules.bonus_most or Decimal(0))
    try:
        value = Decimal(after)
    except InvalidOperation:
        raise OverrideRefused("value", f"{after!r} is not a number") from None
    if not value.is_finite() or not 0 <= value <= most or round(value, grading.rules.decimals) != value:
        decimals = grading.rules.decimals
        raise OverrideRefused(
            "value", f"a number from 0 to {most} with at most {decimals} decimals (it is {after[:40]})"
        )
    return str(value)


def _end_standing(tx: Connection, there: Row[Any] | None, by: int | None, reason: str, now: datetime) -> None:
    if there is not None:
        store.end_override(tx, there.id, by=by, reason=reason, now=now)


def _reason(reason: str) -> str:
    reason = legible_line(reason)
    if not reason or len(reason) > MAX_REASON:
        raise OverrideRefused("reason", f"a reason of 1 to {MAX_REASON} characters is needed")
    return reason
