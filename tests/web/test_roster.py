"""Bringing in people on a page: look first, import just that, hand the passwords out once."""

import io
import re

import pytest
from flask.testing import FlaskClient
from openpyxl import Workbook, load_workbook
from sqlalchemy import Engine, func, select
from werkzeug.test import TestResponse

from lms_tracker.store import tables as t
from lms_tracker.store.db import reading, writing
from tests.web.conftest import LogIn
from tests.web.people import World

HEADER = ["姓名", "登录名", "学校", "学校类别", "班级"]
NEW = ["钱望舒", "qian", "东湖小学", "乡镇", "东湖区one班"]


def look(browser: FlaskClient, world: World, *rows: list[str], header: list[str] = HEADER) -> TestResponse:
    """Uploads a workbook of these rows."""
    book, buffer = Workbook(), io.BytesIO()
    for row in (header, *rows):
        book.worksheets[0].append(row)
    book.save(buffer)
    buffer.seek(0)
    return browser.post(address(world) + "/preview", data={"file": (buffer, "名单.xlsx")})


def address(world: World) -> str:
    return f"/programmes/{world.programme['p1']}/roster"


def hidden(page: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(table|seen)" value="([^"]*)"', page))


def people(db: Engine) -> int:
    with reading(db) as tx:
        return tx.scalar(select(func.count()).select_from(t.account)) or 0


def test_a_preview_says_of_each_row_what_becomes_of_it_and_changes_nothing(
    db: Engine, as_: LogIn, world: World
) -> None:
    before = people(db)
    li = ["李明", "p1.li", "李明所在学校（p1.li）", "城市直属", "东湖区two班"]
    page = look(as_("p1.staff"), world, NEW, li)
    assert page.status_code == 200
    words = re.sub(r"<[^>]+>|\s+", " ", page.text)
    assert "钱望舒" in words and "新账号" not in words.split("钱望舒")[0][-30:]
    assert re.search(r"李明 .* 更改 .*班级 +东湖区one班 +→ 东湖区two班", words)
    assert people(db) == before


def test_what_was_shown_is_imported_and_slips_carry_passwords_that_must_be_changed(
    db: Engine, as_: LogIn, world: World
) -> None:
    staff = as_("p1.staff")
    fields = hidden(look(staff, world, NEW).text)
    page = staff.post(address(world), data=fields | {"how": "print"})
    assert page.headers["Cache-Control"] == "private, no-store"
    login, password = re.findall(r"<dd><code>([^<]+)</code></dd>", page.text)
    assert login == "qian" and re.fullmatch(r"(\w{4}-){2}\w{4}", password)
    browser = staff.application.test_client()
    assert browser.post("/login", data={"login": login, "password": password}).status_code == 303
    assert browser.get("/study").location == "/password"
    assert "初始密码" in browser.get("/password").text
    browser.post("/password", data={"old": password, "new": "three grey owls", "again": "three grey owls"})
    assert browser.get("/study").status_code == 200


def test_the_accounts_can_be_taken_as_a_workbook_and_are_not_there_a_second_time(as_: LogIn, world: World) -> None:
    staff = as_("p1.staff")
    formula = ["+cmd", "qian2", "东湖小学", "乡镇", "东湖区one班"]
    fields = hidden(look(staff, world, NEW, formula).text)
    answer = staff.post(address(world), data=fields | {"how": "xlsx"})
    rows = list(load_workbook(io.BytesIO(answer.data)).worksheets[0].iter_rows(values_only=True))
    assert rows[1][3] == "qian" and rows[2][1] == "'+cmd"
    again = staff.post(address(world), data=fields | {"how": "xlsx"})
    assert again.mimetype == "text/html" and "预览之后数据有了变化" in again.text


def test_faults_are_named_by_cell_in_both_languages_and_the_good_rows_stay_out_too(
    db: Engine, as_: LogIn, world: World
) -> None:
    before = people(db)
    staff = as_("p1.staff")
    rows = [NEW, ["孙一", "q 2", "东湖小学", "村小", "东湖区one班"], ["李四", "qian", "", "乡镇", "东湖区one班"]]
    page = look(staff, world, *rows)
    assert page.status_code == 400
    cells = dict(re.findall(r'<th scope="row">([A-Z]\d+)</th>.*?data-label="问题">([^<]+)</td>', page.text, re.DOTALL))
    assert set(cells) == {"B3", "D3", "B4", "C4"}
    assert cells["C4"] == "不能为空" and "与第 2 行重复" in cells["B4"]
    staff.post("/language", data={"locale": "en"})
    assert "is empty" in look(staff, world, *rows).text
    assert people(db) == before


def test_identity_numbers_are_refused_and_not_repeated(as_: LogIn, world: World) -> None:
    number = "11010519491231002X"
    page = look(as_("p1.staff"), world, [*NEW[:1], number, *NEW[2:]])
    assert page.status_code == 400 and "身份证号" in page.text
    assert number not in page.text


def test_a_column_that_nobody_knows_is_said_not_to_be_kept(db: Engine, as_: LogIn, world: World) -> None:
    page = look(as_("p1.staff"), world, [*NEW, "110105194912310020"], header=[*HEADER, "身份证号"])
    assert page.status_code == 200 and "没有用到、也不会保存的列：身份证号" in page.text


def test_somebody_of_the_same_name_at_another_school_is_pointed_out(as_: LogIn, world: World) -> None:
    page = look(as_("p1.staff"), world, ["赵强", "zhao9", "东湖小学", "乡镇", "东湖区one班"])
    assert "已有同名学员，学校：赵强所在学校（p1.zhao）" in page.text


def test_a_preview_that_was_overtaken_imports_nothing(db: Engine, as_: LogIn, world: World) -> None:
    staff = as_("p1.staff")
    li = ["李明", "p1.li", "李明所在学校（p1.li）", "城市直属", "东湖区two班"]
    fields = hidden(look(staff, world, li).text)
    learner = t.enrolment.c.learner_id == world.learner["p1.li"]
    with writing(db) as tx:
        tx.execute(t.enrolment.update().where(learner).values(cohort_id=world.cohort["p1.two"]))
    page = staff.post(address(world), data=fields)
    assert "预览之后数据有了变化，没有导入任何内容" in page.text
    with reading(db) as tx:
        assert tx.scalar(select(func.count()).select_from(t.enrolment_event)) == 0


@pytest.mark.parametrize("table", ["", "not base64!", "AAAA", "eJwDAAAAAAE="])
def test_a_form_that_no_preview_made_is_refused(as_: LogIn, world: World, table: str) -> None:
    assert as_("p1.staff").post(address(world), data={"table": table, "seen": "x"}).status_code == 400


def test_the_template_has_exactly_the_headers_that_the_import_knows(as_: LogIn, world: World) -> None:
    from lms_tracker.core.roster import COLUMNS

    data = as_("p1.staff").get(address(world) + "/template.xlsx").data
    headers = [cell.value for cell in load_workbook(io.BytesIO(data)).worksheets[0][1]]
    assert set(headers) | {"其他标识"} == {column.headers[0] for column in COLUMNS}


def test_five_thousand_rows_are_previewed_and_imported(db: Engine, as_: LogIn, world: World) -> None:
    staff = as_("p1.staff")
    rows = [[f"学员{n}", f"u{n}", f"第{n // 3}小学", "乡镇", f"{n // 40 + 1}班"] for n in range(5000)]
    page = look(staff, world, *rows)
    assert page.status_code == 200 and "另有 4500 行" in page.text
    assert len(page.data) < 2_000_000
    before = people(db)
    assert staff.post(address(world), data=hidden(page.text) | {"how": "xlsx"}).status_code == 200
    assert people(db) == before + 5000
