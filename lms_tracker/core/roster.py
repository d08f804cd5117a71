"""The people of a programme as a training centre lists them: one row each, Chinese or English headers."""

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from lms_tracker.core.sheet import Column, Sheet, SheetFaults, open_sheet

COLUMNS = (
    Column("name", ("姓名", "name"), required=True),
    Column("login", ("登录名", "login", "账号", "user name"), required=True),
    Column("school", ("学校", "school", "单位"), required=True),
    Column("school_kind", ("学校类别", "school kind"), required=True),
    Column("cohort", ("班级", "class", "cohort"), required=True),
    Column("role", ("角色", "role")),
    Column("actor", ("标识", "actor", "xAPI actor")),
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
    actor: dict[str, Any] | None = None
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
        sheet.fault(n, "role", f"{cell('role')!r} is not one of {_choices(ROLES)}")
        role = "learner"
    needed = ["name", "login"]
    if role in STUDENTS:
        needed += ["school", "school_kind"]
    if role in STUDENTS or role == "head_teacher":
        needed.append("cohort")
    for key in needed:
        if not cell(key):
            sheet.fault(n, key, "is empty")
    for key in ("name", "school", "cohort"):
        if len(cell(key)) > 100 or not cell(key).isprintable():
            sheet.fault(n, key, "is longer than 100 characters or holds line breaks")
    login = cell("login")
    if len(login) > 64 or re.search(r"\s", login) or not login.isprintable():
        sheet.fault(n, "login", f"{login!r} holds blanks or is longer than 64 characters")
    kind = SCHOOL_KINDS.get(cell("school_kind").casefold(), "")
    if cell("school_kind") and not kind:
        sheet.fault(n, "school_kind", f"{cell('school_kind')!r} is not one of {_choices(SCHOOL_KINDS)}")
    actor = None
    if cell("actor"):
        try:
            actor = parse_actor(cell("actor"))
        except ValueError as e:
            sheet.fault(n, "actor", str(e))
    others = []
    for text in filter(None, map(str.strip, re.split("[;；]", cell("others")))):
        try:
            others.append(parse_actor(text))
        except ValueError as e:
            sheet.fault(n, "others", str(e))
    return RosterRow(n, cell("name"), login, role, cell("school"), kind, cell("cohort"), actor, tuple(others))


def _refuse_doubles(sheet: Sheet, rows: list[RosterRow]) -> None:
    logins: dict[str, int] = {}
    actors: dict[str, int] = {}
    for row in rows:
        if row.login:
            first = logins.setdefault(row.login.casefold(), row.row)
            if first != row.row:
                sheet.fault(row.row, "login", f"{row.login!r} stands in row {first} already")
        for column, actor in (("actor", row.actor), *(("others", other) for other in row.others)):
            first = actors.setdefault(repr(actor).casefold(), row.row) if actor else row.row
            if first != row.row:
                sheet.fault(row.row, column, f"belongs to the person of row {first} already")


def _refuse_two_kinds_of_one_school(sheet: Sheet, rows: list[RosterRow]) -> None:
    kinds: dict[str, RosterRow] = {}
    for row in rows:
        if row.school and row.school_kind:
            first = kinds.setdefault(row.school, row)
            if first.school_kind != row.school_kind:
                sheet.fault(row.row, "school_kind", f"row {first.row} gives another kind for {row.school}")


def _choices(words: dict[str, str]) -> str:
    return ", ".join(word for word in words if word)
