"""Whether work is taken at an instant, and what lateness costs."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal

from lms_tracker.core.assignments.rubric import cents
from lms_tracker.core.assignments.terms import Terms

Window = Literal["early", "open", "late", "closed"]


def window_at(terms: Terms, now: datetime, again_until: datetime | None = None) -> Window:
    """`early`: not yet open. `late`: taken, as late. `again_until`: work that was returned may come in until then, in time."""
    if terms.opens_at is not None and now < terms.opens_at:
        return "early"
    if terms.due_at is None or now <= terms.due_at or (again_until is not None and now <= again_until):
        return "open"
    if terms.late == "refuse" or (terms.late_until is not None and now > terms.late_until):
        return "closed"
    return "late"


def days_late(due_at: datetime | None, handed_in_at: datetime) -> int:
    """Days begun since the deadline: a second after it is one day."""
    if due_at is None or handed_in_at <= due_at:
        return 0
    return -((due_at - handed_in_at) // timedelta(days=1))


def after_deduction(terms: Terms, mark: Decimal, days: int) -> Decimal:
    """The mark that counts, never below 0."""
    off = terms.deduct_per_day * days if terms.late == "deduct" else Decimal(0)
    return cents(max(Decimal(0), mark - off))
