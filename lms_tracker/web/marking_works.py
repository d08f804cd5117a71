"""Marking what was handed in: the queue of an assignment, one work with its rubric, and two texts side by side.

Routes of the blueprint `marking`: its first module is for marks without anything handed in.
"""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup, escape
from msgspec import Struct
from sqlalchemy import Connection

from lms_tracker.actions.assess import MAX_COMMENT, MAX_REMARK, assess, send_back
from lms_tracker.actions.compare_texts import compared
from lms_tracker.actions.hand_in import WorkRefused
from lms_tracker.actions.programme_policy import policy_in_force
from lms_tracker.actions.standing import Standing, standings
from lms_tracker.core.assignments.agreement import agreed
from lms_tracker.core.assignments.receipt import code_of
from lms_tracker.core.originality.overlap import Passage
from lms_tracker.store import assignments as store
from lms_tracker.store import originality
from lms_tracker.store import submissions as works
from lms_tracker.store.assignments import Setting
from lms_tracker.store.db import reading
from lms_tracker.store.marking import count_enrolled
from lms_tracker.web.clock import now
from lms_tracker.web.files import as_download
from lms_tracker.web.judging import typed_judgement
from lms_tracker.web.people import me
from lms_tracker.web.times import local_instant
from lms_tracker.web.work_words import refusal, words

REVISE_DAYS = 7
ALIKE_PERMILLE = 150
"""Share in common from which on a match is shown in red."""


class Line(Struct, frozen=True):
    """One work in the queue. `state`: todo | mine | done | waits | returned | own."""

    standing: Standing
    title: str
    where: str | None
    state: str
    alike: int
    """Permille of the text that stands in somebody else's, too."""
    third: bool = False
    """Two markers are too far apart: a third is asked."""


def queue(setting: Setting) -> ResponseReturnValue:
    """The works of an assignment, those that wait for me first."""
    wanted = request.args.get("show", "")
    with reading(current_app.extensions["db"]) as db:
        lines = _lines(db, setting)
        people = count_enrolled(db, setting.programme_id)
        zone = _zone(db, setting)
    counts = {
        state: sum(line.state == state for line in lines) for state in ("todo", "mine", "done", "waits", "returned")
    }
    counts["alike"] = sum(line.alike > 0 for line in lines)
    shown = [line for line in lines if not wanted or line.state == wanted or (wanted == "alike" and line.alike)]
    following = next((line for line in lines if line.state == "todo"), None)
    marked = counts["mine"] + counts["done"]
    return render_template(
        "marking/queue.html",
        setting=setting, terms=setting.terms, lines=shown, all=len(lines), counts=counts, wanted=wanted, people=people,
        following=following, marked=marked, zone=zone, high=ALIKE_PERMILLE, at=now(), **words(),
    )  # fmt: skip


