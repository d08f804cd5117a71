"""Reports of activities and self-analyses on pages: who writes, who confirms, and that nobody else reads."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, insert, update

from lms_tracker.store import tables as t
from lms_tracker.store.db import writing
from tests.web.conftest import LogIn
from tests.web.people import NOW, World


@pytest.fixture
def activity(db: Engine, world: World) -> int:
    """An activity of the first class, which ended a week ago; the programme is run by the pool's policy."""
    with writing(db) as tx:
        one = t.programme.c.id == world.programme["p1"]
        tx.execute(update(t.programme).where(one).values(policy="p5-reserve"))
        times = {"starts_at": NOW - timedelta(days=7, hours=2), "ends_at": NOW - timedelta(days=7), "made_at": NOW}
        rest = {"kind": "activity", "title": "校本教研", "place": "", "late_min": 5, "least_pct": 80, "secret": "00"}
        where = {"programme_id": world.programme["p1"], "cohort_id": world.cohort["p1.one"]}
        found = tx.scalar(insert(t.meeting).values(**where, **times, **rest).returning(t.meeting.c.id))
        values = {"meeting_id": found, "learner_id": world.learner["p1.li"], "status": "present", "how": "hand"}
        tx.execute(insert(t.presence).values(values | {"made_at": NOW}))
        assert found is not None
        return int(found)


def test_a_learner_reports_late_and_the_head_teacher_confirms(as_: LogIn, world: World, activity: int) -> None:
    programme, li = world.programme["p1"], as_("p1.li")
    listed = li.get(f"/programmes/{programme}/reports").text
    assert "校本教研" in listed and "已逾期" in listed and "写报告" in listed
    assert "没有报告，已逾期" in as_("p1.head_teacher").get(f"/programmes/{programme}/confirm?kind=report").text
    address = f"/programmes/{programme}/declare/report"
    assert "校本教研" in li.get(f"{address}?about={activity}").text
    assert li.post(address, data={"about": str(activity), "words": "听课"}).status_code == 400
    form = {"about": str(activity), "words": "听课、评课", "highlights": "人人发言"}
    answer = li.post(address, data=form)
    assert answer.status_code == 303, answer.text
    page = as_("p1.head_teacher").get(answer.location).text
    assert "人人发言" in page and "1 / 2" in page and "李明" in page and "迟 " in page
    assert as_("p1.wang").get(answer.location).status_code == 404, "a class mate"
    assert as_("p2.head_teacher").get(answer.location).status_code == 404
    assert "李明" in as_("p1.wang").get(f"/programmes/{programme}/reports").text, "but sees who has written it"
    mate = as_("p1.wang").post(address, data=form)
    assert mate.status_code == 400 and "已经有报告" in mate.text
    decision = f"{answer.location}/decision"
    assert as_("p1.head_teacher").post(decision, data={"what": "confirmed"}).status_code == 303


def test_a_self_analysis_is_for_this_year_or_the_last(as_: LogIn, world: World, activity: int) -> None:
    programme, li = world.programme["p1"], as_("p1.li")
    address = f"/programmes/{programme}/declare/analysis"
    assert "2026 年自我剖析" in li.get(address).text
    assert li.post(address, data={"about": "2024", "words": "x"}).status_code == 400
    answer = li.post(address, data={"about": "2026", "words": "不足在于听课太少。"})
    assert answer.status_code == 303
    assert "2026 年自我剖析" in li.get(f"/programmes/{programme}/analysis").text
    again = li.post(address, data={"about": "2026", "words": "再写"})
    assert again.status_code == 400 and "已经申报过" in again.text


def test_sections_of_the_pool_stand_only_where_its_policy_is_in_force(
    db: Engine, as_: LogIn, world: World, activity: int
) -> None:
    address = f"/programmes/{world.programme['p1']}"
    li, staff = as_("p1.li"), as_("p1.staff")
    assert "自我剖析" in li.get(address).text and "群众测评" in staff.get(address).text
    with writing(db) as tx:
        tx.execute(update(t.programme).values(policy="p1-principals"))
    assert "自我剖析" not in li.get(address).text and "群众测评" not in staff.get(address).text
