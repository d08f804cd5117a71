"""Whose it is now: of a row that names a learner, the person that this learner was joined into, if any."""

from sqlalchemy import func

from lms_tracker.store.tables import learner

owner = func.coalesce(learner.c.joined_into, learner.c.id)
"""In a query that has `learner`."""
