"""Contact notes: of one learner, to read and to write; and what was said to whom in a programme."""

from datetime import date
from typing import Any

from flask import Blueprint, abort, current_app, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as N_

from lms_tracker.actions.note_contact import note_contact, withdraw_contact
from lms_tracker.actions.programme_policy import policy_of_programme
from lms_tracker.core.contacts import MAX_WORDS, NoteRefused
from lms_tracker.store import contacts as store
from lms_tracker.store.classes import cohort_row, enrolments_of, programme_row
from lms_tracker.store.db import reading
from lms_tracker.store.places import reaches
from lms_tracker.web.access import READ_CONTACTS
from lms_tracker.web.clock import now
from lms_tracker.web.members import members_of
from lms_tracker.web.people import me

bp = Blueprint("contacts", __name__)

WAYS = {"phone": N_("电话"), "message": N_("短信或微信"), "visit": N_("面谈"), "other": N_("其他")}
LATEST = 200


@bp.get("/cohorts/<int:cohort_id>/learners/<int:learner_id>/contacts")
def listing(cohort_id: int, learner_id: int) -> ResponseReturnValue:
    """All notes about a learner of the class. A monitor is a class-mate: of others' notes only that they were made."""
    return _page(cohort_id, learner_id)


@bp.post("/cohorts/<int:cohort_id>/learners/<int:learner_id>/contacts")
def add(cohort_id: int, learner_id: int) -> ResponseReturnValue:
    form, at = request.form, now()
    with reading(current_app.extensions["db"]) as db:
        programme = programme_row(db, cohort_row(db, cohort_id).programme_id)
        today = at.astimezone(policy_of_programme(db, programme, at).study.zone).date()
    try:
        on = _date(form.get("on")) or today
        again = _date(form.get("again_on"))
        note_contact(
            current_app.extensions["db"],
            programme.id,
            learner_id,
            on=on,
            way=form.get("way", ""),
            reached=form.get("reached") == "1",
            words=form.get("words", ""),
            again_on=again,
            by=me().id,
            today=today,
            now=at,
        )
    except NoteRefused as e:
        return _page(cohort_id, learner_id, _refusal(e.code))
    flash(_("已记下。"))
    return redirect(url_for("contacts.listing", cohort_id=cohort_id, learner_id=learner_id), 303)


@bp.post("/cohorts/<int:cohort_id>/learners/<int:learner_id>/contacts/<int:note_id>/withdraw")
def withdraw(cohort_id: int, learner_id: int, note_id: int) -> ResponseReturnValue:
    """One's own note: it stays to be seen as withdrawn, without its words."""
    with reading(current_app.extensions["db"]) as db:
        programme_id = cohort_row(db, cohort_id).programme_id
        known = {row.id for row in store.notes_of(db, programme_id, learner_id)}
    if note_id not in known or not withdraw_contact(current_app.extensions["db"], note_id, by=me().id, now=now()):
        abort(404)
    flash(_("已撤回。"))
    return redirect(url_for("contacts.listing", cohort_id=cohort_id, learner_id=learner_id), 303)


@bp.get("/programmes/<int:programme_id>/contacts")
def log(programme_id: int) -> ResponseReturnValue:
    """The latest notes within the person's roles."""
    at, person = now(), me()
    roles = [role for role in person.roles if role.name in READ_CONTACTS and reaches(role, g.place)]
    with reading(current_app.extensions["db"]) as db:
        programme = programme_row(db, programme_id)
        zone = policy_of_programme(db, programme, at).study.zone
        whole, cohorts, learners = members_of(db, programme_id, roles)
        rows = store.notes_within(db, programme_id, None if whole else cohorts, learners, LATEST)
    return render_template("contacts/log.html", programme=programme, rows=rows, ways=WAYS, zone=zone, latest=LATEST)


def _page(cohort_id: int, learner_id: int, fault: str | None = None) -> ResponseReturnValue:
    person, at = me(), now()
    with reading(current_app.extensions["db"]) as db:
        enrolment = next((e for e in enrolments_of(db, learner_id) if e.cohort_id == cohort_id), None)
        if enrolment is None:
            abort(404)
        programme = programme_row(db, enrolment.programme_id)
        zone = policy_of_programme(db, programme, at).study.zone
        rows = store.notes_of(db, programme.id, learner_id)
    reads = any(role.name in READ_CONTACTS and reaches(role, g.place) for role in person.roles)
    page = render_template(
        "contacts/listing.html",
        enrolment=enrolment,
        learner_id=learner_id,
        rows=rows,
        reads=reads,
        writes=any(role.name in WRITE and reaches(role, g.place) for role in person.roles),
        me_id=person.id,
        today=at.astimezone(zone).date(),
        zone=zone,
        ways=WAYS,
        fault=fault,
        max_words=MAX_WORDS,
        typed=request.form,
    )
    return page, 400 if fault else 200


WRITE = ("monitor", "head_teacher", "liaison", "staff")


def _date(text: str | None) -> date | None:
    """None where nothing was typed. Raises NoteRefused."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise NoteRefused("on") from None


def _refusal(code: str) -> Any:
    return {
        "words": _("请写下谈了什么，不超过 %(n)d 字。", n=MAX_WORDS),
        "way": _("请选择联系方式。"),
        "on": _("日期不对：不能晚于今天。"),
        "again": _("再次联系的日期应晚于这次联系。"),
    }[code]
