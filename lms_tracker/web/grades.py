"""How a grade came about: the tree for the learner and for who follows the class, as page and JSON; results set by hand;
and everybody of a programme among the others."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import msgspec
from flask import Blueprint, Response, abort, current_app, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as N_
from msgspec import Struct
from sqlalchemy import Row

from lms_tracker.actions.grade_explained import Explained, grade_explained
from lms_tracker.actions.override_grade import OverrideRefused, override_grade, withdraw_override
from lms_tracker.actions.programme_policy import policy_of_programme
from lms_tracker.actions.stand import stand
from lms_tracker.core.grading.distance import distance
from lms_tracker.core.grading.history import spans_until
from lms_tracker.core.grading.policy import Policy
from lms_tracker.core.grading.standing import Member
from lms_tracker.store.classes import enrolments_of, programme_row
from lms_tracker.store.db import reading
from lms_tracker.store.overrides import override_row, overrides_until
from lms_tracker.store.places import reaches
from lms_tracker.web.access import RUN_A_PROGRAMME
from lms_tracker.web.clock import now
from lms_tracker.web.i18n import locale
from lms_tracker.web.paging import paged
from lms_tracker.web.people import me

bp = Blueprint("grades", __name__)

MAX_REASON = 500
_encode = msgspec.json.Encoder(decimal_format="number").encode

REFUSED = {
    "not-enrolled": N_("此人今天不在这个项目里，不能更正。"),
    "part": N_("没有这一项。"),
    "value": N_("更正后的结果不对：分数不能超出这一项的范围，小数位数按计分规则。"),
    "reason": N_("请写明理由（最多 500 字）。"),
    "same": N_("与现在的结果相同，没有更正。"),
    "gone": N_("这条更正已被撤销或被他人改动，请重新查看。"),
}


class Asked(Struct, frozen=True):
    """A learner's enrolment, the instant and the year that a page is asked for."""

    enrolment: Row[Any]
    programme: Row[Any]
    policy: Policy
    as_of: datetime
    now: datetime
    on: date | None

    @property
    def year(self) -> str | None:
        """The year that was asked for, as it stands in addresses."""
        return request.args.get("year") if self.on is not None else None

    @property
    def is_past(self) -> bool:
        return self.as_of < self.now


@bp.get("/study/grade")
def mine() -> ResponseReturnValue:
    """?programme=, ?as_of=2026-03-01 (the end of that day), ?year=2026 where each year has a grade."""
    asked = _mine()
    if asked is None:
        return render_template("study/nothing.html")
    learner_id = me().learner_id
    assert learner_id is not None
    return _page(asked, learner_id, own=True)


@bp.get("/study/grade.json")
def mine_json() -> ResponseReturnValue:
    """The same as JSON."""
    asked = _mine()
    learner_id = me().learner_id
    if asked is None or learner_id is None:
        abort(404)
    return _json(asked, learner_id)


@bp.get("/cohorts/<int:cohort_id>/learners/<int:learner_id>/grade")
def show(cohort_id: int, learner_id: int) -> ResponseReturnValue:
    """The same of somebody in the class."""
    return _page(_of(cohort_id, learner_id), learner_id, own=False)


@bp.get("/cohorts/<int:cohort_id>/learners/<int:learner_id>/grade.json")
def show_json(cohort_id: int, learner_id: int) -> ResponseReturnValue:
    return _json(_of(cohort_id, learner_id), learner_id)


@bp.post("/cohorts/<int:cohort_id>/learners/<int:learner_id>/grade/set")
def set_result(cohort_id: int, learner_id: int) -> ResponseReturnValue:
    """Puts a result in place of what the policy makes of it."""
    asked = _of(cohort_id, learner_id)
    part, reason = request.form.get("part", ""), request.form.get("reason", "")
    after = request.form.get("status" if part == "status" else "after", "").strip().replace("，", ".")[:40]
    db = current_app.extensions["db"]
    try:
        override_grade(
            db, asked.programme.id, learner_id, part, after, reason=reason, by=me().id, now=now(), on=asked.on
        )
    except OverrideRefused as e:
        return _page(asked, learner_id, own=False, fault=str(REFUSED[e.code]), typed=request.form), 400
    flash(_("已更正。更正前后的结果、理由和经办人都留有记录。"))
    return redirect(url_for("grades.show", cohort_id=cohort_id, learner_id=learner_id, year=asked.year), 303)