def register(bp: Blueprint) -> None:
    @bp.get("/marking/<int:assignment_id>/works/<int:submission_id>")
    def work(assignment_id: int, submission_id: int) -> ResponseReturnValue:
        return _page(assignment_id, submission_id)

    @bp.post("/marking/<int:assignment_id>/works/<int:submission_id>", endpoint="assess")
    def record_findings(assignment_id: int, submission_id: int) -> ResponseReturnValue:
        """Records what I found, and goes to the next work that waits for me."""
        db = current_app.extensions["db"]
        with reading(db) as tx:
            terms = _setting(tx, assignment_id).terms
        made = None
        try:
            made = typed_judgement(terms)
            mark = assess(db, assignment_id, submission_id, made, by=me().id, now=now())
        except WorkRefused as e:
            return _page(assignment_id, submission_id, refusal(e), made)
        flash(_("已保存：%(n)s 分。", n=f"{mark.normalize():f}"))
        with reading(db) as tx:
            lines = _lines(tx, _setting(tx, assignment_id))
        following = next((line for line in lines if line.state == "todo"), None)
        if following is None or "stay" in request.form:
            return redirect(url_for("marking.show", assignment_id=assignment_id), 303)
        id = following.standing.work.id
        return redirect(url_for("marking.work", assignment_id=assignment_id, submission_id=id), 303)

    @bp.post("/marking/<int:assignment_id>/works/<int:submission_id>/return", endpoint="send_back")
    def give_back(assignment_id: int, submission_id: int) -> ResponseReturnValue:
        """Sends the work back to be revised."""
        db, said = current_app.extensions["db"], request.form.get("words", "")
        with reading(db) as tx:
            zone = _zone(tx, _setting(tx, assignment_id))
        until = local_instant(request.form.get("until", ""), zone)
        try:
            if until is None:
                raise WorkRefused("until")
            send_back(db, assignment_id, submission_id, words=said, until=until, by=me().id, now=now())
        except WorkRefused as e:
            return _page(assignment_id, submission_id, refusal(e))
        flash(_("已退回，学员可以看到意见。"))
        return redirect(url_for("marking.show", assignment_id=assignment_id), 303)

    @bp.get("/marking/<int:assignment_id>/works/<int:submission_id>/files/<int:file_id>")
    def download(assignment_id: int, submission_id: int, file_id: int) -> ResponseReturnValue:
        """A file of the work; without its own name where nobody may know whose it is."""
        with reading(current_app.extensions["db"]) as tx:
            setting, row = _setting(tx, assignment_id), works.file_of(tx, submission_id, file_id)
            whose = works.submission_row(tx, submission_id)
        if row is None or whose is None:
            abort(404)
        hidden = f"{code_of(setting.seed, whose.learner_id)}-{file_id}.{row.kind}"
        return as_download(hidden if setting.terms.anonymous else row.name, row.kind, row.content)

    @bp.get("/marking/<int:assignment_id>/works/<int:submission_id>/matches/<int:other_id>")
    def match(assignment_id: int, submission_id: int, other_id: int) -> ResponseReturnValue:
        """Two texts side by side, with what they have in common."""
        with reading(current_app.extensions["db"]) as tx:
            setting = _setting(tx, assignment_id)
            known = next((row for row in originality.matches_of(tx, submission_id) if row.other == other_id), None)
            both = None if known is None else compared(tx, submission_id, other_id)
            if known is None or both is None:
                abort(404)
            other_setting = store.setting_of(tx, known.assignment_id)
            names = _name(tx, setting, submission_id), _name(tx, other_setting or setting, other_id)
            zone = _zone(tx, setting)
            mine = works.submission_row(tx, submission_id)
        one, other, overlap = both
        return render_template(
            "marking/match.html",
            setting=setting, submission_id=submission_id, other=known, names=names, overlap=overlap, zone=zone,
            mine=mine, left_text=_marked(one.text, overlap.one, "a", "b"),
            right_text=_marked(other.text, overlap.other, "b", "a"),
        )  # fmt: skip


def _setting(tx: Connection, assignment_id: int) -> Setting:
    setting = store.setting_of(tx, assignment_id)
    if setting is None:
        abort(404)
    return setting


def _zone(tx: Connection, setting: Setting) -> ZoneInfo:
    return policy_in_force(tx, setting.programme_id, setting.policy, now()).study.zone


def _lines(tx: Connection, setting: Setting) -> list[Line]:
    alike = originality.worst_matches(tx, setting.id)
    hidden = setting.terms.anonymous
    lines = []
    for one in standings(tx, setting, now()).works:
        title = _("作品 %(c)s", c=code_of(setting.seed, one.work.learner_id)) if hidden else one.work.name or "—"
        where = None if hidden else one.work.school or one.work.cohort
        third = agreed([found.mark for found in one.markers], setting.terms).third
        lines.append(Line(one, title, where, _state(one, setting), alike.get(one.work.id, 0), third))
    order = ("todo", "waits", "returned", "mine", "done", "own")
    return sorted(lines, key=lambda line: (order.index(line.state), line.standing.work.handed_in_at))


