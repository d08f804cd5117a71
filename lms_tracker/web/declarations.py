"""Leave, research output, notes and books: declared by the learner, confirmed by somebody else. The same pages for all."""

from datetime import datetime
from typing import Any

import msgspec
from flask import Blueprint, abort, current_app, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Connection, Row

from lms_tracker.actions.activity_reports import Due, days_late_of, due_on, reports_due
from lms_tracker.actions.decide_declaration import decide as decide_declaration
from lms_tracker.actions.declare import declare, declare_again
from lms_tracker.actions.declare import withdraw as take_back
from lms_tracker.actions.meetings import expected_at
from lms_tracker.actions.programme_policy import policy_of_programme
from lms_tracker.core.attendance.presence import ATTENDED
from lms_tracker.core.declarations import FACTS, KINDS, MAX_TITLE, MAX_WORDS, OPTIONAL, PROOFS, Content, Kind
from lms_tracker.core.grading.kinds import LEVEL_WORDS
from lms_tracker.core.reading import distances
from lms_tracker.core.study.review import NotAllowed
from lms_tracker.store import attendance
from lms_tracker.store import declarations as store
from lms_tracker.store.books import book_by_id, books_of
from lms_tracker.store.classes import enrolments_of
from lms_tracker.store.db import reading
from lms_tracker.store.panels import levels_of
from lms_tracker.store.tables import LARGEST_ID
from lms_tracker.web.access import REVIEW
from lms_tracker.web.clock import now
from lms_tracker.web.declaration_words import ASKS, STATES, STEPS, TITLES, VALUES, refusal
from lms_tracker.web.declaration_words import FACTS as FACT_WORDS
from lms_tracker.web.declaration_words import KINDS as KIND_WORDS
from lms_tracker.web.files import as_download, handed_in
from lms_tracker.web.frame import Frame, classes_of, frame_of, typed_day, typed_number
from lms_tracker.web.panel_view import panel_view
from lms_tracker.web.people import me

bp = Blueprint("declarations", __name__)

WORDS: dict[str, Any] = {
    "kinds": KIND_WORDS,
    "states": STATES,
    "steps_words": STEPS,
    "fact_words": FACT_WORDS,
    "values": VALUES,
    "asks": ASKS,
    "titles": TITLES,
    "facts_of": FACTS,
    "optional": OPTIONAL,
    "max_title": MAX_TITLE,
    "proofs": PROOFS,
}
MINE: dict[Kind, str] = {
    "leave": "leave", "research": "research", "note": "notes", "reading": "reading",
    "report": "reports", "analysis": "analysis",
}  # fmt: skip
"""Kind -> last part of the address of a learner's own."""
SHOWN_DECIDED = 200


def _mine(programme_id: int, kind: Kind) -> ResponseReturnValue:
    learner_id = me().learner_id
    assert learner_id is not None
    with reading(current_app.extensions["db"]) as db:
        frame = frame_of(db, programme_id, now())
        rows = [row for row in store.declarations_of(db, learner_id, kind) if row.programme_id == programme_id]
        grading = policy_of_programme(db, frame.programme, frame.at).grading if kind == "reading" else None
        rulings = levels_of(db, [row.id for row in rows]) if kind == "research" else {}
        due = _due(db, frame, {one.cohort_id for one in enrolments_of(db, learner_id)}) if kind == "report" else []
    facts = {row.id: store.facts(row) for row in rows}
    read = [
        (row.happened_on, facts[row.id]["monograph"] == "yes")
        for row in rows
        if row.state == "confirmed" and kind == "reading"
    ]
    far = distances(grading.points, read, frame.today.year) if grading is not None else []
    return render_template(
        "declarations/mine.html", frame=frame, kind=kind, rows=rows, facts=facts, far=far, rulings=rulings, due=due, own=learner_id,
        level_words=LEVEL_WORDS, **WORDS,
    )  # fmt: skip


for _kind, _last in MINE.items():
    bp.add_url_rule(f"/programmes/<int:programme_id>/{_last}", _kind, _mine, defaults={"kind": _kind}, methods=["GET"])


@bp.get("/programmes/<int:programme_id>/declare/<any(leave, research, note, reading, report, analysis):kind>")
def new(programme_id: int, kind: Kind) -> ResponseReturnValue:
    """The form. `about`: the number of the meeting or book."""
    return _form(programme_id, kind)


