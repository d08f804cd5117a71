"""Secret ballots: calling them and handing out codes, for who runs a programme; and the page where anybody with a code votes."""

from decimal import Decimal
from typing import Any

import msgspec
from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as N_
from sqlalchemy import Connection, Row

from lms_tracker.actions.ballots import (
    LONGEST_REASON,
    LONGEST_TITLE,
    LONGEST_WORDS,
    BallotForm,
    Called,
    annul_ballot,
    call_ballots,
    cast_paper,
    close_ballot,
    new_codes,
)
from lms_tracker.actions.programme_policy import policy_of_programme
from lms_tracker.core.ballot import MOST_CODES, QUORUM_PCT, Tally, digest_of, read_code, written
from lms_tracker.core.study.review import NotAllowed
from lms_tracker.core.survey import SMALL
from lms_tracker.reports.qr import qr_of
from lms_tracker.store import ballots as store
from lms_tracker.store.db import reading
from lms_tracker.web.clock import now
from lms_tracker.web.frame import frame_of, typed_moment, typed_number
from lms_tracker.web.people import me
from lms_tracker.web.surveys import STEPS

bp = Blueprint("ballots", __name__)

OUTCOMES = {
    "counted": N_("已计入"),
    "few": N_("不足 %(n)d 票，不计", n=SMALL),
    "quorum": N_("票数不够，不计"),
    "refused": N_("未能计入，请核实"),
}
WORDS: dict[str, Any] = {"outcomes": OUTCOMES, "steps": STEPS, "small": SMALL}


def refusal(e: NotAllowed) -> str:
    """What somebody reads whose form changed nothing."""
    why, _sep, where = e.why.partition(":")
    return {
        "title": _("请填写标题（最多 %(n)d 个字）。", n=LONGEST_TITLE),
        "times": _("截止时间应晚于开始时间和现在，最长 60 天。"),
        "quorum": _("请填写 0 到 100 的百分数。"),
        "papers": _("请至少给一个单位填写票数（每单位最多 %(n)d 张）。", n=MOST_CODES),
        "small": _("%(u)s：少于 %(n)d 张票就不成其为无记名。", u=where, n=SMALL),
        "again": _("%(u)s 已经有同名的测评；要重做，请先作废原来的。", u=where),
        "own": _("%(u)s 的测评对象里有您本人，请由别人发起。", u=where),
        "used": _("已经有人投票，不能再换投票码。"),
        "closed": _("现在不能投票或更改：还没有开始、已经截止，或已作废。"),
        "reason": _("请写明理由（最多 %(n)d 个字）。", n=LONGEST_REASON),
        "annulled": _("这次测评已经作废。"),
    }[why]


@bp.get("/programmes/<int:programme_id>/ballots")
def listing(programme_id: int) -> ResponseReturnValue:
    """All of the programme, with how many papers came in, and what came of them."""
    with reading(current_app.extensions["db"]) as db:
        frame = frame_of(db, programme_id, now())
        rows = store.ballots_of(db, programme_id)
        candidates = store.candidates_of(db, [row.id for row in rows])
        target = _target(db, frame.programme)
    judged = {id: [(one, _tally(one)) for one in found] for id, found in candidates.items()}
    return render_template(
        "ballots/listing.html", frame=frame, rows=rows, judged=judged, at=now(), target=target, **WORDS
    )


@bp.get("/programmes/<int:programme_id>/ballots/new")
def new(programme_id: int) -> ResponseReturnValue:
    return _new(programme_id)


@bp.post("/programmes/<int:programme_id>/ballots/new")
def call(programme_id: int) -> ResponseReturnValue:
    """Calls one ballot for each unit; its codes are shown this once, to be cut and handed out."""
    asked = request.form
    with reading(current_app.extensions["db"]) as db:
        frame = frame_of(db, programme_id, now())
        units = [unit.id for unit, _people in store.units_of(db, programme_id)]
    opens_at, closes_at = (typed_moment(asked.get(name, ""), frame.zone) for name in ("opens_at", "closes_at"))
    papers = {id: typed_number(asked.get(f"papers{id}", "").strip() or "0", -1) or 0 for id in units}
    quorum = typed_number(asked.get("quorum", ""), -1)
    if opens_at is None or closes_at is None or quorum is None:
        return _new(programme_id, _("请填写开始和截止时间。"))
    form = BallotForm(asked.get("title", ""), asked.get("words", ""), opens_at, closes_at, quorum, papers)
    try:
        called = call_ballots(
            current_app.extensions["db"], programme_id, form, by=me().id, by_learner=me().learner_id, now=now()
        )
    except NotAllowed as e:
        return _new(programme_id, refusal(e))
    return _slips(programme_id, called)


@bp.get("/ballots/<int:ballot_id>")
def show(ballot_id: int) -> ResponseReturnValue:
    return _show(ballot_id)


