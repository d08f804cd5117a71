"""Setting a piece of work that is handed in and marked."""

from datetime import date

from sqlalchemy import Engine, insert, select

from lms_tracker.store.db import writing
from lms_tracker.store.tables import assignment


class AssignmentRefused(ValueError):
    """There is another piece of work with that title."""


def create_assignment(db: Engine, programme_id: int, component: str, title: str, due_on: date | None = None) -> int:
    """The id of a new piece of work, whose marks feed the policy's `component`; the same one again changes nothing.

    Raises AssignmentRefused when the title stands for work of another component or date.
    """
    with writing(db) as tx:
        mine = (assignment.c.programme_id == programme_id) & (assignment.c.title == title)
        known = tx.execute(select(assignment).where(mine)).first()
        if known is not None:
            if (known.component, known.due_on) != (component, due_on):
                raise AssignmentRefused(f"{title}: is there already, in {known.component}, due {known.due_on}")
            return int(known.id)
        values = {"programme_id": programme_id, "component": component, "title": title, "due_on": due_on}
        made = tx.execute(insert(assignment).values(values)).inserted_primary_key
        assert made is not None
        return int(made[0])
