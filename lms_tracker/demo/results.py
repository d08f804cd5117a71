"""Interim results of the demo: frozen, published, with an objection that waits for an answer."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Engine

from lms_tracker.actions.freeze_results import freeze_results
from lms_tracker.actions.publish_results import file_objection, publish_results
from lms_tracker.store.accounts import account_by_login
from lms_tracker.store.db import reading
from lms_tracker.store.results import notice_of, versions

OBJECTS = "p06"
WORDS = "名单上我的学校还是旧名，九月起已更名，请更正。"


def publish_interim_results(db: Engine, programme_id: int, clock: Callable[[], datetime]) -> None:
    """As staff would do it in the middle of a term. What is there already, from a load that was interrupted, stays."""
    with reading(db) as tx:
        there = versions(tx, programme_id)
        staff, learner = account_by_login(tx, "centre"), account_by_login(tx, OBJECTS)
        published = there and notice_of(tx, there[0].id)
    if published or staff is None or learner is None:
        return
    frozen = (
        there[0].id
        if there
        else freeze_results(db, programme_id, reason="阶段评定（演示）", by=staff.id, now=clock()).id
    )
    notice = publish_results(db, frozen, days=7, contact="继教中心 骆老师", by=staff.id, now=clock())
    file_objection(db, notice, words=WORDS, about=learner.learner_id, account_id=learner.id, now=clock())
