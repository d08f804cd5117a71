"""Attendance over HTTP: the organiser, a learner of the class, one of another class, and what each reads."""

import io
import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, select

from lms_tracker.core.attendance.code import code_at
from lms_tracker.store import attendance as store
from lms_tracker.store import tables as t
from lms_tracker.store.db import reading
from tests.web.conftest import LogIn
from tests.web.people import NOW, World

SECRET = "00" * 32


@pytest.fixture
def later(app: Flask) -> Any:
    """The meeting has begun."""
    at = NOW + timedelta(minutes=15)
    app.extensions["now"] = lambda: at
    return at


def statuses(db: Engine, world: World) -> dict[int, str]:
    with reading(db) as tx:
        return {id: row.status for id, row in store.in_force(tx, world.meeting).items()}


def test_the_code_on_the_screen_signs_a_learner_in(db: Engine, world: World, as_: LogIn, later: Any) -> None:
    screen = as_("p1.head_teacher").get(f"/meetings/{world.meeting}/code").text
    code = code_at(SECRET, world.meeting, later)
    assert code[:3] in screen and 'http-equiv="refresh"' in screen and "<svg" in screen
    li = as_("p1.li")
    address = f"/attendance/sign-in?meeting={world.meeting}&code={code}"
    assert f'value="{code}"' in li.get(address).text
    answer = li.post("/attendance/sign-in", data={"meeting": world.meeting, "code": code}, follow_redirects=True)
    assert "签到成功" in answer.text and "已签到" in answer.text
    assert statuses(db, world) == {world.learner["p1.li"]: "present"}
    mine = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", li.get(f"/programmes/{world.programme['p1']}/attendance").text))
    assert "0 / 0 次已结束的课中，您到了 0 次" in mine, "the meeting still goes on"


def test_a_wrong_code_says_so_and_after_five_the_door_is_shut(world: World, as_: LogIn, later: Any) -> None:
    li = as_("p1.li")
    sent = [li.post("/attendance/sign-in", data={"meeting": world.meeting, "code": "1"}) for _ in range(5)]
    assert [answer.status_code for answer in sent] == [400] * 4 + [429]
    assert "连续输错 5 次" in sent[-1].text


def test_who_is_of_another_class_learns_nothing_of_the_meeting(world: World, as_: LogIn, later: Any) -> None:
    for who in ("p1.zhao", "p2.li"):
        page = as_(who).get(f"/attendance/sign-in?meeting={world.meeting}").text
        assert "依法治校专题" not in page and "没有找到" in page
    assert "依法治校专题" not in as_("p1.zhao").get(f"/programmes/{world.programme['p1']}/attendance").text


def test_the_head_teacher_calls_the_roll_and_the_rest_is_absent(
    db: Engine, world: World, as_: LogIn, later: Any
) -> None:
    li, wang = world.learner["p1.li"], world.learner["p1.wang"]
    answer = as_("p1.head_teacher").post(
        f"/meetings/{world.meeting}", data={f"s-{li}": "late", "rest": "absent"}, follow_redirects=True
    )
    assert "已保存 2 人" in answer.text
    assert statuses(db, world) == {li: "late", wang: "absent"}


def test_a_monitor_calls_the_roll_of_others_but_not_of_themselves(
    db: Engine, world: World, as_: LogIn, later: Any
) -> None:
    li, wang = world.learner["p1.li"], world.learner["p1.wang"]
    monitor = as_("p1.wang")
    monitor.post(f"/meetings/{world.meeting}", data={"rest": "present"})
    assert statuses(db, world) == {li: "present"}
    refused = monitor.post(f"/meetings/{world.meeting}", data={f"s-{wang}": "present"})
    assert refused.status_code == 400 and "不能登记自己的出勤" in refused.text


def test_before_it_begins_nobody_is_written_down(world: World, app: Flask, as_: LogIn) -> None:
    app.extensions["now"] = lambda: NOW - timedelta(hours=3)
    refused = as_("p1.head_teacher").post(f"/meetings/{world.meeting}", data={"rest": "present"})
    assert refused.status_code == 400 and "还没有开始" in refused.text


def upload(text: str) -> dict[str, Any]:
    return {"file": (io.BytesIO(text.encode()), "参会.csv")}