def _state(one: Standing, setting: Setting) -> str:
    """Where the work stands for me."""
    if one.work.learner_id == me().learner_id:
        return "own"
    if one.returned is not None:
        return "returned"
    needed = agreed([found.mark for found in one.markers], setting.terms).needed
    if one.marked_by(me().id) is not None:
        return "waits" if needed else "mine"
    return "todo" if needed else "done"


def _page(assignment_id: int, submission_id: int, fault: str | None = None, made: Any = None) -> ResponseReturnValue:
    with reading(current_app.extensions["db"]) as tx:
        setting = _setting(tx, assignment_id)
        row = works.work_by_id(tx, assignment_id, submission_id)
        one = standings(tx, setting, now()).of(submission_id)
        if row is None or one is None:
            abort(404)
        lines = _lines(tx, setting)
        mine = one.marked_by(me().id)
        # Two markers are blind to each other until both are done.
        needed = agreed([found.mark for found in one.markers], setting.terms).needed
        seen = one.markers if not needed else [found for found in one.markers if found.marker_id == me().id]
        rubrics = {found.terms_id: store.terms_by_id(tx, found.terms_id).rubric for found in [*seen, *one.peers]}
        read = originality.texts_of(tx, [submission_id]).get(submission_id)
        matches = originality.matches_of(tx, submission_id)
        names = {
            match.other: _name(tx, store.setting_of(tx, match.assignment_id) or setting, match.other)
            for match in matches
        }
        files = works.files_of(tx, [submission_id])[submission_id]
        zone = _zone(tx, setting)
    ids = [line.standing.work.id for line in lines]
    at = ids.index(submission_id)
    state = next(line.state for line in lines if line.standing.work.id == submission_id)
    may_mark = state == "todo" or (
        mine is not None and (setting.terms.markers == 1 or (needed and len(one.markers) == 1))
    )
    shown = render_template(
        "marking/work.html",
        setting=setting, terms=setting.terms, work=row, one=one, line=lines[at], files=files, mine=mine,
        made=made or mine, seen=seen, rubrics=rubrics, matches=matches, names=names, read=read,
        unread=originality.unread_files(read) if read else [], may_mark=may_mark and one.returned is None,
        following=ids[at + 1] if at + 1 < len(ids) else None, before=ids[at - 1] if at else None,
        may_return=one.final is None and one.returned is None, high=ALIKE_PERMILLE, zone=zone, at=now(), fault=fault,
        until=_revise_until(now(), zone), max_remark=MAX_REMARK, max_comment=MAX_COMMENT, blind=bool(needed), **words(),
    )  # fmt: skip
    return shown, 400 if fault else 200


def _revise_until(at: datetime, zone: ZoneInfo) -> str:
    """The end of a day, as the form proposes it."""
    day = (at + timedelta(days=REVISE_DAYS)).astimezone(zone).date()
    return f"{day.isoformat()}T23:59"


def _name(tx: Connection, setting: Setting, submission_id: int) -> str:
    """Whose work it is, or its code."""
    row = works.submission_row(tx, submission_id)
    assert row is not None
    if setting.terms.anonymous:
        return _("作品 %(c)s", c=code_of(setting.seed, row.learner_id))
    names = works.names_of(tx, [row.learner_id])
    return names.get(row.learner_id) or "—"


def _marked(text: str, passages: tuple[Passage, ...], mine: str, theirs: str) -> Markup:
    """A text with its passages in `mark`, numbered, each with a link to its twin."""
    parts: list[Markup] = []
    reached = 0
    for n, passage in enumerate(passages):
        parts.append(escape(text[reached : passage.start]))
        number = (n if mine == "a" else passage.twin if passage.twin is not None else n) + 1
        link = "" if passage.twin is None else f'<a href="#{theirs}{passage.twin}">{number}</a>'
        said = escape(text[passage.start : passage.end])
        parts.append(Markup('<mark id="{}{}">').format(mine, n) + said + Markup(link) + Markup("</mark>"))
        reached = passage.end
    return Markup("").join([*parts, escape(text[reached:])])