@bp.post("/cohorts/<int:cohort_id>/learners/<int:learner_id>/grade/set/<int:override_id>/withdraw")
def withdraw_result(cohort_id: int, learner_id: int, override_id: int) -> ResponseReturnValue:
    """The policy decides again."""
    asked = _of(cohort_id, learner_id)
    db = current_app.extensions["db"]
    with reading(db) as tx:
        row = override_row(tx, override_id)
    if row is None or (row.programme_id, row.learner_id) != (asked.programme.id, learner_id):
        abort(404)
    try:
        withdraw_override(db, override_id, reason=request.form.get("reason", ""), by=me().id, now=now())
    except OverrideRefused as e:
        return _page(asked, learner_id, own=False, fault=str(REFUSED[e.code])), 400
    flash(_("更正已撤销，结果重新按计分规则计算。"))
    return redirect(url_for("grades.show", cohort_id=cohort_id, learner_id=learner_id, year=asked.year), 303)


@bp.get("/programmes/<int:programme_id>/standing")
def standing(programme_id: int) -> ResponseReturnValue:
    """Totals of everybody, who is out by a standing rule, who is honoured. ?as_of= and ?year= as above; ?q=, ?cohort=,
    ?state= and ?page= choose among the totals."""
    at, asked = now(), request.args
    db = current_app.extensions["db"]
    with reading(db) as tx:
        programme = programme_row(tx, programme_id)
        policy = policy_of_programme(tx, programme, at)
    if policy.grading is None:
        abort(404)
    as_of = min(at, _instant(asked.get("as_of"), policy) or at)
    stood = stand(db, programme_id, as_of, _year(asked.get("year"), policy, _today(policy, as_of)))
    judged = stood.policy  # of that instant and year
    assert judged.grading is not None
    honoured = {rule.key: [one for one in stood.honoured if one.key == rule.key] for rule in judged.grading.honours}
    whole = sorted(zip(stood.people, stood.members, strict=True), key=lambda both: -both[1].grade.final)
    text, cohort_id, state = asked.get("q", "").strip()[:100], asked.get("cohort", type=int), asked.get("state", "")
    lines = [
        (rank, person, member)
        for rank, (person, member) in zip(_ranks(whole), whole, strict=True)
        if text.casefold() in f"{person.name or ''} {person.school or ''}".casefold()
        and cohort_id in (None, person.cohort_id)
        and (state not in STATES or _is(state, member, stood.out))
    ]
    kept = {"programme_id": programme_id, "year": asked.get("year"), "as_of": asked.get("as_of"), "q": text or None}
    kept |= {"cohort": cohort_id, "state": state if state in STATES else None}
    return render_template(
        "grades/standing.html",
        programme=programme,
        policy=judged,
        zone=policy.study.zone,
        as_of=as_of,
        past=f"{as_of.astimezone(policy.study.zone).date()}" if as_of < at else None,
        today=_today(policy, at),
        lines=lines,
        whole=len(whole),
        kept=kept,
        states=STATES,
        paged=paged(len(lines), asked.get("page", type=int)),
        classes=sorted({(person.cohort_id, person.cohort) for person in stood.people}, key=lambda one: one[1]),
        out=stood.out,
        honoured=honoured,
        names={person.learner_id: person for person in stood.people},
        years=_years(programme, policy, programme.starts_on, as_of),
        on=stood.on,
        distance=distance,
    )


STATES = {
    "passed": N_("已合格"),
    "failed": N_("未合格"),
    "in_progress": N_("进行中"),
    "out": N_("符合退出条件"),
}


def _is(state: str, member: Member, out: Mapping[int, object]) -> bool:
    return member.learner_id in out if state == "out" else member.grade.status == state


def _ranks(lines: Sequence[tuple[object, Member]]) -> list[int]:
    """Of the whole programme; equals share a rank."""
    ranks: list[int] = []
    for n, (_person, member) in enumerate(lines):
        same = n and member.grade.final == lines[n - 1][1].grade.final
        ranks.append(ranks[-1] if same else n + 1)
    return ranks


def _mine() -> Asked | None:
    learner_id = me().learner_id
    assert learner_id is not None
    with reading(current_app.extensions["db"]) as tx:
        enrolments = enrolments_of(tx, learner_id)
    wanted = request.args.get("programme", type=int)
    enrolment = next((e for e in enrolments if e.programme_id == wanted), enrolments[0] if enrolments else None)
    return _asked(enrolment) if enrolment is not None else None


