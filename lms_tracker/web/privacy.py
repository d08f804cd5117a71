"""My personal information: what is held of me, what for, and a copy to take along."""

from tempfile import SpooledTemporaryFile
from typing import IO

from flask import Blueprint, abort, current_app, render_template, send_file
from flask.typing import ResponseReturnValue

from lms_tracker.actions.export_person import NobodyThere, export_person
from lms_tracker.store.db import reading
from lms_tracker.store.erasure import person_of
from lms_tracker.store.person_data import holdings
from lms_tracker.web.clock import now
from lms_tracker.web.people import me

bp = Blueprint("privacy", __name__)

IN_MEMORY = 4 * 1024 * 1024
"""Bytes of a copy that never touches the disk."""


@bp.get("/privacy")
def mine() -> ResponseReturnValue:
    learner_id = me().learner_id
    assert learner_id is not None
    with reading(current_app.extensions["db"]) as db:
        person = person_of(db, learner_id)
        if person is None:
            abort(404)
        held = holdings(db, person)
    return render_template("privacy/mine.html", who=person, held=held)


@bp.get("/privacy/export")
def export() -> ResponseReturnValue:
    learner_id = me().learner_id
    assert learner_id is not None
    return copy_of(learner_id)


def copy_of(learner_id: int) -> ResponseReturnValue:
    """The ZIP of a person's data. A large one lies on disk, unnamed, for as long as it is being sent."""
    file: IO[bytes] = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - the answer closes it
    try:
        export_person(current_app.extensions["db"], learner_id, file, now())
    except NobodyThere:
        abort(404)
    file.seek(0)
    name = f"personal-information-{now():%Y-%m-%d}.zip"
    return send_file(file, mimetype="application/zip", as_attachment=True, download_name=name)
