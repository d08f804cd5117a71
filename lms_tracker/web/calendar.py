"""The calendar of a programme: a month at a glance, the agenda, a file and an address to subscribe to; staff announce."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, abort, current_app, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as N_
from msgspec.structs import replace
from sqlalchemy import Connection

from lms_tracker.actions.announce import announce, make_calendar_key, revoke_calendar_key
from lms_tracker.actions.programme_policy import policy_of_programme
from lms_tracker.core.calendar import MAX_PLACE, MAX_TITLE, MAX_WORDS, Entry, EventRefused, by_day, icalendar, weeks_of
from lms_tracker.store import calendar as store
from lms_tracker.store.classes import enrolments_of, programme_row
from lms_tracker.store.db import reading, writing
from lms_tracker.store.members import cohorts_of
from lms_tracker.store.organisations import over_somebody
from lms_tracker.store.places import Place, place_of_programme
from lms_tracker.web.clock import now
from lms_tracker.web.guard import opens
from lms_tracker.web.i18n import locale
from lms_tracker.web.people import Person, me, person_of
from lms_tracker.web.programmes import programmes_of_person

bp = Blueprint("calendar", __name__)

WHATS = {
    "starts": N_("培训开始：%(title)s"),
    "ends": N_("培训结束：%(title)s"),
    "due": N_("%(title)s（截止）"),
    "reviews_due": N_("%(title)s（互评截止）"),
    "published": N_("成绩公示"),
}
KINDS = {
    "opening": N_("开班与结业"),
    "live": N_("直播与答疑"),
    "deadline": N_("截止"),
    "exam": N_("考试"),
    "notice": N_("公示"),
    "bulletin": N_("通报"),
    "holiday": N_("假期"),
    "workday": N_("调休上班"),
    "other": N_("其他"),
}
ICS = "text/calendar; charset=utf-8"


@bp.get("/programmes/<int:programme_id>/calendar")
def show(programme_id: int) -> ResponseReturnValue:
    """?month=2026-03, by default that of today, or the nearest of the programme."""
    return _show(programme_id)


@bp.get("/programmes/<int:programme_id>/calendar.ics")
def download(programme_id: int) -> ResponseReturnValue:
    with reading(current_app.extensions["db"]) as db:
        programme = programme_row(db, programme_id)
        zone = policy_of_programme(db, programme, now()).study.zone
        entries = _entries(db, me(), programme_id, zone, cancelled=True)
    answer = _ics(entries, programme.name)
    answer.headers["Content-Disposition"] = f'attachment; filename="{programme.slug}.ics"'
    return answer


@bp.get("/calendar/<secret>.ics")
def feed(secret: str) -> ResponseReturnValue:
    """For a program that knows a person's key: the calendars of all their programmes. Any other address is nothing."""
    with reading(current_app.extensions["db"]) as db:
        key = store.owner_of_key(db, secret)
        person = None if key is None else person_of(key.account_id)
        if key is None or person is None:
            abort(404)
        entries = []
        with force_locale(person.locale or locale()):
            for programme_id in sorted(programmes_of_person(db, person)):
                zone = policy_of_programme(db, programme_row(db, programme_id), now()).study.zone
                entries += _entries(db, person, programme_id, zone, cancelled=True)
    with writing(current_app.extensions["db"]) as tx:
        store.note_use(tx, key.id, now())
    return _ics(entries, "远程研修")


@bp.post("/programmes/<int:programme_id>/calendar/<any(subscribe, unsubscribe):what>")
def key(programme_id: int, what: str) -> ResponseReturnValue:
    """Makes the address of one's own calendar, shown this once, or closes it."""
    db = current_app.extensions["db"]
    if what == "unsubscribe":
        revoke_calendar_key(db, me().id, now=now())
        flash(_("订阅地址已作废。"))
        return redirect(url_for("calendar.show", programme_id=programme_id), 303)
    secret = make_calendar_key(db, me().id, now=now())
    base = current_app.extensions["settings"].public_url.rstrip("/")
    return _show(programme_id, base + url_for("calendar.feed", secret=secret))


@bp.route("/programmes/<int:programme_id>/calendar/new", methods=["GET", "POST"])
def new(programme_id: int) -> ResponseReturnValue:
    return _edit(programme_id, None)


@bp.route("/programmes/<int:programme_id>/calendar/<int:number>", methods=["GET", "POST"])
def edit(programme_id: int, number: int) -> ResponseReturnValue:
    """A new version of an event; those before stay to be seen."""
    return _edit(programme_id, number)


def _show(programme_id: int, address: str | None = None) -> ResponseReturnValue:
    at, person = now(), me()
    with reading(current_app.extensions["db"]) as db:
        programme = programme_row(db, programme_id)
        zone = policy_of_programme(db, programme, at).study.zone
        entries = _entries(db, person, programme_id, zone)
        subscribed = store.key_of(db, person.id)
    today = at.astimezone(zone).date()
    month = _month(request.args.get("month")) or min(max(today, programme.starts_on), programme.ends_on).replace(day=1)
    weeks = weeks_of(month)
    days = by_day(entries, weeks[0][0], weeks[-1][-1])
    return render_template(
        "calendar/show.html",
        programme=programme,
        month=month,
        before=(month - timedelta(days=1)).replace(day=1),
        after=(month + timedelta(days=31)).replace(day=1),
        weeks=weeks,
        days=days,
        agenda={day: found for day, found in days.items() if (day.year, day.month) == (month.year, month.month)},
        today=today,
        zone=zone,
        kinds=KINDS,
        edits=opens(person, "calendar.new", g.place),
        subscribed=subscribed,
        address=address,
    )


