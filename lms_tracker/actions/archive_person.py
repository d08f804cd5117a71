"""The archive file (档案) of one person in one programme: everything that the result rests on, as of one instant."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, Engine, Row

from lms_tracker.actions.gather_histories import gather_histories
from lms_tracker.actions.grade import grade_cohort
from lms_tracker.core.grading.grade import Grade
from lms_tracker.core.grading.history import History, weighed, works_at
from lms_tracker.core.sealed import opened
from lms_tracker.store import results as store
from lms_tracker.store.achievements import achievements_at
from lms_tracker.store.classes import enrolments_of
from lms_tracker.store.db import reading
from lms_tracker.store.person_reviews import count_reviews


class Month(Struct, frozen=True):
    """Study in the programme's courses in one month; microseconds."""

    first: date
    claimed_us: int
    credited_us: int
    held_us: int
    days: int
    """Days with credited study."""


class Archive(Struct, frozen=True):
    """What is filed. `grade` is None for who is not enrolled at that instant."""

    programme: Row[Any]
    enrolment: Row[Any]
    as_of: datetime
    timezone: str
    policy: str
    grade: Grade | None
    months: tuple[Month, ...]
    marks: tuple[tuple[str, Decimal, Decimal, datetime], ...]
    """(title, mark, weight of the work, when the mark was given), in force at that instant."""
    achievements: tuple[Row[Any], ...]
    frozen: tuple[dict[str, Any], ...]
    """The person's lines of frozen results, each with `version`, `as_of` and `sha256` of the results, and the words of
    their honours as `honour_titles`."""
    certificates: tuple[Row[Any], ...]
    decisions: int
    appeals: int


def archive_of(db: Engine, programme_id: int, learner_id: int, as_of: datetime) -> Archive | None:
    """The file, or None when the person was never in the programme, or is erased.

    Raises PolicyErrors, and ValueError for a policy that does not grade.
    """
    with reading(db) as tx:
        enrolment = next((row for row in enrolments_of(tx, learner_id) if row.programme_id == programme_id), None)
        if enrolment is None:
            return None
        frozen = tuple(_frozen(tx, programme_id, learner_id, as_of))
        held = [row for row in store.certificates_of_learners(tx, [learner_id]) if row.issued_at <= as_of]
        here = {version.id for version in store.versions(tx, programme_id)}
        achieved = tuple(achievements_at(tx, programme_id, as_of, [learner_id]))
        counts = count_reviews(tx, [learner_id])
    known = gather_histories(db, programme_id, as_of, [learner_id])
    history = known.histories[0] if known.histories else None
    grades = grade_cohort(db, programme_id, as_of, [learner_id]) if history else []
    return Archive(
        programme=known.programme,
        enrolment=enrolment,
        as_of=as_of,
        timezone=known.policy.study.timezone,
        policy=known.policy.id,
        grade=grades[0] if grades else None,
        months=tuple(_months(history)) if history else (),
        marks=tuple(_marks(history, as_of)) if history else (),
        achievements=achieved,
        frozen=frozen,
        certificates=tuple(row for row in held if row.result_id in here),
        decisions=counts["decisions"],
        appeals=counts["appeals"],
    )


def _frozen(tx: Connection, programme_id: int, learner_id: int, as_of: datetime) -> Iterable[dict[str, Any]]:
    for version in reversed(store.versions(tx, programme_id)):
        result = store.result_by_id(tx, version.id)
        if result is None or result.frozen_at > as_of:
            continue
        content = opened(result.content)
        for one in content["people"]:
            if one["learner"] == learner_id:
                of = {key: content[key] for key in ("version", "as_of", "sha256")}
                yield one | of | {"honour_titles": content["honours"]}


def _months(history: History) -> Iterable[Month]:
    months: dict[date, list[Any]] = defaultdict(list)
    for day in history.days:
        months[day.date.replace(day=1)].append(day)
    for first in sorted(months):
        days = months[first]
        yield Month(
            first,
            sum(day.raw_us for day in days),
            sum(day.credited_us for day in days),
            sum(day.held_us for day in days),
            len({day.date for day in days if day.credited_us}),
        )


def _marks(history: History, at: datetime) -> Iterable[tuple[str, Decimal, Decimal, datetime]]:
    works = works_at(history.works, at)
    for mark in sorted(history.marks, key=lambda mark: mark.marked_at):
        if mark.marked_at <= at and (mark.replaced_at is None or mark.replaced_at > at):
            then = weighed(mark.scored, works)
            yield then.title, then.mark, then.weight, mark.marked_at
