"""Assignments over the pages, as all persons: staff set one, learners hand in, an expert marks, peers review, and what
nobody else sees."""

import io
import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from werkzeug.datastructures import FileStorage

from lms_tracker.actions.assess import Judgement, assess
from lms_tracker.actions.compare_texts import Comparer
from lms_tracker.actions.keep_assignments import keep_assignments
from lms_tracker.store import tables as t
from lms_tracker.store.db import reading
from tests.web import deeds
from tests.web.conftest import LogIn
from tests.web.people import NOW, World

FORM = {
    "title": "校本研修设计", "component": "assignments", "instructions": "写一份设计。", "text": "1", "files": "1",
    "rubric": "问题：来自本校 | 优 60 | 良 45\n做法 | 优 40 | 差 10", "due_at": "2026-04-06T18:00", "late": "deduct",
    "deduct_per_day": "5", "difference": "10", "markers": "1", "rule": "closest", "reviews": "1", "outlier": "15",
    "counts_pct": "0", "apart": "nobody",
}  # fmt: skip


def words(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def set_one(as_: LogIn, world: World, **more: str) -> int:
    """Staff set an assignment; its id."""
    answer = as_("p1.staff").post(f"/programmes/{world.programme['p1']}/assignments/new", data=FORM | more)
    assert answer.status_code == 303, words(answer.text)
    return int(answer.location.rsplit("/", 1)[1])


def submission(db: Engine, login: str, world: World) -> int:
    with reading(db) as tx:
        mine = select(t.submission.c.id).where(t.submission.c.learner_id == world.learner[login])
        return int(tx.scalars(mine.order_by(t.submission.c.id.desc())).first() or 0)


def send(browser: FlaskClient, address: str, text: str, *files: tuple[str, bytes], **more: Any) -> Any:
    data = {"text": text, "files": [FileStorage(io.BytesIO(content), name) for name, content in files], **more}
    return browser.post(address, data=data, content_type="multipart/form-data")


def test_from_the_terms_to_the_mark_that_counts(db: Engine, as_: LogIn, world: World) -> None:
    id = set_one(as_, world)
    li = as_("p1.li")
    page = words(li.get("/tasks").text)
    assert "校本研修设计" in page and "待提交" in page and "2026年4月6日 18:00" in page and "还有 1 天" in page
    assert "优 60 · 良 45" in words(li.get(f"/tasks/{id}").text)
    assert li.post(f"/tasks/{id}/draft", data={"text": "写到一半"}).json == {"saved": True}
    assert "写到一半" in li.get(f"/tasks/{id}").text
    assert send(li, f"/tasks/{id}", "我校的设计", ("设计.docx", b"PK\x03\x04 word/document.xml")).status_code == 303
    page = words(li.get(f"/tasks/{id}").text)
    assert "第 1 版" in page and "回执" in page and "设计.docx" in page and "写到一半" not in page
    expert, work = as_("p1.expert"), submission(db, "p1.li", world)
    queue = words(expert.get(f"/marking/{id}").text)
    assert "已评完 0 / 1 份" in queue and "应交 3 人" in queue and "待我评阅 1" in queue and "李明" in queue
    address = f"/marking/{id}/works/{work}"
    assert "我校的设计" in expert.get(address).text
    assert "还有评分项没有选择" in expert.post(address, data={"level-0": "0"}).text
    judged = {"level-0": "1", "level-1": "0", "remark-0": "数据再多些", "comment": "总体不错"}
    assert expert.post(address, data=judged).status_code == 303
    assert "已评完 1 / 1 份" in words(expert.get(f"/marking/{id}").text)
    page = words(li.get(f"/tasks/{id}").text)
    assert "85 / 100" in page and "数据再多些" in page and "总体不错" in page and "东湖区expert" not in page
    assert "总体不错" in li.get("/study").text
    assert "已评分" in words(li.get("/tasks").text)
    assert send(li, f"/tasks/{id}", "再改").status_code == 400, "marking has begun"


def test_two_markers_too_far_apart_wait_for_a_third_and_the_learner_reads_how_it_ended(
    db: Engine, as_: LogIn, world: World
) -> None:
    id = set_one(as_, world, rubric="", markers="2")
    send(as_("p1.li"), f"/tasks/{id}", "我校的设计")
    work = submission(db, "p1.li", world)
    address = f"/marking/{id}/works/{work}"
    as_("p1.expert").post(address, data={"mark": "90", "comment": "好"})
    assert "等待另一人" in words(as_("p1.expert").get(f"/marking/{id}").text)
    as_("p1.liaison").post(address, data={"mark": "70", "comment": "一般"})
    for marker in ("p1.expert", "p1.liaison"):
        assert "等待第三人" in words(as_(marker).get(f"/marking/{id}").text)
        assert "分差过大，等待第三人评阅" in words(as_(marker).get(address).text)
    assert "等待第三人 1" in words(as_("p1.staff").get(f"/assignments/{id}").text)
    third = Judgement({}, {}, "偏好", Decimal(86))
    assess(db, id, work, third, by=world.account["p1.staff"], now=NOW)
    page = words(as_("p1.li").get(f"/tasks/{id}").text)
    assert "88 / 100" in page, "86 and the closer 90"
    assert "两位评阅人相差超过 10 分，由第三人评阅：第三人与较接近者的平均" in page


def test_nobody_else_sees_a_learner_s_work(db: Engine, as_: LogIn, world: World) -> None:
    id = set_one(as_, world)
    send(as_("p1.li"), f"/tasks/{id}", "李明写的话", ("a.txt", b"x"))
    work = submission(db, "p1.li", world)
    with reading(db) as tx:
        file = tx.scalar(select(t.submission_file.c.id))
    assert as_("p1.li").get(f"/tasks/{id}/files/{file}").status_code == 200
    for login in ("p1.wang", "p1.zhao", "p1.head_teacher", "p1.bureau", "p2.expert", "p2.li", "admin"):
        browser = as_(login)
        for address in (f"/marking/{id}", f"/marking/{id}/works/{work}", f"/marking/{id}/works/{work}/files/{file}",
                        f"/tasks/{id}/files/{file}", f"/assignments/{id}"):  # fmt: skip
            assert browser.get(address).status_code == 404, (login, address)
        with browser.get(f"/tasks/{id}") as answer:
            assert answer.status_code == (200 if login in ("p1.wang", "p1.zhao") else 404)
            assert "李明写的话" not in answer.text


def test_terms_with_faults_are_shown_again_as_they_were_typed(as_: LogIn, world: World) -> None:
    staff, address = as_("p1.staff"), f"/programmes/{world.programme['p1']}/assignments/new"
    wrong = {"title": "", "rubric": "论证 | 优 40", "due_at": "never", "deduct_per_day": "much", "markers": "2"}
    answer = staff.post(address, data=FORM | wrong)
    page = words(answer.text)
    assert answer.status_code == 400 and "评分标准第 1 行" in page and "每天扣分应在 0 到 100 之间" in page
    assert "论证 | 优 40" in page
    answer = staff.post(address, data=FORM | {"title": "", "component": "coursework", "text": "", "files": ""})
    assert [word for word in ("题目应为", "请选择计入", "正文和文件至少选一种") if word not in words(answer.text)] == []


def test_an_assignment_is_changed_and_its_history_stays(as_: LogIn, world: World) -> None:
    id, staff = set_one(as_, world), as_("p1.staff")
    assert 'value="2026-04-06T18:00"' in staff.get(f"/assignments/{id}/edit").text
    assert staff.post(f"/assignments/{id}/edit", data=FORM | {"due_at": "2026-04-08T18:00"}).status_code == 303
    page = words(staff.get(f"/assignments/{id}").text)
    assert "截止 2026年4月8日 18:00" in page and "截止 2026年4月6日 18:00" in page and "东湖区staff" in page
    offline = world.assignment["p1.assignments"]
    assert "在线下进行" in staff.get(f"/assignments/{offline}").text
    assert staff.post(f"/assignments/{offline}/edit", data=FORM | {"title": "作业一"}).status_code == 303
    assert "作业一" in as_("p1.li").get("/tasks").text


def test_work_is_sent_back_and_comes_again(db: Engine, as_: LogIn, world: World) -> None:
    id = set_one(as_, world)
    li, expert = as_("p1.li"), as_("p1.expert")
    send(li, f"/tasks/{id}", "第一稿")
    address = f"/marking/{id}/works/{submission(db, 'p1.li', world)}/return"
    assert expert.post(address, data={"words": "请补充", "until": "2020-01-01T00:00"}).status_code == 400
    assert expert.post(address, data={"words": "请补充", "until": "2026-04-20T23:59"}).status_code == 303
    page = words(li.get(f"/tasks/{id}").text)
    assert "请补充" in page and "2026年4月20日 23:59" in page
    send(li, f"/tasks/{id}", "第二稿")
    page = words(expert.get(f"/marking/{id}/works/{submission(db, 'p1.li', world)}").text)
    assert "第 2 版" in page and "第二稿" in page


def test_anonymous_work_shows_neither_name_nor_school_nor_the_names_of_files(
    db: Engine, as_: LogIn, world: World
) -> None:
    id = set_one(as_, world, anonymous="1")
    for login in ("p1.li", "p1.wang"):
        send(as_(login), f"/tasks/{id}", deeds.WORK_TEXT, (f"{login}的作业.txt", b"x"))
    Comparer(db).run(lambda: NOW)
    expert = as_("p1.expert")
    li, wang = submission(db, "p1.li", world), submission(db, "p1.wang", world)
    pages = [f"/marking/{id}", f"/marking/{id}/works/{li}", f"/marking/{id}/works/{li}/matches/{wang}"]
    for address in pages:
        page = expert.get(address).text
        assert "作品" in page and not {word for word in ("李明", "王芳", "所在学校", "p1.li的") if word in page}, (
            address
        )
    with reading(db) as tx:
        file = tx.scalar(select(t.submission_file.c.id).where(t.submission_file.c.submission_id == li))
    with expert.get(f"/marking/{id}/works/{li}/files/{file}") as answer:
        assert answer.status_code == 200 and "attachment" in answer.headers["Content-Disposition"]
        assert "p1.li" not in answer.headers["Content-Disposition"]
        assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_two_texts_stand_side_by_side_for_the_marker_and_for_nobody_else(db: Engine, as_: LogIn, world: World) -> None:
    deeds.some_work(db, world)
    address = f"/marking/{world.work}/works/{world.submission}"
    expert = as_("p1.expert")
    page = words(expert.get(address).text)
    assert "王芳" in page and "相似只是提示" in page
    match = f"{address}/matches/{world.other_submission}"
    page = expert.get(match).text
    assert page.count("<mark id=") == 2 and 'href="#b0"' in page and 'href="#a0"' in page
    for login in ("p1.zhao", "p1.wang", "p1.staff", "p1.head_teacher", "p2.expert"):
        assert as_(login).get(match).status_code == 404, login
    assert expert.get(f"{address}/matches/{submission(db, 'p1.li', world)}").status_code == 404, "no match"
    assert "相似" in words(expert.get(f"/marking/{world.work}?show=alike").text)


def test_what_is_typed_is_never_mark_up(db: Engine, as_: LogIn, world: World) -> None:
    id = set_one(as_, world, title="<b>题目</b>", instructions="<script>1</script>")
    evil = "<script>alert(1)</script>" + deeds.WORK_TEXT
    for login in ("p1.li", "p1.wang"):
        send(as_(login), f"/tasks/{id}", evil)
    Comparer(db).run(lambda: NOW)
    li, wang = submission(db, "p1.li", world), submission(db, "p1.wang", world)
    for login, address in (("p1.li", f"/tasks/{id}"), ("p1.expert", f"/marking/{id}/works/{li}"),
                           ("p1.expert", f"/marking/{id}/works/{li}/matches/{wang}"), ("p1.staff", f"/assignments/{id}")):  # fmt: skip
        page = as_(login).get(address).text
        assert "<script>alert" not in page and "<script>1" not in page and "<b>题目" not in page, address


def test_peers_review_without_names_and_staff_see_how_it_goes(app: Flask, db: Engine, as_: LogIn, world: World) -> None:
    id = set_one(as_, world, peer="1", peer_due_at="2026-04-12T18:00", counts_pct="100", peer_component="assignments")
    for login in ("p1.li", "p1.wang", "p1.zhao"):
        send(as_(login), f"/tasks/{id}", f"{login[3:]} 写的设计", ("我的名字.txt", b"x"))
    at = NOW + timedelta(days=2)
    app.extensions["now"] = lambda: at
    keep_assignments(db, at)
    with reading(db) as tx:
        pairs = {row.learner_id: row for row in tx.execute(select(t.peer_pair))}
    names = {id: login for login, id in world.learner.items()}
    for who, pair in pairs.items():
        browser, address = as_(names[who]), f"/peer-reviews/{pair.id}"
        assert "要互评的" in browser.get("/tasks").text
        page = browser.get(address).text
        assert "写的设计" in page and "我的名字" not in page
        assert not {name for name in ("李明", "王芳", "赵强") if name in page.split("<main")[1]}
        with reading(db) as tx:
            file = tx.scalar(
                select(t.submission_file.c.id).where(t.submission_file.c.submission_id == pair.submission_id)
            )
        with browser.get(f"{address}/files/{file}") as answer:
            assert (
                "名字" not in answer.headers["Content-Disposition"]
                and "attachment" in answer.headers["Content-Disposition"]
            )
        assert "请给同学写几句评语" in browser.post(address, data={"level-0": "0", "level-1": "0"}).text
        assert browser.post(address, data={"level-0": "0", "level-1": "0", "comment": "很好"}).status_code == 303
        others = [login for login in ("p1.li", "p1.wang", "p1.zhao", "p2.li", "p1.expert") if login != names[who]]
        assert {as_(login).get(address).status_code for login in others} == {404}
    page = words(as_("p1.staff").get(f"/assignments/{id}").text)
    assert "互评完成 3 / 3" in page and "1 / 1" in page
    after = NOW + timedelta(days=9)
    app.extensions["now"] = lambda: after
    keep_assignments(db, after)
    page = words(as_("p1.li").get(f"/tasks/{id}").text)
    assert "100 / 100" in page and "互评同学 1" in page and "很好" in page
    li = as_("p1.li")
    assert li.post(f"/tasks/{id}/objection", data={"words": "请复核"}).status_code == 303
    staff = as_("p1.staff")
    page = staff.get(f"/assignments/{id}").text
    number = re.search(rf"/assignments/{id}/objections/(\d+)", page)
    assert number
    upheld = {"what": "uphold", "mark": "90", "words": "已复核"}
    assert staff.post(number[0], data=upheld | {"mark": "900"}).status_code == 400
    assert staff.post(number[0], data=upheld).status_code == 303
    page = words(li.get(f"/tasks/{id}").text)
    assert "90 / 100" in page and "异议成立" in page and "已复核" in page


def test_marks_by_hand_are_for_assignments_without_terms(as_: LogIn, world: World) -> None:
    id, li = set_one(as_, world), world.learner["p1.li"]
    assert as_("p1.expert").post(f"/marking/{id}/{li}", data={"mark": "77"}).status_code == 404
    offline = world.assignment["p1.assignments"]
    assert as_("p1.expert").post(f"/marking/{offline}/{li}", data={"mark": "77"}).status_code == 303


@pytest.mark.parametrize("locale", ["zh", "en"])
def test_the_pages_are_there_in_both_languages(locale: str, db: Engine, as_: LogIn, world: World) -> None:
    deeds.some_work(db, world)
    for login, address in (("p1.li", "/tasks"), ("p1.li", f"/tasks/{world.work}"), ("p1.li", f"/peer-reviews/{world.pair}"),
                           ("p1.expert", f"/marking/{world.work}"), ("p1.staff", f"/assignments/{world.work}/edit")):  # fmt: skip
        browser = as_(login)
        browser.post("/language", data={"locale": locale})
        page = browser.get(address).text
        assert f'lang="{"zh-CN" if locale == "zh" else "en"}"' in page


def test_the_weight_is_set_shown_and_counts_where_it_is_to_be_seen(db: Engine, as_: LogIn, world: World) -> None:
    """Staff set it; the learner and the marker see it; a team-mate sees their own; nobody of another programme does."""
    id = set_one(as_, world, weight="2.5")
    staff, address = as_("p1.staff"), f"/programmes/{world.programme['p1']}/assignments"
    assert 'id="weight" name="weight" value="2.5"' in staff.get(f"/assignments/{id}/edit").text
    assert "权重 2.5" in words(staff.get(f"/assignments/{id}").text)
    assert '<td class="n" data-label="权重">2.5</td>' in staff.get(address).text
    send(as_("p1.li"), f"/tasks/{id}", "李明写的")
    judged = {"level-0": "0", "level-1": "0", "comment": "好"}
    work = submission(db, "p1.li", world)
    assert as_("p1.expert").post(f"/marking/{id}/works/{work}", data=judged).status_code == 303
    assert "权重 2.5" in words(as_("p1.li").get(f"/tasks/{id}").text)
    tree = words(as_("p1.li").get("/study/grade").text)
    assert "100 分，权重 2.5" in tree and "权重合计" in tree
    assert "权重 2.5" in words(as_("p1.li").get("/study").text)
    other = words(as_("p1.wang").get("/study/grade").text)
    assert "还没有分数，按 0 分计" in other and "100 分，权重 2.5" not in other
    for login in ("p2.staff", "p2.li", "p1.bureau"):
        for page in (f"/assignments/{id}", f"/tasks/{id}", address):
            assert as_(login).get(page).status_code == 404, (login, page)
    assert staff.post(f"/assignments/{id}/edit", data=FORM | {"weight": "1"}).status_code == 303
    history = words(staff.get(f"/assignments/{id}").text)
    assert "校本研修设计 · 权重 1 " in history and "校本研修设计 · 权重 2.5 " in history
    for wrong in ("0", "-2", "viel", "1001", "1,5"):
        answer = staff.post(f"/assignments/{id}/edit", data=FORM | {"weight": wrong})
        assert answer.status_code == 400 and "权重应大于 0" in answer.text, wrong
