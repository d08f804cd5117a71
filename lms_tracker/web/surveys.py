"""Surveys: answering one, asking one, and what came of it."""

from io import BytesIO
from typing import Any

import msgspec
from flask import Blueprint, abort, current_app, flash, g, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as N_
from openpyxl import Workbook
from sqlalchemy import Connection, Row

from lms_tracker.actions.surveys import GROUPS, KINDS, SurveyForm, answer_survey, close_survey, create_survey
from lms_tracker.core.questionnaire import NEEDS, SATISFACTION, parse_questions
from lms_tracker.core.study.review import NotAllowed
from lms_tracker.core.survey import (
    MAX_WORDS,
    SMALL,
    Group,
    Question,
    Share,
    Sheet,
    by_group,
    satisfied,
    tally,
    topics,
    words_of,
)
from lms_tracker.reports import workbook
from lms_tracker.reports.view import Cell
from lms_tracker.store import surveys as store
from lms_tracker.store.db import reading
from lms_tracker.store.places import reaches
from lms_tracker.web.access import RUN_A_PROGRAMME
from lms_tracker.web.clock import now
from lms_tracker.web.frame import Frame, frame_of, typed_moment
from lms_tracker.web.people import me

bp = Blueprint("surveys", __name__)

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
KIND_WORDS = {"satisfaction": N_("满意度"), "needs": N_("需求"), "other": N_("其他")}
GROUP_WORDS = {"centre": N_("培训中心"), "district": N_("区县"), "class": N_("班级"), "school_kind": N_("学校类别")}
GROUP_NAMES = {"city": N_("市直学校"), "town": N_("乡镇学校")}
STEPS = (N_("非常满意"), N_("满意"), N_("一般"), N_("不满意"), N_("非常不满意"))
WORDS: dict[str, Any] = {
    "kinds": KIND_WORDS, "group_words": GROUP_WORDS, "group_names": GROUP_NAMES, "steps": STEPS, "small": SMALL,
}  # fmt: skip


def refusal(e: NotAllowed) -> str:
    """What somebody reads whose form changed nothing."""
    why, _sep, where = e.why.partition(":")
    return {
        "kind": _("请选择类别。"),
        "title": _("请填写标题（最多 150 个字）。"),
        "times": _("截止时间应晚于开始时间和现在，最长 120 天。"),
        "groups": _("请选择随答卷保留的分组。"),
        "questions": _("请写 1 到 60 个问题。"),
        "words": _("第 %(n)s 题没有题目，或太长。", n=where),
        "options": _("第 %(n)s 题需要 2 到 12 个不同的选项。", n=where),
        "closed": _("这份问卷现在不开放。"),
        "stranger": _("这份问卷不是给您的。"),
        "answered": _("您已经答过这份问卷。答卷不记名，所以不能再改。"),
        "answer": _("请回答第 %(n)s 题，没有提交。", n=int(where) + 1 if where.isdecimal() else where),
    }[why]


@bp.get("/programmes/<int:programme_id>/surveys")
def mine(programme_id: int) -> ResponseReturnValue:
    """Those that ask me."""
    learner_id, at = me().learner_id, now()
    assert learner_id is not None
    with reading(current_app.extensions["db"]) as db:
        frame = frame_of(db, programme_id, at)
        rows = [row for row in store.surveys_of(db, programme_id) if row.opens_at <= at]
        done = {row.id for row in rows if store.has_answered(db, row.id, learner_id)}
    return render_template("surveys/mine.html", frame=frame, rows=rows, done=done, at=at, **WORDS)


@bp.get("/surveys/<int:survey_id>")
def show(survey_id: int) -> ResponseReturnValue:
    return _form(survey_id)


@bp.post("/surveys/<int:survey_id>")
def answer(survey_id: int) -> ResponseReturnValue:
    """Keeps the answers, apart from who gave them."""
    learner_id = me().learner_id
    assert learner_id is not None
    with reading(current_app.extensions["db"]) as db:
        row, questions = _survey(db, survey_id), store.questions_of(db, survey_id)
    typed = {n: request.form.getlist(f"q{n}") for n in range(len(questions))}
    try:
        answer_survey(current_app.extensions["db"], survey_id, learner_id, typed, now=now())
    except NotAllowed as e:
        return _form(survey_id, refusal(e))
    flash(_("谢谢，答卷已提交。系统只记下您答过，不记您答了什么。"))
    return redirect(url_for("surveys.mine", programme_id=row.programme_id), 303)


