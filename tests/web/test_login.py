"""Logging in and out: locks, sessions, redirects, forged forms."""

import logging
import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from lms_tracker.web.auth import inside
from tests.web.conftest import LogIn
from tests.web.people import NOW, PASSWORD, World


def _try(client: FlaskClient, login: str, password: str = "wrong password") -> tuple[int, str]:
    answer = client.post("/login", data={"login": login, "password": password})
    return answer.status_code, re.sub(r'csrf_token" value="[^"]+', "", answer.text.replace(login, "…"))


def test_the_right_password_leads_to_the_page_of_the_role(as_: LogIn, studied: World) -> None:
    assert as_("p1.li").get("/").location == "/study"
    assert as_("p1.head_teacher").get("/").location == f"/cohorts/{studied.cohort['p1.one']}"
    assert as_("p1.staff").get("/").location == "/cohorts"
    assert as_("p1.expert").get("/").location == "/marking"
    assert as_("p1.bureau").get("/").location == "/bulletins"


def test_somebody_with_several_roles_sees_a_way_to_each(as_: LogIn, studied: World) -> None:
    page = as_("p1.wang").get("/study").text
    assert "我的学习" in page
    assert f'href="/cohorts/{studied.cohort["p1.one"]}"' in page


def test_ten_wrong_passwords_lock_the_login_for_a_quarter_of_an_hour(
    app: Flask, client: FlaskClient, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    for _ in range(9):
        status, page = _try(client, "p1.li")
        assert status == 401
        assert "登录名或密码不正确" in page
    status, page = _try(client, "p1.li")
    assert status == 429
    assert "已锁定" in page
    assert "15 分钟" in page
    assert _try(client, "p1.li", PASSWORD)[0] == 429, "the right password does not open a locked login"
    assert "login 'p1.li' locked for 0:15:00 after 10 wrong passwords" in caplog.text

    app.extensions["now"] = lambda: NOW + timedelta(minutes=15, seconds=1)
    assert _try(client, "p1.li", PASSWORD)[0] == 303


def test_asking_for_the_head_of_the_login_page_is_no_attempt(client: FlaskClient, world: World) -> None:
    assert [client.head("/login?next=/study").status_code for _ in range(12)] == [200] * 12


def test_a_lock_does_not_tell_whether_the_login_exists(client: FlaskClient, world: World) -> None:
    known = [_try(client, "p1.li") for _ in range(12)]
    unknown = [_try(client, "nobody") for _ in range(12)]
    assert known == unknown


def test_a_lock_of_one_login_leaves_the_others_alone(client: FlaskClient, world: World) -> None:
    for _ in range(11):
        _try(client, "p1.li")
    assert _try(client, "p1.wang", PASSWORD)[0] == 303


def test_a_success_forgets_the_failures_before_it(client: FlaskClient, world: World) -> None:
    for _ in range(3):
        for _ in range(8):
            _try(client, "p1.li")
        assert _try(client, "p1.li", PASSWORD)[0] == 303
        client.post("/logout")


def test_after_a_lock_has_run_out_the_count_starts_anew(app: Flask, client: FlaskClient, world: World) -> None:
    for _ in range(10):
        _try(client, "p1.li")
    app.extensions["now"] = lambda: NOW + timedelta(minutes=16)
    assert _try(client, "p1.li")[0] == 401


def test_logging_out_ends_the_session_and_needs_a_post(as_: LogIn, studied: World) -> None:
    browser = as_("p1.li")
    assert browser.get("/logout").status_code == 405
    assert browser.get("/study").status_code == 200
    assert browser.post("/logout").location == "/login"
    assert browser.get("/study").status_code == 303


def test_a_disabled_account_is_out_at_once(db, as_: LogIn, client: FlaskClient, studied: World) -> None:  # type: ignore[no-untyped-def]
    from lms_tracker.actions.create_account import disable_account

    browser = as_("p1.li")
    disable_account(db, "p1.li", now=NOW)
    assert browser.get("/study").status_code == 303
    assert _try(client, "p1.li", PASSWORD)[0] == 401


def test_a_changed_password_ends_every_other_session(as_: LogIn, client: FlaskClient, studied: World) -> None:
    office, phone = as_("p1.li"), as_("p1.li")
    new = "five quiet herons"
    answer = phone.post("/password", data={"old": PASSWORD, "new": new, "again": new})
    assert answer.status_code == 303
    assert phone.get("/study").status_code == 200
    assert office.get("/study").status_code == 303
    assert _try(client, "p1.li", PASSWORD)[0] == 401
    assert _try(client, "p1.li", new)[0] == 303


@pytest.mark.parametrize(
    ("old", "new", "again", "says"),
    [
        ("wrong", "long enough", "long enough", "原密码不正确"),
        (PASSWORD, "short", "short", "至少要有 8 个字符"),
        (PASSWORD, "x" * 201, "x" * 201, "最多 200 个字符"),
        (PASSWORD, PASSWORD, PASSWORD, "不能与原密码"),
        (PASSWORD, "long enough", "long enougg", "两次输入的新密码不一样"),
    ],
)
def test_a_bad_new_password_changes_nothing(
    old: str, new: str, again: str, says: str, as_: LogIn, client: FlaskClient, world: World
) -> None:
    answer = as_("p1.zhao").post("/password", data={"old": old, "new": new, "again": again})
    assert answer.status_code == 400
    assert says in answer.text
    assert _try(client, "p1.zhao", PASSWORD)[0] == 303


def test_guessing_the_old_password_locks_too(as_: LogIn, world: World) -> None:
    browser = as_("p1.zhao")
    answers = [browser.post("/password", data={"old": str(n), "new": "n" * 9, "again": "n" * 9}) for n in range(10)]
    assert [answer.status_code for answer in answers] == [400] * 9 + [429]


def test_the_page_that_was_wanted_comes_after_the_login(client: FlaskClient, studied: World) -> None:
    sent = client.get("/study?month=2026-03").location
    answer = client.post(sent, data={"login": "p1.li", "password": PASSWORD})
    assert answer.location == "/study?month=2026-03"


@pytest.mark.parametrize(
    "address",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "evil", "/a\r\nX: y", "/\t/evil.example", None],
)  # fmt: skip
def test_nobody_is_sent_to_another_host(address: str | None, app: Flask) -> None:
    with app.test_request_context("/"):
        assert inside(address) == "/"


