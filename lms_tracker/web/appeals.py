"""Appeals: filing one, following it, saying what is known of it, and deciding it."""

from datetime import date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, current_app, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from msgspec.structs import replace
from sqlalchemy import Connection, Row

from lms_tracker.actions.appealable import Late, Target, look_at
from lms_tracker.actions.decide_appeal import Sight, decide_appeal, sight_of, state_on_appeal, who_took_part
from lms_tracker.actions.file_appeal import file_appeal
from lms_tracker.actions.keep_deadlines import appeal_clocks, first_clocks
from lms_tracker.actions.programme_policy import policy_in_force
from lms_tracker.actions.settle_study import settle_now
from lms_tracker.core.study.decisions import SUSPECT
from lms_tracker.core.study.entries import Entry
from lms_tracker.core.study.explain import Sentence, explain
from lms_tracker.core.study.review import APPEAL_FILES, MAX_WORDS, NotAllowed
from lms_tracker.store import reviews as store
from lms_tracker.store.accounts import account_by_id
from lms_tracker.store.classes import people_of_role
from lms_tracker.store.db import reading
from lms_tracker.store.decisions import decode_signals
from lms_tracker.store.ledger import entries_in_force
from lms_tracker.store.places import class_of_appeal
from lms_tracker.store.settling import unsettled_among
from lms_tracker.web.access import ROUTES
from lms_tracker.web.clock import now
from lms_tracker.web.files import as_download, handed_in
from lms_tracker.web.frame import hidden_numbers
from lms_tracker.web.guard import may
from lms_tracker.web.i18n import locale
from lms_tracker.web.people import me
from lms_tracker.web.review import strips_of, words
from lms_tracker.web.review_words import ROLES, refusal, too_late, unless_decided

bp = Blueprint("appeals", __name__)

MAX_KEY = 2000
NOTHING_SEEN = (0, 0)
GIVING_BACK = ("upheld", "released")
"""What changes the ledger."""


@bp.get("/appeals")
def listing() -> ResponseReturnValue:
    """My appeals, the latest first."""
    learner_id = me().learner_id
    assert learner_id is not None
    with reading(current_app.extensions["db"]) as db:
        rows, at = store.appeals_of(db, learner_id), now()
        rules = {r.programme_id: policy_in_force(db, r.programme_id, r.policy, at).study for r in rows}
        waiting = [row for row in rows if not row.outcome]
        first, second = first_clocks(db, waiting, rules, at), appeal_clocks(db, waiting, rules, at)
    return render_template("appeals/listing.html", rows=rows, rules=rules, first=first, second=second, at=at, **words())


@bp.get("/appeals/new")
def new() -> ResponseReturnValue:
    """The form, for one reason of one session of a date."""
    return _form()


@bp.post("/appeals/new")
def file() -> ResponseReturnValue:
    """Files it, with what was handed in."""
    learner_id, typed = me().learner_id, request.form.get("words", "")
    assert learner_id is not None
    files = handed_in("files", APPEAL_FILES)
    try:
        id = file_appeal(current_app.extensions["db"], learner_id, _target(), words=typed, files=files, now=now())
    except NotAllowed as e:
        return _form(refusal(e), typed)
    flash(_("申诉已提交。"))
    return redirect(url_for("appeals.show", appeal_id=id), 303)


@bp.get("/appeals/<int:appeal_id>")
def show(appeal_id: int) -> ResponseReturnValue:
    return _page(appeal_id)


@bp.get("/appeals/<int:appeal_id>/files/<int:file_id>")
def download(appeal_id: int, file_id: int) -> ResponseReturnValue:
    """What was handed in: always as a download, never shown in a page of ours."""
    with reading(current_app.extensions["db"]) as db:
        row = store.file_of(db, appeal_id, file_id)
    if row is None:
        abort(404)
    return as_download(row.name, row.kind, row.content)


@bp.post("/appeals/<int:appeal_id>/statement")
def state(appeal_id: int) -> ResponseReturnValue:
    """The monitor's, or the head teacher's, words."""
    typed = request.form.get("words", "")
    mine = {role.name for role in me().roles if role.cohort_id == g.place.class_id}
    role = "head_teacher" if "head_teacher" in mine else "monitor"
    try:
        state_on_appeal(current_app.extensions["db"], appeal_id, role=role, words=typed, by=me().id, now=now())
    except NotAllowed as e:
        return _page(appeal_id, refusal(e), said=typed)
    flash(_("说明已保存。"))
    return redirect(url_for("appeals.show", appeal_id=appeal_id), 303)


@bp.post("/appeals/<int:appeal_id>/decision")
def decide(appeal_id: int) -> ResponseReturnValue:
    """The second reviewer's decision; none, where the appeal is not the one that the form shows."""
    typed, what = request.form.get("words", ""), request.form.get("what", "")
    if what not in ("uphold", "decline"):
        abort(400)
    db, uphold = current_app.extensions["db"], what == "uphold"
    seen = Sight(*next(iter(hidden_numbers("seen", 2)), NOTHING_SEEN))
    try:
        owner = decide_appeal(db, appeal_id, uphold=uphold, words=typed, by=me().id, now=now(), seen=seen)
    except NotAllowed as e:
        return _page(appeal_id, refusal(e), typed)
    settle_now(db, owner, now)
    flash(_("复核决定已保存，学员可以看到。"))
    return redirect(url_for("appeals.show", appeal_id=appeal_id), 303)


def _target() -> Target:
    asked = request.values
    try:
        day = date.fromisoformat(asked.get("date", ""))
    except ValueError:
        abort(404)
    texts = [asked.get(name, "") for name in ("activity", "session", "registration")]
    if any("\0" in text or len(text) > MAX_KEY for text in texts):
        abort(404)
    return Target(*texts, day, asked.get("about", ""))  # type: ignore[call-arg]


