"""Whether a statement stays within what a credential is confined to."""

from msgspec import UNSET

from lms_tracker.core.xapi.errors import StatementError
from lms_tracker.core.xapi.model import Statement, as_list, identifier
from lms_tracker.core.xapi.scopes import Bounds


def require_within(statement: Statement, bounds: Bounds) -> None:
    """Raises StatementError ("bounds") for a statement by another actor, or about another activity.

    A statement is about the activity that is its object, and about one that its context names as parent or grouping: a
    presence check belongs to the activity being studied. Only an activity can be its object: nobody who is confined to
    one voids what others said.
    """
    if bounds.actor is not None and identifier(statement.actor) != bounds.actor:
        raise StatementError("$.actor", "bounds", "the credential is bound to another actor")
    if bounds.activity is not None and not _is_about(statement, bounds.activity):
        raise StatementError("$.object", "bounds", "the credential is bound to another activity")
    if statement.object.objectType not in (UNSET, "Activity"):
        raise StatementError("$.object", "bounds", "a bound credential speaks of activities only")


def _is_about(statement: Statement, activity: str) -> bool:
    if statement.object.id == activity:
        return True
    if statement.context is UNSET or statement.context.contextActivities is UNSET:
        return False
    of = statement.context.contextActivities
    return any(one.id == activity for one in [*as_list(of.parent), *as_list(of.grouping)])
