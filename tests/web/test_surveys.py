"""Surveys and questions over HTTP: what the form promises, and what results tell."""

import io
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from openpyxl import load_workbook
from sqlalchemy import Engine, insert, select

from lms_tracker.store import tables as t
from lms_tracker.store.db import reading, writing
from tests.web.conftest import LogIn
from tests.web.people import NOW, World


def test_a_learner_answers_once_and_is_told_what_is_kept(world: World, as_: LogIn) -> None:
    li, address = as_("p1.li"), f"/surveys/{world.survey}"
    page = li.get(address).text
    assert "这份问卷不记名" in page and "随答卷保留的只有：班级" in page
    missing = li.post(address, data={})
    assert missing.status_code == 400 and "请回答第 1 题" in missing.text
    assert "谢谢" in li.post(address, data={"q0": "1"}, follow_redirects=True).text
    assert li.post(address, data={"q0": "1"}).status_code == 400
    assert "已答" in li.get(f"/programmes/{world.programme['p1']}/surveys").text


def test_while_it_is_open_only_the_turnout_is_told(world: World, as_: LogIn) -> None:
    as_("p1.li").post(f"/surveys/{world.survey}", data={"q0": "1"})
    page = as_("p1.staff").get(f"/surveys/{world.survey}/results").text
    assert "还没有截止" in page and "各题" not in page
    assert as_("p1.staff").get(f"/surveys/{world.survey}/results.xlsx").status_code == 302


def fill(db: Engine, world: World, groups: dict[str, tuple[int, int]]) -> None:
    with writing(db) as tx:
        for name, (pleased, of) in groups.items():
            for n in range(of):
                answers = f'{{"0":{1 if n < pleased else 3}}}'
                row = {
                    "id": f"{name}{n}",
                    "survey_id": world.survey,
                    "groups": f'{{"class":"{name}"}}',
                    "answers": answers,
                }
                tx.execute(insert(t.survey_sheet).values(row))


@pytest.fixture
def over(app: Flask) -> Any:
    app.extensions["now"] = lambda: NOW + timedelta(days=8)


def test_the_class_that_stands_out_is_marked_and_a_small_one_is_hidden(
    db: Engine, world: World, as_: LogIn, over: Any
) -> None:
    fill(db, world, {"一班": (189, 210), "二班": (40, 57), "三班": (2, 3), "四班": (2, 3)})
    page = as_("p1.bureau").get(f"/surveys/{world.survey}/results").text
    assert "70.18 %" in page and page.count("明显偏低") >= 1 and page.count("人数太少") >= 2
    assert "90.00 %" in page and "66.67" not in page
    with as_("p1.staff").get(f"/surveys/{world.survey}/results.xlsx") as answer:
        rows = [[cell.value for cell in row] for row in load_workbook(io.BytesIO(answer.data))["分组"].iter_rows()]
    assert any("二班" in row and "明显偏低" in row for row in rows)
    assert all(row[3] == "—" for row in rows if row[1] in ("三班", "四班"))


def test_of_fewer_than_five_answers_nothing_is_told(db: Engine, world: World, as_: LogIn, over: Any) -> None:
    fill(db, world, {"一班": (3, 4)})
    page = as_("p1.staff").get(f"/surveys/{world.survey}/results").text
    assert "答卷少于 5 份" in page and "75" not in page.split("<main")[1]


SURVEY = {"kind": "needs", "title": "需求", "opens_at": "2026-04-06T08:00", "closes_at": "2026-04-20T08:00"}


def test_staff_ask_and_every_line_that_is_no_question_is_named(db: Engine, world: World, as_: LogIn) -> None:
    staff, address = as_("p1.staff"), f"/programmes/{world.programme['p1']}/surveys/new"
    assert "满意度 |" in staff.get(address).text
    refused = staff.post(address, data=SURVEY | {"questions": "单选 | 时间 | 晚上\n排序 | x"})
    assert refused.status_code == 400 and "第 1 行" in refused.text and "第 2 行" in refused.text
    assert staff.post(address, data=SURVEY | {"questions": "单选 | 时间 | 晚上 | 周末"}).status_code == 303
    with reading(db) as tx:
        row = tx.execute(select(t.survey).where(t.survey.c.title == "需求")).one()
    assert (row.kind, row.groups, row.opens_at.hour) == ("needs", "[]", 0)
    assert as_("p1.li").get(f"/surveys/{row.id}").status_code == 404, "it is not open yet"


def test_an_expert_answers_and_class_mates_do_not_learn_who_asked(world: World, as_: LogIn) -> None:
    address = f"/qa/{world.question}"
    expert = as_("p1.expert")
    assert "李明" in expert.get(address).text
    assert expert.post(f"{address}/answer", data={"words": " "}).status_code == 400
    expert.post(f"{address}/answer", data={"words": "先分目标，再分难度"})
    mate = as_("p1.wang").get(address).text
    assert "先分目标" in mate and "李明" not in mate.split("<main")[1]
    files = as_("p1.staff").get(f"/programmes/{world.programme['p1']}/experts").text
    assert "东湖区expert" in files and "作业设计 1" in files


def test_questions_are_asked_and_found(world: World, as_: LogIn) -> None:
    address, wang = f"/programmes/{world.programme['p1']}/qa", as_("p1.wang")
    assert wang.post(address, data={"topic": "", "words": "x"}).status_code == 400
    assert wang.post(address, data={"topic": "校园安全", "words": "演练多久一次？"}).status_code == 303
    found = wang.get(f"{address}?q=演练").text
    assert "校园安全" in found and "作业设计" not in found
    assert as_("p1.staff").post(address, data={"topic": "x", "words": "x"}).status_code == 404, (
        "experts are asked by learners"
    )
    assert as_("p2.wang").get(address).status_code == 404


def test_a_question_is_withdrawn_by_whose_it_is_alone(world: World, as_: LogIn) -> None:
    address = f"/qa/{world.question}"
    assert as_("p1.wang").post(f"{address}/withdraw").status_code == 404
    assert as_("p1.li").post(f"{address}/withdraw").status_code == 303
    assert as_("p1.wang").get(address).status_code == 404