def _form(fault: str | None = None, typed: str = "") -> ResponseReturnValue:
    learner_id, target = me().learner_id, _target()
    assert learner_id is not None
    try:
        found = look_at(current_app.extensions["db"], learner_id, target, now())
    except NotAllowed as e:
        why = _too_late(e) if isinstance(e, Late) else refusal(e)
        return render_template("appeals/refused.html", why=why, typed=typed), 400 if fault else 200
    sentences = [one for one in explain(found.entry, found.policy.zone, locale()) if one.reason == target.about]
    signals = decode_signals(found.hold.signals) if found.hold is not None else []
    shown = render_template(
        "appeals/new.html",
        target=target,
        found=found,
        sentences=sentences,
        signals=signals,
        fault=fault,
        typed=typed,
        max_words=MAX_WORDS,
        files=APPEAL_FILES,
        **words(),
    )
    return shown, 400 if fault else 200


def _too_late(e: Late) -> str:
    with reading(current_app.extensions["db"]) as db:
        heads = [row.name for row in people_of_role(db, e.cohort_id, ["head_teacher"], now())]
    return too_late(e, heads)


def _page(appeal_id: int, fault: str | None = None, typed: str = "", said: str = "") -> ResponseReturnValue:
    person, at = me(), now()
    with reading(current_app.extensions["db"]) as db:
        row = store.appeal_by_id(db, appeal_id)
        if row is None:
            abort(404)
        policy = policy_in_force(db, row.programme_id, row.policy, at).study
        hold, last = store.holds_by_id(db, [row.hold_id])[row.hold_id] if row.hold_id else (None, None)
        rules, waiting = {row.programme_id: policy}, [] if row.outcome else [row]
        first = first_clocks(db, waiting, rules, at).get(row.id)
        settling = row.outcome in GIVING_BACK and bool(unsettled_among(db, [row.owner]))
        own = row.owner == person.learner_id
        may_decide = may(person, ROUTES["appeals.decide"], g.place)
        knows = own or may_decide  # a monitor is a class-mate: the appeal's words, and what the monitor said
        part = person.id in who_took_part(db, row)
        entries = [e for e in entries_in_force(db, [row.owner], row.date, row.date) if e.key == _key(row)]
        told = [s for s in store.statements_on(db, appeal_id) if knows or s.made_by == person.id]
        shown = {
            "row": row,
            "zone": policy.zone,
            "clock": appeal_clocks(db, waiting, rules, at).get(row.id),
            "first": first,
            "unless": unless_decided(first, policy.review, policy.zone) if first else None,
            "settling": settling,
            "signals": decode_signals(hold.signals) if hold is not None and knows else [],
            "sentences": [] if settling else [s for e in entries for s in _concerned(e, row, policy.zone)],
            "steps": _steps(row, told, _first_review(db, hold) if knows else None),
            "strips": strips_of(db, row.owner, row.programme_id, [row.date], policy.zone) if knows else [],
            "waits_for_first": row.hold_id is not None and last is None,
            "files": store.files_of(db, appeal_id) if knows else [],
            "own": own,
            "knows": knows,
            "decides": may_decide and row.outcome is None and _is_ready(row, last) and not part,
            "took_part": may_decide and part,
            "sight": sight_of(db, row),
            "states": row.outcome is None and may(person, ROUTES["appeals.state"], class_of_appeal(db, appeal_id)),
        }
    page = render_template(
        "appeals/show.html", **shown, fault=fault, typed=typed, said=said, max_words=MAX_WORDS, at=at, **words()
    )
    return page, 400 if fault else 200


def _concerned(entry: Entry, row: Row[Any], zone: ZoneInfo) -> list[Sentence]:
    """What the rules, and who reviewed, say of the time that an appeal is about: held time may have been rejected since."""
    reasons = {row.about} if row.hold_id is None else SUSPECT
    inside = [i for i in entry.intervals if i.start_us <= row.end_us and row.start_us <= i.end_us]
    return [one for one in explain(replace(entry, intervals=inside), zone, locale()) if one.reason in reasons]


def _is_ready(row: Row[Any], last: Row[Any] | None) -> bool:
    """Whether a second reviewer may decide: a discount, or a hold that was rejected."""
    return row.hold_id is None or (last is not None and last.kind == "reject")


def _steps(row: Row[Any], told: list[Row[Any]], first: Row[Any] | None) -> list[dict[str, Any]]:
    """What happened, in the order of time: title, who, when, words."""
    steps = [{"kind": "filed", "title": _("学员申诉"), "by": None, "at": row.filed_at, "words": row.words}]
    if first is not None:
        steps.append(
            {"kind": "first", "title": _("初核：不计入"), "by": first.by, "at": first.at, "words": first.words}
        )
    for said in told:
        title = _("%(role)s说明", role=ROLES[said.role])
        steps.append({"kind": "said", "title": title, "by": said.name, "at": said.made_at, "words": said.words})
    return sorted(steps, key=lambda step: step["at"])


class _First(NamedTuple):
    at: datetime
    words: str | None
    by: str | None


def _first_review(db: Connection, hold: Row[Any] | None) -> _First | None:
    """Who rejected what was held, when and why."""
    answer = None if hold is None else store.answer_to(db, hold.id)
    if answer is None or answer.kind != "reject":
        return None
    by = account_by_id(db, answer.decided_by) if answer.decided_by is not None else None
    return _First(answer.decided_at, answer.words, by.name if by else None)


def _key(row: Row[Any]) -> tuple[Any, ...]:
    return (row.activity, row.session, row.registration, row.date)
