"""Programmes: which ones a person has to do with, and each at a glance, with the way to everything in it."""

from datetime import date, datetime
from typing import Any

from flask import Blueprint, current_app, g, render_template
from flask.typing import ResponseReturnValue
from msgspec import Struct
from sqlalchemy import Connection, Row

from lms_tracker.actions.grade import grade_cohort
from lms_tracker.actions.programme_policy import policy_of_programme
from lms_tracker.core.bulletin import opened
from lms_tracker.core.grading.grade import Grade
from lms_tracker.core.grading.policy import Policy
from lms_tracker.store.bulletins import bulletin, bulletins_of
from lms_tracker.store.classes import enrolments_of, people_of_role, programmes_reached
from lms_tracker.store.db import reading
from lms_tracker.store.programmes import programme_by_id, programme_counts
from lms_tracker.web.access import INSIDE
from lms_tracker.web.clock import now
from lms_tracker.web.guard import opens
from lms_tracker.web.people import Person, me
from lms_tracker.web.sections import sections_for

bp = Blueprint("programmes", __name__)


class Own(Struct, frozen=True):
    """A learner's own part: where enrolled, with whom, and the grade (None: before the first or after the last day)."""

    enrolment: Row[Any]
    leaders: list[Row[Any]]
    grade: Grade | None


@bp.get("/programmes")
def listing() -> ResponseReturnValue:
    """Those that the person's roles reach, the latest first."""
    at = now()
    with reading(current_app.extensions["db"]) as db:
        rows = [programme_by_id(db, programme_id) for programme_id in programmes_of_person(db, me())]
        known = [row for row in rows if row is not None]
        policies = {row.id: policy_of_programme(db, row, at) for row in known}
        counts = {row.id: programme_counts(db, row.id) for row in known}
    known.sort(key=lambda row: (row.starts_on, row.id), reverse=True)
    states = {row.id: _state(row, policies[row.id], at) for row in known}
    return render_template("programmes/listing.html", rows=known, policies=policies, counts=counts, states=states)


@bp.get("/programmes/<int:programme_id>")
def show(programme_id: int) -> ResponseReturnValue:
    """Dates, people, policy, figures with their targets, and the sections that this person may open."""
    at, person = now(), me()
    with reading(current_app.extensions["db"]) as db:
        programme = programme_by_id(db, programme_id)
        assert programme is not None  # access.guard has found it
        policy = policy_of_programme(db, programme, at)
        entries = sections_for(db, person, g.place, at)
        counts = programme_counts(db, programme_id)
        latest = _latest_bulletin(db, programme_id) if opens(person, "bulletins.show", g.place) else None
        mine = _enrolment(db, person, programme_id)
        leaders = people_of_role(db, mine.cohort_id, ("head_teacher", "monitor"), at) if mine is not None else []
    grade = _grade(person, programme_id, at) if mine is not None and policy.grading is not None else None
    own = None if mine is None else Own(mine, leaders, grade)
    today = at.astimezone(policy.study.zone).date()
    return render_template(
        "programmes/show.html",
        programme=programme,
        policy=policy,
        entries=entries,
        counts=counts,
        latest=latest,
        own=own,
        days=_days(programme, today),
        state=_state(programme, policy, at),
        zone=policy.study.zone,
    )


def programmes_of_person(db: Connection, person: Person) -> set[int]:
    """The programmes that any role of the person opens."""
    mine = [role for role in person.roles if role.name in INSIDE]
    return programmes_reached(
        db,
        {role.programme_id for role in mine if role.programme_id is not None},
        {role.cohort_id for role in mine if role.cohort_id is not None},
        {role.organisation_id for role in mine if role.organisation_id is not None},
    )


def _state(programme: Row[Any], policy: Policy, at: datetime) -> str:
    today = at.astimezone(policy.study.zone).date()
    return "to_come" if today < programme.starts_on else "over" if today > programme.ends_on else "running"


def _days(programme: Row[Any], today: date) -> tuple[int, int]:
    """(days gone, today included; all days)."""
    whole = (programme.ends_on - programme.starts_on).days + 1
    return max(0, min(whole, (today - programme.starts_on).days + 1)), whole


def _latest_bulletin(db: Connection, programme_id: int) -> dict[str, Any] | None:
    row = next((one for one in bulletins_of(db, [programme_id]) if one.superseded_at is None), None)
    whole = None if row is None else bulletin(db, row.id)
    return None if whole is None else {"row": whole, "content": opened(whole.content)}


def _enrolment(db: Connection, person: Person, programme_id: int) -> Row[Any] | None:
    if person.learner_id is None:
        return None
    return next((row for row in enrolments_of(db, person.learner_id) if row.programme_id == programme_id), None)


def _grade(person: Person, programme_id: int, at: datetime) -> Grade | None:
    assert person.learner_id is not None
    found = grade_cohort(current_app.extensions["db"], programme_id, at, [person.learner_id])
    return found[0] if found else None
