"""Imports on pages: looked at before anything is written, done only as it was shown, every fault at its cell."""

import io
from typing import Any

import pytest
from openpyxl import Workbook
from sqlalchemy import Engine, func, select

from lms_tracker.store import tables as t
from lms_tracker.store.db import reading, writing
from tests.web.conftest import LogIn
from tests.web.people import World
from tests.web.previews import sent_back


def file_of(*rows: list[str], name: str = "list.xlsx") -> dict[str, Any]:
    book = Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    data = io.BytesIO()
    book.save(data)
    return {"file": (io.BytesIO(data.getvalue()), name)}


def count(db: Engine, table: Any) -> int:
    with reading(db) as tx:
        return tx.scalar(select(func.count()).select_from(table)) or 0


BOOKS = (
    ["书名", "作者", "教育专著", "价格"],
    ["爱弥儿", "卢梭", "是", "30"],
    ["给教师的建议", "苏霍姆林斯基", "否", ""],
)
SAYS = (
    ["登录名", "类别", "名称", "日期", "数值", "满分"],
    ["p1.li", "群众满意度", "2025 年度", "2026-01-10", "38", "50"],
)


@pytest.mark.parametrize(
    ("address", "rows", "table", "said"),
    [
        ("/books/import", BOOKS, t.book, ("爱弥儿", "是 → 否", "价格")),
        ("/achievements/import", SAYS, t.achievement, ("群众满意度", "38/50", "2025 年度")),
    ],
)
def test_nothing_is_written_before_it_was_looked_at_and_again_changes_nothing(
    db: Engine, world: World, as_: LogIn, address: str, rows: Any, table: Any, said: tuple[str, ...]
) -> None:
    staff, where = as_("p1.staff"), f"/programmes/{world.programme['p1']}{address}"
    before = count(db, table)
    seen = staff.post(where, data=file_of(*rows)).text
    assert all(text in seen for text in said), seen
    assert count(db, table) == before
    assert staff.post(where, data=sent_back(seen)).status_code == 303
    assert count(db, table) == before + 1
    again = staff.post(where, data=file_of(*rows)).text
    assert "不会改变什么" in again
    staff.post(where, data=sent_back(again))
    assert count(db, table) == before + 1


def test_what_changed_since_the_preview_is_shown_again_and_not_done(db: Engine, world: World, as_: LogIn) -> None:
    staff, where = as_("p1.staff"), f"/programmes/{world.programme['p1']}/books/import"
    seen = staff.post(where, data=file_of(*BOOKS)).text
    with writing(db) as tx:
        tx.execute(t.book.update().values(monograph=False))  # somebody else did it meanwhile
    answer = staff.post(where, data=sent_back(seen))
    assert answer.status_code == 200 and "没有导入任何内容" in answer.text
    assert count(db, t.book) == 1


def test_every_fault_stands_at_its_cell_in_the_language_of_the_reader(db: Engine, world: World, as_: LogIn) -> None:
    staff, where = as_("p1.staff"), f"/programmes/{world.programme['p1']}/achievements/import"
    header = ["登录名", "类别", "名称", "日期", "数值"]
    rows = [
        ["nobody", "出勤", "一", "2026-01-10", ""],
        ["p1.li", "打卡", "二", "昨天", "x"],
        ["p1.li", "考试", "三", "2026-01-10", "120"],
    ]
    page = staff.post(where, data=file_of(header, *rows)).text
    assert page.count("<tr>") == 1 + 5 and "没有这个类别" in page and "“x”不是数" in page and ">D3<" in page
    staff.post("/language", data={"locale": "en", "next": "/"})
    assert "is not a date such as" in staff.post(where, data=file_of(header, *rows)).text
    assert count(db, t.achievement) == 0


def test_nobody_records_for_themselves(db: Engine, world: World, as_: LogIn) -> None:
    with writing(db) as tx:
        account = tx.scalar(select(t.account.c.id).where(t.account.c.login == "p1.li"))
        tx.execute(t.role.insert().values(account_id=account, role="liaison", programme_id=world.programme["p1"]))
    page = as_("p1.li").post(f"/programmes/{world.programme['p1']}/achievements/import", data=file_of(*SAYS))
    assert page.status_code == 400 and "是您本人" in page.text


def test_what_is_no_table_or_no_preview_of_ours_is_refused(world: World, as_: LogIn) -> None:
    staff, where = as_("p1.staff"), f"/programmes/{world.programme['p1']}/books/import"
    assert staff.post(where, data={}).status_code == 400
    assert staff.post(where, data={"file": (io.BytesIO(b"\xd0\xcf\x11\xe0"), "old.xls")}).status_code == 400
    assert staff.post(where, data={"table": "[", "seen": "x"}).status_code == 400
    assert staff.post(where, data={"table": "[]", "seen": "x"}).status_code == 400
