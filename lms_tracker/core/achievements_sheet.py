"""Achievements as offices hand them in: one row each, Chinese or English headers and words."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal, InvalidOperation

from msgspec import Struct

from lms_tracker.core.grading.kinds import KINDS, LEVEL_WORDS, Achieved, faults_of
from lms_tracker.core.sheet import Column, Sheet, open_sheet

COLUMNS = (
    Column("learner", ("登录名", "login", "learner", "学员", "标识", "actor"), required=True),
    Column("kind", ("类别", "kind", "种类"), required=True),
    Column("item", ("名称", "item", "内容", "科目", "题目"), required=True),
    Column("value", ("数值", "value", "分数", "成绩", "得分")),
    Column("out_of", ("满分", "out of", "总数")),
    Column("level", ("级别", "level", "等级")),
    Column("attempt", ("第几次", "attempt")),
    Column("happened_on", ("日期", "date", "happened on"), required=True),
    Column("days_late", ("迟交天数", "days late")),
    Column("proof", ("证明", "proof")),
    Column("note", ("备注", "note")),
)


_ZH = {
    "item": "不能为空，最多 200 个字符",
    "value": "这个类别的数值缺少、多余，或不在允许范围内",
    "out_of": "这个类别的满分缺少、多余，或不在允许范围内",
    "level": "这个类别的级别缺少、多余，或没有这一级",
    "attempt": "这个类别没有这么多次",
    "days_late": "应是 0 到 3660 的天数",
    "happened_on": "日期在将来，或早于 1900 年",
}
"""What `faults_of` says, for pages in Chinese."""


class AchievementRow(Struct, frozen=True):
    """One row; `new.learner_id` is 0 until somebody has found `learner`."""

    row: int
    learner: str
    new: Achieved


class AchievementsSheet(Struct):
    """Rows whose cells are in order; what is wrong with the others stands in `sheet.faults`."""

    sheet: Sheet
    rows: list[AchievementRow]


def parse_achievements(table: Sequence[Sequence[str]], source: str, latest: date) -> AchievementsSheet:
    """Read a table of achievements. `source`: where they come from; `latest`: nothing happens after this date.

    Raises SheetFaults when there is no usable header.
    """
    sheet = open_sheet(table, COLUMNS)
    rows: list[AchievementRow] = []
    seen: dict[tuple[str, str, str, int], int] = {}
    for number, cells in sheet.rows:
        before = len(sheet.faults)
        learner = sheet.cell(cells, "learner")
        if not learner:
            sheet.fault(number, "learner", "is empty", "不能为空")
        new = _achieved(sheet, number, cells, source)
        if new is None:
            continue
        for field, message in faults_of(new, latest):
            sheet.fault(number, field, message, _ZH.get(field, ""))
        key = (learner, new.kind, new.item, new.attempt)
        first = seen.setdefault(key, number)
        if first != number:
            said = f"{learner} has this in row {first} already"
            sheet.fault(number, "item", said, f"与第 {first} 行重复")
        if len(sheet.faults) == before:
            rows.append(AchievementRow(number, learner, new))
    return AchievementsSheet(sheet, rows)


def _achieved(sheet: Sheet, row: int, cells: Sequence[str], source: str) -> Achieved | None:
    before = len(sheet.faults)
    kind = _word(sheet.cell(cells, "kind"), {key: (kind.words.zh, kind.words.en) for key, kind in KINDS.items()})
    if kind not in KINDS:
        known = "、".join(one.words.zh for one in KINDS.values())
        said = f"{kind!r} is not known (allowed: {', '.join(KINDS)})" if kind else "is empty"
        sheet.fault(row, "kind", said, f"没有这个类别（可用：{known}）")
    happened_on = _day(sheet, row, sheet.cell(cells, "happened_on"))
    value, out_of = (_number(sheet, row, key, sheet.cell(cells, key)) for key in ("value", "out_of"))
    attempt, days_late = (_whole(sheet, row, key, sheet.cell(cells, key)) for key in ("attempt", "days_late"))
    if len(sheet.faults) > before or happened_on is None:
        return None
    level = sheet.cell(cells, "level")
    if KINDS[kind].levels:
        level = _word(level, {key: (words.zh, words.en) for key, words in LEVEL_WORDS.items()})
    return Achieved(
        learner_id=0,
        kind=kind,
        item=sheet.cell(cells, "item"),
        happened_on=happened_on,
        value=value,
        out_of=out_of,
        level=level or None,
        attempt=1 if attempt is None else attempt,
        days_late=days_late or 0,
        source=source,
        proof=sheet.cell(cells, "proof") or None,
        note=sheet.cell(cells, "note") or None,
    )


def _word(text: str, words: dict[str, tuple[str, str]]) -> str:
    """The key that is meant by a key or a word of either language."""
    folded = text.casefold()
    return next((key for key, said in words.items() if folded in (key.casefold(), *map(str.casefold, said))), text)


def _day(sheet: Sheet, row: int, text: str) -> date | None:
    try:
        return date.fromisoformat(text.replace("/", "-").replace(".", "-"))
    except ValueError:
        said = f"{text!r} is not a date such as 2026-03-01" if text else "is empty"
        sheet.fault(row, "happened_on", said, "应是日期，如 2026-03-01" if text else "不能为空")
        return None


def _number(sheet: Sheet, row: int, key: str, text: str) -> Decimal | None:
    if not text:
        return None
    try:
        return Decimal(text)
    except InvalidOperation:
        sheet.fault(row, key, f"{text!r} is not a number", f"“{text}”不是数")
        return None


def _whole(sheet: Sheet, row: int, key: str, text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 6):
        sheet.fault(row, key, f"{text!r} is not a whole number", f"“{text}”不是整数")
        return None
    return int(text)
