"""Setting an assignment, and setting it anew: its terms are superseded as a whole, those before stay on record."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine

from lms_tracker.actions.programme_policy import policy_of_programme
from lms_tracker.actions.settle_marks import REVIEWING
from lms_tracker.core.assignments.terms import Terms, faults_of
from lms_tracker.core.grading.parts import Marks
from lms_tracker.core.grading.policy import Policy
from lms_tracker.store import assignments as store
from lms_tracker.store.db import writing
from lms_tracker.store.programmes import programme_by_id
from lms_tracker.store.weights import weights_now


class TermsRefused(ValueError):
    """`faults`: keys of everything that is wrong: those of core.assignments.terms, `title-taken`, `programme`."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__(", ".join(faults))
        self.faults = faults


def set_terms(
    db: Engine, programme_id: int, terms: Terms, *, assignment_id: int | None = None, by: int | None, now: datetime
) -> int:
    """Of a new assignment, or of one that is there; its id. Raises TermsRefused, PolicyErrors."""
    with writing(db) as tx:
        programme = programme_by_id(tx, programme_id)
        there = None if assignment_id is None else store.assignment_row(tx, assignment_id)
        if programme is None or (assignment_id is not None and (there is None or there.programme_id != programme_id)):
            raise TermsRefused(["programme"])
        policy = policy_of_programme(tx, programme, now)
        faults = faults_of(terms, components_of(policy)) + _taken(tx, programme_id, terms.title, assignment_id)
        if faults:
            raise TermsRefused(faults)
        due_on = _local(terms.due_at, policy.study.zone)
        if assignment_id is None:
            assignment_id = store.add_assignment(
                tx, programme_id, terms.component, terms.title, due_on, weight=terms.weight, by=by, now=now
            )
        else:
            store.hold_assignment(tx, assignment_id)
            standing = store.setting_of(tx, assignment_id)
            if standing is not None and standing.terms == terms:
                return assignment_id
            store.change_assignment(
                tx, assignment_id, terms.component, terms.title, due_on, weight=terms.weight, by=by, now=now
            )
            if standing is not None:
                _take_reviewing_along(tx, programme_id, standing.terms, terms, by, now)
        store.add_terms(tx, assignment_id, terms, by, now)
        return assignment_id


def _take_reviewing_along(
    tx: Connection, programme_id: int, before: Terms, terms: Terms, by: int | None, now: datetime
) -> None:
    """Marks for reviewing that stand already stay those of this assignment, whatever it is called, and weigh what it says from
    now on; where it says nothing new, what was said since by command stands."""
    there = store.assignment_titled(tx, programme_id, before.title + REVIEWING)
    if there is None or before.peer is None:
        return
    component, weight, peer = there.component, weights_now(tx, programme_id)[there.id], terms.peer
    if peer is not None and peer.component is not None:
        component = peer.component
        weight = peer.weight if peer.weight != before.peer.weight else weight
    store.change_assignment(tx, there.id, component, terms.title + REVIEWING, None, weight=weight, by=by, now=now)


def components_of(policy: Policy) -> list[str]:
    """Keys of the components that marks feed."""
    return [part.key for part in policy.grading.components if isinstance(part, Marks)] if policy.grading else []


def _taken(tx: Connection, programme_id: int, title: str, assignment_id: int | None) -> list[str]:
    other = store.assignment_titled(tx, programme_id, title)
    return ["title-taken"] if other is not None and other.id != assignment_id else []


def _local(at: datetime | None, zone: ZoneInfo) -> date | None:
    return None if at is None else at.astimezone(zone).date()
