"""My class: for monitor, head teacher, liaison and staff."""

from datetime import UTC, date, datetime, time, timedelta

from flask import Blueprint, abort, current_app, g, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lms_tracker.actions.programme_policy import policy_of_programme
from lms_tracker.store.classes import cohort_row, cohorts_within, enrolments_of, programme_row
from lms_tracker.store.db import reading
from lms_tracker.web.access import RUN_A_PROGRAMME
from lms_tracker.web.class_page import ClassPage, class_page, matching, ordered
from lms_tracker.web.class_rules import ClassChange, class_changes
from lms_tracker.web.clock import now
from lms_tracker.web.guard import opens, reviews, sees_comments
from lms_tracker.web.home import scopes
from lms_tracker.web.i18n import locale
from lms_tracker.web.people import me
from lms_tracker.web.review import words
from lms_tracker.web.review_notes import notes_on
from lms_tracker.web.study_page import study_page

bp = Blueprint("cohort", __name__)


@bp.get("/cohorts")
def listing() -> ResponseReturnValue:
    """The classes that the person's roles reach."""
    with reading(current_app.extensions["db"]) as db:
        classes = cohorts_within(db, *scopes(db, me()))
    run = {role.programme_id for role in me().roles if role.name in RUN_A_PROGRAMME}
    return render_template("cohort/listing.html", classes=classes, run=run)


@bp.get("/cohorts/<int:cohort_id>")
def show(cohort_id: int) -> ResponseReturnValue:
    """?sort= a column, ?dir=asc|desc, ?q= text in name or school, ?contact=1 only who should be called; ?as_of= a date:
    the class, its people and their figures as they were at the end of it; ?rules= the first day of rules to be read at once."""
    then = _end_of(request.args.get("as_of"), cohort_id)
    page = class_page(current_app.extensions["db"], cohort_id, now=then or now())
    sort, descending = request.args.get("sort", "contact"), request.args.get("dir", "desc") != "asc"
    text, only = request.args.get("q", "")[:100], request.args.get("contact") == "1"
    lines = ordered(matching(page.lines, text, only), sort, descending)
    asked = {"sort": sort, "dir": "desc" if descending else "asc", "q": text, "contact": only}
    asked["as_of"] = request.args.get("as_of") if then else None
    asked["rules"] = request.args.get("rules", "")
    rules = [] if then else _rules(page)
    return render_template("cohort/show.html", page=page, lines=lines, asked=asked, rules=rules)


def _rules(page: ClassPage) -> list[ClassChange]:
    """What changes of rules did to whose time is for whoever reads remarks on them, too."""
    if not sees_comments(me(), g.place):
        return []
    with reading(current_app.extensions["db"]) as db:
        today = page.as_of.astimezone(page.zone).date()
        return class_changes(db, page.programme, [line.person for line in page.lines], today)


def _end_of(text: str | None, cohort_id: int) -> datetime | None:
    """The last instant of a local date that is over; None for today, for later, and for what is no date."""
    try:
        day = date.fromisoformat(text) if text else None
    except ValueError:
        return None
    if day is None:
        return None
    with reading(current_app.extensions["db"]) as db:
        programme = programme_row(db, cohort_row(db, cohort_id).programme_id)
        zone = policy_of_programme(db, programme, now()).study.zone
    if day < programme.starts_on:
        return None
    then = datetime.combine(day + timedelta(days=1), time(), zone) - timedelta(microseconds=1)
    return then.astimezone(UTC) if then < now() else None


@bp.get("/cohorts/<int:cohort_id>/learners/<int:learner_id>")
def learner(cohort_id: int, learner_id: int) -> ResponseReturnValue:
    """The study page of somebody in the class."""
    db = current_app.extensions["db"]
    with reading(db) as connection:
        enrolments = enrolments_of(connection, learner_id)
    enrolment = next((e for e in enrolments if e.cohort_id == cohort_id), None)
    if enrolment is None:
        abort(404)
    page = study_page(
        db,
        enrolment,
        learner_id=learner_id,
        month=request.args.get("month"),
        day=request.args.get("day"),
        with_comments=sees_comments(me(), g.place),
        now=now(),
        locale=locale(),
    )
    # Why time is suspected is for whoever decides about it: a monitor is a class-mate.
    notes = notes_on(db, page, learner_id) if reviews(me(), g.place) else {}
    files = page.grade is not None and opens(me(), "archives.learner", g.place)
    archive = url_for("archives.learner", cohort_id=cohort_id, learner_id=learner_id) if files else None
    return render_template(
        "study/study.html",
        page=page,
        enrolments=[enrolment],
        own=False,
        notes=notes,
        tree_open=reviews(me(), g.place),
        archive=archive,
        **words(),
    )
