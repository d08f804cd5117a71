"""Questions on what a video shows, as experts write them: one row a question, Chinese or English headers."""

import re
from collections.abc import Sequence

from msgspec import Struct

from lms_tracker.core.player.checks import Words
from lms_tracker.core.sheet import Column, Sheet, open_sheet
from lms_tracker.core.xapi.formats import is_iri

MOST_WRONG = 5
LONGEST = 300
"""Characters of a text: it is read on a phone, in less than a minute."""
WRONG = tuple(f"wrong{number}" for number in range(1, MOST_WRONG + 1))
COLUMNS = (
    Column("activity", ("活动标识", "activity", "单元标识", "iri"), required=True),
    Column("from", ("开始", "from", "开始时间", "start"), required=True),
    Column("until", ("结束", "until", "结束时间", "end"), required=True),
    Column("text", ("问题", "question", "题目"), required=True),
    Column("text_en", ("英文问题", "question en", "question (english)")),
    Column("right", ("正确答案", "right", "正确", "right answer"), required=True),
    Column("right_en", ("英文正确答案", "right en", "right answer (english)")),
    *(
        Column(
            key,
            (f"错误答案{number}", f"wrong {number}", f"干扰项{number}", f"wrong answer {number}"),
            required=number == 1,
        )
        for number, key in enumerate(WRONG, 1)
    ),
    *(
        Column(f"{key}_en", (f"英文错误答案{number}", f"wrong {number} en", f"wrong answer {number} (english)"))
        for number, key in enumerate(WRONG, 1)
    ),
)
_EMPTY = ("is empty", "不能为空")
_TIME = re.compile(r"(?:(\d{1,2})[::])?(\d{1,3})[::](\d{1,2}(?:\.\d+)?)")


class QuestionRow(Struct, frozen=True):
    """One question: the part of the media that it is about, in milliseconds; where no English is given, Chinese stands."""

    row: int
    activity: str
    from_ms: int
    until_ms: int
    text: Words
    right: Words
    wrong: tuple[Words, ...]


class QuestionSheet(Struct):
    """Rows whose cells are in order; what is wrong with the others stands in `sheet.faults`."""

    sheet: Sheet
    rows: list[QuestionRow]


def parse_questions(table: Sequence[Sequence[str]]) -> QuestionSheet:
    """Read a table of questions. Times are `mm:ss`, `h:mm:ss` or seconds. Raises SheetFaults without a usable header."""
    sheet = open_sheet(table, COLUMNS)
    rows: list[QuestionRow] = []
    seen: dict[tuple[str, str], int] = {}
    for number, cells in sheet.rows:
        before = len(sheet.faults)
        activity = sheet.cell(cells, "activity")
        if not activity:
            sheet.fault(number, "activity", *_EMPTY)
        elif not is_iri(activity):
            sheet.fault(
                number, "activity", f"{activity!r} is no absolute IRI of an activity", "不是完整的活动标识（IRI）"
            )
        start, end = (_time(sheet, number, cells, key) for key in ("from", "until"))
        if start is not None and end is not None and end <= start:
            sheet.fault(number, "until", "is not after the beginning", "不晚于开始时间")
        text, right = (_words(sheet, number, cells, key) for key in ("text", "right"))
        wrong = [_words(sheet, number, cells, key) for key in WRONG if key == WRONG[0] or sheet.cell(cells, key)]
        answers = [one.zh for one in (right, *wrong)]
        if len(set(answers)) < len(answers):
            sheet.fault(number, "right", "two answers are the same", "有两个答案相同")
        first = seen.setdefault((activity, text.zh), number)
        if first != number and text.zh:
            sheet.fault(
                number, "text", f"the same question stands in row {first} already", f"第 {first} 行已有相同的问题"
            )
        if start is not None and end is not None and len(sheet.faults) == before:
            rows.append(QuestionRow(number, activity, start, end, text, right, tuple(wrong)))
    return QuestionSheet(sheet, rows)


def _words(sheet: Sheet, row: int, cells: Sequence[str], key: str) -> Words:
    chinese, english = sheet.cell(cells, key), sheet.cell(cells, f"{key}_en")
    if not chinese:
        sheet.fault(row, key, *_EMPTY)
    for name, text in ((key, chinese), (f"{key}_en", english)):
        if len(text) > LONGEST:
            sheet.fault(row, name, f"is longer than {LONGEST} characters", f"超过 {LONGEST} 个字符")
    return Words(chinese, english or chinese)


def _time(sheet: Sheet, row: int, cells: Sequence[str], key: str) -> int | None:
    text = sheet.cell(cells, key)
    if (found := _TIME.fullmatch(text)) is not None:
        hours, minutes, seconds = int(found[1] or 0), int(found[2]), float(found[3])
        if seconds < 60 and (minutes < 60 or not hours):
            return round((hours * 3600 + minutes * 60 + seconds) * 1000)
    elif re.fullmatch(r"\d{1,6}(\.\d+)?", text):
        return round(float(text) * 1000)
    if text:
        sheet.fault(
            row, key, f"{text!r} is no time such as 12:30, 1:02:30 or 750", "不是时间；例如 12:30、1:02:30 或 750"
        )
    else:
        sheet.fault(row, key, *_EMPTY)
    return None
