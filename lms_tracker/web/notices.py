"""The public notice (公示) of results, and objections: for everybody who has to do with the programme.

Shown are name, school, class, result and honours: no marks, and nothing of why somebody did not pass.
"""

from zoneinfo import ZoneInfo

from flask import Blueprint, abort, current_app, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms_tracker.actions.programme_policy import policy_of_programme
from lms_tracker.actions.publish_results import answer_objection, file_objection, withdraw_notice
from lms_tracker.core.results.notices import MAX_WORDS, ResultsRefused, last_day, state_of
from lms_tracker.core.sealed import opened
from lms_tracker.store import results as store
from lms_tracker.store.classes import programme_row
from lms_tracker.store.db import reading
from lms_tracker.web.clock import now
from lms_tracker.web.guard import opens
from lms_tracker.web.people import me
from lms_tracker.web.results_words import NOTICE_STATES, OUTCOMES, STATUSES, refusal

bp = Blueprint("notices", __name__)


@bp.get("/programmes/<int:programme_id>/notices")
def listing(programme_id: int) -> ResponseReturnValue:
    """All notices of the programme that stand, the latest first."""
    at = now()
    with reading(current_app.extensions["db"]) as db:
        programme = programme_row(db, programme_id)
        zone = policy_of_programme(db, programme, at).study.zone
        rows = [row for row in store.notices_of(db, [programme_id]) if row.withdrawn_at is None]
    states = {row.id: state_of(row, at) for row in rows}
    return render_template(
        "notices/listing.html",
        rows=rows,
        states=states,
        words=NOTICE_STATES,
        programme=programme,
        zone=zone,
        last=last_day,
    )


@bp.get("/notices/<int:notice_id>")
def show(notice_id: int) -> ResponseReturnValue:
    """The list, and the person's own objections; whoever runs the programme sees and answers all of them."""
    return _page(notice_id)


@bp.post("/notices/<int:notice_id>/objections")
def object_(notice_id: int) -> ResponseReturnValue:
    """Takes an objection."""
    about, words = request.form.get("about", ""), request.form.get("words", "")
    try:
        file_objection(
            current_app.extensions["db"],
            notice_id,
            words=words,
            about=int(about) if about.isdecimal() and len(about) < 10 else None,
            account_id=me().id,
            now=now(),
        )
    except ResultsRefused as e:
        return _page(notice_id, refusal(e), words)
    flash(_("已收到您的异议，答复会出现在这一页。"))
    return redirect(url_for("notices.show", notice_id=notice_id, _anchor="objections"), 303)


@bp.post("/notices/<int:notice_id>/objections/<int:objection_id>")
def answer(notice_id: int, objection_id: int) -> ResponseReturnValue:
    """Answers an objection, once."""
    outcome, words = request.form.get("outcome", ""), request.form.get("words", "")
    if outcome not in OUTCOMES:
        abort(400)
    try:
        answer_objection(
            current_app.extensions["db"],
            notice_id,
            objection_id,
            upheld=outcome == "upheld",
            words=words,
            by=me().id,
            now=now(),
        )
    except ResultsRefused as e:
        return _page(notice_id, refusal(e))
    return redirect(url_for("notices.show", notice_id=notice_id, _anchor="objections"), 303)


@bp.post("/notices/<int:notice_id>/withdraw")
def withdraw(notice_id: int) -> ResponseReturnValue:
    """Takes the notice back, with a reason."""
    try:
        withdraw_notice(current_app.extensions["db"], notice_id, why=request.form.get("why", ""), by=me().id, now=now())
    except ResultsRefused as e:
        return _page(notice_id, refusal(e))
    flash(_("公示已撤回。"))
    return redirect(url_for("notices.show", notice_id=notice_id), 303)


def _page(notice_id: int, fault: str = "", typed: str = "") -> ResponseReturnValue:
    at, runs = now(), opens(me(), "results.show", g.place)
    with reading(current_app.extensions["db"]) as db:
        notice = store.notice_by_id(db, notice_id)
        if notice is None or (notice.withdrawn_at is not None and not runs):
            abort(404)
        result = store.result_by_id(db, notice.result_id)
        objections = store.objections_of(db, notice_id, None if runs else me().id)
    assert result is not None
    content = opened(result.content)
    page = render_template(
        "notices/show.html",
        notice=notice,
        state=state_of(notice, at),
        content=content,
        last=last_day(notice, ZoneInfo(content["timezone"])),
        people=sorted(content["people"], key=lambda one: (one["status"] != "passed", one["cohort"], one["name"])),
        objections=objections,
        runs=runs,
        zone=ZoneInfo(content["timezone"]),
        fault=fault,
        typed=typed,
        max_words=MAX_WORDS,
        statuses=STATUSES,
        states=NOTICE_STATES,
        outcomes=OUTCOMES,
    )
    return page, 400 if fault else 200