@bp.post("/programmes/<int:programme_id>/declare/<any(leave, research, note, reading, report, analysis):kind>")
def hand_in(programme_id: int, kind: Kind) -> ResponseReturnValue:
    """Declares it."""
    learner_id, db = me().learner_id, current_app.extensions["db"]
    assert learner_id is not None
    files = handed_in("files", PROOFS)
    try:
        content = _content(kind, programme_id)
        id = declare(db, programme_id, learner_id, kind, content, files=files, by=me().id, now=now())
    except NotAllowed as e:
        return _form(programme_id, kind, refusal(e, kind))
    flash(_("已提交，等待确认。"))
    return redirect(url_for("declarations.show", declaration_id=id), 303)


@bp.get("/programmes/<int:programme_id>/confirm")
def queue(programme_id: int) -> ResponseReturnValue:
    """What waits within the person's classes, by kind; ?state=confirmed|returned shows what was decided."""
    kind = request.args.get("kind", "")
    state = request.args.get("state", "declared")
    if state not in STATES:
        abort(404)
    mine = classes_of(me(), g.place, REVIEW)
    with reading(current_app.extensions["db"]) as db:
        frame = frame_of(db, programme_id, now())
        waiting = store.count_waiting(db, programme_id, mine)
        shown: Kind = kind if kind in KINDS else next((k for k in KINDS if waiting.get(k)), "leave")  # type: ignore[assignment]
        rows = store.declarations_in(db, programme_id, shown, [state], mine)  # type: ignore[list-item]
        due = _due(db, frame, mine) if shown == "report" else []
    if state != "declared":
        rows = rows[::-1][:SHOWN_DECIDED]
    return render_template(
        "declarations/queue.html", frame=frame, kind=shown, state=state, rows=rows, waiting=waiting,
        facts={row.id: store.facts(row) for row in rows}, own=me().learner_id, keys=KINDS, due=due, **WORDS,
    )  # fmt: skip


@bp.get("/declarations/<int:declaration_id>")
def show(declaration_id: int) -> ResponseReturnValue:
    return _page(declaration_id)


@bp.post("/declarations/<int:declaration_id>/decision")
def decide(declaration_id: int) -> ResponseReturnValue:
    """Confirms, returns or reopens."""
    what = request.form.get("what", "")
    if what not in ("confirmed", "returned", "reopened"):
        abort(400)
    try:
        words = request.form.get("words", "")
        decide_declaration(current_app.extensions["db"], declaration_id, what, words=words, by=me().id, now=now())  # type: ignore[arg-type]
    except NotAllowed as e:
        return _page(declaration_id, refusal(e))
    flash({"confirmed": _("已确认。"), "returned": _("已退回。"), "reopened": _("已撤销确认，不再计入。")}[what])
    return redirect(url_for("declarations.show", declaration_id=declaration_id), 303)


@bp.post("/declarations/<int:declaration_id>/again")
def again(declaration_id: int) -> ResponseReturnValue:
    """A new wording from whose it is."""
    with reading(current_app.extensions["db"]) as db:
        row = _row(db, declaration_id)
    try:
        content = _content(row.kind, row.programme_id, row.about)
        files = handed_in("files", PROOFS)
        declare_again(current_app.extensions["db"], declaration_id, content, files=files, by=me().id, now=now())
    except NotAllowed as e:
        return _page(declaration_id, refusal(e, row.kind))
    flash(_("已重新提交，等待确认。"))
    return redirect(url_for("declarations.show", declaration_id=declaration_id), 303)


@bp.post("/declarations/<int:declaration_id>/withdraw")
def withdraw(declaration_id: int) -> ResponseReturnValue:
    """Whose it is takes it back."""
    try:
        take_back(current_app.extensions["db"], declaration_id, by=me().id, now=now())
    except NotAllowed as e:
        return _page(declaration_id, refusal(e))
    flash(_("已撤回。"))
    return redirect(url_for("declarations.show", declaration_id=declaration_id), 303)


@bp.get("/declarations/<int:declaration_id>/files/<int:file_id>")
def download(declaration_id: int, file_id: int) -> ResponseReturnValue:
    """A proof, as a download."""
    with reading(current_app.extensions["db"]) as db:
        row = store.file_of(db, declaration_id, file_id)
    if row is None:
        abort(404)
    return as_download(row.name, row.kind, bytes(row.content))


def _row(db: Connection, declaration_id: int) -> Row[Any]:
    row = store.declaration_by_id(db, declaration_id)
    if row is None:
        abort(404)
    return row


