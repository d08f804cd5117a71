"""Marks as experts hand them in: one row per learner and piece of work, Chinese or English headers."""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from msgspec import Struct

from lms_tracker.core.assignments.terms import is_weight
from lms_tracker.core.sheet import Column, Sheet, open_sheet

COLUMNS = (
    Column("learner", ("登录名", "login", "learner", "学员", "标识", "actor"), required=True),
    Column("assignment", ("作业", "assignment", "题目", "assignment title"), required=True),
    Column("mark", ("成绩", "mark", "分数", "得分"), required=True),
    Column("marked_at", ("评分时间", "marked at", "评分日期")),
    Column("comment", ("评语", "comment")),
    Column("weight", ("权重", "weight", "作业权重")),
)


class MarkRow(Struct, frozen=True):
    """One row. `marked_at` None: the moment of the import."""

    row: int
    learner: str
    assignment: str
    mark: Decimal
    marked_at: datetime | None
    comment: str | None
    weight: Decimal | None = None
    """Of the assignment, where the row says one."""


class MarksSheet(Struct):
    """Rows whose cells are in order; what is wrong with the others stands in `sheet.faults`."""

    sheet: Sheet
    rows: list[MarkRow]


def parse_marks(table: Sequence[Sequence[str]], zone: ZoneInfo, now: datetime) -> MarksSheet:
    """Read a table of marks. A time without an offset is local in `zone`; a date means its first moment.

    Raises SheetFaults when there is no usable header.
    """
    sheet = open_sheet(table, COLUMNS)
    rows: list[MarkRow] = []
    seen: dict[tuple[str, str], int] = {}
    weights: dict[str, tuple[int, Decimal]] = {}
    for number, cells in sheet.rows:
        learner, work = sheet.cell(cells, "learner"), sheet.cell(cells, "assignment")
        before = len(sheet.faults)
        for key, value in (("learner", learner), ("assignment", work)):
            if not value:
                sheet.fault(number, key, "is empty")
        mark = _mark(sheet, number, sheet.cell(cells, "mark"))
        marked_at = _instant(sheet, number, sheet.cell(cells, "marked_at"), zone, now)
        first = seen.setdefault((learner, work), number)
        if first != number and learner and work:
            sheet.fault(number, "assignment", f"{learner} has a mark for this in row {first} already")
        weight = _weight(sheet, number, sheet.cell(cells, "weight"))
        if weight is not None:
            other, said = weights.setdefault(work, (number, weight))
            if said != weight:
                sheet.fault(number, "weight", f"{work} weighs {weight:f} here and {said:f} in row {other}")
        if mark is not None and len(sheet.faults) == before:
            rows.append(MarkRow(number, learner, work, mark, marked_at, sheet.cell(cells, "comment") or None, weight))
    return MarksSheet(sheet, rows)


def _mark(sheet: Sheet, row: int, text: str) -> Decimal | None:
    try:
        mark = Decimal(text)
    except InvalidOperation:
        sheet.fault(row, "mark", f"{text!r} is not a number" if text else "is empty")
        return None
    if not mark.is_finite() or not 0 <= mark <= 100:
        sheet.fault(row, "mark", f"{text} is not between 0 and 100")
        return None
    return mark


def _weight(sheet: Sheet, row: int, text: str) -> Decimal | None:
    if not text:
        return None
    try:
        weight = Decimal(text)
    except InvalidOperation:
        weight = Decimal("NaN")
    if not is_weight(weight):
        sheet.fault(row, "weight", f"{text!r} is not a number above 0, at most 1000, with at most 4 decimals")
        return None
    return weight


def _instant(sheet: Sheet, row: int, text: str, zone: ZoneInfo, now: datetime) -> datetime | None:
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text.replace("/", "-"))
    except ValueError:
        sheet.fault(row, "marked_at", f"{text!r} is not a time such as 2026-03-01 or 2026-03-01 14:30")
        return None
    at = (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
    if at > now:
        sheet.fault(row, "marked_at", f"{text} lies in the future")
        return None
    return at
