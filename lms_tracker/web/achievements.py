"""Bringing in, from a table, what counts besides study time and marks. For who runs the programme."""

from flask import Blueprint, current_app
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as N_
from sqlalchemy import Engine

from lms_tracker.actions.import_achievements import import_achievements, plan_achievements
from lms_tracker.core.planned import Plan
from lms_tracker.store.classes import programme_row
from lms_tracker.store.db import reading
from lms_tracker.web import previews
from lms_tracker.web.clock import now
from lms_tracker.web.people import me
from lms_tracker.web.tables_in import Table

bp = Blueprint("achievements", __name__)

SOURCE = "sheet:page"
"""Where such a record says that it comes from; who brought it in stands beside it."""


@bp.get("/programmes/<int:programme_id>/achievements/import")
def form(programme_id: int) -> ResponseReturnValue:
    return previews.form_of(ACHIEVEMENTS, programme_id)


@bp.post("/programmes/<int:programme_id>/achievements/import")
def bring_in(programme_id: int) -> ResponseReturnValue:
    return previews.bring_in(ACHIEVEMENTS, programme_id)


def _plan(db: Engine, programme_id: int, table: Table) -> Plan:
    return plan_achievements(db, table, _slug(programme_id), source=SOURCE, now=now(), but=me().learner_id)


def _bring(db: Engine, programme_id: int, table: Table, seen: str) -> object:
    slug = _slug(programme_id)
    return import_achievements(
        db, table, slug, source=SOURCE, recorded_by=me().id, now=now(), seen=seen, but=me().learner_id
    )


def _slug(programme_id: int) -> str:
    with reading(current_app.extensions["db"]) as db:
        return str(programme_row(db, programme_id).slug)


ACHIEVEMENTS = previews.Sort(
    N_("导入计分依据"),
    N_(
        "列：登录名、类别（出勤、考试、证书、发表论文、读书、群众满意度…）、名称、日期；按类别再加 数值、满分、级别、第几次、迟交天数、证明、备注。"
    ),
    "achievements.bring_in",
    "programmes.show",
    (N_("学员"), N_("类别"), N_("名称"), N_("日期"), N_("数值")),
    _plan,
    _bring,
)