def test_what_was_planted_in_a_session_before_the_login_does_not_survive_it(client: FlaskClient, world: World) -> None:
    with client.session_transaction() as session:
        session["planted"] = "by somebody else"
        session["csrf_token"] = "known to somebody else"
    _try(client, "p1.li", PASSWORD)
    with client.session_transaction() as session:
        assert "planted" not in session
        assert session.get("csrf_token") != "known to somebody else"


def test_the_cookie_is_out_of_reach_for_scripts_and_other_sites(app: Flask, client: FlaskClient, world: World) -> None:
    app.config["SESSION_COOKIE_SECURE"] = True
    answer = client.post("/login", data={"login": "p1.li", "password": PASSWORD}, base_url="https://localhost")
    cookie = answer.headers["Set-Cookie"]
    assert {"HttpOnly", "Secure", "SameSite=Lax"} <= {part.strip() for part in cookie.split(";")}


def test_a_forged_cookie_is_nobody(client: FlaskClient, app: Flask, world: World) -> None:
    for forged in ("1", f"{world.account['p1.li']}.", f"{world.account['p1.li']}.guess", "x.y", "999.z", "²."):
        with client.session_transaction() as session:
            session["_user_id"] = forged
        assert client.get("/study").status_code == 303, forged


@pytest.mark.parametrize("address", ["/login", "/logout", "/language", "/password", "/marking/1/1"])
def test_a_form_without_its_token_changes_nothing(address: str, app: Flask, world: World, as_: LogIn) -> None:
    browser = as_("p1.expert")
    app.config["WTF_CSRF_ENABLED"] = True
    address = address.replace("/1/1", f"/{world.assignment['p1.research']}/{world.learner['p1.li']}")
    answer = browser.post(address, data={"login": "p1.li", "password": PASSWORD, "locale": "en", "mark": "5"})
    assert answer.status_code == 400
    assert "页面已过期" in answer.text


def test_a_form_with_its_token_is_taken(app: Flask, client: FlaskClient, world: World) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/login").text)
    assert found
    answer = client.post("/login", data={"login": "p1.li", "password": PASSWORD, "csrf_token": found[1]})
    assert answer.status_code == 303


def test_xapi_clients_need_no_form_token(app: Flask, client: FlaskClient) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    answer = client.post("/xapi/statements", json={}, headers={"X-Experience-API-Version": "1.0.3"})
    assert answer.status_code == 401
    assert "页面已过期" not in answer.text


def test_everybody_says_where_their_own_reminders_go_and_nobody_elses(as_: LogIn, app: Flask, studied: World) -> None:
    mine, other = as_("p1.li"), as_("p1.head_teacher")
    page = mine.get("/mail").text
    assert "邮件提醒" in page and "没有设置发信服务器" in page
    assert mine.post("/mail", data={"address": " li@example.org "}).status_code == 303
    assert 'value="li@example.org"' in mine.get("/mail").text
    assert "li@example.org" not in other.get("/mail").text
    faulty = mine.post("/mail", data={"address": "li@example"})
    assert faulty.status_code == 400 and "这不像是一个邮箱地址" in faulty.text and 'value="li@example"' in faulty.text
    assert 'value="li@example.org"' in mine.get("/mail").text
    assert mine.post("/mail", data={"address": ""}).status_code == 303
    assert "li@example.org" not in mine.get("/mail").text
    stranger = app.test_client().get("/mail")
    assert stranger.status_code in (302, 303) and "/login" in stranger.location
