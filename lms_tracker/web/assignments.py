"""Assignments for those who run a programme: setting them, and how they go."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Connection

from lms_tracker.actions.hand_in import WorkRefused
from lms_tracker.actions.keep_assignments import pass_on
from lms_tracker.actions.object_to_mark import decide_objection
from lms_tracker.actions.programme_policy import policy_of_programme
from lms_tracker.actions.set_terms import TermsRefused, components_of, set_terms
from lms_tracker.actions.standing import Standings, standings
from lms_tracker.core.assignments.terms import Terms
from lms_tracker.core.grading.policy import Policy
from lms_tracker.store import assessments
from lms_tracker.store import assignments as store
from lms_tracker.store import submissions as works
from lms_tracker.store.db import reading
from lms_tracker.store.marking import count_enrolled
from lms_tracker.store.programmes import assignments as all_assignments
from lms_tracker.store.programmes import programme_by_id
from lms_tracker.store.weights import weights_now
from lms_tracker.web.clock import now
from lms_tracker.web.judging import typed_number
from lms_tracker.web.people import me
from lms_tracker.web.terms_form import fields_of, terms_of
from lms_tracker.web.work_words import refusal, terms_fault, words

bp = Blueprint("assignments", __name__)


@bp.get("/programmes/<int:programme_id>/assignments")
def listing(programme_id: int) -> ResponseReturnValue:
    """All assignments of a programme, those without terms, too."""
    with reading(current_app.extensions["db"]) as db:
        programme, policy = _programme(db, programme_id)
        settings = {one.id: one for one in store.settings_of(db, [programme_id])}
        rows = all_assignments(db, programme_id)
        handed_in = works.count_handed_in(db, [programme_id])
        people = count_enrolled(db, programme_id)
        weights = weights_now(db, programme_id)
    return render_template(
        "assignments/listing.html",
        programme=programme, settings=settings, rows=rows, handed_in=handed_in, people=people, at=now(),
        weights=weights, titles=_titles(policy), zone=policy.study.zone, **words(),
    )  # fmt: skip


@bp.get("/programmes/<int:programme_id>/assignments/new")
def new(programme_id: int) -> ResponseReturnValue:
    return _form(programme_id, None)


@bp.post("/programmes/<int:programme_id>/assignments/new")
def add(programme_id: int) -> ResponseReturnValue:
    """Sets a new assignment."""
    return _set(programme_id, None)


@bp.get("/assignments/<int:assignment_id>")
def show(assignment_id: int) -> ResponseReturnValue:
    return _page(assignment_id)


@bp.get("/assignments/<int:assignment_id>/edit")
def edit(assignment_id: int) -> ResponseReturnValue:
    return _form(_programme_of(assignment_id), assignment_id)


@bp.post("/assignments/<int:assignment_id>/edit")
def change(assignment_id: int) -> ResponseReturnValue:
    """Sets it anew; the terms before stay on record."""
    return _set(_programme_of(assignment_id), assignment_id)


@bp.post("/assignments/<int:assignment_id>/pass-on")
def hand_on(assignment_id: int) -> ResponseReturnValue:
    """Reviews of those who have done none go to others at once."""
    count = pass_on(current_app.extensions["db"], assignment_id, now())
    flash(_("已转给其他同学 %(n)d 份互评。", n=count))
    return redirect(url_for("assignments.show", assignment_id=assignment_id, _anchor="peers"), 303)


@bp.post("/assignments/<int:assignment_id>/objections/<int:objection_id>")
def decide(assignment_id: int, objection_id: int) -> ResponseReturnValue:
    """Upholds an objection with another mark, or declines it."""
    said, what = request.form.get("words", ""), request.form.get("what", "")
    if what not in ("uphold", "decline"):
        abort(400)
    try:
        mark = typed_number(request.form.get("mark", "")) if what == "uphold" else None
        decide_objection(
            current_app.extensions["db"], assignment_id, objection_id, mark=mark, words=said, by=me().id, now=now()
        )
    except WorkRefused as e:
        return _page(assignment_id, refusal(e))
    flash(_("异议已处理，学员可以看到。"))
    return redirect(url_for("assignments.show", assignment_id=assignment_id, _anchor="objections"), 303)


def _set(programme_id: int, assignment_id: int | None) -> ResponseReturnValue:
    db = current_app.extensions["db"]
    with reading(db) as tx:
        zone = _programme(tx, programme_id)[1].study.zone
    terms, faults = terms_of(request.form, zone)
    if terms is None:
        return _form(programme_id, assignment_id, request.form, faults)
    try:
        id = set_terms(db, programme_id, terms, assignment_id=assignment_id, by=me().id, now=now())
    except TermsRefused as e:
        return _form(programme_id, assignment_id, request.form, [terms_fault(key) for key in e.faults])
    flash(_("作业已保存。"))
    return redirect(url_for("assignments.show", assignment_id=id), 303)


def _form(
    programme_id: int,
    assignment_id: int | None,
    typed: Mapping[str, str] | None = None,
    faults: list[str] | None = None,
) -> ResponseReturnValue:
    with reading(current_app.extensions["db"]) as db:
        programme, policy = _programme(db, programme_id)
        setting = None if assignment_id is None else store.setting_of(db, assignment_id)
        row = None if assignment_id is None else store.assignment_row(db, assignment_id)
        handed_in = assignment_id in works.count_handed_in(db, [programme_id])
        weights = weights_now(db, programme_id)
    components = components_of(policy)
    if setting is not None:
        terms = setting.terms
    elif row is not None:
        terms = Terms(row.title, row.component, weight=weights[row.id])
    else:
        terms = Terms("", components[0] if components else "")
    shown = render_template(
        "assignments/form.html",
        programme=programme, assignment_id=assignment_id, f=typed or fields_of(terms, policy.study.zone),
        faults=faults or [], components=components, titles=_titles(policy), zone=policy.study.zone, handed_in=handed_in,
        **words(),
    )  # fmt: skip
    return shown, 400 if faults else 200


def _page(assignment_id: int, fault: str | None = None) -> ResponseReturnValue:
    with reading(current_app.extensions["db"]) as db:
        row = store.assignment_row(db, assignment_id)
        assert row is not None
        programme, policy = _programme(db, row.programme_id)
        setting = store.setting_of(db, assignment_id)
        all = None if setting is None else standings(db, setting, now())
        history = store.history_of(db, assignment_id)
        objections = assessments.objections_of(db, assignment_id)
        reviewers = [] if all is None else _reviewers(db, all)
        people = count_enrolled(db, row.programme_id)
        weight = weights_now(db, row.programme_id)[assignment_id]
        names = {one["id"]: one["name"] for one in reviewers}
        if all is not None:
            names |= {one.work.learner_id: one.work.name for one in all.works}
    shown = render_template(
        "assignments/show.html",
        row=row, programme=programme, setting=setting, terms=setting.terms if setting else None, all=all,
        history=history, objections=objections, reviewers=reviewers, people=people, titles=_titles(policy),
        zone=policy.study.zone, at=now(), fault=fault, names=names, weight=weight, **words(),
    )  # fmt: skip
    return shown, 400 if fault else 200


def _reviewers(db: Connection, all: Standings) -> list[dict[str, Any]]:
    """Everybody who was asked to review: how many they did, what was passed on, how far they are trusted."""
    found: dict[int, dict[str, Any]] = {}
    for pair in assessments.pairs_of(db, all.setting.id):
        one = found.setdefault(pair.learner_id, {"id": pair.learner_id, "asked": 0, "done": 0, "passed_on": 0})
        one["asked" if pair.ended_at is None else "passed_on"] += 1
    for review in all.reviews:
        if review.reviewer in found:
            found[review.reviewer]["done"] += 1
    names = works.names_of(db, found)
    for id, one in found.items():
        one["name"], one["weight"] = names.get(id) or "—", all.weights.get(id)
    return sorted(found.values(), key=lambda one: (one["done"] - one["asked"], one["name"]))


def _programme(db: Connection, programme_id: int) -> tuple[Any, Policy]:
    programme = programme_by_id(db, programme_id)
    assert programme is not None
    return programme, policy_of_programme(db, programme, now())


def _programme_of(assignment_id: int) -> int:
    with reading(current_app.extensions["db"]) as db:
        row = store.assignment_row(db, assignment_id)
    assert row is not None
    return int(row.programme_id)


def _titles(policy: Policy) -> dict[str, Any]:
    return {part.key: part.title for part in policy.grading.components} if policy.grading else {}
