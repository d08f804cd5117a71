"""When somebody is reminded of an assignment. Pure: the clock is an argument."""

from datetime import datetime, timedelta

from lms_tracker.core.assignments.terms import Terms

BEFORE = timedelta(days=2)
"""A deadline is near from then on."""
TO_MARK = timedelta(days=14)
"""For markers, after the last work can have come in, where the terms name no instant of release."""
LOOK_BACK = timedelta(days=30)
"""What has waited for longer needs no mail any more, but a person."""


def is_near(due: datetime | None, now: datetime) -> bool:
    """Whether there are at most two days left."""
    return due is not None and due - BEFORE <= now < due


def marked_by(terms: Terms) -> datetime | None:
    """Until when works are to be marked; None where nothing is due."""
    if terms.release_at is not None:
        return terms.release_at
    late = terms.late_until if terms.late != "refuse" else None
    ends = [at for at in (terms.due_at, late, terms.peer.due_at if terms.peer else None) if at is not None]
    return max(ends) + TO_MARK if ends else None


def is_overdue(terms: Terms, now: datetime) -> bool:
    """Whether works that wait should have been marked by now."""
    due = marked_by(terms)
    return due is not None and due < now <= due + LOOK_BACK