def _of(cohort_id: int, learner_id: int) -> Asked:
    with reading(current_app.extensions["db"]) as tx:
        enrolments = enrolments_of(tx, learner_id)
    enrolment = next((e for e in enrolments if e.cohort_id == cohort_id), None)
    if enrolment is None:
        abort(404)
    return _asked(enrolment)


def _asked(enrolment: Row[Any]) -> Asked:
    at = now()
    with reading(current_app.extensions["db"]) as tx:
        programme = programme_row(tx, enrolment.programme_id)
        policy = policy_of_programme(tx, programme, at)
    as_of = min(at, _instant(request.args.get("as_of"), policy) or at)
    until = enrolment.left_on - timedelta(days=1) if enrolment.left_on is not None else _today(policy, at)
    return Asked(enrolment, programme, policy, as_of, at, _year(request.args.get("year"), policy, until))


def _explained(asked: Asked, learner_id: int) -> Explained | None:
    if asked.policy.grading is None:
        return None
    return grade_explained(current_app.extensions["db"], asked.programme.id, learner_id, asked.as_of, asked.on)


def _page(asked: Asked, learner_id: int, *, own: bool, fault: str | None = None, typed: Any = None) -> str:
    found = _explained(asked, learner_id)
    with reading(current_app.extensions["db"]) as tx:
        overrides = list(overrides_until(tx, asked.programme.id, asked.as_of, [learner_id]))
    may_set = not own and _may_set(learner_id)
    return render_template(
        "grades/show.html",
        asked=asked,
        found=found,
        learner_id=learner_id,
        own=own,
        past=asked.as_of.isoformat() if asked.is_past else None,
        year=asked.year,
        zone=asked.policy.study.zone,
        said=distance(found.grade, locale()) if found is not None else "",
        years=_years(asked.programme, asked.policy, asked.enrolment.enrolled_on, asked.now),
        overrides=overrides,
        may_set=may_set,
        fault=fault,
        typed=typed or {},
        max_reason=MAX_REASON,
    )


def _json(asked: Asked, learner_id: int) -> Response:
    found = _explained(asked, learner_id)
    if found is None:
        abort(404)
    grade = found.grade
    body = {
        "programme": asked.programme.slug,
        "learner": learner_id,
        "as_of": asked.as_of,
        "policy": grade.policy,
        "final": grade.final,
        "base": grade.base,
        "bonus": grade.bonus,
        "status": grade.status,
        "missing": {language: distance(grade, language) for language in ("zh", "en")},
        "ways": [{"part": way.key, "points": way.points, "zh": way.sentence("zh"), "en": way.sentence("en")}
                 for way in found.ways],
        "explained": found.tree,
    }  # fmt: skip
    return Response(_encode(body), content_type="application/json")


def _may_set(learner_id: int) -> bool:
    """Nobody sets their own result."""
    person = me()
    if person.learner_id == learner_id:
        return False
    return any(role.name in RUN_A_PROGRAMME and reaches(role, g.place) for role in person.roles)


def _instant(text: str | None, policy: Policy) -> datetime | None:
    """The end of a local day, or an instant; None for what is neither."""
    try:
        if text and len(text) == len("2026-03-01"):
            day = date.fromisoformat(text) + timedelta(days=1)
            return datetime.combine(day, time(), policy.study.zone).astimezone(UTC) - timedelta(microseconds=1)
        at = datetime.fromisoformat(text) if text else None
        return at.astimezone(UTC) if at is not None and at.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def _today(policy: Policy, at: datetime) -> date:
    return at.astimezone(policy.study.zone).date()


def _year(text: str | None, policy: Policy, until: date) -> date | None:
    """The last day, but none after `until`, of a year that a policy grades by, named by the calendar year in which it begins:
    whoever came in the middle of it was there by then."""
    if policy.grading is None or policy.grading.rules.period != "year":
        return None
    if not text or not text.isascii() or not text.isdigit() or not 1900 <= int(text) <= 9000:
        return None
    following = date(int(text) + 1, policy.grading.rules.year_starts, 1)
    return min(following - timedelta(days=1), until)


def _years(programme: Row[Any], policy: Policy, enrolled_on: date, at: datetime) -> list[int]:
    """Years that there are grades of, the latest first; empty where one grade is of the whole programme."""
    if policy.grading is None or policy.grading.rules.period != "year":
        return []
    today = _today(policy, at)
    spans = spans_until(policy.grading.rules, programme.starts_on, programme.ends_on, enrolled_on, today)
    month = policy.grading.rules.year_starts
    return [span.first.year - (span.first.month < month) for span in reversed(spans)]
