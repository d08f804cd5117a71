"""A learner's own attendance, and signing in with the code on the screen."""

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms_tracker.actions.sign_in import SignIn, sign_in
from lms_tracker.core.attendance.code import DIGITS, LOCKED_FOR, MAX_WRONG, OPENS_BEFORE
from lms_tracker.store import attendance as store
from lms_tracker.store.db import reading
from lms_tracker.store.declarations import declarations_of
from lms_tracker.store.tables import LARGEST_ID
from lms_tracker.web.attendance import WORDS
from lms_tracker.web.clock import now
from lms_tracker.web.declaration_words import STATES
from lms_tracker.web.frame import frame_of, typed_number
from lms_tracker.web.people import me

bp = Blueprint("sign_in", __name__)


@bp.get("/programmes/<int:programme_id>/attendance")
def mine(programme_id: int) -> ResponseReturnValue:
    """Where I was, where I am asked to, and my leave."""
    learner_id, at = me().learner_id, now()
    assert learner_id is not None
    with reading(current_app.extensions["db"]) as db:
        frame = frame_of(db, programme_id, at)
        rows = [row for row in store.meetings_for(db, learner_id) if row.programme_id == programme_id]
        presences = store.presences_of(db, learner_id)
        leaves = {row.about: row for row in reversed(declarations_of(db, learner_id, "leave"))}
    held = [row for row in rows if row.cancelled_at is None]
    open_now = [row for row in held if row.starts_at - OPENS_BEFORE <= at <= row.ends_at]
    over = [row for row in held if row.ends_at <= at]
    been = sum(1 for row in over if row.id in presences and presences[row.id].status in WORDS["attended"])
    return render_template(
        "attendance/mine.html", frame=frame, rows=rows, presences=presences, leaves=leaves, open_now=open_now,
        been=been, over=len(over), digits=DIGITS, states=STATES, **WORDS,
    )  # fmt: skip


@bp.get("/attendance/sign-in")
def form() -> ResponseReturnValue:
    """Where the QR code on the screen leads: one button, the code is there already."""
    return _page(request.args.get("code", ""))


@bp.post("/attendance/sign-in")
def enter() -> ResponseReturnValue:
    """Looks at the code and the server's clock."""
    learner_id, meeting_id = me().learner_id, _meeting_id()
    assert learner_id is not None
    typed = request.form.get("code", "")[:40]
    outcome = sign_in(current_app.extensions["db"], meeting_id, learner_id, typed, by=me().id, now=now())
    if outcome in (SignIn.PRESENT, SignIn.LATE, SignIn.ALREADY):
        flash(_words(outcome))
        with reading(current_app.extensions["db"]) as db:
            row = store.meeting_by_id(db, meeting_id)
        assert row is not None
        return redirect(url_for("sign_in.mine", programme_id=row.programme_id), 303)
    return _page("", outcome)


def _meeting_id() -> int:
    asked = typed_number(request.values.get("meeting", ""), 0) or 0
    return asked if asked <= LARGEST_ID else 0


def _page(code: str, outcome: SignIn | None = None) -> ResponseReturnValue:
    learner_id, meeting_id = me().learner_id, _meeting_id()
    assert learner_id is not None
    with reading(current_app.extensions["db"]) as db:
        row = next((one for one in store.meetings_for(db, learner_id) if one.id == meeting_id), None)
        frame = frame_of(db, row.programme_id, now()) if row is not None else None
    fault = None if outcome is None else _words(outcome)
    if row is None:  # who is not asked to it learns nothing of it
        fault = _words(SignIn.STRANGER)
    plain = "".join(code.split())
    shown = render_template(
        "attendance/sign_in.html", row=row, frame=frame, code=plain if plain.isdecimal() else "", fault=fault,
        digits=DIGITS, **WORDS,
    )  # fmt: skip
    if outcome is None:
        return shown
    return shown, 429 if outcome is SignIn.LOCKED else 400


def _words(outcome: SignIn) -> str:
    minutes = int(LOCKED_FOR.total_seconds() // 60)
    return {
        SignIn.PRESENT: _("签到成功。"),
        SignIn.LATE: _("签到成功，记为迟到。"),
        SignIn.ALREADY: _("您已经签到过了。"),
        SignIn.WRONG: _("签到码不对，或已经更换。请看屏幕上现在的签到码。"),
        SignIn.LOCKED: _("签到码连续输错 %(n)d 次，请等 %(m)d 分钟，或请班主任点名。", n=MAX_WRONG, m=minutes),
        SignIn.CLOSED: _("现在不能签到：还没有开始、已经结束，或已取消。"),
        SignIn.STRANGER: _("没有找到您要参加的这次课。"),
    }[outcome]