def _content(kind: Kind, programme_id: int, about: int | None = None) -> Content:
    asked = request.form
    facts = {key: asked.get(key, "") for key in FACTS[kind]}
    typed = typed_number(asked.get("about", ""))
    about = about if about is not None else typed if typed is not None and typed <= LARGEST_ID else None
    title, day = asked.get("title", ""), typed_day(asked.get("happened_on", ""))
    if kind == "reading" and about is not None:
        with reading(current_app.extensions["db"]) as db:
            listed = book_by_id(db, about)
        if listed is None or listed.programme_id != programme_id:
            raise NotAllowed("stranger")
        title, facts = listed.title, {"author": listed.author, "monograph": "yes" if listed.monograph else "no"}
    if kind == "analysis":
        if about is None:
            raise NotAllowed("year")
        title = ANALYSIS.format(year=about)
    elif kind in ("leave", "report"):
        with reading(current_app.extensions["db"]) as db:
            meeting = None if about is None else attendance.meeting_by_id(db, about)
            if meeting is None or meeting.programme_id != programme_id:
                raise NotAllowed("stranger")
            title = meeting.title
    elif day is None and kind != "note":
        raise NotAllowed("happened_on")
    return Content(title, asked.get("words", ""), day, about, facts)


def _form(programme_id: int, kind: Kind, fault: str | None = None) -> ResponseReturnValue:
    learner_id, at = me().learner_id, now()
    assert learner_id is not None
    about = typed_number(request.values.get("about", ""))
    with reading(current_app.extensions["db"]) as db:
        frame = frame_of(db, programme_id, at)
        choices = _choices(db, frame, learner_id, kind)
    shown = render_template(
        "declarations/new.html", frame=frame, kind=kind, choices=choices, about=about, typed=request.form, fault=fault,
        max_words=MAX_WORDS[kind], **WORDS,
    )  # fmt: skip
    return shown, 400 if fault else 200


def _choices(db: Connection, frame: Frame, learner_id: int, kind: Kind) -> list[tuple[int, str]]:
    """(number, words) of what may be declared about."""
    if kind == "reading":
        return [
            (row.id, f"{row.title} {row.author}{_(' · 教育专著') if row.monograph else ''}")
            for row in books_of(db, frame.programme.id)
        ]
    if kind == "analysis":
        return [(year, ANALYSIS.format(year=year)) for year in (frame.today.year, frame.today.year - 1)]
    if kind == "report":
        classes = {one.cohort_id for one in enrolments_of(db, learner_id) if one.programme_id == frame.programme.id}
        return [
            (one.meeting.id, f"{one.meeting.starts_at.astimezone(frame.zone):%Y-%m-%d} {one.meeting.title}")
            for one in _due(db, frame, classes)
            if one.report is None
        ]
    if kind != "leave":
        return []
    rows = attendance.meetings_for(db, learner_id)
    return [
        (row.id, f"{row.starts_at.astimezone(frame.zone):%Y-%m-%d %H:%M} {row.title}")
        for row in rows
        if row.programme_id == frame.programme.id and row.cancelled_at is None
    ]


ANALYSIS = "{year} 年自我剖析"
"""What an analysis is called, wherever its evidence is shown."""


def _due(db: Connection, frame: Frame, cohort_ids: set[int] | None) -> list[Due]:
    return reports_due(db, frame.programme.id, cohort_ids, frame.zone, frame.at)


def _roll(db: Connection, row: Row[Any], meeting: Row[Any], at: datetime) -> tuple[int, list[str]]:
    """Of the reporting class: how many were asked to the meeting, and who was there."""
    asked = [one for one in expected_at(db, meeting, at) if one.cohort_id == row.cohort_id]
    there = attendance.in_force(db, meeting.id)
    return len(asked), [
        one.name for one in asked if one.learner_id in there and there[one.learner_id].status in ATTENDED
    ]


def _page(declaration_id: int, fault: str | None = None) -> ResponseReturnValue:
    person = me()
    with reading(current_app.extensions["db"]) as db:
        row = _row(db, declaration_id)
        frame = frame_of(db, row.programme_id, now())
        steps = [(one, _said(one.content)) for one in store.steps_of(db, declaration_id)]
        files = store.files_of(db, declaration_id)
        panel = panel_view(db, row, person, g.place) if row.kind == "research" else None
        meeting = attendance.meeting_by_id(db, row.about) if row.kind in ("leave", "report") and row.about else None
        roll = due = None
        if meeting is not None and row.kind == "report":
            roll, due = _roll(db, row, meeting, frame.at), due_on(db, meeting, frame.zone)
        late = days_late_of(db, row, meeting, frame.zone) if due else 0
    own = person.learner_id is not None and person.learner_id == row.owner
    shown = render_template(
        "declarations/show.html", row=row, frame=frame, facts=store.facts(row), steps=steps, files=files, own=own,
        meeting=meeting, roll=roll, due=due, late=late, panel=panel, fault=fault, typed=request.form, kind=row.kind, max_words=MAX_WORDS[row.kind], **WORDS,
    )  # fmt: skip
    return shown, 400 if fault else 200


def _said(content: str | None) -> Content | None:
    return None if content is None else msgspec.json.decode(content, type=Content)
