"""Exams: results as they come in from a sheet, which attempt one is, and what makes staff look at a sitting again."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from statistics import median
from typing import Literal
from zoneinfo import ZoneInfo

from msgspec import Struct

from lms_tracker.core.sheet import Column, Sheet, open_sheet

Status = Literal["sat", "absent", "excused", "void"]
STATUSES: tuple[Status, ...] = ("sat", "absent", "excused", "void")
"""`void`: sat, and declared invalid by a person, with a reason."""
MAX_ATTEMPTS = 5

COLUMNS = (
    Column("learner", ("登录名", "login", "学员", "learner", "姓名", "标识", "actor"), required=True),
    Column("mark", ("成绩", "分数", "得分", "mark", "score")),
    Column("status", ("状态", "考试状态", "status", "缺考")),
    Column("started_at", ("开始时间", "开考时间", "started", "start time")),
    Column("minutes", ("用时", "用时（分钟）", "答题时长", "minutes", "duration (minutes)")),
    Column("address", ("IP", "地址", "登录地址", "address")),
    Column("device", ("设备", "终端", "device")),
    Column("words", ("备注", "说明", "remark", "comment")),
)
STATUS_WORDS: dict[str, Status] = {
    "": "sat", "正常": "sat", "已考": "sat", "sat": "sat", "否": "sat", "no": "sat",
    "缺考": "absent", "absent": "absent", "是": "absent", "yes": "absent",
    "缓考": "excused", "免考": "excused", "excused": "excused",
    "作废": "void", "无效": "void", "void": "void",
}  # fmt: skip


class Sitting(Struct, frozen=True):
    """What is known of one person in one exam. `mark` only for who sat."""

    status: Status
    mark: Decimal | None = None
    started_at: datetime | None = None
    minutes: int | None = None
    address: str | None = None
    device: str | None = None
    words: str | None = None


class ResultRow(Struct, frozen=True):
    """One row of a sheet."""

    row: int
    learner: str
    sitting: Sitting


class ResultsSheet(Struct):
    """Rows whose cells are in order; what is wrong with the others stands in `sheet.faults`."""

    sheet: Sheet
    rows: list[ResultRow]


def parse_results(table: Sequence[Sequence[str]], out_of: Decimal, zone: ZoneInfo) -> ResultsSheet:
    """Read a sheet of results. An empty mark without a status is a fault: whoever was absent is said to be.

    Raises SheetFaults when there is no usable header.
    """
    sheet = open_sheet(table, COLUMNS)
    rows: list[ResultRow] = []
    seen: dict[str, int] = {}
    for number, cells in sheet.rows:
        before = len(sheet.faults)
        learner = sheet.cell(cells, "learner")
        if not learner:
            sheet.fault(number, "learner", "is empty", "不能为空")
        elif (first := seen.setdefault(learner, number)) != number:
            sheet.fault(number, "learner", f"{learner} stands in row {first} already", f"与第 {first} 行重复")
        typed = sheet.cell(cells, "mark")
        status = STATUS_WORDS.get(sheet.cell(cells, "status").casefold())
        if status is None:
            said = f"{sheet.cell(cells, 'status')!r} is not one of 正常, 缺考, 缓考, 作废"
            sheet.fault(number, "status", said, "应是：正常、缺考、缓考、作废")
        if status == "sat" and typed in ("缺考", "absent"):
            status, typed = "absent", ""
        mark = _mark(sheet, number, typed, out_of) if status in ("sat", "void") and (typed or status == "sat") else None
        sitting = Sitting(
            status or "sat",
            mark,
            _instant(sheet, number, sheet.cell(cells, "started_at"), zone),
            _minutes(sheet, number, sheet.cell(cells, "minutes")),
            sheet.cell(cells, "address")[:100] or None,
            sheet.cell(cells, "device")[:200] or None,
            sheet.cell(cells, "words")[:500] or None,
        )
        if len(sheet.faults) == before:
            rows.append(ResultRow(number, learner, sitting))
    return ResultsSheet(sheet, rows)


def checked_mark(text: str, out_of: Decimal) -> Decimal:
    """A mark from 0 to `out_of`. Raises ValueError with what is wrong."""
    try:
        mark = Decimal(text.strip().replace("，", ".") if len(text) <= 12 and "_" not in text else "x")
    except InvalidOperation as e:
        raise ValueError(f"{text[:40]!r} is not a number" if text.strip() else "is empty") from e
    if not mark.is_finite() or not 0 <= mark <= out_of:
        raise ValueError(f"{text} is not between 0 and {out_of}")
    return mark


def may_resit(first: Sitting | None, pass_mark: Decimal) -> bool:
    """Who failed, was absent or excused, or whose sitting was declared void. Who passed, or was never in it, may not."""
    if first is None:
        return False
    return first.status != "sat" or first.mark is None or first.mark < pass_mark


Signal = Literal["device", "address", "new-device", "pace"]
CROWD = 8
"""So many at one address are a school's office: no news."""
CLOSE = timedelta(minutes=3)
HASTE = 0.4


