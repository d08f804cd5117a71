"""The bank of questions: staff bring in a spreadsheet, whole or not at all, with every fault at its cell."""

from io import BytesIO
from typing import Any

from openpyxl import Workbook
from sqlalchemy import Engine

from lms_tracker.store.checks import questions_of
from lms_tracker.store.db import reading
from tests.web.conftest import LogIn
from tests.web.people import UNIT, World

HEADER = ["活动标识", "开始", "结束", "问题", "英文问题", "正确答案", "错误答案1", "错误答案2"]
GOOD = [UNIT, "0:30", "2:00", "校长说的第一件事是什么？", "What does the principal say first?", "安全", "成绩", "食堂"]


def send(browser: Any, programme_id: int, *rows: list[str], csv: bool = False) -> Any:
    if csv:
        data = "\n".join(",".join(row) for row in (HEADER, *rows)).encode("gb18030")
    else:
        book = Workbook()
        for row in (HEADER, *rows):
            book.active.append(row)
        out = BytesIO()
        book.save(out)
        data = out.getvalue()
    return browser.post(f"/programmes/{programme_id}/questions", data={"file": (BytesIO(data), "题库.xlsx")})


def test_staff_bring_questions_in_and_see_them(as_: LogIn, world: World, db: Engine) -> None:
    staff, programme = as_("p1.staff"), world.programme["p1"]
    assert send(staff, programme, GOOD).status_code == 303
    page = staff.get(f"/programmes/{programme}/questions").text
    assert "校长说的第一件事是什么？" in page and "0:30–2:00" in page
    assert send(staff, programme, GOOD, csv=True).status_code == 303
    with reading(db) as tx:
        (row,) = questions_of(tx, UNIT)
    assert (row.from_ms, row.until_ms) == (30_000, 120_000)
    other = [*GOOD[:3], "另一个问题", *GOOD[4:]]
    assert send(staff, programme, other).status_code == 303
    with reading(db) as tx:
        (row,) = questions_of(tx, UNIT)
    assert "另一个问题" in row.asked


def test_every_fault_is_named_at_its_cell_and_nothing_comes_in(as_: LogIn, world: World, db: Engine) -> None:
    bad = [
        ["urn:other:unit", *GOOD[1:]],
        [UNIT, "3:00", "2:00", *GOOD[3:]],
        [UNIT, "soon", "2:00", "?", "", "安全", "安全", ""],
        [UNIT, "0:10", "99:00:00", "太长", "", "", "成绩", ""],
    ]
    answer = send(as_("p1.staff"), world.programme["p1"], GOOD, *bad)
    assert answer.status_code == 400
    for cell in ("A3", "C4", "B5", "F5", "F6"):
        assert f">{cell}<" in answer.text, cell
    with reading(db) as tx:
        assert questions_of(tx) == []


def test_an_expert_a_head_teacher_and_the_other_district_find_no_such_page(as_: LogIn, world: World) -> None:
    for login in ("p1.expert", "p1.head_teacher", "p2.staff"):
        assert as_(login).get(f"/programmes/{world.programme['p1']}/questions").status_code == 404
        assert send(as_(login), world.programme["p1"], GOOD).status_code == 404
