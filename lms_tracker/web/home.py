"""The first page, and the navigation: which pages a person's roles open."""

from flask import Blueprint, Flask, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from msgspec import Struct
from sqlalchemy import Connection

from lms_tracker.store.classes import cohorts_within
from lms_tracker.store.db import reading
from lms_tracker.store.organisations import cohorts_of_organisations
from lms_tracker.web.access import ADMINISTER, FOLLOW_REVIEWS, INSIDE, MARK, OVERSEE, READ_BULLETINS, WATCH_A_CLASS
from lms_tracker.web.i18n import LANGUAGES, locale
from lms_tracker.web.people import Person, me
from lms_tracker.web.review import waiting

bp = Blueprint("home", __name__)


class Door(Struct, frozen=True):
    """One entry of the navigation."""

    title: str
    address: str
    here: bool
    waiting: int = 0
    """How much behind it waits for this person."""


@bp.get("/")
def index() -> ResponseReturnValue:
    doors = doors_of(me())
    return redirect(doors[0].address) if doors else render_template("home/nothing.html")


def doors_of(person: Person) -> list[Door]:
    """The pages of all roles of the person, those of daily use first."""
    found: list[tuple[str, str, str]] = []
    waits = {"review": waiting(person)} if person.has(*FOLLOW_REVIEWS) else {}
    if person.learner_id is not None:
        found.append((_("我的学习"), url_for("study.mine"), "study"))
        found.append((_("我的课程"), url_for("courses.listing"), "courses"))
        found.append((_("我的作业"), url_for("tasks.listing"), "tasks"))
    if person.has(*WATCH_A_CLASS):
        found.append((_("我的班级"), _class_address(person), "cohort"))
    if person.has(*FOLLOW_REVIEWS):
        found.append((_("时间复核"), url_for("review.queue"), "review"))
    if person.has(*MARK):
        found.append((_("评阅作业"), url_for("marking.listing"), "marking"))
    if person.has(*READ_BULLETINS):
        found.append((_("学习通报"), url_for("bulletins.listing"), "bulletins"))
    if person.has(*INSIDE):
        found.append((_programmes_word(person), url_for("programmes.listing"), "programmes"))
    if person.has(*ADMINISTER):
        found.append((_("系统管理"), url_for("admin.index"), "admin"))
    if person.learner_id is not None:
        found.append((_("个人信息"), url_for("privacy.mine"), "privacy"))
    return [
        Door(title, address, request.blueprint == blueprint, waits.get(blueprint, 0))
        for title, address, blueprint in found
    ]


def _programmes_word(person: Person) -> str:
    return _("我的项目") if {role.name for role in person.roles} <= {"learner", "monitor"} else _("培训项目")


def _class_address(person: Person) -> str:
    with reading(current_app.extensions["db"]) as db:
        mine = cohorts_within(db, *scopes(db, person))
    return url_for("cohort.show", cohort_id=mine[0].id) if len(mine) == 1 else url_for("cohort.listing")


def scopes(db: Connection, person: Person) -> tuple[set[int], set[int]]:
    """(programmes, classes) that the person's roles let them watch."""
    watching = [role for role in person.roles if role.name in WATCH_A_CLASS]
    classes = {role.cohort_id for role in watching if role.name in ("monitor", "head_teacher") and role.cohort_id}
    programmes = {role.programme_id for role in watching if role.name in ("liaison", "staff") and role.programme_id}
    overseen = {role.organisation_id for role in watching if role.name in OVERSEE and role.organisation_id}
    return programmes, classes | cohorts_of_organisations(db, overseen)


def register(app: Flask) -> None:
    @app.context_processor
    def surroundings() -> dict[str, object]:
        known = current_user.is_authenticated
        return {
            "doors": doors_of(me()) if known else [],
            "person": me() if known else None,
            "languages": LANGUAGES,
            "locale": locale(),
            "here": request.full_path.rstrip("?") if request.method == "GET" else "/",
        }