@bp.post("/ballots/<int:ballot_id>/<any(close, codes, annul):what>")
def change(ballot_id: int, what: str) -> ResponseReturnValue:
    """Ends it now; gives out other codes as long as nobody has voted; or has it count for nothing."""
    db = current_app.extensions["db"]
    try:
        if what == "close":
            close_ballot(db, ballot_id, now=now())
        elif what == "annul":
            annul_ballot(db, ballot_id, reason=request.form.get("reason", ""), by=me().id, now=now())
        else:
            called = new_codes(db, ballot_id, now=now())
            with reading(db) as tx:
                row = store.ballot_by_id(tx, ballot_id)
            assert row is not None
            return _slips(row.programme_id, [called])
    except NotAllowed as e:
        return _show(ballot_id, refusal(e))
    flash(_("已截止并计票。") if what == "close" else _("已作废，计入的结果已撤回。"))
    return redirect(url_for("ballots.show", ballot_id=ballot_id), 303)


@bp.get("/vote")
def ask() -> ResponseReturnValue:
    """Asks for a code. It is never part of an address: addresses are kept in many places."""
    return render_template("ballots/vote.html", row=None, typed="")


@bp.post("/vote")
def vote() -> ResponseReturnValue:
    """With a code: the paper. With the paper filled in: keeps it, apart from the code."""
    typed, at = request.form.get("code", "")[:60], now()
    code = read_code(typed)
    with reading(current_app.extensions["db"]) as db:
        found = store.ballot_of_code(db, digest_of(code)) if code else None
        row = store.ballot_by_id(db, found.ballot_id) if found else None
        if code is None or found is None or row is None:
            return _ask(typed, _("没有这个投票码。请对照纸条再输入一次；字母不分大小写，横线可以不写。"))
        candidates = store.candidates_of(db, [row.id])[row.id]
        zone = frame_of(db, row.programme_id, at).zone
    if found.used:
        return _ask("", _("这个投票码已经用过了。每个码只能投一次，投出的票不能再改。"))
    if row.annulled_at is not None or not row.opens_at <= at < row.closes_at:
        return _ask("", _("这次测评现在不能投票：还没有开始、已经截止，或已作废。"))
    choices = {one.position: request.form.getlist(f"c{one.position}") for one in candidates}
    fault = None
    if request.form.get("cast"):
        try:
            cast_paper(current_app.extensions["db"], code, choices, now=at)
            return render_template("ballots/thanks.html", row=row)
        except NotAllowed as e:
            if e.why in ("code", "used", "closed"):  # meanwhile
                return _ask("", _("这张票没有投出：投票码刚刚用过，或测评刚刚截止。"))
            fault = _("请至少评价一位，没有提交。") if e.why == "empty" else _("请为每位只选一项。")
    page = render_template(
        "ballots/vote.html", row=row, candidates=candidates, zone=zone, typed=written(code), choices=choices,
        fault=fault, **WORDS,
    )  # fmt: skip
    return page, 400 if fault else 200


def _ask(typed: str, fault: str) -> ResponseReturnValue:
    return render_template("ballots/vote.html", row=None, typed=typed, fault=fault), 400


def _new(programme_id: int, fault: str | None = None) -> ResponseReturnValue:
    with reading(current_app.extensions["db"]) as db:
        frame = frame_of(db, programme_id, now())
        units = store.units_of(db, programme_id)
    page = render_template(
        "ballots/new.html", frame=frame, units=units, typed=request.form, fault=fault, quorum=QUORUM_PCT,
        most=MOST_CODES, max_words=LONGEST_WORDS, **WORDS,
    )  # fmt: skip
    return page, 400 if fault else 200


def _slips(programme_id: int, called: list[Called]) -> ResponseReturnValue:
    with reading(current_app.extensions["db"]) as db:
        frame = frame_of(db, programme_id, now())
        row = store.ballot_by_id(db, called[0].id)
    address = current_app.extensions["settings"].public_url.rstrip("/") + url_for("ballots.ask")
    return render_template(
        "ballots/slips.html", frame=frame, row=row, called=called, address=address, qr=qr_of(address), written=written
    )


def _show(ballot_id: int, fault: str | None = None) -> ResponseReturnValue:
    with reading(current_app.extensions["db"]) as db:
        row = store.ballot_by_id(db, ballot_id)
        assert row is not None  # the table of access found it
        frame = frame_of(db, row.programme_id, now())
        candidates = store.candidates_of(db, [row.id])[row.id]
        target = _target(db, frame.programme)
    judged = [(one, _tally(one)) for one in candidates]
    page = render_template(
        "ballots/show.html", row=row, frame=frame, judged=judged, at=now(), target=target, fault=fault, **WORDS
    )
    return page, 400 if fault else 200


def _tally(candidate: Row[Any]) -> Tally | None:
    return None if candidate.steps is None else Tally(msgspec.json.decode(candidate.steps, type=tuple[int, ...]))


def _target(db: Connection, programme: Row[Any]) -> Decimal | None:
    """Below how much the programme's policy has a vote end somebody's place; None: it has no such rule."""
    grading = policy_of_programme(db, programme, now()).grading
    rules = grading.standing if grading is not None else ()
    return next((rule.below for rule in rules if rule.evidence == "vote"), None)
