"""Held time and appeals as a queue, and deciding about held time. For head teacher, liaison and staff."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from msgspec import Struct
from sqlalchemy import Connection, Row

from lms_tracker.actions.held_case import CaseChanged, HeldPart, SeenCase, Sight, held_case
from lms_tracker.actions.keep_deadlines import appeal_clocks, first_clocks
from lms_tracker.actions.programme_policy import policy_in_force
from lms_tracker.actions.review_hold import review_holds
from lms_tracker.actions.settle_study import settle_now
from lms_tracker.core.study.policy import StudyPolicy
from lms_tracker.core.study.review import MAX_WORDS, Clock, NotAllowed, clock_of
from lms_tracker.store import reviews as store
from lms_tracker.store.classes import programmes_reached
from lms_tracker.store.db import reading
from lms_tracker.store.decisions import decode_signals
from lms_tracker.store.ledger import entries_in_force
from lms_tracker.store.study_days import titles_of
from lms_tracker.web.access import REVIEW
from lms_tracker.web.clock import now
from lms_tracker.web.frame import hidden_numbers
from lms_tracker.web.people import Person, me
from lms_tracker.web.review_words import OUTCOMES, STAGES, by_day, last_day, left, reason_title, refusal
from lms_tracker.web.strip import Strip, day_strip

bp = Blueprint("review", __name__)

SHOWN_CLOSED = 50
MOST_STRIPS = 7


class Case(Struct, frozen=True):
    """Somebody's held time in one class: how much in how many parts, since when."""

    learner_id: int
    name: str | None
    cohort_id: int
    cohort: str
    parts: int
    held_us: int
    clock: Clock
    policy: StudyPolicy
    appealed: bool


class AppealLine(Struct, frozen=True):
    """An appeal in the list. `clock` is that of the `first` review while nobody has decided about the hold; None of one
    that is closed."""

    row: Row[Any]
    clock: Clock | None
    first: bool
    policy: StudyPolicy


class Part(Struct, frozen=True):
    """One held part of a session. `news`: it has changed since the page that was decided on."""

    held: HeldPart
    signals: list[Any]
    clock: Clock
    news: bool


@bp.get("/review")
def queue() -> ResponseReturnValue:
    """What waits within the person's roles; a monitor sees the appeals of the class, to say what is known of them."""
    person, at = me(), now()
    with reading(current_app.extensions["db"]) as db:
        cases = _cases(db, *_scope(person, REVIEW), person, at)
        seen, watched = _scope_of_appeals(db, person)
        open_ones = [r for r in store.appeals_within(db, seen, watched) if r.owner != person.learner_id]
        closed = [r for r in store.appeals_within(db, seen, watched, closed=True) if r.owner != person.learner_id]
        rules = _policies(db, [*open_ones, *closed[:SHOWN_CLOSED]], at)
        first, second = first_clocks(db, open_ones, rules, at), appeal_clocks(db, open_ones, rules, at)
        clocks = first | second
        appeals = [AppealLine(r, clocks.get(r.id), r.id in first, rules[r.programme_id]) for r in open_ones]
    return render_template(
        "review/queue.html",
        cases=cases,
        appeals=appeals,
        closed=[AppealLine(r, None, False, rules[r.programme_id]) for r in closed[:SHOWN_CLOSED]],
        reviewer=person.has(*REVIEW),
        at=at,
        **words(),
    )


@bp.get("/review/<int:cohort_id>/<int:learner_id>")
def show(cohort_id: int, learner_id: int) -> ResponseReturnValue:
    return _page(cohort_id, learner_id)


@bp.post("/review/<int:cohort_id>/<int:learner_id>")
def decide(cohort_id: int, learner_id: int) -> ResponseReturnValue:
    """Releases or rejects the chosen parts; reason, who and when stay with it, and the learner reads them.

    Nothing, where the case is not the one that the form shows: the page is shown anew, and says what has changed.
    """
    chosen = [int(id) for id in request.form.getlist("hold") if id.isdecimal() and len(id) < 10]
    typed, what = request.form.get("words", ""), request.form.get("what", "")
    if what not in ("release", "reject"):
        abort(400)
    db, release = current_app.extensions["db"], what == "release"
    seen = SeenCase(cohort_id, {id: Sight(*rest) for id, *rest in hidden_numbers("seen", 3) if id < 10**9})
    wanted = [id for id in chosen if id in seen.parts]
    try:
        review_holds(db, learner_id, wanted, release=release, words=typed, by=me().id, now=now(), seen=seen)
    except NotAllowed as e:
        return _page(cohort_id, learner_id, e, typed, chosen)
    settle_now(db, learner_id, now)
    flash(_("已恢复计入。") if release else _("已决定不计入，学员可以申诉。"))
    with reading(db) as tx:
        more = store.open_holds(tx, (), [cohort_id], learner_id)
    address = url_for("review.show", cohort_id=cohort_id, learner_id=learner_id) if more else url_for("review.queue")
    return redirect(address, 303)


