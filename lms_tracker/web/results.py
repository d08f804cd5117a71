"""Results of a programme: how they stand, freezing them, the frozen list, its notice and its certificates.

For liaison and staff.
"""

from datetime import datetime
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms_tracker.actions.freeze_results import freeze_results, results_as_of
from lms_tracker.actions.issue_certificates import earned, issue_certificates
from lms_tracker.actions.programme_policy import policy_of_programme
from lms_tracker.actions.publish_results import publish_results
from lms_tracker.core.results.notices import DEFAULT_DAYS, MAX_WORDS, MOST_DAYS, ResultsRefused, last_day, state_of
from lms_tracker.core.sealed import opened
from lms_tracker.reports.results import results_xlsx
from lms_tracker.store import results as store
from lms_tracker.store.classes import programme_row
from lms_tracker.store.db import reading
from lms_tracker.store.programmes import enrolments
from lms_tracker.web.clock import now
from lms_tracker.web.people import me
from lms_tracker.web.results_words import KINDS, NOTICE_STATES, STATUSES, refusal

bp = Blueprint("results", __name__)

LISTS = ("passed", "failed", "in_progress", "honours")
"""What the list of people may be narrowed to."""


@bp.get("/programmes/<int:programme_id>/results")
def listing(programme_id: int) -> ResponseReturnValue:
    """How everybody stands now, and what was frozen."""
    return _listing(programme_id)


@bp.post("/programmes/<int:programme_id>/results")
def freeze(programme_id: int) -> ResponseReturnValue:
    """Freezes the results as they stand now, or at the given local time."""
    reason, typed = request.form.get("reason", ""), request.form.get("as_of", "").strip()
    with reading(current_app.extensions["db"]) as db:
        zone = policy_of_programme(db, programme_row(db, programme_id), now()).study.zone
    try:
        as_of = datetime.fromisoformat(typed).replace(tzinfo=zone) if typed else None
    except ValueError:
        return _listing(programme_id, _("截止时间没有看懂，应像 2027-07-01 18:00。"), reason)
    try:
        frozen = freeze_results(
            current_app.extensions["db"], programme_id, as_of=as_of, reason=reason, by=me().id, now=now()
        )
    except ResultsRefused as e:
        return _listing(programme_id, refusal(e), reason)
    flash(_("已冻结为第 %(n)d 版。", n=frozen.version))
    return redirect(url_for("results.show", result_id=frozen.id), 303)


@bp.get("/results/<int:result_id>")
def show(result_id: int) -> ResponseReturnValue:
    """?list= one of LISTS."""
    return _page(result_id)


@bp.get("/results/<int:result_id>.<any(json, xlsx):form>")
def download(result_id: int, form: str) -> ResponseReturnValue:
    """The frozen list as a file. JSON is byte for byte what was frozen."""
    with reading(current_app.extensions["db"]) as db:
        row = store.result_by_id(db, result_id)
    if row is None:
        abort(404)
    content = opened(row.content)
    data, kind = (
        (row.content.encode(), "application/json")
        if form == "json"
        else (results_xlsx(content), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
    )
    name = f"{content['programme']['slug']}-results-v{row.version}.{form}"
    return send_file(BytesIO(data), kind, as_attachment=True, download_name=name)


@bp.post("/results/<int:result_id>/notice")
def publish(result_id: int) -> ResponseReturnValue:
    """Publishes the list for so many days."""
    days, contact = request.form.get("days", ""), request.form.get("contact", "")
    try:
        notice = publish_results(
            current_app.extensions["db"],
            result_id,
            days=int(days) if days.isdecimal() and len(days) < 4 else 0,
            contact=contact,
            by=me().id,
            now=now(),
        )
    except ResultsRefused as e:
        return _page(result_id, refusal(e))
    flash(_("已公示。本项目的人都能看到，公示期内可以提出异议。"))
    return redirect(url_for("notices.show", notice_id=notice), 303)


@bp.post("/results/<int:result_id>/certificates")
def certify(result_id: int) -> ResponseReturnValue:
    """Gives out the certificates that are still to be given."""
    try:
        count = issue_certificates(current_app.extensions["db"], result_id, by=me().id, now=now())
    except ResultsRefused as e:
        return _page(result_id, refusal(e))
    flash(_("发出 %(n)d 张证书。", n=count) if count else _("该发的证书都已发过。"))
    return redirect(url_for("results.show", result_id=result_id), 303)


def _listing(programme_id: int, fault: str = "", typed: str = "") -> ResponseReturnValue:
    at, content = now(), None
    with reading(current_app.extensions["db"]) as db:
        programme = programme_row(db, programme_id)
        policy = policy_of_programme(db, programme, at)
        rows = store.versions(db, programme_id)
        places = {row.learner_id: row.cohort_id for row in enrolments(db, programme_id)}
        notices = {notice.result_id: notice for notice in reversed(store.notices_of(db, [programme_id]))}
    if policy.grading is not None:
        try:
            content = results_as_of(current_app.extensions["db"], programme_id, at)
        except ResultsRefused:  # nobody is enrolled
            content = None
    page = render_template(
        "results/listing.html",
        programme=programme,
        grades=policy.grading is not None,
        zone=policy.study.zone,
        content=content,
        places=places,
        rows=rows,
        notices={id: (notice, state_of(notice, at)) for id, notice in notices.items()},
        fault=fault,
        typed=typed,
        at=at,
        max_words=MAX_WORDS,
        **_words(),
    )
    return page, 400 if fault else 200


def _page(result_id: int, fault: str = "") -> ResponseReturnValue:
    at, only = now(), request.args.get("list", "")
    with reading(current_app.extensions["db"]) as db:
        row = store.result_by_id(db, result_id)
        if row is None:
            abort(404)
        programme = programme_row(db, row.programme_id)
        versions = store.versions(db, row.programme_id)
        notice = store.notice_of(db, result_id)
        objections = store.objections_of(db, notice.id) if notice else []
        certificates = store.certificates_of_results(db, result_id)
        places = {one.learner_id: one.cohort_id for one in enrolments(db, row.programme_id)}
    content = opened(row.content)
    people = [one for one in content["people"] if _wanted(one, only)]
    due = sum(len(earned(one)) for one in content["people"])
    page = render_template(
        "results/show.html",
        row=row,
        made=next(version for version in versions if version.id == result_id),
        newest=versions[0],
        programme=programme,
        content=content,
        people=people,
        places=places,
        only=only if only in LISTS else "",
        zone=ZoneInfo(content["timezone"]),
        notice=notice,
        last=last_day(notice, ZoneInfo(content["timezone"])) if notice else None,
        state=state_of(notice, at) if notice else None,
        waiting=sum(1 for one in objections if one.outcome is None),
        certificates=certificates,
        due=due - sum(1 for one in certificates),
        fault=fault,
        days=DEFAULT_DAYS,
        most_days=MOST_DAYS,
        max_words=MAX_WORDS,
        **_words(),
    )
    return page, 400 if fault else 200


def _wanted(person: dict[str, Any], only: str) -> bool:
    if only == "honours":
        return bool(person["honours"])
    return only not in LISTS or person["status"] == only


def _words() -> dict[str, Any]:
    return {"statuses": STATUSES, "kinds": KINDS, "notice_states": NOTICE_STATES}
