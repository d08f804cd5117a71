"""The reading list: books as they come in from a sheet, and how far somebody is from what the policy needs."""

from collections.abc import Iterable, Sequence
from datetime import date

from msgspec import Struct

from lms_tracker.core.grading.parts import Points
from lms_tracker.core.grading.words import Words
from lms_tracker.core.sheet import Column, Sheet, open_sheet

COLUMNS = (
    Column("title", ("书名", "title", "题名"), required=True),
    Column("author", ("作者", "author", "著者")),
    Column("monograph", ("教育专著", "monograph", "专著")),
)
YES, NO = {"是", "yes", "1", "true", "√", "y"}, {"", "否", "no", "0", "false", "n"}
LONGEST = 200
EMPTY = "is empty", "不能为空"
TOO_LONG = f"is longer than {LONGEST} characters", f"超过 {LONGEST} 个字符"


class Book(Struct, frozen=True):
    """One of the list. `monograph`: on education."""

    title: str
    author: str
    monograph: bool


class Distance(Struct, frozen=True):
    """How many books a part of the policy needs in a year, and how many are confirmed."""

    title: Words
    have: int
    needs: int

    @property
    def lacks(self) -> int:
        return max(0, self.needs - self.have)


def parse_books(table: Sequence[Sequence[str]]) -> tuple[Sheet, list[tuple[int, Book]]]:
    """Read a list as (row, book); what is wrong with single cells stands in the sheet's faults. Raises SheetFaults without a header."""
    sheet = open_sheet(table, COLUMNS)
    books: list[tuple[int, Book]] = []
    seen: dict[tuple[str, str], int] = {}
    for number, cells in sheet.rows:
        title, author = sheet.cell(cells, "title").strip("《》"), sheet.cell(cells, "author")
        typed = sheet.cell(cells, "monograph").casefold()
        if not title or len(title) > LONGEST:
            sheet.fault(number, "title", *(EMPTY if not title else TOO_LONG))
        elif len(author) > LONGEST:
            sheet.fault(number, "author", *TOO_LONG)
        elif typed not in YES | NO:
            sheet.fault(number, "monograph", f"{typed!r} is neither 是 nor 否", "应是“是”或“否”")
        elif seen.setdefault((title, author), number) != number:
            sheet.fault(number, "title", *_twice(seen[title, author]))
        else:
            books.append((number, Book(title, author, typed in YES)))
    return sheet, books


def _twice(row: int) -> tuple[str, str]:
    return f"stands in row {row} already", f"与第 {row} 行重复"


def distances(points: Iterable[Points], read: Iterable[tuple[date, bool]], year: int) -> list[Distance]:
    """What each part of a policy that speaks of reading needs, and what there is of it in a year.

    `read`: (finished on, whether it is a monograph on education) of every confirmed book.
    """
    own = [monograph for day, monograph in read if day.year == year]
    return [
        Distance(part.title, sum(own) if part.levels == ("education",) else len(own), part.needs)
        for part in points
        if part.needs and tuple(part.evidence) == ("reading",)
    ]
