"""Who manages what: the picture, appointing and dismissing, accounts; and nothing beyond the own programme."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import Engine, select

from lms_tracker.actions.create_account import grant_role
from lms_tracker.store import tables as t
from lms_tracker.store.db import reading
from tests.web.conftest import LogIn
from tests.web.people import NOW, PASSWORD, World


def people(world: World, rest: str = "people") -> str:
    return f"/programmes/{world.programme['p1']}/{rest}"


def words(page: str) -> str:
    return re.sub(r"<[^>]+>|\s+", " ", page)


def role_of(db: Engine, world: World, login: str, name: str) -> int:
    with reading(db) as tx:
        mine = (t.role.c.account_id == world.account[login], t.role.c.role == name)
        return tx.scalars(select(t.role.c.id).where(*mine)).one()


def test_the_picture_shows_the_tree_with_people_schools_and_learners_and_each_class(as_: LogIn, world: World) -> None:
    page = words(as_("p1.leading").get(people(world)).text)
    for said in ("东湖区培训领导小组", "东湖区培训中心", "东湖区东片", "东湖区centre", "东湖区head_teacher", "王芳"):
        assert said in page
    assert "西山区" not in page and "任命" not in page
    assert re.search(r"东湖区东片 +区县 +东湖区district.*? 2 +2 ", page), "two schools with a learner each"


def test_the_monitor_of_another_class_is_not_named_to_a_head_teacher_or_a_district(as_: LogIn, world: World) -> None:
    assert "王芳" in as_("p1.head_teacher").get(people(world)).text
    for who in ("head2", "district"):
        page = as_(f"p1.{who}").get(people(world)).text
        assert "王芳" not in page and "东湖区head_teacher" in page, who


DUTY = {"login": "newhead", "name": "新班主任", "duty": "head_teacher", "reason": "开学任命"}


def test_a_new_head_teacher_gets_an_account_a_password_once_and_the_class(app: Flask, as_: LogIn, world: World) -> None:
    one = world.cohort["p1.one"]
    staff = as_("p1.staff")
    page = staff.post(people(world), data=DUTY | {"cohort": str(one)})
    login, password = re.findall(r"<dd><code>([^<]+)</code></dd>", page.text)
    browser = app.test_client()
    assert browser.post("/login", data={"login": login, "password": password}).status_code == 303
    assert browser.get(f"/cohorts/{one}").location == "/password", "it has to be changed first"
    browser.post("/password", data={"old": password, "new": "three grey owls", "again": "three grey owls"})
    assert browser.get(f"/cohorts/{one}").status_code == 200
    assert browser.get(f"/cohorts/{world.cohort['p1.two']}").status_code == 404


def test_a_duty_until_a_day_ends_by_itself_and_stays_in_the_history(app: Flask, as_: LogIn, world: World) -> None:
    one = world.cohort["p1.one"]
    data = {"login": "p1.expert", "name": "东湖区expert", "duty": "head_teacher", "cohort": str(one)}
    as_("p1.staff").post(people(world), data=data | {"until_on": "2026-04-06"})
    expert = as_("p1.expert")
    assert expert.get(f"/cohorts/{one}").status_code == 200
    app.extensions["now"] = lambda: NOW + timedelta(days=2)
    assert expert.get(f"/cohorts/{one}").status_code == 404
    assert "2026年4月7日 00:00" in as_("p1.staff").get(people(world)).text


def test_a_dismissed_liaison_sees_nothing_and_the_history_says_who_and_why(
    db: Engine, as_: LogIn, world: World
) -> None:
    liaison = as_("p1.liaison")
    role = role_of(db, world, "p1.liaison", "liaison")
    assert as_("p1.staff").post(people(world, f"people/{role}/end"), data={"reason": "退休"}).status_code == 303
    assert liaison.get("/cohorts").status_code == 404
    page = words(as_("p1.staff").get(people(world)).text)
    assert "退休" in page and "东湖区staff" in page


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"cohort": ""}, "须选择本项目的一个班级"),
        ({"cohort": "p2.one"}, "须选择本项目的一个班级"),
        ({"login": "has blank"}, "登录名不能为空"),
        ({"name": ""}, "姓名不能为空"),
        ({"login": "p2.expert", "name": "别的名字"}, "姓名必须与该账号一致"),
        ({"duty": "administrator"}, "请选择职责"),
        ({"duty": "learner"}, "请选择职责"),
        ({"duty": "centre", "organisation": "p2.centre"}, "跨项目的机构"),
        ({"until_on": "2026-04-01"}, "结束日期"),
        ({"until_on": "soon"}, "结束日期"),
    ],
)
def test_what_staff_may_not_give_is_refused_in_words_and_makes_no_account(
    db: Engine, as_: LogIn, world: World, change: dict[str, str], said: str
) -> None:
    ids = {**world.cohort, **world.organisation}
    change = {key: str(ids.get(value, value)) for key, value in change.items()}
    answer = as_("p1.staff").post(people(world), data=DUTY | {"cohort": str(world.cohort["p1.one"])} | change)
    assert answer.status_code == 400 and said in answer.text
    with reading(db) as tx:
        assert tx.scalar(select(t.account.c.id).where(t.account.c.login == "newhead")) is None


def test_passwords_and_accounts_are_in_reach_only_where_everything_that_they_open_is(
    db: Engine, as_: LogIn, world: World
) -> None:
    staff = as_("p1.staff")
    grant_role(db, world.account["p1.expert"], "expert", programme_id=world.programme["p2"], now=NOW)
    for login in ("p2.expert", "p2.li", "admin", "p1.expert", "p1.staff"):
        for what in ("password", "bar"):
            answer = staff.post(people(world, f"accounts/{world.account[login]}/{what}"))
            assert answer.status_code == 400, (login, what)
            assert "<dd><code>" not in answer.text
    assert as_("p1.expert").get("/marking").status_code == 200


def test_a_lost_password_is_replaced_and_open_sessions_end(app: Flask, as_: LogIn, world: World) -> None:
    li = as_("p1.li")
    page = as_("p1.staff").post(people(world, f"accounts/{world.account['p1.li']}/password")).text
    assert li.get("/study").status_code == 303
    login, password = re.findall(r"<dd><code>([^<]+)</code></dd>", page)
    assert login == "p1.li"
    browser = app.test_client()
    browser.post("/login", data={"login": login, "password": password})
    assert browser.get("/study").location == "/password"


def test_a_closed_account_cannot_log_in_until_it_is_opened(app: Flask, as_: LogIn, world: World) -> None:
    head, staff = as_("p1.head_teacher"), as_("p1.staff")
    address = people(world, f"accounts/{world.account['p1.head_teacher']}")
    staff.post(f"{address}/bar")
    assert head.get("/cohorts").status_code == 303
    assert app.test_client().post("/login", data={"login": "p1.head_teacher", "password": PASSWORD}).status_code == 401
    staff.post(f"{address}/open")
    assert as_("p1.head_teacher").get(f"/cohorts/{world.cohort['p1.one']}").status_code == 200


def test_nobody_dismisses_people_of_another_programme_or_themselves(db: Engine, as_: LogIn, world: World) -> None:
    staff = as_("p1.staff")
    for login, name in (("p2.liaison", "liaison"), ("p1.staff", "staff"), ("p1.li", "learner")):
        role = role_of(db, world, login, name)
        assert staff.post(people(world, f"people/{role}/end")).status_code == 400
        with reading(db) as tx:
            assert tx.scalar(select(t.role.c.ended_at).where(t.role.c.id == role)) is None