@bp.get("/programmes/<int:programme_id>/surveys/manage")
def listing(programme_id: int) -> ResponseReturnValue:
    """All of the programme, with the turnout."""
    with reading(current_app.extensions["db"]) as db:
        frame = frame_of(db, programme_id, now())
        rows = store.surveys_of(db, programme_id)
    runs = any(role.name in RUN_A_PROGRAMME and reaches(role, g.place) for role in me().roles)
    return render_template("surveys/listing.html", frame=frame, rows=rows, at=now(), runs=runs, **WORDS)


@bp.get("/programmes/<int:programme_id>/surveys/new")
def new(programme_id: int) -> ResponseReturnValue:
    return _new(programme_id)


@bp.post("/programmes/<int:programme_id>/surveys/new")
def create(programme_id: int) -> ResponseReturnValue:
    """Asks."""
    asked = request.form
    with reading(current_app.extensions["db"]) as db:
        zone = frame_of(db, programme_id, now()).zone
    opens_at, closes_at = (typed_moment(asked.get(name, ""), zone) for name in ("opens_at", "closes_at"))
    questions, faults = parse_questions(asked.get("questions", ""))
    if faults:
        words = {
            "kind": _("应以“满意度”“单选”“多选”或“填空”开头，用竖线分开"),
            "options": _("需要 2 到 12 个不同的选项"),
        }
        said = [_("第 %(n)d 行：%(what)s", n=n, what=words.get(why, _("题目太长"))) for n, why in faults]
        return _new(programme_id, said)
    if opens_at is None or closes_at is None:
        return _new(programme_id, [_("请填写开始和截止时间。")])
    form = SurveyForm(
        asked.get("kind", ""), asked.get("title", ""), asked.get("words", ""), opens_at, closes_at, questions,
        asked.getlist("groups"),
    )  # fmt: skip
    try:
        id = create_survey(current_app.extensions["db"], programme_id, form, by=me().id, now=now())
    except NotAllowed as e:
        return _new(programme_id, [refusal(e)])
    flash(_("问卷已建立，到开始时间学员就能看到。"))
    return redirect(url_for("surveys.results", survey_id=id), 303)


@bp.get("/surveys/<int:survey_id>/results")
def results(survey_id: int) -> ResponseReturnValue:
    """Shares by topic and by group once it is over; until then the turnout alone."""
    with reading(current_app.extensions["db"]) as db:
        page = _results(db, survey_id)
    return render_template("surveys/results.html", **page, **WORDS)


@bp.get("/surveys/<int:survey_id>/results.xlsx")
def export(survey_id: int) -> ResponseReturnValue:
    """The same figures as a workbook; nothing of a single sheet."""
    with reading(current_app.extensions["db"]) as db:
        page = _results(db, survey_id)
    if not page["told"]:
        return redirect(url_for("surveys.results", survey_id=survey_id))  # which says why
    return send_file(BytesIO(_workbook(page)), XLSX, as_attachment=True, download_name=f"survey-{survey_id}.xlsx")


@bp.post("/surveys/<int:survey_id>/close")
def close(survey_id: int) -> ResponseReturnValue:
    """Ends it before its time."""
    try:
        close_survey(current_app.extensions["db"], survey_id, now=now())
    except NotAllowed as e:
        flash(refusal(e))
    return redirect(url_for("surveys.results", survey_id=survey_id), 303)


def _survey(db: Connection, survey_id: int) -> Row[Any]:
    row = store.survey_by_id(db, survey_id)
    if row is None:
        abort(404)
    return row


def _form(survey_id: int, fault: str | None = None) -> ResponseReturnValue:
    learner_id, at = me().learner_id, now()
    assert learner_id is not None
    with reading(current_app.extensions["db"]) as db:
        row = _survey(db, survey_id)
        frame = frame_of(db, row.programme_id, at)
        questions, done = store.questions_of(db, survey_id), store.has_answered(db, survey_id, learner_id)
    if at < row.opens_at:
        abort(404)
    kept = msgspec.json.decode(row.groups)
    shown = render_template(
        "surveys/show.html", row=row, frame=frame, questions=questions, done=done, over=at >= row.closes_at, kept=kept,
        typed=request.form, fault=fault, max_words=MAX_WORDS, **WORDS,
    )  # fmt: skip
    return shown, 400 if fault else 200


