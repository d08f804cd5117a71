"""A learner's courses, and the page on which a unit is studied."""

import uuid
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, abort, current_app, g, make_response, render_template, request
from flask.typing import ResponseReturnValue
from msgspec import Struct
from sqlalchemy import Row

from lms_tracker.actions.programme_policy import policy_of_programme
from lms_tracker.core.media import clock, read_chapters
from lms_tracker.store import media as store
from lms_tracker.store.classes import enrolments_of, programme_row
from lms_tracker.store.db import reading
from lms_tracker.web.access import PROGRAMME
from lms_tracker.web.clock import now
from lms_tracker.web.guard import may
from lms_tracker.web.headers import CSP
from lms_tracker.web.media import address_of, is_there, may_see, object_store
from lms_tracker.web.people import me

bp = Blueprint("courses", __name__)

ATTEMPTS = uuid.UUID("6f0e1d3a-7d37-4c54-9c0b-2f8f4c7b7a51")
"""Namespace of registrations. Never change it: an attempt would become another one."""


class Unit(Struct, frozen=True):
    """`done_pct`: credited of the length; None where nobody knows the length."""

    row: Row[Any]
    credited_us: int
    held_us: int
    done_pct: float | None


class Course(Struct, frozen=True):
    title: str
    kind: str
    units: list[Unit]

    @property
    def credited_us(self) -> int:
        return sum(unit.credited_us for unit in self.units)

    @property
    def length_us(self) -> int:
        return sum(unit.row.length_us or 0 for unit in self.units)


@bp.get("/courses")
def listing() -> ResponseReturnValue:
    """The courses of ?programme=, else of the latest programme."""
    learner_id = me().learner_id
    assert learner_id is not None
    with reading(current_app.extensions["db"]) as db:
        enrolments = enrolments_of(db, learner_id)
        wanted = request.args.get("programme", type=int)
        enrolment = next((e for e in enrolments if e.programme_id == wanted), enrolments[0] if enrolments else None)
        if enrolment is None:
            return render_template("courses/listing.html", enrolment=None, enrolments=[], courses=[], goes_on=None)
        rows = store.content_of(db, enrolment.programme_id)
        studied = store.studied_of(db, learner_id, [row.iri for row in rows])
        policy = policy_of_programme(db, programme_row(db, enrolment.programme_id), now())
        here = store.studies(db, learner_id, enrolment.programme_id, now().date())
    opened = [row for row in rows if here and row.opened_at is not None and row.medium_id is not None]
    return render_template(
        "courses/listing.html",
        enrolment=enrolment,
        enrolments=enrolments,
        courses=_courses(rows, studied),
        opened={row.iri for row in opened},
        goes_on=_goes_on(opened, studied),
        is_new=not any(row.iri in studied for row in opened),
        class_hour_s=policy.study.class_hour_s,
    )


def _goes_on(opened: list[Row[Any]], studied: dict[str, Row[Any]]) -> Row[Any] | None:
    """Where to go on of what can be opened here: the unit studied last; once that is done, the next one that is not."""
    left = [row for row in opened if not _is_done(row, studied)]
    last = max((r for r in opened if r.iri in studied), key=lambda r: studied[r.iri].last_on, default=None)
    if last is None or not left or last in left:
        return last or next(iter(opened), None)
    after = opened[opened.index(last) :]
    return next((row for row in after if row in left), left[0])


def _is_done(row: Row[Any], studied: dict[str, Row[Any]]) -> bool:
    mine = studied.get(row.iri)
    return mine is not None and row.length_us is not None and mine.credited_us >= row.length_us


def _courses(rows: list[Row[Any]], studied: dict[str, Row[Any]]) -> list[Course]:
    courses: dict[int, Course] = {}
    for row in rows:
        course = courses.setdefault(row.course_id, Course(row.course_title, row.course_kind, []))
        mine = studied.get(row.iri)
        credited = int(mine.credited_us) if mine else 0
        held = int(mine.held_us) if mine else 0
        done = min(100.0, 100 * credited / row.length_us) if row.length_us else None
        course.units.append(Unit(row, credited, held, done))
    return list(courses.values())


@bp.get("/courses/units/<int:unit_id>")
def unit(unit_id: int) -> ResponseReturnValue:
    """The player. Whoever looks after the programme sees it as a learner would, and nothing is counted."""
    person = me()
    with reading(current_app.extensions["db"]) as db:
        row = store.unit_by_id(db, unit_id)
        if row is None or not may_see(db, person, row):
            abort(404)
        medium = store.medium_in_force(db, unit_id)
        if medium is None:
            abort(404)
        counts = person.learner_id is not None and store.studies(db, person.learner_id, row.programme_id, now().date())
        rest = [one for one in store.content_of(db, row.programme_id) if one.opened_at and one.medium_id]
    at = next((n for n, one in enumerate(rest) if one.unit_id == unit_id), None)
    page = render_template(
        "courses/unit.html",
        unit=row,
        medium=medium,
        address=address_of(medium.id),
        away=is_there(medium) is False,
        chapters=[(chapter, clock(chapter.at_s)) for chapter in read_chapters(row.chapters)],
        counts=counts,
        manages=may(person, PROGRAMME, g.place),
        registration=attempt_of(person.learner_id, row.activity) if counts and person.learner_id else None,
        before=rest[at - 1] if at else None,
        after=rest[at + 1] if at is not None and at + 1 < len(rest) else None,
    )
    answer = make_response(page)
    answer.headers["Content-Security-Policy"] = _policy(medium)
    return answer


def attempt_of(learner_id: int, activity: str) -> str:
    """The registration of a learner's one attempt at an activity: the same whenever and wherever it is opened."""
    return str(uuid.uuid5(ATTEMPTS, f"{learner_id} {activity}"))


def _policy(medium: Row[Any]) -> str:
    """What the player page may load: besides our own, only the place where its medium is."""
    origin = ""
    if medium.place == "url":
        parts = urlsplit(medium.location)
        origin = f" {parts.scheme}://{parts.netloc}"
    elif medium.place == "s3" and (there := object_store()):
        parts = urlsplit(there.endpoint)
        origin = f" {parts.scheme}://{parts.netloc}"
    return f"{CSP}; media-src 'self'{origin}; frame-src 'self'{origin}; object-src 'self'{origin}"