def _entries(
    db: Connection, person: Person, programme_id: int, zone: ZoneInfo, *, cancelled: bool = False
) -> list[Entry]:
    """What is for this person, each with the page that is theirs."""
    place = place_of_programme(db, programme_id)
    assert place is not None
    found = store.entries_of(db, programme_id, _classes_of(db, person, programme_id), zone, cancelled=cancelled)
    led = [replace(entry, title=_title(entry), address=_address(entry, person, place)) for entry in found]
    return [entry for entry in led if entry.address or not entry.inside]


def _title(entry: Entry) -> str:
    """In the reader's language."""
    return str(WHATS[entry.what]) % {"title": entry.title} if entry.what else entry.title


def _classes_of(db: Connection, person: Person, programme_id: int) -> set[int] | None:
    """Learners see their own class's, whoever runs or oversees the programme sees all."""
    mine = [role for role in person.roles if role.name != "learner"]
    bound = {role.organisation_id for role in mine if role.organisation_id is not None}
    if any(role.programme_id == programme_id for role in mine) or bound & over_somebody(db, programme_id):
        return None
    cohorts = {role.cohort_id for role in mine if role.cohort_id is not None}
    enrolled = enrolments_of(db, person.learner_id) if person.learner_id is not None else []
    return cohorts | {row.cohort_id for row in enrolled if row.programme_id == programme_id}


def _address(entry: Entry, person: Person, place: Place) -> str | None:
    """Of the first of the entry's pages that this person may open now."""
    if entry.cohort_id is not None:  # who leads one class goes to that class's pages alone
        place = replace(place, cohort_ids=frozenset({entry.cohort_id}))
    at = now()
    for page in entry.pages:
        if (page.since is None or page.since <= at) and opens(person, page.endpoint, place):
            return url_for(page.endpoint, **page.args)
    return None


def _ics(entries: Iterable[Entry], name: str) -> Response:
    base = current_app.extensions["settings"].public_url.rstrip("/")
    whole = [replace(entry, address=base + entry.address) if entry.address else entry for entry in entries]
    host = urlsplit(base).hostname or "lms-tracker"
    return Response(icalendar(whole, name=name, host=host, now=now()), content_type=ICS)


def _edit(programme_id: int, number: int | None) -> ResponseReturnValue:
    fault = None
    if request.method == "POST":
        try:
            _save(programme_id, number)
        except EventRefused as e:
            fault = _refusal(e.code)
        else:
            flash(_("已取消，历史里仍可查到。") if request.form.get("cancel") else _("已写入日历。"))
            month = request.form.get("on", "")[:7] or None
            return redirect(url_for("calendar.show", programme_id=programme_id, month=month), 303)
    with reading(current_app.extensions["db"]) as db:
        programme = programme_row(db, programme_id)
        zone = policy_of_programme(db, programme, now()).study.zone
        versions = store.versions_of(db, programme_id, number) if number is not None else []
        classes = cohorts_of(db, programme_id)
    if number is not None and not versions:
        abort(404)
    page = render_template(
        "calendar/edit.html",
        programme=programme,
        versions=versions,
        classes=classes,
        kinds=KINDS,
        zone=zone,
        fault=fault,
        typed=_typed(versions[0] if versions else None, zone),
        longest={"title": MAX_TITLE, "place": MAX_PLACE, "words": MAX_WORDS},
    )
    return page, 400 if fault else 200


def _save(programme_id: int, number: int | None) -> None:
    form = request.form
    with reading(current_app.extensions["db"]) as db:
        zone = policy_of_programme(db, programme_row(db, programme_id), now()).study.zone
    try:
        on = date.fromisoformat(form.get("on", ""))
        until_on = date.fromisoformat(form["until_on"]) if form.get("until_on") else on
        starts_at, ends_at = _moment(on, form.get("starts"), zone), _moment(until_on, form.get("ends"), zone)
    except ValueError:
        raise EventRefused("dates") from None
    announce(
        current_app.extensions["db"],
        programme_id,
        number=number,
        kind=form.get("kind", ""),
        title=form.get("title", ""),
        on=on,
        until_on=until_on,
        starts_at=starts_at,
        ends_at=ends_at or starts_at,
        place=form.get("place", ""),
        words=form.get("words", ""),
        cohort_id=form.get("cohort", type=int),
        cancelled=bool(form.get("cancel")),
        by=me().id,
        now=now(),
    )


def _moment(day: date, text: str | None, zone: ZoneInfo) -> datetime | None:
    return datetime.combine(day, time.fromisoformat(text), zone) if text else None


def _typed(row: Any, zone: ZoneInfo) -> dict[str, Any]:
    """What stands in the form: what was typed, else what the event says now."""
    if request.form:
        return request.form.to_dict()
    if row is None:
        return {"on": request.args.get("on", "")}
    times = {
        key: at.astimezone(zone).strftime("%H:%M")
        for key, at in (("starts", row.starts_at), ("ends", row.ends_at))
        if at
    }
    plain = {key: getattr(row, key) or "" for key in ("kind", "title", "on", "until_on", "place", "words")}
    return plain | times | {"cohort": str(row.cohort_id or "")}


def _month(text: str | None) -> date | None:
    try:
        return date.fromisoformat(f"{text}-01") if text else None
    except ValueError:
        return None


def _refusal(code: str) -> str:
    return {
        "kind": _("请选择类别。"),
        "title": _("请写标题，不超过 %(n)d 字。", n=MAX_TITLE),
        "place": _("地点太长。"),
        "words": _("说明太长。"),
        "dates": _("日期或时间没有看懂，或结束早于开始。"),
        "times": _("结束时间早于开始时间，或只填了一个。"),
        "class": _("请选择本项目的班级。"),
        "gone": _("这项安排已经取消，不能再改。"),
    }[code]
