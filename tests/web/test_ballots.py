"""Ballots over HTTP: anybody with a code votes once, without a login; who runs the programme sees the turnout, then the result."""

import re
from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, select

from lms_tracker.store import tables as t
from lms_tracker.store.db import reading
from tests.web.conftest import LogIn
from tests.web.people import CODES, NOW, World


def test_anybody_with_a_code_votes_once_and_is_told_that_it_is_secret(client: FlaskClient, world: World) -> None:
    assert "投票码" in client.get("/vote").text
    typed = f"{CODES[0][:4]}-{CODES[0][4:8]}-{CODES[0][8:]}".lower()
    paper = client.post("/vote", data={"code": typed}).text
    assert "李明" in paper and "2026 年度满意度" in paper and "无记名" in paper
    empty = client.post("/vote", data={"code": typed, "cast": "1"})
    assert empty.status_code == 400 and "请至少评价一位" in empty.text
    assert "已经投出" in client.post("/vote", data={"code": typed, "cast": "1", "c0": "1"}).text
    again = client.post("/vote", data={"code": typed, "cast": "1", "c0": "4"})
    assert again.status_code == 400 and "已经用过" in again.text


def test_a_code_that_nobody_was_given_opens_nothing(client: FlaskClient, world: World) -> None:
    for typed in ("", "ABCD-2345-9999", "<script>", "x" * 500):
        answer = client.post("/vote", data={"code": typed})
        assert answer.status_code == 400 and "没有这个投票码" in answer.text and "李明" not in answer.text


def test_until_it_is_counted_only_the_turnout_is_told(client: FlaskClient, world: World, as_: LogIn) -> None:
    for code in CODES[:5]:
        client.post("/vote", data={"code": code, "cast": "1", "c0": "3"})
    address = f"/ballots/{world.ballot}"
    page = as_("p1.staff").get(address).text
    assert "5 <span" in page and "不满意" not in page
    assert as_("p1.li").get(address).status_code == 404, "whom it judges"
    assert as_("p2.staff").get(address).status_code == 404
    assert as_("p1.head_teacher").get(address).status_code == 404


def test_a_closed_ballot_shows_the_share_and_feeds_the_grade(
    client: FlaskClient, db: Engine, world: World, as_: LogIn
) -> None:
    for n, code in enumerate(CODES):
        client.post("/vote", data={"code": code, "cast": "1", "c0": "1" if n < 4 else "3"})
    staff, address = as_("p1.staff"), f"/ballots/{world.ballot}"
    assert staff.post(f"{address}/close").status_code == 303
    page = staff.get(address).text
    assert "66.67 %" in page and "已计入" in page
    with reading(db) as tx:
        row = tx.execute(select(t.achievement).where(t.achievement.c.kind == "vote")).one()
    assert (row.learner_id, row.value, row.out_of) == (world.learner["p1.li"], 4, 6)
    assert staff.post(f"{address}/annul", data={"reason": ""}).status_code == 400
    assert "复印" in staff.post(f"{address}/annul", data={"reason": "纸条被复印"}, follow_redirects=True).text
    assert "已作废" in staff.get(f"/programmes/{world.programme['p1']}/ballots").text


def test_staff_call_ballots_and_see_the_codes_once(app: Flask, db: Engine, world: World, as_: LogIn) -> None:
    staff, address = as_("p1.staff"), f"/programmes/{world.programme['p1']}/ballots/new"
    with reading(db) as tx:
        school = tx.scalar(
            select(t.enrolment.c.organisation_id).where(t.enrolment.c.learner_id == world.learner["p1.wang"])
        )
    assert "王芳" in staff.get(address).text
    asked = {"title": "年度", "opens_at": "2026-04-06T08:00", "closes_at": "2026-04-10T18:00", "quorum": "50"}
    few = staff.post(address, data=asked | {f"papers{school}": "4"})
    assert few.status_code == 400 and "少于 5 张票" in few.text
    for wrong in ({f"papers{school}": "x"}, {}, {f"papers{school}": "6", "opens_at": "soon"}):
        assert staff.post(address, data=asked | wrong).status_code == 400
    slips = staff.post(address, data=asked | {f"papers{school}": "6"}).text
    codes = re.findall(r"<code>([0-9A-Z-]{14})</code>", slips)
    assert len(set(codes)) == 6
    again = staff.post(address, data=asked | {f"papers{school}": "6"})
    assert again.status_code == 400 and "已经有同名的测评" in again.text
    voter = app.test_client()
    assert "现在不能投票" in voter.post("/vote", data={"code": codes[0]}).text, "it opens tomorrow"
    app.extensions["now"] = lambda: NOW + timedelta(days=2)
    assert "王芳" in voter.post("/vote", data={"code": codes[0]}).text
