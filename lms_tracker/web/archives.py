"""The archive file of a person: the learner's own, or for whoever runs the programme."""

from io import BytesIO

from flask import Blueprint, abort, current_app, request, send_file
from flask.typing import ResponseReturnValue

from lms_tracker.actions.archive_person import archive_of
from lms_tracker.store.classes import cohort_row
from lms_tracker.store.db import reading
from lms_tracker.web.clock import now
from lms_tracker.web.i18n import locale
from lms_tracker.web.people import me

bp = Blueprint("archives", __name__)


@bp.get("/study/archive.pdf")
def mine() -> ResponseReturnValue:
    """Of ?programme=."""
    programme_id, learner_id = request.args.get("programme", type=int), me().learner_id
    assert learner_id is not None  # the guard lets learners in
    return _file(programme_id, learner_id) if programme_id is not None else abort(404)


@bp.get("/cohorts/<int:cohort_id>/learners/<int:learner_id>/archive.pdf")
def learner(cohort_id: int, learner_id: int) -> ResponseReturnValue:
    """Of somebody in the class."""
    with reading(current_app.extensions["db"]) as db:
        programme_id = cohort_row(db, cohort_id).programme_id
    return _file(programme_id, learner_id)


def _file(programme_id: int, learner_id: int) -> ResponseReturnValue:
    from lms_tracker.reports.archive import archive_pdf  # its library is loaded only when it is used

    try:
        found = archive_of(current_app.extensions["db"], programme_id, learner_id, now())
    except ValueError:  # a policy that does not grade
        abort(404)
    if found is None:
        abort(404)
    name = f"{found.programme.slug}-{learner_id}.pdf"
    return send_file(BytesIO(archive_pdf(found, locale())), "application/pdf", download_name=name)