class Note(Struct, frozen=True):
    """Something about a sitting that a person should look at. Never a verdict: it changes no mark. `others`: with whom."""

    learner_id: int
    signal: Signal
    others: tuple[int, ...] = ()


def notes_on(sittings: Mapping[int, Sitting], earlier: Mapping[int, Collection[str]]) -> list[Note]:
    """Signs that somebody else may have sat an exam, by learner.

    `device`: one device was used by several. `address`: a few at one address began within three minutes of one another
    and needed the same time to the minute. `new-device`: none of the learner's `earlier` devices (two or more sittings
    with a device are known). `pace`: in less than 40 % of the usual time, and better than half of the others.
    """
    sat = {id: one for id, one in sittings.items() if one.status == "sat"}
    found = _together(sat)
    found += [
        Note(id, "new-device")
        for id, one in sat.items()
        if one.device and len(earlier.get(id, ())) >= 2 and one.device not in earlier[id]
    ]
    times = [one.minutes for one in sat.values() if one.minutes]
    marks = [one.mark for one in sat.values() if one.mark is not None]
    if len(times) >= 5:
        usual, middle = median(times), median(marks)
        found += [
            Note(id, "pace")
            for id, one in sat.items()
            if one.minutes and one.minutes < HASTE * usual and one.mark is not None and one.mark > middle
        ]
    return sorted(found, key=lambda note: (note.learner_id, note.signal))


def _together(sat: Mapping[int, Sitting]) -> list[Note]:
    devices: dict[str, list[int]] = defaultdict(list)
    places: dict[str, list[int]] = defaultdict(list)
    for id, one in sat.items():
        if one.device:
            devices[one.device].append(id)
        if one.address:
            places[one.address].append(id)
    found = [
        Note(id, "device", tuple(other for other in ids if other != id))
        for ids in devices.values()
        if len(ids) > 1
        for id in ids
    ]
    for ids in places.values():
        if 1 < len(ids) < CROWD:
            for id in ids:
                near = tuple(other for other in ids if other != id and _in_step(sat[id], sat[other]))
                found += [Note(id, "address", near)] if near else []
    return found


def _in_step(one: Sitting, other: Sitting) -> bool:
    if one.started_at is None or other.started_at is None or one.minutes is None:
        return False
    return abs(one.started_at - other.started_at) <= CLOSE and one.minutes == other.minutes


def _mark(sheet: Sheet, row: int, text: str, out_of: Decimal) -> Decimal | None:
    try:
        return checked_mark(text, out_of)
    except ValueError as e:
        sheet.fault(row, "mark", str(e), f"应是 0 到 {out_of:f} 之间的数；没有参加的，状态写“缺考”")
        return None


def _instant(sheet: Sheet, row: int, text: str, zone: ZoneInfo) -> datetime | None:
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text.replace("/", "-"))
    except ValueError:
        sheet.fault(
            row, "started_at", f"{text!r} is not a time such as 2026-03-01 14:30", "应是时间，如 2026-03-01 14:30"
        )
        return None
    return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)


def _minutes(sheet: Sheet, row: int, text: str) -> int | None:
    if not text:
        return None
    if not (text.isdecimal() and text.isascii() and len(text) < 5):
        sheet.fault(row, "minutes", f"{text!r} is not a whole number of minutes", "应是整数分钟")
        return None
    return int(text)
