"""互评: a learner reviews somebody's work without knowing whose it is."""

from typing import Any

from flask import Blueprint, abort, current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Connection, Row

from lms_tracker.actions.assess import MAX_COMMENT, MAX_REMARK, Judgement, review
from lms_tracker.actions.hand_in import WorkRefused
from lms_tracker.actions.programme_policy import policy_in_force
from lms_tracker.core.assignments.receipt import code_of
from lms_tracker.store import assessments
from lms_tracker.store import assignments as store
from lms_tracker.store import submissions as works
from lms_tracker.store.assignments import Setting
from lms_tracker.store.db import reading
from lms_tracker.web.clock import now
from lms_tracker.web.files import as_download
from lms_tracker.web.judging import typed_judgement
from lms_tracker.web.people import me
from lms_tracker.web.work_words import refusal, words

bp = Blueprint("peers", __name__)


@bp.get("/peer-reviews/<int:pair_id>")
def show(pair_id: int) -> ResponseReturnValue:
    return _page(pair_id)


@bp.post("/peer-reviews/<int:pair_id>")
def record(pair_id: int) -> ResponseReturnValue:
    """Hands in the review, or another in its place."""
    learner_id = me().learner_id
    assert learner_id is not None
    with reading(current_app.extensions["db"]) as db:
        setting = _pair(db, pair_id)[1]
    made = None
    try:
        made = typed_judgement(setting.terms)
        review(current_app.extensions["db"], pair_id, made, reviewer=learner_id, now=now())
    except WorkRefused as e:
        return _page(pair_id, refusal(e), made)
    flash(_("互评已提交。截止前可以修改。"))
    return redirect(url_for("tasks.listing", _anchor="reviews"), 303)


@bp.get("/peer-reviews/<int:pair_id>/files/<int:file_id>")
def download(pair_id: int, file_id: int) -> ResponseReturnValue:
    """A file of the work; its name may say whose it is, so it gets another."""
    with reading(current_app.extensions["db"]) as db:
        pair, setting = _pair(db, pair_id)
        row = works.file_of(db, pair.submission_id, file_id)
    if row is None:
        abort(404)
    return as_download(f"{code_of(setting.seed, pair.author)}-{file_id}.{row.kind}", row.kind, row.content)


def _page(pair_id: int, fault: str | None = None, made: Judgement | None = None) -> ResponseReturnValue:
    with reading(current_app.extensions["db"]) as db:
        pair, setting = _pair(db, pair_id)
        work = works.submission_row(db, pair.submission_id)
        files = works.files_of(db, [pair.submission_id])[pair.submission_id]
        found = [one for one in assessments.found_of(db, setting.id, pair.author) if one.reviewer == pair.learner_id]
        zone = policy_in_force(db, setting.programme_id, setting.policy, now()).study.zone
    assert work is not None and setting.terms.peer is not None
    mine = found[0] if found else None
    shown = render_template(
        "peers/show.html",
        pair=pair, setting=setting, terms=setting.terms, work=work, files=files, mine=mine, made=made or mine,
        code=code_of(setting.seed, pair.author), zone=zone, at=now(), fault=fault, max_comment=MAX_COMMENT,
        max_remark=MAX_REMARK, is_open=now() <= setting.terms.peer.due_at, **words(),
    )  # fmt: skip
    return shown, 400 if fault else 200


def _pair(db: Connection, pair_id: int) -> tuple[Row[Any], Setting]:
    pair = assessments.pair_by_id(db, pair_id)
    setting = None if pair is None else store.setting_of(db, pair.assignment_id)
    if pair is None or setting is None or setting.terms.peer is None:
        abort(404)
    return pair, setting
