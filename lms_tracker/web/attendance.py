"""Meetings of a programme for whoever holds them: calling one, showing the code, taking the list, reading a report in."""

from typing import Any

from flask import Blueprint, abort, current_app, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Connection, Row

from lms_tracker.actions.import_presences import Reading, import_report, read_report
from lms_tracker.actions.meetings import (
    KINDS,
    MeetingForm,
    Seen,
    cancel_meeting,
    create_meeting,
    expected_at,
    record_presences,
)
from lms_tracker.actions.read_table import UnreadableTable
from lms_tracker.core.attendance.code import OPENS_BEFORE, code_at, left_s
from lms_tracker.core.attendance.presence import ATTENDED, STATUSES
from lms_tracker.core.sheet import SheetFaults
from lms_tracker.core.study.review import NotAllowed
from lms_tracker.reports.qr import qr_of
from lms_tracker.store import attendance as store
from lms_tracker.store.classes import cohorts_within
from lms_tracker.store.db import reading
from lms_tracker.store.declarations import states_about
from lms_tracker.web.access import HOLD_A_MEETING, REVIEW
from lms_tracker.web.attendance_words import HOW, refusal
from lms_tracker.web.attendance_words import KINDS as KIND_WORDS
from lms_tracker.web.attendance_words import STATUSES as STATUS_WORDS
from lms_tracker.web.clock import now
from lms_tracker.web.frame import classes_of, frame_of, typed_moment, typed_number
from lms_tracker.web.people import me
from lms_tracker.web.previews import SHOWN, at_cells
from lms_tracker.web.tables_in import carried, table_in, unreadable

bp = Blueprint("attendance", __name__)

WORDS: dict[str, Any] = {"kinds": KIND_WORDS, "statuses": STATUS_WORDS, "hows": HOW, "attended": ATTENDED}


@bp.get("/programmes/<int:programme_id>/meetings")
def listing(programme_id: int) -> ResponseReturnValue:
    """Those of the person's classes, the latest first, with how many came."""
    with reading(current_app.extensions["db"]) as db:
        frame = frame_of(db, programme_id, now())
        rows = store.meetings_of(db, programme_id, classes_of(me(), g.place, HOLD_A_MEETING))
        counts = store.counts_of(db, [row.id for row in rows])
    calls = classes_of(me(), g.place, REVIEW) != set()
    return render_template("attendance/listing.html", frame=frame, rows=rows, counts=counts, calls=calls, **WORDS)


@bp.get("/programmes/<int:programme_id>/meetings/new")
def new(programme_id: int) -> ResponseReturnValue:
    """The form."""
    return _form(programme_id)


@bp.post("/programmes/<int:programme_id>/meetings/new")
def create(programme_id: int) -> ResponseReturnValue:
    """Calls it."""
    asked = request.form
    mine = classes_of(me(), g.place, REVIEW)
    with reading(current_app.extensions["db"]) as db:
        zone = frame_of(db, programme_id, now()).zone
    starts_at, ends_at = (typed_moment(asked.get(name, ""), zone) for name in ("starts_at", "ends_at"))
    cohort_id = typed_number(asked.get("cohort", ""))
    if mine is not None and cohort_id not in mine:
        return _form(programme_id, _("请选择您自己的班级。"))
    if starts_at is None or ends_at is None:
        return _form(programme_id, _("请填写开始和结束时间。"))
    form = MeetingForm(
        asked.get("kind", ""),
        asked.get("title", ""),
        asked.get("place", ""),
        starts_at,
        ends_at,
        cohort_id,
        typed_number(asked.get("late_min", ""), -1) or 0,
        typed_number(asked.get("least_pct", ""), 0) or 0,
    )
    try:
        id = create_meeting(current_app.extensions["db"], programme_id, form, by=me().id, now=now())
    except NotAllowed as e:
        return _form(programme_id, refusal(e))
    flash(_("已建立。开始前 30 分钟起可以签到。"))
    return redirect(url_for("attendance.show", meeting_id=id), 303)


@bp.get("/meetings/<int:meeting_id>")
def show(meeting_id: int) -> ResponseReturnValue:
    """Who was there, to be ticked and corrected."""
    return _page(meeting_id)


@bp.post("/meetings/<int:meeting_id>")
def record(meeting_id: int) -> ResponseReturnValue:
    """The list as it was ticked; `rest` says what those are of whom nothing is known."""
    mine = classes_of(me(), g.place, HOLD_A_MEETING)
    with reading(current_app.extensions["db"]) as db:
        row = _meeting(db, meeting_id)
        people = [one for one in expected_at(db, row, now()) if mine is None or one.cohort_id in mine]
        standing = store.in_force(db, meeting_id)
    rest = request.form.get("rest", "")
    seen = {}
    for one in people:
        chosen = request.form.get(f"s-{one.learner_id}", "")
        if not chosen and one.learner_id not in standing and rest in STATUSES and one.learner_id != me().learner_id:
            chosen = rest
        before = standing[one.learner_id].status if one.learner_id in standing else ""
        if chosen in STATUSES and chosen != before:
            seen[one.learner_id] = Seen(chosen, None, request.form.get(f"w-{one.learner_id}"))  # type: ignore[arg-type]
    try:
        count = record_presences(
            current_app.extensions["db"], meeting_id, seen, how="list", by=me().id, now=now(), cohort_ids=mine
        )
    except NotAllowed as e:
        return _page(meeting_id, refusal(e))
    flash(_("已保存 %(n)d 人的出勤。", n=count))
    return redirect(url_for("attendance.show", meeting_id=meeting_id), 303)


