"""What a study page says of review: why time is held, what was decided and by whom, and where to appeal."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import url_for
from msgspec import Struct
from sqlalchemy import Connection, Engine, Row

from lms_tracker.actions.appealable import HELD, Grounds, Late, appealable, grounds_of
from lms_tracker.actions.programme_policy import policy_of_programme
from lms_tracker.core.study.decisions import Signal
from lms_tracker.core.study.entries import Entry
from lms_tracker.core.study.policy import StudyPolicy
from lms_tracker.core.study.review import NotAllowed, clock_of
from lms_tracker.store.accounts import account_by_id
from lms_tracker.store.db import reading
from lms_tracker.store.decisions import LAPSED, decode_signals
from lms_tracker.web.review_words import unless_decided
from lms_tracker.web.study_page import StudyPage


class Held(Struct, frozen=True):
    """One hold on a session, and what has come of it. `state`: held | released | rejected | lapsed."""

    id: int
    state: str
    signals: list[Signal]
    unless: str
    """By when it is to be decided, and what follows if it is not, in words."""
    decided_at: datetime | None
    by: str | None
    words: str | None
    appeal: Row[Any] | None


class Notes(Struct, frozen=True):
    """Of one session on one date. `links`: reason -> where to appeal; `until`: reason -> the last instant for that, also
    where it is over; None as long as the time is held."""

    held: list[Held]
    appeals: dict[str, Row[Any]]
    links: dict[str, str]
    until: dict[str, datetime | None]


def notes_on(db: Engine, page: StudyPage, learner_id: int) -> dict[tuple[Any, ...], Notes]:
    """Notes on the sessions of a study page."""
    with reading(db) as tx:
        policy = policy_of_programme(tx, page.programme, page.as_of).study
    return review_notes(db, learner_id, [session.entry for session in page.sessions], policy, page.as_of)


def review_notes(
    db: Engine, learner_id: int, entries: Sequence[Entry], policy: StudyPolicy, now: datetime
) -> dict[tuple[Any, ...], Notes]:
    """Notes by the key of the entry; only of entries about which there is something to say, or to appeal against."""
    if not entries:
        return {}
    with reading(db) as tx:
        grounds = grounds_of(tx, learner_id, entries, now)
        rows, appeals = grounds.decisions, grounds.appeals
        names = _names(tx, rows)
    notes = {}
    for entry in entries:
        held = [
            _held(row, rows, appeals, names, policy, now)
            for row in rows
            if row.kind == "hold"
            and (row.activity, row.session, row.registration) == entry.key[:3]
            and _meets(row, entry)
        ]
        filed = {
            a.about: a
            for a in appeals
            if a.hold_id is None and (a.activity, a.session, a.registration, a.date) == entry.key
        }
        until = _until(entry, grounds, now)
        links = {about: _address(entry, about) for about, at in until.items() if at is None or now < at}
        if held or filed or links:
            notes[entry.key] = Notes(held, filed, links, until)
    return notes


def _held(
    row: Row[Any],
    rows: Sequence[Row[Any]],
    appeals: Sequence[Row[Any]],
    names: dict[int, str],
    policy: StudyPolicy,
    now: datetime,
) -> Held:
    answered = {other.replaces: other for other in rows if other.replaces is not None}
    last, number = None, row.id
    while number in answered:
        last = answered[number]
        number = last.id
    clock = clock_of(row.decided_at, policy.review, policy.zone, now)
    states = {"release": "released", "reject": "rejected"}
    state = "held" if last is None else "lapsed" if last.reason == LAPSED else states[last.kind]
    return Held(
        id=row.id,
        state=state,
        signals=decode_signals(row.signals),
        unless=unless_decided(clock, policy.review, policy.zone),
        decided_at=None if last is None else last.decided_at,
        by=None if last is None else names.get(last.decided_by),
        words=None if last is None or last.reason == LAPSED else last.words,
        appeal=next((a for a in appeals if a.hold_id == row.id), None),
    )


def _until(entry: Entry, grounds: Grounds, now: datetime) -> dict[str, datetime | None]:
    """By when there is, or was, an appeal against what of the entry one may appeal against."""
    until: dict[str, datetime | None] = {}
    for about in (HELD, *entry.discounted):
        try:
            until[about] = appealable(entry, about, grounds, now).until
        except Late as e:
            until[about] = e.until
        except NotAllowed:
            continue
    return until


def _meets(row: Row[Any], entry: Entry) -> bool:
    return any(row.start_us <= i.end_us and i.start_us <= row.end_us for i in entry.intervals)


def _address(entry: Entry, about: str) -> str:
    return url_for(
        "appeals.new",
        activity=entry.activity,
        session=entry.session,
        registration=entry.registration,
        date=entry.date.isoformat(),
        about=about,
    )


def _names(tx: Connection, rows: Sequence[Row[Any]]) -> dict[int, str]:
    ids = {row.decided_by for row in rows if row.decided_by is not None}
    return {id: row.name for id in ids if (row := account_by_id(tx, id)) is not None}
