"""Participant reports of meeting software: Tencent Meeting, Zoom, Teams, or any list with a column of names.

None of them has a fixed header row: Tencent's stands in row 9 under a title, Teams' in the middle of its file. The header
is the first row that holds a column of names and one of times or minutes, or of names alone in a plain list.
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from lms_tracker.core.attendance.presence import Joined
from lms_tracker.core.sheet import Column, Fault, Sheet, SheetFaults, open_sheet

COLUMNS = (
    Column(
        "name",
        (
            "用户昵称（入会昵称）", "姓名", "用户昵称", "成员昵称", "昵称", "学员", "姓名（原名）", "名称（原始名称）",
            "name", "name (original name)", "full name", "participant", "名前 (元の名前)", "名前",
        ),
        required=True,
    ),
    Column("login", ("登录名", "login", "用户电子邮件", "邮箱", "email", "user email", "ユーザーメール")),
    Column("joined", ("首次入会时间", "入会时间", "加入时间", "join time", "first join", "参加時刻", "进入时间")),
    Column("left", ("最后退会时间", "退会时间", "离开时间", "leave time", "last leave", "退出時刻", "退出时间")),
    Column(
        "minutes",
        (
            "累计参会时长", "参会时长", "时长（分钟）", "时长", "分钟", "duration (minutes)", "duration", "minutes",
            "in-meeting duration", "所要時間（分）", "观看时长",
        ),
    ),
    Column("status", ("考勤", "状态", "status", "签到")),
)  # fmt: skip

STILL_IN = {"", "-", "--", "—"}
_TIME = re.compile(r"^(\d+):(\d{2})(?::(\d{2}))?$")
_WORDS = re.compile(
    r"^(?:(\d+)\s*(?:h|小时|時間)\w*)?\s*(?:(\d+)\s*(?:m|分)\w*)?\s*(?:(\d+)\s*(?:s|秒)\w*)?$", re.IGNORECASE
)
_FORMS = (
    "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%m-%d-%Y %I:%M:%S %p", "%m-%d-%Y %I:%M %p", "%m-%d-%y %I:%M:%S %p",
    "%m-%d-%y, %I:%M:%S %p", "%m-%d-%Y, %I:%M:%S %p", "%Y年%m月%d日 %H:%M:%S", "%Y年%m月%d日 %H:%M",
)  # fmt: skip


class Line(Struct, frozen=True):
    """One row of a report. `names`: whom it may mean; several when people sat before one camera."""

    row: int
    text: str
    names: tuple[str, ...]
    login: str
    joined: Joined
    ticked: bool
    """Whether the row claims presence without any time: a list of who was there."""


class Report(Struct):
    """What was read; what is wrong with single cells stands in `sheet.faults`."""

    sheet: Sheet
    lines: list[Line]


def parse_report(table: Sequence[Sequence[str]], zone: ZoneInfo, ends_at: datetime) -> Report:
    """Read it. Times without an offset are local in `zone`; who had not left yet stayed until `ends_at`.

    Raises SheetFaults when there is no usable header.
    """
    at = _header(table)
    blank: list[list[str]] = [[] for _ in range(at)]  # the rows keep the numbers that a person sees
    sheet = open_sheet([*blank, *_section(table[at:])], COLUMNS)
    timed = bool({"joined", "minutes"} & sheet.columns.keys())
    lines = []
    for number, cells in sheet.rows:
        name = sheet.cell(cells, "name")
        if not name:
            sheet.fault(number, "name", "is empty", "不能为空")
            continue
        joined = _joined(sheet, number, cells, zone, ends_at)
        absent = sheet.cell(cells, "status").casefold() in {"缺勤", "未到", "absent", "否", "no", "0"}
        if joined is not None and not absent:
            lines.append(Line(number, name, names_in(name), sheet.cell(cells, "login"), joined, not timed))
    return Report(sheet, lines)


def names_in(text: str) -> tuple[str, ...]:
    """The names that a nickname may hold: 2-李明（第二中学） -> 李明; 李明＆王芳 -> both.

    The whole text comes first, so that a name is found however it is written on the roster.
    """
    parts = [part for part in re.split(r"[&＆、/／+]|\s和\s", text) if part.strip()]
    found = [text.strip()] if len(parts) < 2 else []
    for part in parts:
        bare = re.sub(r"[（(【\[].*?[）)】\]]", "", part).strip()
        found += [piece for piece in [bare, *re.split(r"[\s\-_—–·.,，|:：]+", bare)] if piece]
        found += [inner.strip() for inner in re.findall(r"[（(【\[](.*?)[）)】\]]", part)]
    return tuple(dict.fromkeys(piece for piece in found if piece))


def _header(table: Sequence[Sequence[str]]) -> int:
    best = None
    for n, row in enumerate(table):
        try:
            found = open_sheet([row, ["x"]], COLUMNS).columns
        except SheetFaults:
            continue
        if {"joined", "minutes", "status"} & found.keys():
            return n
        best = n if best is None else best
    if best is None:
        wanted = " / ".join(COLUMNS[0].headers[:4] + COLUMNS[0].headers[8:10])
        zh = f"没有找到列标题；其中一列应叫 {wanted}"
        raise SheetFaults([Fault(1, None, "", f"no row names its columns; one must be called {wanted}", zh)])
    return best


def _section(rows: Sequence[Sequence[str]]) -> list[Sequence[str]]:
    """Up to the next section of a Teams report, which begins like "3. In-Meeting Activities"."""
    kept: list[Sequence[str]] = []
    for row in rows:
        filled = [cell for cell in row if cell.strip()]
        if len(filled) == 1 and re.match(r"^\d+\.\s", filled[0]):
            break
        kept.append(row)
    return kept


def _joined(sheet: Sheet, row: int, cells: Sequence[str], zone: ZoneInfo, ends_at: datetime) -> Joined | None:
    before = len(sheet.faults)
    joined = _instant(sheet, row, "joined", sheet.cell(cells, "joined"), zone)
    typed = sheet.cell(cells, "left")
    left = ends_at if joined and typed in STILL_IN else _instant(sheet, row, "left", typed, zone)
    minutes = _minutes(sheet, row, sheet.cell(cells, "minutes"))
    if joined and left and left < joined and typed not in STILL_IN:
        sheet.fault(row, "left", f"{typed} lies before the joining", "早于入会时间")
    if len(sheet.faults) > before:
        return None
    return Joined(joined, left, minutes)


def _instant(sheet: Sheet, row: int, key: str, text: str, zone: ZoneInfo) -> datetime | None:
    if text in STILL_IN:
        return None
    plain = " ".join(text.replace("/", "-").split())
    for form in _FORMS:
        try:
            return datetime.strptime(plain, form).replace(tzinfo=zone)
        except ValueError:
            continue
    try:
        at = datetime.fromisoformat(plain)
    except ValueError:
        sheet.fault(row, key, f"{text!r} is not a time such as 2026-03-01 14:30:00", "应是时间，如 2026-03-01 14:30:00")
        return None
    return at if at.tzinfo else at.replace(tzinfo=zone)


def _minutes(sheet: Sheet, row: int, text: str) -> int:
    if text in STILL_IN:
        return 0
    if text.isdecimal() and text.isascii():
        return min(int(text), 24 * 60)
    found = _TIME.match(text) or _WORDS.match(text)
    if not found:
        sheet.fault(
            row, "minutes", f"{text!r} is not a length of time such as 1:30:00 or 90", "应是时长，如 1:30:00 或 90"
        )
        return 0
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    if _TIME.match(text) and found[3] is None:  # 1:30 is an hour and a half in every report that we know
        seconds = 0
    return round(timedelta(hours=hours, minutes=minutes, seconds=seconds).total_seconds() / 60)