def test_a_report_is_previewed_and_the_preview_sent_back_is_kept(
    db: Engine, world: World, as_: LogIn, later: Any
) -> None:
    staff, address = as_("p1.staff"), f"/meetings/{world.meeting}/import"
    preview = staff.post(address, data=upload("姓名,时长\n李明,1:20:00\n钱多多,1:20:00\n"))
    assert "对上 1 人" in preview.text and "钱多多" in preview.text and statuses(db, world) == {}
    found = re.search(r'name="table" value="([^"]*)"', preview.text)
    assert found
    table = found[1].replace("&#34;", '"')
    kept = staff.post(address, data={"what": "keep", "table": table}, follow_redirects=True)
    assert "1 人的出勤有变化" in kept.text
    assert statuses(db, world) == {world.learner["p1.li"]: "present"}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (upload("姓名,时长\n李明,长\n"), "应是时长，如 1:30:00 或 90"),
        (upload("甲,乙\n1,2\n"), "没有找到列标题"),
        ({"table": "[1]"}, "did not come back whole"),
        ({"table": "{"}, "did not come back whole"),
        ({}, "请选择文件"),
    ],
)
def test_a_report_that_cannot_be_read_says_why(
    db: Engine, world: World, as_: LogIn, later: Any, data: dict[str, Any], said: str
) -> None:
    answer = as_("p1.staff").post(f"/meetings/{world.meeting}/import", data=data)
    assert answer.status_code == 400 and said in answer.text
    assert statuses(db, world) == {}


MEETING = {
    "kind": "live",
    "title": "答疑",
    "starts_at": "2026-04-11T09:00",
    "ends_at": "2026-04-11T10:30",
    "late_min": "0",
}


def test_a_head_teacher_calls_a_meeting_of_their_class_only(db: Engine, world: World, as_: LogIn) -> None:
    address, head = f"/programmes/{world.programme['p1']}/meetings/new", as_("p1.head_teacher")
    form = MEETING | {"least_pct": "50"}
    for cohort in ("", str(world.cohort["p1.two"])):
        assert head.post(address, data=form | {"cohort": cohort}).status_code == 400
    answer = head.post(address, data=form | {"cohort": str(world.cohort["p1.one"])})
    assert answer.status_code == 303
    with reading(db) as tx:
        row = tx.execute(select(t.meeting).where(t.meeting.c.title == "答疑")).one()
    assert (row.starts_at.hour, row.late_min, row.least_pct) == (1, 0, 50)
    assert "答疑" not in as_("p1.head2").get(f"/programmes/{world.programme['p1']}/meetings").text


def test_leave_goes_from_the_learner_to_the_head_teacher_and_back(db: Engine, world: World, as_: LogIn) -> None:
    address, head = f"/declarations/{world.declaration}", as_("p1.head_teacher")
    queue = head.get(f"/programmes/{world.programme['p1']}/confirm")
    assert "依法治校专题" in queue.text and "李明" in queue.text
    refused = head.post(f"{address}/decision", data={"what": "returned", "words": " "})
    assert refused.status_code == 400 and "请写明理由" in refused.text
    head.post(f"{address}/decision", data={"what": "returned", "words": "请附会议通知"})
    li = as_("p1.li")
    assert "请附会议通知" in li.get(address).text
    again = {"words": "县里开会，附通知", "cause": "duty"}
    assert li.post(f"{address}/again", data=again).status_code == 303
    head.post(f"{address}/decision", data={"what": "confirmed"})
    assert statuses(db, world) == {world.learner["p1.li"]: "excused"}
    assert "已确认" in li.get(address).text


def test_somebody_elses_leave_is_nobodys_business(world: World, as_: LogIn) -> None:
    queue = f"/programmes/{world.programme['p1']}/confirm"
    assert "李明" not in as_("p1.head2").get(queue).text
    for who in ("p1.wang", "p1.head2", "p1.expert", "p2.staff"):
        browser = as_(who)
        assert browser.get(f"/declarations/{world.declaration}").status_code == 404
        assert browser.get(f"/declarations/{world.declaration}/files/{world.proof}").status_code == 404


def test_a_proof_is_given_out_as_a_download_that_can_do_nothing(world: World, as_: LogIn) -> None:
    with as_("p1.staff").get(f"/declarations/{world.declaration}/files/{world.proof}") as answer:
        assert answer.data.decode() == "会议通知"
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


@pytest.mark.parametrize("kind", ["leave", "research", "note", "reading"])
def test_each_kind_has_a_form_that_names_what_is_missing(world: World, as_: LogIn, kind: str) -> None:
    li, address = as_("p1.li"), f"/programmes/{world.programme['p1']}/declare/{kind}"
    assert li.get(address).status_code == 200
    refused = li.post(address, data={"title": "", "happened_on": "2026-04-01"})
    assert refused.status_code == 400 and 'role="alert"' in refused.text
