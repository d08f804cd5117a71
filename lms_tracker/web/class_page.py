"""What the page of one class shows: a line for everybody, and whom somebody should call."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy import Engine, Row

from lms_tracker.actions.grade import grade_cohort
from lms_tracker.actions.programme_policy import policy_of_programme
from lms_tracker.core.grading.components import Component
from lms_tracker.core.grading.grade import Grade
from lms_tracker.core.grading.pace import Pace, Reason, expected_share, pace
from lms_tracker.core.grading.parts import Part
from lms_tracker.store.classes import cohort_row, people_of_role, programme_row
from lms_tracker.store.contacts import latest_notes
from lms_tracker.store.db import reading
from lms_tracker.store.programmes import enrolments
from lms_tracker.web.chart import Histogram, histogram
from lms_tracker.web.study_page import contact_reasons


class Line(Struct):
    """One learner. `ranks` order the table by text columns; figures order it by themselves."""

    person: Row[Any]
    grade: Grade
    parts: dict[str, Component]
    pace: Pace
    contact: tuple[Reason, ...]
    ranks: dict[str, float]
    called: Row[Any] | None = None
    """The last contact that was noted."""
    again: bool = False
    """It was agreed to call again, and the day is there."""


class ClassPage(Struct, frozen=True):
    cohort: Row[Any]
    programme: Row[Any]
    leaders: list[Row[Any]]
    parts: tuple[Part, ...]
    """Of a weighted grade; a grade of points has more than a table has room for."""
    of_points: bool
    lines: list[Line]
    to_call: int
    passed: int
    as_of: datetime
    zone: ZoneInfo
    policy: str
    expected_pct: Decimal
    picture: Histogram


def class_page(db: Engine, cohort_id: int, *, now: datetime) -> ClassPage:
    """Everybody in the class today, as of now."""
    with reading(db) as connection:
        cohort = cohort_row(connection, cohort_id)
        programme = programme_row(connection, cohort.programme_id)
        policy = policy_of_programme(connection, programme, now)
        today = now.astimezone(policy.study.zone).date()
        people = enrolments(connection, programme.id, cohort_id, on=min(today, programme.ends_on), as_of=now)
        leaders = people_of_role(connection, cohort_id, ("head_teacher", "monitor"), now)
        called = latest_notes(connection, programme.id, [person.learner_id for person in people], now)
    ids = [person.learner_id for person in people]
    grades = {grade.learner_id: grade for grade in grade_cohort(db, programme.id, now, ids)} if ids else {}
    lines = [
        _line(person, grades[person.learner_id], programme, policy, today)
        for person in people
        if person.learner_id in grades
    ]
    for line in lines:
        line.called = called.get(line.person.learner_id)
        line.again = line.called is not None and line.called.again_on is not None and line.called.again_on <= today
    _rank(lines)
    expected = expected_share(programme.starts_on, programme.ends_on, today) * 100
    return ClassPage(
        cohort=cohort,
        programme=programme,
        leaders=leaders,
        parts=policy.grading.components if policy.grading else (),
        of_points=policy.grading is not None and policy.grading.rules.scheme == "points",
        lines=lines,
        to_call=len([line for line in lines if line.contact or line.again]),
        passed=len([line for line in lines if line.grade.status == "passed"]),
        as_of=now,
        zone=policy.study.zone,
        policy=policy.id,
        expected_pct=Decimal(expected.numerator) / Decimal(expected.denominator),
        picture=histogram((float(line.pace.done) for line in lines), float(expected), width=660),
    )


def ordered(lines: list[Line], sort: str, descending: bool) -> list[Line]:
    """The lines by one column; people without a value come last either way. An unknown column is by urgency."""
    if sort not in (lines[0].ranks if lines else {}):
        sort, descending = "contact", True
    return sorted(lines, key=lambda line: line.ranks[sort], reverse=descending)


def matching(lines: list[Line], text: str, only_to_call: bool) -> list[Line]:
    """The lines whose name or school holds the text."""
    wanted = text.strip().casefold()
    return [
        line
        for line in lines
        if (not only_to_call or line.contact or line.again)
        and (wanted in (line.person.name or "").casefold() or wanted in (line.person.school or "").casefold())
    ]


def _line(person: Row[Any], grade: Grade, programme: Row[Any], policy: Any, today: date) -> Line:
    first = max(programme.starts_on, person.enrolled_on)
    return Line(
        person=person,
        grade=grade,
        parts={component.key: component for component in grade.components},
        pace=pace(grade, first=first, last=programme.ends_on, today=today),
        contact=contact_reasons(grade, policy, first, programme.ends_on, today),
        ranks={},
    )


def _rank(lines: list[Line]) -> None:
    names = _text_ranks([line.person.name or "" for line in lines])
    schools = _text_ranks([line.person.school or "" for line in lines])
    for line in lines:
        last = line.grade.last_study
        line.ranks = {
            "name": names[line.person.name or ""],
            "school": schools[line.person.school or ""],
            **{key: float(part.points) for key, part in line.parts.items()},
            "final": float(line.grade.final),
            "base": float(line.grade.base),
            "bonus": float(line.grade.bonus),
            "pace": float(line.pace.ratio or 0),
            "last": last.toordinal() if last else 0,
            # The more reasons, and the slower, the more urgent.
            "contact": (len(line.contact) + line.again) * 1000 + 999 - min(999.0, float(line.pace.ratio or 0))
            if line.contact or line.again
            else 0,
        }


def _text_ranks(texts: list[str]) -> dict[str, int]:
    # GB 18030 keeps the everyday characters in the order of their pinyin.
    return {text: rank for rank, text in enumerate(sorted(set(texts), key=lambda text: text.encode("gb18030")))}
