"""What a learner has to do: assignments to hand in, and others' work to review."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from msgspec import Struct
from sqlalchemy import Connection, Row

from lms_tracker.actions.hand_in import MAX_TEXT, WORK_FILES, WorkRefused, hand_in, save_draft, window_for
from lms_tracker.actions.object_to_mark import file_objection
from lms_tracker.actions.programme_policy import policy_in_force
from lms_tracker.actions.settle_marks import released
from lms_tracker.actions.standing import standings
from lms_tracker.core.assignments.agreement import agreed
from lms_tracker.store import assessments
from lms_tracker.store import assignments as store
from lms_tracker.store import submissions as works
from lms_tracker.store.assessments import Found
from lms_tracker.store.assignments import Setting
from lms_tracker.store.db import reading
from lms_tracker.store.marks import mark_in_force
from lms_tracker.web.clock import now
from lms_tracker.web.files import as_download, handed_in
from lms_tracker.web.people import me
from lms_tracker.web.work_words import refusal, words

bp = Blueprint("tasks", __name__)


class Task(Struct, frozen=True):
    """One assignment as it stands for me. `due`: until when I may act; `open`: whether a version is taken now; `mark` is
    None until it is released."""

    setting: Setting
    state: str
    open: bool
    due: datetime | None
    latest: Row[Any] | None
    draft: Row[Any] | None
    mark: Row[Any] | None
    zone: Any


class ToReview(Struct, frozen=True):
    """Work of somebody else that I review."""

    pair: Row[Any]
    setting: Setting
    number: int
    done: bool
    zone: Any


@bp.get("/tasks")
def listing() -> ResponseReturnValue:
    """Everything that I have to do, and have done."""
    with reading(current_app.extensions["db"]) as db:
        tasks = [_task(db, one) for one in store.settings_of(db, store.programmes_studied(db, _me()))]
        reviews = _to_review(db)
    waiting = [task for task in tasks if task.state in ("todo", "late", "returned")]
    others = [task for task in tasks if task not in waiting]
    return render_template("tasks/listing.html", waiting=waiting, others=others, reviews=reviews, at=now(), **words())


@bp.get("/tasks/<int:assignment_id>")
def show(assignment_id: int) -> ResponseReturnValue:
    return _page(assignment_id)


@bp.post("/tasks/<int:assignment_id>")
def hand_in_work(assignment_id: int) -> ResponseReturnValue:
    """A new version."""
    text = request.form.get("text", "")
    keep = [int(id) for id in request.form.getlist("keep") if id.isdecimal() and len(id) < 10]
    files = handed_in("files", WORK_FILES)
    try:
        done = hand_in(current_app.extensions["db"], assignment_id, _me(), text=text, files=files, keep=keep, now=now())
    except WorkRefused as e:
        return _page(assignment_id, refusal(e), text)
    flash(_("已提交第 %(n)d 版，回执 %(r)s。", n=done.version, r=done.receipt))
    return redirect(url_for("tasks.show", assignment_id=assignment_id), 303)


@bp.post("/tasks/<int:assignment_id>/draft")
def draft(assignment_id: int) -> ResponseReturnValue:
    """What is typed, saved by the page's script."""
    try:
        save_draft(current_app.extensions["db"], assignment_id, _me(), request.form.get("text", ""), now())
    except WorkRefused as e:
        return {"error": refusal(e)}, 400
    return {"saved": True}


@bp.get("/tasks/<int:assignment_id>/files/<int:file_id>")
def download(assignment_id: int, file_id: int) -> ResponseReturnValue:
    """A file of my own."""
    with reading(current_app.extensions["db"]) as db:
        row = works.file_of_learner(db, assignment_id, _me(), file_id)
    if row is None:
        abort(404)
    return as_download(row.name, row.kind, row.content)


@bp.post("/tasks/<int:assignment_id>/objection")
def object_to_it(assignment_id: int) -> ResponseReturnValue:
    """Against the mark of a work that peers had a share in."""
    said = request.form.get("words", "")
    try:
        file_objection(current_app.extensions["db"], assignment_id, _me(), said, now())
    except WorkRefused as e:
        return _page(assignment_id, refusal(e), said=said)
    flash(_("异议已提交，由继教中心处理。"))
    return redirect(url_for("tasks.show", assignment_id=assignment_id), 303)


