"""Where a thing belongs: the programme, classes and organisation whose people may see it."""

from typing import Protocol

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Select, select

from lms_tracker.core.organisations import ROLE_KINDS
from lms_tracker.store.organisations import over_everybody, over_somebody
from lms_tracker.store.owner import owner
from lms_tracker.store.tables import (
    activity,
    appeal,
    assignment,
    bulletin,
    certificate,
    cohort,
    course,
    enrolment,
    frozen_result,
    learner,
    medium,
    peer_pair,
    programme,
    result_notice,
    submission,
    unit,
)


class Place(Struct, frozen=True):
    """`cohort_ids` are the classes whose monitor or head teacher is meant. `class_id`, where set, is the one whose
    monitor is, and `learner_id` whose own it is. `organisations`: those that the programme is run for, with all above,
    and those that have the people meant under them: all people of a class, somebody of a programme."""

    programme_id: int
    cohort_ids: frozenset[int]
    organisations: frozenset[int]
    class_id: int | None = None
    learner_id: int | None = None


class Held(Protocol):
    """A role as somebody holds it, with its scope."""

    @property
    def name(self) -> str: ...
    @property
    def programme_id(self) -> int | None: ...
    @property
    def cohort_id(self) -> int | None: ...
    @property
    def organisation_id(self) -> int | None: ...


def reaches(role: Held, place: Place) -> bool:
    """Whether the role's scope holds the place. A role without its scope reaches nothing."""
    if role.name == "monitor" and place.class_id is not None:
        return role.cohort_id == place.class_id
    if role.name in ("monitor", "head_teacher"):
        return role.cohort_id in place.cohort_ids
    if role.name in ROLE_KINDS:
        return role.organisation_id in place.organisations
    return role.programme_id == place.programme_id


def place_of_programme(db: Connection, programme_id: int) -> Place | None:
    """The programme with all its classes, or None when there is no such programme."""
    if db.scalar(select(programme.c.id).where(programme.c.id == programme_id)) is None:
        return None
    cohorts = db.scalars(select(cohort.c.id).where(cohort.c.programme_id == programme_id))
    return Place(programme_id, frozenset(cohorts), over_somebody(db, programme_id))


def place_of_cohort(db: Connection, cohort_id: int) -> Place | None:
    """One class of its programme."""
    there = enrolment.c.left_on.is_(None)
    schools = select(enrolment.c.organisation_id).where(enrolment.c.cohort_id == cohort_id, there)
    return _one_class(db, select(cohort.c.id).where(cohort.c.id == cohort_id), schools)


def place_of_learner(db: Connection, cohort_id: int, learner_id: int) -> Place | None:
    """The class, if this learner is in it."""
    mine = (enrolment.c.cohort_id == cohort_id, enrolment.c.learner_id == learner_id)
    school = select(enrolment.c.organisation_id).where(*mine)
    return _one_class(db, select(enrolment.c.cohort_id).where(*mine), school)


def place_of_member(db: Connection, programme_id: int, learner_id: int) -> Place | None:
    """The class in which a learner of the programme is, or was last."""
    mine = (enrolment.c.programme_id == programme_id, enrolment.c.learner_id == learner_id)
    school = select(enrolment.c.organisation_id).where(*mine)
    return _one_class(db, select(enrolment.c.cohort_id).where(*mine), school)


def place_of_bulletin(db: Connection, bulletin_id: int) -> Place | None:
    """The programme that the bulletin is about."""
    found = db.scalar(select(bulletin.c.programme_id).where(bulletin.c.id == bulletin_id))
    return None if found is None else place_of_programme(db, found)


def place_of_assignment(db: Connection, assignment_id: int) -> Place | None:
    """The programme that the assignment belongs to."""
    found = db.scalar(select(assignment.c.programme_id).where(assignment.c.id == assignment_id))
    return None if found is None else place_of_programme(db, found)


def place_of_result(db: Connection, result_id: int) -> Place | None:
    """The programme whose frozen results these are."""
    found = db.scalar(select(frozen_result.c.programme_id).where(frozen_result.c.id == result_id))
    return None if found is None else place_of_programme(db, found)


