"""The demo's assignments: something to do, something under review, and one pair of texts that say the same in places."""

from datetime import timedelta

from sqlalchemy import Engine, func, select

from lms_tracker.demo import assignments as demo
from lms_tracker.demo.assignments import load_assignments
from lms_tracker.store import tables as t
from lms_tracker.store.db import reading, writing
from tests.web import people
from tests.web.people import NOW, add_account, add_role, enrol


def test_the_demo_has_something_to_do_to_review_to_mark_and_to_compare(db: Engine) -> None:
    world = people.build(db)
    with writing(db) as tx:
        programme, cohort = world.programme["p1"], world.cohort["p1.one"]
        for login in demo.WRITERS:
            enrol(tx, world, programme, cohort, login, f"学员{login}", "town", NOW.date() - timedelta(days=20))
        add_account(tx, world, "expert1", "专家")
        add_role(tx, world, "expert1", "expert", programme_id=programme)
    for _ in range(2):  # the second time nothing is doubled
        load_assignments(db, programme, 1, NOW, lambda: NOW + timedelta(hours=3))
        with reading(db) as tx:
            counts = [
                tx.scalar(select(func.count()).select_from(table))
                for table in (t.submission, t.peer_pair, t.text_match, t.submission_draft)
            ]
        assert counts == [18, 36, 1, 1]
    with reading(db) as tx:
        kinds = dict(
            map(
                tuple,
                tx.execute(
                    select(t.assessment.c.kind, func.count())
                    .where(t.assessment.c.replaced_at.is_(None))
                    .group_by(t.assessment.c.kind)
                ).all(),
            )
        )
    assert kinds == {"marker": 4, "peer": 24}
