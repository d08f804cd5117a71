"""What stands on the pages: figures, sentences, empty states, errors, headers."""

import re
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, delete, event, select, update
from sqlalchemy.exc import OperationalError

from lms_tracker.core.study.policy import PolicyErrors
from lms_tracker.store import tables as t
from lms_tracker.store.db import reading, writing
from tests.web.conftest import LogIn
from tests.web.deeds import study
from tests.web.people import NOW, PASSWORD, World, add, add_account, add_role, enrol


def _words(page: str) -> str:
    """The text of a page as it reads, without mark-up."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_my_study_shows_the_grade_its_parts_and_what_is_missing(as_: LogIn, studied: World) -> None:
    page = _words(as_("p1.li").get("/study").text)
    # 5 x 120 min = 600 min = 13.33 class hours of 60; one assignment of six with 88; research 91.5.
    for expected in ("13.33 学时，目标 60 学时", "还差 22.7 学时", "合格 1 项，需 6 项", "91.5", "40.8 / 100"):
        assert expected in page


def test_my_study_says_where_each_point_comes_from(as_: LogIn, studied: World) -> None:
    page = _words(as_("p1.li").get("/study").text)
    # 40 points x 13.33 of 60 class hours; 30 points x 88 / 100 / 6 pieces of work; 30 points x 91.5 / 100.
    for source in (
        "学校管理 1 13.33 8.89",
        "作业一 评语：论证充分，建议补充数据。 88 4.4",
        "研修成果 评语：论证充分，建议补充数据。 91.5 27.45",
    ):
        assert source in page


def test_each_session_says_in_one_sentence_per_reason_what_did_not_count(as_: LogIn, studied: World) -> None:
    page = as_("p1.li").get("/study?month=2026-04").text
    assert "19:40:00—19:52:00，在场确认没有得到回应" in page
    assert "19:52:00—19:55:00，学习记录中断" in page
    assert "00000000-0000-4000-8000-" in page, "the statements behind it"


def test_held_time_is_shown_as_held(as_: LogIn, studied: World) -> None:
    assert "待核 15 分钟" in _words(as_("p1.li").get("/study?month=2026-03").text)


def test_sessions_are_paged_by_month_and_an_unknown_month_is_the_latest(as_: LogIn, studied: World) -> None:
    li = as_("p1.li")
    march, april = li.get("/study?month=2026-03").text, li.get("/study?month=nonsense").text
    assert (march.count('class="session"'), april.count('class="session"')) == (9, 1)


def test_the_chart_has_a_bar_for_each_day_and_a_table_with_the_same_figures(as_: LogIn, studied: World) -> None:
    page = as_("p1.li").get("/study").text
    wide = page.split('class="wide"')[1].split("</svg>")[0]
    assert wide.count('class="credited"') == 10
    assert wide.count('class="held"') == 1
    assert wide.count('class="lost"') == 7
    assert "<desc" in wide
    table = page.split("每天的学习时间</caption>")[1].split("</table>")[0]
    assert table.count("<tr>") == 11
    assert "1 小时 20 分" in table


def test_somebody_without_study_reads_what_to_do(as_: LogIn, studied: World) -> None:
    page = as_("p1.zhao").get("/study").text
    assert "还没有学习记录" in page
    assert "还差 36 学时" in page


def test_somebody_in_no_programme_reads_whom_to_ask(db: Engine, as_: LogIn, world: World) -> None:
    with writing(db) as tx:
        learner = add(tx, t.learner, name="孙新", actor="{}", created_at=NOW)
        add_account(tx, world, "new", "孙新", learner_id=learner)
        add_account(tx, world, "blank", "没有职务")
    assert "请联系继教中心" in as_("new").get("/study").text
    assert "请把登录名 blank 告诉继教中心" in as_("blank").get("/").text


def test_somebody_who_left_keeps_the_record_but_has_no_grade(db: Engine, as_: LogIn, studied: World) -> None:
    with writing(db) as tx:
        li = t.enrolment.c.learner_id == studied.learner["p1.li"]
        tx.execute(update(t.enrolment).where(li).values(left_on=date(2026, 4, 1)))
    page = as_("p1.li").get("/study").text
    assert "已于 2026年4月1日 离开本项目" in page
    assert 'class="session"' in page
    assert "李明" not in as_("p1.head_teacher").get(f"/cohorts/{studied.cohort['p1.one']}").text.split("<main")[1]


def test_an_activity_that_nobody_catalogued_is_named_by_its_address(db: Engine, as_: LogIn, studied: World) -> None:
    with writing(db) as tx:
        study(tx, studied.learner["p1.zhao"], date(2026, 4, 2), credited=5, activity="https://example.org/other")
    page = as_("p1.zhao").get("/study").text
    assert "未编目的内容" in page
    assert "https://example.org/other" in page


def test_names_are_text_and_never_mark_up(db: Engine, as_: LogIn, studied: World) -> None:
    nasty = "<script>alert('李')</script>"
    with writing(db) as tx:
        tx.execute(update(t.learner).where(t.learner.c.id == studied.learner["p1.li"]).values(name=nasty))
    page = as_("p1.head_teacher").get(f"/cohorts/{studied.cohort['p1.one']}").text
    assert nasty not in page
    assert "&lt;script&gt;" in page


def _names(page: str) -> list[str]:
    return re.findall(r"learners/\d+\">([^<]+)</a>", page)


def test_my_class_shows_everybody_and_whom_to_call(as_: LogIn, studied: World) -> None:
    page = as_("p1.wang").get(f"/cohorts/{studied.cohort['p1.one']}").text
    assert _names(page) == ["王芳", "李明"]
    assert "已 32 天没有有效学习" in page
    assert "学时进度仅为日程要求的" in page


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("?sort=name&dir=asc", ["李明", "王芳"]),
        ("?sort=name&dir=desc", ["王芳", "李明"]),
        ("?sort=final&dir=desc", ["李明", "王芳"]),
        ("?sort=final&dir=asc", ["王芳", "李明"]),
        ("?sort=last&dir=asc", ["王芳", "李明"]),
        ("?sort=coursework", ["李明", "王芳"]),
        ("?sort=nonsense", ["王芳", "李明"]),
        ("?contact=1", ["王芳"]),
        ("?q=李明", ["李明"]),
        ("?q=P1.WANG", ["王芳"]),
        ("?q=nobody", []),
    ],
)
def test_my_class_sorts_and_filters_without_scripts(query: str, names: list[str], as_: LogIn, studied: World) -> None:
    assert _names(as_("p1.wang").get(f"/cohorts/{studied.cohort['p1.one']}{query}").text) == names


def test_only_the_sorted_column_says_so(as_: LogIn, studied: World) -> None:
    page = as_("p1.wang").get(f"/cohorts/{studied.cohort['p1.one']}?sort=final&dir=asc").text
    assert re.findall(r'aria-sort="(\w+)" data-key="(\w+)"', page) == [("ascending", "final")]


def test_a_larger_class_asks_the_database_no_more_often(app: Flask, db: Engine, as_: LogIn, studied: World) -> None:
    head, address = as_("p1.head_teacher"), f"/cohorts/{studied.cohort['p1.one']}"
    asked: list[str] = []
    event.listen(app.extensions["db"], "before_cursor_execute", lambda *args: asked.append(args[2]))
    head.get(address)
    few = len(asked)
    with writing(db) as tx:
        for n in range(60):
            one = (studied.programme["p1"], studied.cohort["p1.one"])
            learner = enrol(tx, studied, *one, f"more{n}", f"学员{n}", kind="town", on=date(2026, 3, 1))
            study(tx, learner, date(2026, 3, 9), credited=n + 1)
    asked.clear()
    assert len(_names(head.get(address).text)) == 62
    assert len(asked) == few


def test_an_empty_class_says_what_to_do(db: Engine, as_: LogIn, studied: World) -> None:
    with writing(db) as tx:
        cohort = add(tx, t.cohort, programme_id=studied.programme["p1"], name="三班")
        add_role(tx, studied, "p1.head2", "head_teacher", cohort_id=cohort)
    assert "还没有学员" in as_("p1.head2").get(f"/cohorts/{cohort}").text
    assert "三班" in as_("p1.head2").get("/cohorts").text


def test_bulletins_are_listed_read_and_taken_away(as_: LogIn, studied: World) -> None:
    bureau, address = as_("p1.bureau"), f"/bulletins/{studied.bulletin['p1']}"
    assert "2026年3月下半月" in bureau.get("/bulletins").text
    page = _words(bureau.get(address).text)
    assert "市直" in page
    assert "p1-principals@" in page
    starts = {"pdf": b"%PDF-", "xlsx": b"PK", "html": b"<!doctype html", "json": b"{"}
    for form, start in starts.items():
        answer = bureau.get(f"{address}.{form}")
        assert answer.status_code == 200
        assert answer.data.lower().startswith(start.lower()), form
    assert bureau.get(f"{address}.exe").status_code == 404


def test_the_json_is_byte_for_byte_what_was_issued(db: Engine, as_: LogIn, studied: World) -> None:
    with reading(db) as connection:
        kept = connection.scalar(select(t.bulletin.c.content).where(t.bulletin.c.id == studied.bulletin["p1"]))
    assert as_("p1.bureau").get(f"/bulletins/{studied.bulletin['p1']}.json").data == kept.encode()


def test_the_whole_bulletin_may_do_nothing_but_show_itself(as_: LogIn, studied: World) -> None:
    policy = as_("p1.bureau").get(f"/bulletins/{studied.bulletin['p1']}.html").headers["Content-Security-Policy"]
    assert "sandbox" in policy
    assert "script-src" not in policy


def test_before_the_first_bulletin_the_page_says_when_it_comes(as_: LogIn, world: World) -> None:
    assert "每月 1 日和 16 日" in as_("p1.bureau").get("/bulletins").text


def test_an_expert_enters_a_mark_and_the_grade_follows(as_: LogIn, studied: World) -> None:
    address = f"/marking/{studied.assignment['p1.research']}"
    expert = as_("p1.expert")
    answer = expert.post(f"{address}/{studied.learner['p1.wang']}", data={"mark": " 85.5 ", "comment": "扎实。"})
    assert answer.status_code == 303
    page = expert.get(address).text
    assert "已保存" in page
    assert "85.5" in page
    assert "扎实。" in as_("p1.wang").get("/study").text


@pytest.mark.parametrize("typed", ["", "abc", "101", "-1", "NaN", "1e999", "八十", "1_0", "1" * 5000, "88.12345678901"])
def test_a_mark_that_is_none_is_refused_and_nothing_is_kept(typed: str, db: Engine, as_: LogIn, studied: World) -> None:
    address = f"/marking/{studied.assignment['p1.research']}/{studied.learner['p1.wang']}"
    answer = as_("p1.expert").post(address, data={"mark": typed, "comment": "没有丢的评语"})
    assert answer.status_code == 400
    assert "0 到 100" in answer.text
    assert "没有丢的评语" in answer.text, "what was typed is still there"
    with reading(db) as connection:
        wangs = select(t.mark.c.id).where(t.mark.c.learner_id == studied.learner["p1.wang"])
        assert connection.execute(wangs).all() == []


def test_a_learner_of_another_programme_is_not_marked(as_: LogIn, studied: World) -> None:
    address = f"/marking/{studied.assignment['p1.research']}/{studied.learner['p2.li']}"
    assert as_("p1.expert").post(address, data={"mark": "50"}).status_code == 400


def test_no_assignments_is_said(db: Engine, as_: LogIn, world: World) -> None:
    with writing(db) as tx:
        tx.execute(delete(t.assignment))
    assert "还没有布置" in as_("p1.expert").get("/marking").text


def test_errors_speak_the_language_of_the_reader(client: FlaskClient, as_: LogIn, world: World) -> None:
    assert "找不到这个页面" in client.get("/nowhere").text
    client.post("/language", data={"locale": "en"})
    assert "Page not found" in client.get("/nowhere").text
    too_long = as_("p1.li").post("/password", data={"old": "x" * 300_000})
    assert too_long.status_code == 413
    assert "内容太大" in too_long.text


def test_a_fault_of_ours_is_said_without_details_and_logged(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("lms_tracker.web.auth.log_in", fail)
    answer = client.post("/login", data={"login": "x", "password": "y"})
    assert answer.status_code == 500
    assert "出错的是系统" in answer.text
    assert "secret detail" not in answer.text
    assert "secret detail" in caplog.text


def test_a_locked_database_is_said_to_be_busy(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(*_: object, **__: object) -> None:
        raise OperationalError("INSERT", {}, Exception("database is locked"))

    monkeypatch.setattr("lms_tracker.web.auth.log_in", locked)
    answer = client.post("/login", data={"login": "x", "password": "y"})
    assert answer.status_code == 503
    assert "系统正忙" in answer.text


@pytest.mark.parametrize(
    "said", ["attempt to write a readonly database", "cannot execute INSERT in a read-only transaction"]
)
def test_a_database_that_takes_nothing_is_said_and_nothing_changed(
    said: str, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_only(*_: object, **__: object) -> None:
        raise OperationalError("INSERT", {}, Exception(said))

    monkeypatch.setattr("lms_tracker.web.auth.log_in", read_only)
    answer = client.post("/login", data={"login": "x", "password": "y"})
    assert answer.status_code == 503
    assert "数据库现在不能写入，什么也没有改变" in answer.text


def test_a_policy_that_became_faulty_is_named_as_the_cause(
    as_: LogIn, studied: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def faulty(*_: object) -> None:
        raise PolicyErrors(["config/programmes/p1-principals.toml: component.weight: weights must sum to 100"])

    monkeypatch.setattr("lms_tracker.web.study_page.policy_of_programme", faulty)
    answer = as_("p1.li").get("/study")
    assert (answer.status_code, "计分规则有误" in answer.text) == (500, True)
    assert "weights must sum to 100" in caplog.text


def test_no_hash_of_a_password_is_in_the_log_when_it_cannot_be_stored(
    db: Engine, as_: LogIn, studied: World, caplog: pytest.LogCaptureFixture
) -> None:
    browser = as_("p1.li")
    with writing(db) as tx:
        tx.exec_driver_sql("CREATE TRIGGER no BEFORE UPDATE ON account BEGIN SELECT RAISE(ABORT, 'no'); END")
    new = {"old": PASSWORD, "new": "a longer phrase", "again": "a longer phrase"}
    assert browser.post("/password", data=new).status_code == 500
    assert "UPDATE account" in caplog.text
    assert "argon2" not in caplog.text


def test_every_page_forbids_scripts_from_elsewhere_and_being_framed_or_kept(as_: LogIn, studied: World) -> None:
    answer = as_("p1.li").get("/study")
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe-inline" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert not re.search(r"\son\w+=|\sstyle=|<style|<script(?![^>]*src=)", answer.text)


def test_the_clock_of_the_programme_is_shown_not_the_servers(as_: LogIn, studied: World) -> None:
    assert "截至 2026年4月5日 12:00" in as_("p1.li").get("/study").text
