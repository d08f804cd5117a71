"""The people of a programme as a training centre lists them: one row each, Chinese or English headers."""

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from lms_tracker.core.mail import check_address
from lms_tracker.core.sheet import Column, Sheet, SheetFaults, open_sheet

COLUMNS = (
    Column("name", ("姓名", "name"), required=True),
    Column("login", ("登录名", "login", "账号", "user name"), required=True),
    Column("school", ("学校", "school", "单位"), required=True),
    Column("school_kind", ("学校类别", "school kind"), required=True),
    Column("cohort", ("班级", "class", "cohort"), required=True),
    Column("district", ("区县", "district", "主管单位")),
    Column("role", ("角色", "role")),
    Column("actor", ("标识", "actor", "xAPI actor")),
    Column("mail", ("邮箱", "mail", "email", "e-mail", "电子邮箱")),
    Column("others", ("其他标识", "other identities")),
)

SCHOOL_KINDS = {"城市直属": "city", "市直": "city", "city": "city", "乡镇": "town", "town": "town"}

ROLES = {
    "": "learner",
    "学员": "learner",
    "learner": "learner",
    "班长": "monitor",
    "monitor": "monitor",
    "班主任": "head_teacher",
    "head_teacher": "head_teacher",
    "联络员": "liaison",
    "liaison": "liaison",
    "专家": "expert",
    "expert": "expert",
    "工作人员": "staff",
    "staff": "staff",
}

STUDENTS = {"learner", "monitor"}
"""Roles of people who study: they are enrolled and need a school. The others only get an account and a role."""

_NO_ACTOR = "既不是电子邮箱，也不是“https://主页 账号名”"
IDENTITY_NUMBER = re.compile(r"(?<!\d)\d{6}(?:19|20)\d{2}[01]\d[0-3]\d{4}[\dXx](?!\d)")
"""The resident identity number: region, date of birth, sequence, check digit."""

_MAIL = re.compile(r"(?:mailto:)?([^@\s:]+@[^@\s:]+\.[^@\s:]+)", re.IGNORECASE)


class RosterRow(msgspec.Struct, frozen=True):
    """One person. `row` is the row in the file; `actor` the xAPI agent to join evidence to, None: made from the login."""

    row: int
    name: str
    login: str
    role: str
    school: str = ""
    school_kind: str = ""
    cohort: str = ""
    district: str = ""
    """What the school stands under: a district or a centre that is known; empty: as it is."""
    actor: dict[str, Any] | None = None
    mail: str = ""
    """Where notices go; empty: as it is."""
    others: tuple[dict[str, Any], ...] = ()
    """Further actors who are this person."""


class Roster(msgspec.Struct, frozen=True):
    """The rows of a file without faults, its sheet (to name cells later), and the headers that were passed over."""

    rows: list[RosterRow]
    sheet: Sheet


def parse_roster(table: Sequence[Sequence[str]]) -> Roster:
    """Read the rows of a roster. Raises SheetFaults with every fault of the file at once."""
    sheet = open_sheet(table, COLUMNS)
    rows = [_parse_row(sheet, n, row) for n, row in sheet.rows]
    _refuse_doubles(sheet, rows)
    _refuse_two_kinds_of_one_school(sheet, rows)
    if sheet.faults:
        raise SheetFaults(sheet.faults)
    return Roster(rows, sheet)


def parse_actor(text: str) -> dict[str, Any]:
    """An xAPI agent from `mailto:a@b.cn`, `a@b.cn`, or `https://home.page name`. Raises ValueError."""
    if mail := _MAIL.fullmatch(text):
        return {"objectType": "Agent", "mbox": f"mailto:{mail[1]}"}
    home, _, name = text.partition(" ")
    if re.match(r"https?://[^\s/]+", home) and name.strip():
        return {"objectType": "Agent", "account": {"homePage": home, "name": name.strip()}}
    raise ValueError(f"{text!r} is neither a mail address nor `https://home.page account-name`")