def _new(programme_id: int, faults: list[str] | None = None) -> ResponseReturnValue:
    with reading(current_app.extensions["db"]) as db:
        frame = frame_of(db, programme_id, now())
    kind = request.values.get("kind", "satisfaction")
    shown = render_template(
        "surveys/new.html", frame=frame, faults=faults, typed=request.form, kind=kind, keys=KINDS, groups=GROUPS,
        usual=NEEDS if kind == "needs" else SATISFACTION, **WORDS,
    )  # fmt: skip
    return shown, 400 if faults else 200


def _results(db: Connection, survey_id: int) -> dict[str, Any]:
    """`told`: whether anything may be said: it is over, and there are enough answers."""
    row, at = _survey(db, survey_id), now()
    frame: Frame = frame_of(db, row.programme_id, at)
    questions = store.questions_of(db, survey_id)
    turnout = store.turnout_by_class(db, survey_id, row.programme_id, min(at, row.closes_at))
    over = at >= row.closes_at
    sheets: list[Sheet] = store.sheets_of(db, survey_id) if over else []
    told = over and len(sheets) >= SMALL
    kept = msgspec.json.decode(row.groups)
    shares: list[tuple[str, Share]] = [(topic, satisfied(questions, sheets, topic)) for topic in topics(questions)]
    groups: dict[str, list[tuple[str, list[Group]]]] = {}
    for dimension in kept if told and shares else []:
        by_topic = [("", by_group(questions, sheets, dimension))]
        by_topic += [(topic, by_group(questions, sheets, dimension, topic)) for topic in topics(questions) if topic]
        if len(by_topic[0][1]) > 1:
            groups[dimension] = by_topic
    answers: list[tuple[Question, list[Share], list[str]]] = [
        (q, tally(q, n, sheets) if q.kind != "text" else [], words_of(n, sheets) if q.kind == "text" else [])
        for n, q in enumerate(questions)
    ]
    runs = any(role.name in RUN_A_PROGRAMME and reaches(role, g.place) for role in me().roles)
    return {
        "row": row, "frame": frame, "over": over, "told": told, "shares": shares, "groups": groups, "answers": answers,
        "whole": satisfied(questions, sheets), "turnout": turnout, "sheets": len(sheets), "runs": runs,
        "answered": sum(one for _name, one, _all in turnout), "asked": sum(everybody for _name, _one, everybody in turnout),
    }  # fmt: skip


def _workbook(page: dict[str, Any]) -> bytes:
    book = Workbook(write_only=True)

    def share(one: Share) -> list[Cell]:
        return [Cell("", one.pct, "one") if one.pct is not None else Cell("—"), Cell("", one.of, "count")]

    first = workbook.Sheet(book, _("满意率"), [_("方面"), _("满意及以上 %"), _("回答数")], [40, 16, 12])
    for topic, one in [(_("全部"), page["whole"]), *page["shares"]]:
        first.add([Cell(topic or _("其他")), *share(one)])
    second = workbook.Sheet(
        book,
        _("分组"),
        [_("分组"), _("名称"), _("方面"), _("满意及以上 %"), _("回答数"), _("提示")],
        [14, 30, 24, 16, 12, 16],
    )
    for dimension, by_topic in page["groups"].items():
        for topic, found in by_topic:
            for group in found:
                name = str(GROUP_NAMES.get(group.name, group.name))
                hint = (
                    _("人数太少")
                    if group.hidden
                    else {"below": _("明显偏低"), "above": _("明显偏高"), "": ""}[group.stands_out]
                )
                second.add(
                    [
                        Cell(str(GROUP_WORDS[dimension])),
                        Cell(name),
                        Cell(topic or _("全部")),
                        *share(group.share),
                        Cell(hint),
                    ]
                )
    third = workbook.Sheet(book, _("各题"), [_("题目"), _("选项"), _("人数"), "%"], [50, 30, 10, 10])
    for question, shares, words in page["answers"]:
        names = [str(step) for step in STEPS] if question.kind == "scale" else question.options
        for name, one in zip(names, shares, strict=False):
            third.add([Cell(question.words), Cell(name), Cell("", one.count, "count"), share(one)[0]])
        for said in words:
            third.add([Cell(question.words), Cell(said)])
    return workbook.saved(book)
