"""Workbooks around the roster: the empty one to fill in, and the accounts that an import made, to be handed out."""

from collections.abc import Iterable
from io import BytesIO
from typing import Protocol

from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.worksheet.worksheet import Worksheet

TEMPLATE = (
    ("姓名", "林知远", "必填 required"),
    ("登录名", "lin.zhiyuan", "必填，不含空格，不要用身份证号 required, no blanks, no identity numbers"),
    ("学校", "柳溪镇中心小学", "学员必填 required for learners"),
    ("学校类别", "乡镇", "城市直属 或 乡镇 city or town"),
    ("班级", "一班", "学员和班主任必填 required for learners and head teachers"),
    ("区县", "", "可不填；应是已建立的区县或中心 optional; a district or centre that is known"),
    ("角色", "学员", "学员、班长、班主任、联络员、专家、工作人员；空白即学员 empty: learner"),
    (
        "标识",
        "",
        "可不填：学员在学习平台的邮箱，或“https://主页 账号名” optional: mail address or account of the platform",
    ),
    ("邮箱", "", "可不填：通报和提醒发到这里，本人可改 optional: where notices go; the person can change it"),
)
"""Header, example, what may stand there."""


class Account(Protocol):
    """An account to be handed out."""

    @property
    def login(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def password(self) -> str | None: ...
    @property
    def school(self) -> str: ...
    @property
    def cohort(self) -> str: ...


def template_xlsx() -> bytes:
    """The empty roster: headers alone on the first sheet, so that nobody imports an example; the words on the second."""
    book = Workbook()
    sheet, words = book.worksheets[0], book.create_sheet("说明 notes")
    sheet.title = "名单 roster"
    sheet.append([header for header, *_ in TEMPLATE])
    words.append(["列 column", "例 example", "说明 notes"])
    for line in TEMPLATE:
        words.append(list(line))
    _dress(sheet, [14, 18, 26, 12, 12, 14, 12, 36, 28])
    _dress(words, [14, 22, 80])
    return _bytes(book)


def slips_xlsx(accounts: Iterable[Account], programme: str, address: str) -> bytes:
    """Name, login and password of new accounts."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "账号 accounts"
    sheet.append(["班级", "姓名", "学校", "登录名 login", "初始密码 password", "网址 address", "培训项目"])
    for one in accounts:
        cells = (one.cohort, one.name, one.school, one.login, one.password or "", address, programme)
        sheet.append([_plain(text) for text in cells])
    _dress(sheet, [12, 14, 26, 18, 20, 30, 30])
    return _bytes(book)


def _plain(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in "=+-@" else text


def _dress(sheet: Worksheet, widths: list[int]) -> None:
    for n, width in enumerate(widths):
        sheet.column_dimensions[chr(65 + n)].width = width
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    sheet.freeze_panes = "A2"


def _bytes(book: Workbook) -> bytes:
    buffer = BytesIO()
    book.save(buffer)
    return buffer.getvalue()