def _parse_row(sheet: Sheet, n: int, row: Sequence[str]) -> RosterRow:
    def cell(key: str) -> str:
        return sheet.cell(row, key)

    role = ROLES.get(cell("role").casefold(), ROLES.get(cell("role")))
    if role is None:
        sheet.fault(
            n,
            "role",
            f"{cell('role')!r} is not one of {_choices(ROLES)}",
            f"“{cell('role')}”不是可用的角色（可用：{_choices(ROLES)}）",
        )
        role = "learner"
    needed = ["name", "login"]
    if role in STUDENTS:
        needed += ["school", "school_kind"]
    if role in STUDENTS or role == "head_teacher":
        needed.append("cohort")
    for key in needed:
        if not cell(key):
            sheet.fault(n, key, "is empty", "不能为空")
    for key in ("name", "school", "cohort"):
        if len(cell(key)) > 100 or not cell(key).isprintable():
            sheet.fault(n, key, "is longer than 100 characters or holds line breaks", "超过 100 个字符，或含有换行")
    login = cell("login")
    if len(login) > 64 or re.search(r"\s", login) or not login.isprintable():
        sheet.fault(
            n,
            "login",
            f"{login!r} holds blanks or is longer than 64 characters",
            f"“{login}”含有空格，或超过 64 个字符",
        )
    for key in ("name", "login", "school", "cohort", "actor", "mail", "others"):
        if IDENTITY_NUMBER.search(cell(key)):  # and the number itself is not repeated in the message
            sheet.fault(
                n,
                key,
                "holds what looks like an identity number: leave it out, such numbers are not kept",
                "像是身份证号：请删去，本系统不保存身份证号",
            )
    kind = SCHOOL_KINDS.get(cell("school_kind").casefold(), "")
    if cell("school_kind") and not kind:
        sheet.fault(
            n,
            "school_kind",
            f"{cell('school_kind')!r} is not one of {_choices(SCHOOL_KINDS)}",
            f"“{cell('school_kind')}”不是可用的类别（可用：城市直属、乡镇）",
        )
    mail = ""
    if cell("mail"):
        try:
            mail = check_address(cell("mail"))
        except ValueError as e:
            sheet.fault(n, "mail", str(e), "不是电子邮箱地址")
    actor = None
    if cell("actor"):
        try:
            actor = parse_actor(cell("actor"))
        except ValueError as e:
            sheet.fault(n, "actor", str(e), _NO_ACTOR)
    others = []
    for text in filter(None, map(str.strip, re.split("[;；]", cell("others")))):
        try:
            others.append(parse_actor(text))
        except ValueError as e:
            sheet.fault(n, "others", str(e), _NO_ACTOR)
    places = (cell("school"), kind, cell("cohort"), cell("district"))
    return RosterRow(n, cell("name"), login, role, *places, actor, mail, tuple(others))


def _refuse_doubles(sheet: Sheet, rows: list[RosterRow]) -> None:
    logins: dict[str, int] = {}
    actors: dict[str, int] = {}
    for row in rows:
        if row.login:
            first = logins.setdefault(row.login.casefold(), row.row)
            if first != row.row:
                said = f"{row.login!r} stands in row {first} already"
                sheet.fault(row.row, "login", said, f"登录名 {row.login} 与第 {first} 行重复")
        for column, actor in (("actor", row.actor), *(("others", other) for other in row.others)):
            first = actors.setdefault(repr(actor).casefold(), row.row) if actor else row.row
            if first != row.row:
                sheet.fault(
                    row.row, column, f"belongs to the person of row {first} already", f"与第 {first} 行的人重复"
                )


def _refuse_two_kinds_of_one_school(sheet: Sheet, rows: list[RosterRow]) -> None:
    kinds: dict[str, RosterRow] = {}
    for row in rows:
        if row.school and row.school_kind:
            first = kinds.setdefault(row.school, row)
            if first.school_kind != row.school_kind:
                said = f"row {first.row} gives another kind for {row.school}"
                sheet.fault(row.row, "school_kind", said, f"与第 {first.row} 行给 {row.school} 的类别不同")


def _choices(words: dict[str, str]) -> str:
    return ", ".join(word for word in words if word)
