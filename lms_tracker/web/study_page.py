"""What the page of one learner shows; the learner and the people who look after the class see the same page."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection, Engine, Row

from lms_tracker.actions.grade import grade_cohort
from lms_tracker.actions.programme_policy import policy_of_programme
from lms_tracker.core.grading.distance import distance
from lms_tracker.core.grading.grade import Grade
from lms_tracker.core.grading.pace import Pace, Reason, needs_contact, pace
from lms_tracker.core.grading.policy import Policy
from lms_tracker.core.player.refusals import Refused, explain_refusals
from lms_tracker.core.study.decisions import Decision
from lms_tracker.core.study.entries import Entry
from lms_tracker.core.study.explain import Sentence, explain, explain_decisions
from lms_tracker.store.classes import programme_row
from lms_tracker.store.db import reading
from lms_tracker.store.decisions import decisions_of
from lms_tracker.store.ledger import entries_in_force
from lms_tracker.store.marking import remarks_of
from lms_tracker.store.player import refusals_of
from lms_tracker.store.study_days import Day, days_of, months_of, titles_of
from lms_tracker.web.chart import DayChart, day_chart
from lms_tracker.web.reversals import Reversal, reversals_of
from lms_tracker.web.rule_changes import RuleChange, rule_changes
from lms_tracker.web.strip import Strip, day_strip

DAYS_SHOWN, DAYS_ON_PHONE = 42, 14


class Session(Struct, frozen=True):
    """One ledger entry in words. `title` is None for an activity that nobody has catalogued."""

    entry: Entry
    title: str | None
    starts_us: int | None
    why: list[Sentence]
    refused: list[str] = []
    """What our player's session sent in vain, in words."""
    before: list[Reversal] = []
    """What the entry was before; whoever may not read remarks is not told."""


class StudyPage(Struct, frozen=True):
    programme: Row[Any]
    enrolment: Row[Any]
    zone: ZoneInfo
    as_of: datetime
    today: date
    grade: Grade | None
    """None for somebody who is not in the programme today: not yet, or no longer."""
    pace: Pace | None
    contact: tuple[Reason, ...]
    days: list[Day]
    wide: DayChart
    narrow: DayChart
    months: list[date]
    month: date | None
    sessions: list[Session]
    strips: Mapping[date, Strip]
    """The picture of each day of `sessions`."""
    day: date | None
    """The only day that is shown, where one was asked for."""
    said: Mapping[str, str] | None
    """What is missing in one sentence with the day by which, by language; None: nothing, or there is no grade."""
    rules: list[RuleChange]
    """From when on the learner is judged otherwise than at the beginning."""
    comments: Mapping[str, str] | None
    """Remarks on marks by `Source.ref`; None when they are not for this reader."""