def _page(
    cohort_id: int,
    learner_id: int,
    refused: NotAllowed | None = None,
    typed: str = "",
    chosen: list[int] | None = None,
) -> ResponseReturnValue:
    at = now()
    with reading(current_app.extensions["db"]) as db:
        held = held_case(db, cohort_id, learner_id)
        rows = [one.row for one in held]
        policy = next(iter(_policies(db, rows, at).values()), None)
        news = refused.new | refused.moved | refused.appealed if isinstance(refused, CaseChanged) else set()
        parts = [_part(one, policy, one.row.id in news, at) for one in held if policy]
        dates = sorted({entry.date for one in held for entry in one.entries}, reverse=True)
        strips = strips_of(db, learner_id, rows[0].programme_id, dates, policy.zone) if rows and policy else []
    shown = render_template(
        "review/show.html",
        cohort_id=cohort_id,
        learner_id=learner_id,
        cases=_alike(parts),
        strips=strips,
        days=len(dates),
        not_drawn=dates[MOST_STRIPS:],
        policy=policy,
        fault=refusal(refused) if refused else None,
        typed=typed,
        chosen=chosen,
        at=at,
        max_words=MAX_WORDS,
        **words(),
    )
    return shown, 400 if refused else 200


def _alike(parts: list[Part]) -> list[list[Part]]:
    """Parts that were held together, for the same reasons; each in the order of time."""
    found: dict[tuple[str | None, datetime], list[Part]] = defaultdict(list)
    for part in sorted(parts, key=lambda part: part.held.row.start_us):
        found[part.held.row.signals, part.held.row.decided_at].append(part)
    return list(found.values())


def _part(held: HeldPart, policy: StudyPolicy, news: bool, at: datetime) -> Part:
    clock = clock_of(held.row.decided_at, policy.review, policy.zone, at)
    return Part(held, decode_signals(held.row.signals), clock, news)


def strips_of(
    db: Connection, learner_id: int, programme_id: int, dates: Sequence[date], zone: ZoneInfo
) -> list[tuple[date, Strip]]:
    """Pictures of the first of these days, MOST_STRIPS at most, as far as they are this programme's to see."""
    found = []
    for day in dates[:MOST_STRIPS]:
        entries = list(entries_in_force(db, [learner_id], day, day))
        titles = titles_of(db, {entry.activity for entry in entries})
        here = [e for e in entries if e.activity not in titles or titles[e.activity].programme_id == programme_id]
        strip = day_strip(here, zone)
        if strip is not None:
            found.append((day, strip))
    return found


def _cases(db: Connection, programmes: set[int], classes: set[int], person: Person, at: datetime) -> list[Case]:
    rows = [row for row in store.open_holds(db, programmes, classes) if row.owner != person.learner_id]
    amounts = store.held_amounts(db, {row.owner for row in rows})
    rules = _policies(db, rows, at)
    appealed = {a.hold_id for a in store.appeals_within(db, programmes, classes)}
    grouped: dict[tuple[int, int], list[Row[Any]]] = defaultdict(list)
    for row in rows:
        grouped[row.cohort_id, row.owner].append(row)
    cases = []
    for (cohort_id, learner_id), parts in grouped.items():
        policy, sessions = rules[parts[0].programme_id], {(p.activity, p.session, p.registration) for p in parts}
        cases.append(
            Case(
                learner_id=learner_id,
                name=parts[0].name,
                cohort_id=cohort_id,
                cohort=parts[0].cohort,
                parts=len(parts),
                held_us=sum(amounts.get((learner_id, *session), 0) for session in sessions),
                clock=clock_of(parts[0].decided_at, policy.review, policy.zone, at),
                policy=policy,
                appealed=any(p.id in appealed for p in parts),
            )
        )
    return cases


def _policies(db: Connection, rows: list[Row[Any]], at: datetime) -> dict[int, StudyPolicy]:
    names = {row.programme_id: row.policy for row in rows}
    return {id: policy_in_force(db, id, name, at).study for id, name in names.items()}


def waiting(person: Person) -> int:
    """How many learners' held time and how many appeals the queue has for this person."""
    with reading(current_app.extensions["db"]) as db:
        held = store.count_held(db, *_scope(person, REVIEW), person.learner_id)
        return held + store.count_appeals(db, *_scope_of_appeals(db, person), person.learner_id)


def _scope_of_appeals(db: Connection, person: Person) -> tuple[set[int], set[int]]:
    """Another reviewer of the programme decides; a monitor says what is known of those in the class."""
    watched = {role.cohort_id for role in person.roles if role.name == "monitor" and role.cohort_id}
    return programmes_reached(db, *_scope(person, REVIEW), ()), watched


def _scope(person: Person, names: tuple[str, ...]) -> tuple[set[int], set[int]]:
    mine = [role for role in person.roles if role.name in names]
    return {r.programme_id for r in mine if r.programme_id}, {r.cohort_id for r in mine if r.cohort_id}


def words() -> dict[str, object]:
    """What templates of reviews speak with."""
    return {
        "outcomes": OUTCOMES,
        "stages": STAGES,
        "last_day": last_day,
        "by_day": by_day,
        "left": left,
        "reason_title": reason_title,
    }
