"""Questions to experts: asked by learners, answered by experts, to be searched by everybody of the programme."""

from typing import Any

from flask import Blueprint, abort, current_app, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Connection, Row

from lms_tracker.actions.questions import MAX_ANSWER, MAX_QUESTION, MAX_TOPIC, answer_question, ask, take_back
from lms_tracker.core.study.review import NotAllowed
from lms_tracker.store import attendance
from lms_tracker.store import questions as store
from lms_tracker.store.db import reading
from lms_tracker.store.places import reaches
from lms_tracker.web.access import RUN_A_PROGRAMME
from lms_tracker.web.clock import now
from lms_tracker.web.frame import frame_of, typed_number
from lms_tracker.web.people import Person, me

bp = Blueprint("answers", __name__)


def refusal(e: NotAllowed) -> str:
    """What somebody reads whose form changed nothing."""
    return {
        "topic": _("请填写主题（最多 %(n)d 个字）。", n=MAX_TOPIC),
        "words": _("请写正文（提问最多 %(a)d 个字，回答最多 %(b)d 个字）。", a=MAX_QUESTION, b=MAX_ANSWER),
        "stranger": _("这一项不在您的项目中，没有保存。"),
        "answered": _("已经有专家回答，不能撤回。"),
        "gone": _("这个问题已经撤回。"),
    }[e.why]


@bp.get("/programmes/<int:programme_id>/qa")
def listing(programme_id: int) -> ResponseReturnValue:
    """?q= text in question or answer, ?open=1 what nobody has answered."""
    return _listing(programme_id)


@bp.post("/programmes/<int:programme_id>/qa")
def put(programme_id: int) -> ResponseReturnValue:
    """Asks."""
    learner_id, asked = me().learner_id, request.form
    if learner_id is None:
        abort(404)
    try:
        meeting = typed_number(asked.get("meeting", ""))
        db = current_app.extensions["db"]
        id = ask(
            db, programme_id, learner_id, topic=asked.get("topic", ""), words=asked.get("words", ""), meeting_id=meeting,
            now=now(),
        )  # fmt: skip
    except NotAllowed as e:
        return _listing(programme_id, refusal(e))
    flash(_("问题已提交，专家回答后会出现在这里。"))
    return redirect(url_for("answers.show", question_id=id), 303)


@bp.get("/qa/<int:question_id>")
def show(question_id: int) -> ResponseReturnValue:
    return _page(question_id)


@bp.post("/qa/<int:question_id>/answer")
def reply(question_id: int) -> ResponseReturnValue:
    """An expert's answer."""
    try:
        words = request.form.get("words", "")
        answer_question(current_app.extensions["db"], question_id, words=words, by=me().id, now=now())
    except NotAllowed as e:
        return _page(question_id, refusal(e))
    flash(_("已回答。"))
    return redirect(url_for("answers.show", question_id=question_id), 303)


@bp.post("/qa/<int:question_id>/withdraw")
def withdraw(question_id: int) -> ResponseReturnValue:
    """Whose it is takes it back, as long as nobody has answered."""
    with reading(current_app.extensions["db"]) as db:
        row = _row(db, question_id)
    try:
        take_back(current_app.extensions["db"], question_id, now=now())
    except NotAllowed as e:
        return _page(question_id, refusal(e))
    flash(_("已撤回。"))
    return redirect(url_for("answers.listing", programme_id=row.programme_id), 303)


@bp.get("/programmes/<int:programme_id>/experts")
def experts(programme_id: int) -> ResponseReturnValue:
    """The file of each expert: how much they answered, of what."""
    with reading(current_app.extensions["db"]) as db:
        frame = frame_of(db, programme_id, now())
        files = store.expert_files(db, programme_id)
    topics: dict[str, dict[str, int]] = {}
    for name, rows in files:
        for row in rows:
            theirs = topics.setdefault(name, {})
            theirs[row.topic] = theirs.get(row.topic, 0) + 1
    return render_template("answers/experts.html", frame=frame, files=files, topics=topics)


def _row(db: Connection, question_id: int) -> Row[Any]:
    row = store.question_by_id(db, question_id)
    if row is None or row.withdrawn_at is not None:
        abort(404)
    return row


def knows_askers(person: Person) -> bool:
    """Who asks is shown to who answers and who runs the programme; to everybody else it is a colleague."""
    return any(role.name in ("expert", *RUN_A_PROGRAMME) and reaches(role, g.place) for role in person.roles)


def _listing(programme_id: int, fault: str | None = None) -> ResponseReturnValue:
    person, text = me(), request.args.get("q", "").replace("\0", "").strip()[:100]
    open_only = request.args.get("open") == "1"
    with reading(current_app.extensions["db"]) as db:
        frame = frame_of(db, programme_id, now())
        rows = store.questions_of(db, programme_id, text, open_only)
        learns = person.learner_id is not None and any(
            role.name == "learner" and reaches(role, g.place) for role in person.roles
        )
        live = attendance.meetings_for(db, person.learner_id) if learns and person.learner_id is not None else []
    shown = render_template(
        "answers/listing.html", frame=frame, rows=rows, text=text, open_only=open_only, learns=learns, fault=fault,
        live=[m for m in live if m.programme_id == programme_id and m.kind == "live" and m.cancelled_at is None],
        typed=request.form, knows=knows_askers(person), own=person.learner_id, max_topic=MAX_TOPIC,
        max_question=MAX_QUESTION,
    )  # fmt: skip
    return shown, 400 if fault else 200


def _page(question_id: int, fault: str | None = None) -> ResponseReturnValue:
    person = me()
    with reading(current_app.extensions["db"]) as db:
        row = _row(db, question_id)
        frame = frame_of(db, row.programme_id, now())
        answers = store.answers_to(db, question_id)
    replies = any(role.name == "expert" and reaches(role, g.place) for role in person.roles)
    mine = next((one.words for one in answers if one.account_id == person.id), "")
    shown = render_template(
        "answers/show.html", row=row, frame=frame, answers=answers, replies=replies, mine=mine, fault=fault,
        own=person.learner_id is not None and person.learner_id == row.owner, knows=knows_askers(person),
        typed=request.form, max_answer=MAX_ANSWER,
    )  # fmt: skip
    return shown, 400 if fault else 200