def place_of_notice(db: Connection, notice_id: int) -> Place | None:
    """The programme whose results are published."""
    found = db.scalar(select(result_notice.c.result_id).where(result_notice.c.id == notice_id))
    return None if found is None else place_of_result(db, found)


def place_of_certificate(db: Connection, certificate_id: int) -> Place | None:
    """The programme that gave it, and whose it is."""
    c = certificate.c
    query = (
        select(c.result_id, owner.label("owner"))
        .join(learner, learner.c.id == c.learner_id)
        .where(c.id == certificate_id)
    )
    row = db.execute(query).first()
    found = None if row is None else place_of_result(db, row.result_id)
    return None if row is None or found is None else msgspec.structs.replace(found, learner_id=row.owner)


def place_of_unit(db: Connection, unit_id: int) -> Place | None:
    """The programme in whose courses the unit is."""
    query = select(course.c.programme_id).join(activity, activity.c.course_id == course.c.id)
    found = db.scalar(query.join(unit, unit.c.activity == activity.c.iri).where(unit.c.id == unit_id))
    return None if found is None else place_of_programme(db, found)


def place_of_medium(db: Connection, medium_id: int) -> Place | None:
    """The programme of its unit."""
    found = db.scalar(select(medium.c.unit_id).where(medium.c.id == medium_id))
    return None if found is None else place_of_unit(db, found)


def place_of_work(db: Connection, assignment_id: int, submission_id: int) -> Place | None:
    """The programme of a work that was handed in for the assignment; `learner_id` is whose it is."""
    s = submission.c
    whose = db.scalar(select(s.learner_id).where(s.id == submission_id, s.assignment_id == assignment_id))
    found = None if whose is None else place_of_assignment(db, assignment_id)
    return None if found is None else msgspec.structs.replace(found, learner_id=whose)


def place_of_pair(db: Connection, pair_id: int) -> Place | None:
    """The programme of a work that a peer is to review; `learner_id` is the peer's."""
    p = peer_pair.c
    row = db.execute(select(p.assignment_id, p.learner_id).where(p.id == pair_id, p.ended_at.is_(None))).one_or_none()
    found = None if row is None else place_of_assignment(db, row.assignment_id)
    return None if row is None or found is None else msgspec.structs.replace(found, learner_id=row.learner_id)


def place_of_study_time(db: Connection, cohort_id: int, learner_id: int) -> Place | None:
    """The class, if this learner is in it: held time of the learner."""
    found = place_of_learner(db, cohort_id, learner_id)
    return None if found is None else msgspec.structs.replace(found, learner_id=learner_id)


def place_of_appeal(db: Connection, appeal_id: int) -> Place | None:
    """The whole programme, as any of its head teachers may be the second reviewer; the monitor is that of the class."""
    query = select(appeal.c.programme_id, appeal.c.cohort_id, owner.label("owner")).join(
        learner, learner.c.id == appeal.c.learner_id
    )
    row = db.execute(query.where(appeal.c.id == appeal_id)).first()
    found = None if row is None else place_of_programme(db, row.programme_id)
    if row is None or found is None:
        return None
    return msgspec.structs.replace(found, class_id=row.cohort_id, learner_id=row.owner)


def class_of_appeal(db: Connection, appeal_id: int) -> Place | None:
    """The class alone: its monitor and its head teacher make statements."""
    found = place_of_appeal(db, appeal_id)
    if found is None or found.class_id is None:
        return None
    return msgspec.structs.replace(found, cohort_ids=frozenset({found.class_id}))


def _one_class(db: Connection, query: Select[tuple[int]], schools: Select[tuple[int | None]]) -> Place | None:
    cohort_id = db.scalar(query)
    if cohort_id is None:
        return None
    programme_id = db.scalars(select(cohort.c.programme_id).where(cohort.c.id == cohort_id)).one()
    return Place(programme_id, frozenset({cohort_id}), over_everybody(db, programme_id, schools))
