"""My study: a principal's own page."""

from flask import Blueprint, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lms_tracker.store.classes import enrolments_of
from lms_tracker.store.db import reading
from lms_tracker.web.clock import now
from lms_tracker.web.i18n import locale
from lms_tracker.web.people import me
from lms_tracker.web.review import words
from lms_tracker.web.review_notes import notes_on
from lms_tracker.web.study_page import study_page

bp = Blueprint("study", __name__)


@bp.get("/study")
def mine() -> ResponseReturnValue:
    """The programme named by ?programme=, else the latest one; sessions of ?month=, else the latest with any."""
    db, learner_id = current_app.extensions["db"], me().learner_id
    assert learner_id is not None
    with reading(db) as connection:
        enrolments = enrolments_of(connection, learner_id)
    if not enrolments:
        return render_template("study/nothing.html")
    wanted = request.args.get("programme", type=int)
    enrolment = next((e for e in enrolments if e.programme_id == wanted), enrolments[0])
    page = study_page(
        db,
        enrolment,
        learner_id=learner_id,
        month=request.args.get("month"),
        day=request.args.get("day"),
        with_comments=True,
        now=now(),
        locale=locale(),
    )
    notes = notes_on(db, page, learner_id)
    archive = url_for("archives.mine", programme=enrolment.programme_id) if page.grade else None
    return render_template(
        "study/study.html", page=page, enrolments=enrolments, own=True, notes=notes, archive=archive, **words()
    )