def _how(found: Sequence[Found], setting: Setting) -> str:
    """How the marks of the markers became one."""
    return agreed([one.mark for one in found if one.kind == "marker"], setting.terms).how


def _me() -> int:
    learner_id = me().learner_id
    assert learner_id is not None
    return learner_id


def _page(
    assignment_id: int, fault: str | None = None, typed: str | None = None, said: str = ""
) -> ResponseReturnValue:
    with reading(current_app.extensions["db"]) as db:
        setting = store.setting_of(db, assignment_id)
        if setting is None:
            abort(404)
        task = _task(db, setting)
        versions = works.versions_of(db, assignment_id, _me())
        files = works.files_of(db, [row.id for row in versions])
        returned = works.returns_of(db, assignment_id, _me())
        objections = assessments.objections_of(db, assignment_id, _me())
        found = _found(db, setting) if task.mark is not None else []
        rubrics = {one.terms_id: store.terms_by_id(db, one.terms_id).rubric for one in found}
    text = typed if typed is not None else task.draft.text if task.draft else (versions[0].text if versions else "")
    shown = render_template(
        "tasks/show.html",
        task=task, setting=setting, terms=setting.terms, versions=versions, files=files, returned=returned,
        objection=objections[0] if objections else None, found=found, how=_how(found, setting), rubrics=rubrics, text=text or "", said=said,
        fault=fault, at=now(), limits=WORK_FILES,
        max_text=MAX_TEXT, **words(),
    )  # fmt: skip
    return shown, 400 if fault else 200


def _found(db: Connection, setting: Setting) -> list[Found]:
    """What markers found of my latest version, and peers of any."""
    mine = next((one for one in standings(db, setting, now()).works if one.work.learner_id == _me()), None)
    return [] if mine is None else [*mine.markers, *mine.peers]


def _task(db: Connection, setting: Setting) -> Task:
    terms, at, learner_id = setting.terms, now(), _me()
    versions = works.versions_of(db, setting.id, learner_id)
    window = window_for(db, terms, setting.id, learner_id, at)
    returned = next((row for row in works.returns_of(db, setting.id, learner_id)), None)
    waits = returned is not None and (not versions or returned.submission_id == versions[0].id)
    mark = mark_in_force(db, setting.id, learner_id) if released(setting, at) else None
    if waits and window in ("open", "late"):
        state = "returned"
    elif mark is not None:
        state = "marked"
    elif versions:
        reviewing = terms.peer is not None and terms.due_at is not None and terms.due_at < at <= terms.peer.due_at
        state = "reviewing" if reviewing else "handed_in"
    else:
        state = {"early": "early", "open": "todo", "late": "late", "closed": "missed"}[window]
    due = terms.late_until if state == "late" else returned.until if state == "returned" and returned else terms.due_at
    policy = policy_in_force(db, setting.programme_id, setting.policy, at)
    draft = works.draft_of(db, setting.id, learner_id)
    is_open = window in ("open", "late") and state != "marked"
    return Task(setting, state, is_open, due, versions[0] if versions else None, draft, mark, policy.study.zone)


def _to_review(db: Connection) -> list[ToReview]:
    """Work that I am to review, or have reviewed, while reviewing goes on."""
    found: list[ToReview] = []
    settings = {one.id: one for one in store.settings_of(db, store.programmes_studied(db, _me()))}
    done = {(one.submission_id) for id in settings for one in assessments.found_of(db, id) if one.reviewer == _me()}
    numbers: dict[int, int] = {}
    for pair in assessments.pairs_of_reviewer(db, _me()):
        setting = settings.get(pair.assignment_id)
        if setting is None or setting.terms.peer is None or now() > setting.terms.peer.due_at:
            continue
        numbers[setting.id] = numbers.get(setting.id, 0) + 1
        zone = policy_in_force(db, setting.programme_id, setting.policy, now()).study.zone
        found.append(ToReview(pair, setting, numbers[setting.id], pair.submission_id in done, zone))
    return found