def study_page(
    db: Engine,
    enrolment: Row[Any],
    *,
    learner_id: int,
    month: str | None,
    day: str | None = None,
    with_comments: bool,
    now: datetime,
    locale: str,
) -> StudyPage:
    """Everything of one learner in one programme, as of now, with the sessions of one month, or of one day."""
    with reading(db) as connection:
        programme = programme_row(connection, enrolment.programme_id)
        policy = policy_of_programme(connection, programme, now)
    zone = policy.study.zone
    today = now.astimezone(zone).date()
    grade = next(iter(grade_cohort(db, programme.id, now, [learner_id])), None)
    first = max(programme.starts_on, enrolment.enrolled_on)
    with reading(db) as connection:
        last = _last_day_shown(programme, today)
        days = days_of(connection, learner_id, programme.id, last - timedelta(days=DAYS_SHOWN - 1), last)
        months = months_of(connection, learner_id, programme.id)
        only = _date(day)
        asked = f"{only:%Y-%m}" if only else month
        chosen = next((m for m in months if f"{m:%Y-%m}" == asked), months[0] if months else None)
        # Whoever may not read remarks is a class-mate, and need not know that time was once suspected.
        decisions = decisions_of(connection, [learner_id]).get(learner_id, []) if with_comments else []
        sessions = _sessions(connection, learner_id, programme.id, chosen, zone, locale, decisions) if chosen else []
        if with_comments:
            sessions = _with_refusals(connection, learner_id, sessions, zone, locale)
            before = reversals_of(connection, learner_id, [session.entry for session in sessions])
            sessions = [replace(session, before=before.get(session.entry.key, [])) for session in sessions]
        if any(session.entry.date == only for session in sessions):
            sessions = [session for session in sessions if session.entry.date == only]
        else:
            only = None
        comments = remarks_of(connection, learner_id) if with_comments else None
        rules = rule_changes(connection, programme, learner_id, today=today, with_time=with_comments)
    return StudyPage(
        programme=programme,
        enrolment=enrolment,
        zone=zone,
        as_of=now,
        today=today,
        grade=grade,
        pace=pace(grade, first=first, last=programme.ends_on, today=today) if grade else None,
        contact=contact_reasons(grade, policy, first, programme.ends_on, today) if grade else (),
        days=days,
        wide=day_chart(days, last, DAYS_SHOWN, width=900),
        narrow=day_chart(days, last, DAYS_ON_PHONE, width=350),
        months=months,
        month=chosen,
        sessions=sessions,
        strips=_strips(sessions, zone),
        day=only,
        said={code: distance(grade, code) for code in ("zh", "en")} if grade and grade.missing else None,
        rules=rules,
        comments=comments,
    )


def _with_refusals(
    db: Connection, learner_id: int, sessions: list[Session], zone: ZoneInfo, locale: str
) -> list[Session]:
    """What was refused stands with the latest entry of its session."""
    refused: dict[tuple[str, str, str], list[Refused]] = defaultdict(list)
    for row in refusals_of(db, [learner_id]):
        one = Refused(row.reason, row.times, row.first_at, row.last_at)
        refused[row.activity, str(row.uuid), row.registration].append(one)
    told = []
    for session in sessions:  # the latest first
        theirs = refused.pop(session.entry.key[:3], [])
        told.append(replace(session, refused=explain_refusals(theirs, zone, locale)) if theirs else session)
    return told


def _strips(sessions: list[Session], zone: ZoneInfo) -> dict[date, Strip]:
    by_day: dict[date, list[Entry]] = defaultdict(list)
    for session in sessions:
        by_day[session.entry.date].append(session.entry)
    pictures = {day: day_strip(entries, zone) for day, entries in by_day.items()}
    return {day: strip for day, strip in pictures.items() if strip is not None}


def _date(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def contact_reasons(grade: Grade, policy: Policy, first: date, last: date, today: date) -> tuple[Reason, ...]:
    """Why somebody should call this learner."""
    if policy.grading is None:
        return ()
    return needs_contact(grade, first=first, last=last, today=today, rules=policy.grading.contact)


def _last_day_shown(programme: Row[Any], today: date) -> date:
    ends: date = programme.ends_on
    return min(today, ends) if today >= programme.starts_on else today


def _sessions(
    db: Connection,
    learner_id: int,
    programme_id: int,
    month: date,
    zone: ZoneInfo,
    locale: str,
    decisions: list[Decision],
) -> list[Session]:
    last = (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    entries = list(entries_in_force(db, [learner_id], since=month, until=last))
    titles = titles_of(db, {entry.activity for entry in entries})
    sessions = [
        Session(
            entry,
            titles[entry.activity].title if entry.activity in titles else None,
            min((interval.start_us for interval in entry.intervals), default=None),
            [*explain(entry, zone, locale), *explain_decisions(entry, decisions, zone, locale)],
        )
        for entry in entries
        if entry.activity not in titles or titles[entry.activity].programme_id == programme_id
    ]
    return sorted(sessions, key=lambda s: (s.entry.date, s.starts_us or 0), reverse=True)