@bp.post("/meetings/<int:meeting_id>/cancel")
def cancel(meeting_id: int) -> ResponseReturnValue:
    """Calls it off, with a reason."""
    try:
        reason = request.form.get("reason", "")
        cancel_meeting(current_app.extensions["db"], meeting_id, reason=reason, by=me().id, now=now())
    except NotAllowed as e:
        words = {"why": _("请写明取消的理由。"), "cancelled": _("这次课已取消，没有保存。")}
        return _page(meeting_id, words[e.why])
    flash(_("已取消，出勤不再计入。"))
    return redirect(url_for("attendance.show", meeting_id=meeting_id), 303)


@bp.get("/meetings/<int:meeting_id>/code")
def code(meeting_id: int) -> ResponseReturnValue:
    """For the screen in the room: the code of now, which the page itself replaces when it runs out."""
    at = now()
    with reading(current_app.extensions["db"]) as db:
        row = _meeting(db, meeting_id)
        frame = frame_of(db, row.programme_id, at)
        expected = len(expected_at(db, row, at))
        there = sum(1 for one in store.in_force(db, meeting_id).values() if one.status in ATTENDED)
    opens_at = row.starts_at - OPENS_BEFORE
    is_open = row.cancelled_at is None and opens_at <= at <= row.ends_at
    shown = code_at(row.secret, meeting_id, at)
    home = current_app.extensions["settings"].public_url
    address = home + url_for("sign_in.form", meeting=meeting_id, code=shown)
    return render_template(
        "attendance/code.html",
        row=row,
        frame=frame,
        is_open=is_open,
        opens_at=opens_at,
        code=shown,
        qr=qr_of(address),
        left=left_s(at),
        there=there,
        expected=expected,
        **WORDS,
    )


@bp.route("/meetings/<int:meeting_id>/import", methods=["GET", "POST"])
def bring_in(meeting_id: int) -> ResponseReturnValue:
    """A report of meeting software or a list: looked at first, kept on the second button."""
    if request.method != "POST":
        return _import_page(meeting_id)
    db, mine, at = current_app.extensions["db"], classes_of(me(), g.place, HOLD_A_MEETING), now()
    try:
        table = table_in()
        if table is None:
            return _import_page(meeting_id, fault=_("请选择文件。"))
        if request.form.get("what") != "keep":
            return _import_page(meeting_id, said=read_report(db, meeting_id, table, at, mine), table=carried(table))
        _said, count = import_report(db, meeting_id, table, by=me().id, now=at, cohort_ids=mine)
    except UnreadableTable as e:
        return _import_page(meeting_id, fault=unreadable(e))
    except SheetFaults as e:
        return _import_page(meeting_id, faults=at_cells(table or [], e.faults))
    except NotAllowed as e:
        return _import_page(meeting_id, fault=refusal(e))
    flash(_("已导入，%(n)d 人的出勤有变化。", n=count))
    return redirect(url_for("attendance.show", meeting_id=meeting_id), 303)


def _meeting(db: Connection, meeting_id: int) -> Row[Any]:
    row = store.meeting_by_id(db, meeting_id)
    if row is None:
        abort(404)
    return row


def _form(programme_id: int, fault: str | None = None) -> ResponseReturnValue:
    mine = classes_of(me(), g.place, REVIEW)
    with reading(current_app.extensions["db"]) as db:
        frame = frame_of(db, programme_id, now())
        classes = cohorts_within(db, {programme_id} if mine is None else (), mine or ())
    shown = render_template(
        "attendance/new.html", frame=frame, classes=classes, all=mine is None, fault=fault, typed=request.form,
        keys=KINDS, **WORDS,
    )  # fmt: skip
    return shown, 400 if fault else 200


def _page(meeting_id: int, fault: str | None = None) -> ResponseReturnValue:
    mine, at = classes_of(me(), g.place, HOLD_A_MEETING), now()
    with reading(current_app.extensions["db"]) as db:
        row = _meeting(db, meeting_id)
        frame = frame_of(db, row.programme_id, at)
        people = [one for one in expected_at(db, row, at) if mine is None or one.cohort_id in mine]
        standing = store.in_force(db, meeting_id)
        ids = {one.learner_id for one in people}
        before = [one for one in store.history(db, meeting_id) if one.learner_id in ids]
        leaves = states_about(db, "leave", meeting_id)
    shown = render_template(
        "attendance/show.html",
        row=row,
        frame=frame,
        people=people,
        standing=standing,
        before=before,
        leaves=leaves,
        counts=_counts(standing, ids),
        begun=at >= row.starts_at - OPENS_BEFORE,
        calls=classes_of(me(), g.place, REVIEW) != set(),
        own=me().learner_id,
        keys=STATUSES,
        fault=fault,
        typed=request.form,
        **WORDS,
    )
    return shown, 400 if fault else 200


def _counts(standing: dict[int, Row[Any]], ids: set[int]) -> dict[str, int]:
    mine = [one.status for id, one in standing.items() if id in ids]
    return {status: mine.count(status) for status in STATUSES} | {"open": len(ids) - len(mine)}


def _import_page(
    meeting_id: int, said: Reading | None = None, table: str = "", fault: str | None = None, faults: Any = ()
) -> ResponseReturnValue:
    with reading(current_app.extensions["db"]) as db:
        row = _meeting(db, meeting_id)
        frame = frame_of(db, row.programme_id, now())
    shown = render_template(
        "attendance/import.html",
        row=row,
        frame=frame,
        said=said,
        table=table,
        fault=fault,
        faults=faults,
        shown=SHOWN,
        **WORDS,
    )
    return shown, 400 if fault or faults else 200
