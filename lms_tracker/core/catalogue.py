"""The courses of a programme as a training centre lists them: one row per unit."""

import re
from collections.abc import Sequence
from decimal import Decimal

import msgspec

from lms_tracker.core.sheet import Column, Sheet, SheetFaults, open_sheet

COLUMNS = (
    Column("course", ("课程", "course"), required=True),
    Column("course_kind", ("课程类别", "kind", "course kind"), required=True),
    Column("unit", ("单元", "unit", "unit title"), required=True),
    Column("iri", ("活动标识", "activity", "activity IRI", "IRI"), required=True),
    Column("unit_kind", ("单元类别", "unit kind"), required=True),
    Column("length", ("时长", "length"), required=True),
)

COURSE_KINDS = {
    "必修": "required",
    "required": "required",
    "选修": "elective",
    "elective": "elective",
    "拓展": "extension",
    "extension": "extension",
}

UNIT_KINDS = {
    "视频": "video",
    "video": "video",
    "音频": "audio",
    "audio": "audio",
    "文档": "document",
    "document": "document",
    "直播": "live",
    "live": "live",
}

LONGEST_US = 24 * 3600 * 1_000_000

_CLOCK = re.compile(r"(\d{1,2}):([0-5]\d):([0-5]\d)")
_MINUTES = re.compile(r"\d{1,4}(?:\.\d{1,4})?")


class Unit(msgspec.Struct, frozen=True):
    """One unit of a course. `length_us` is microseconds, None: taken from its statements."""

    row: int
    course: str
    course_kind: str
    title: str
    iri: str
    kind: str
    length_us: int | None


class Catalogue(msgspec.Struct, frozen=True):
    """The units of a file without faults, in its order, and its sheet (to name cells later)."""

    units: list[Unit]
    sheet: Sheet


def parse_catalogue(table: Sequence[Sequence[str]]) -> Catalogue:
    """Read the rows of a catalogue. Raises SheetFaults with every fault of the file at once."""
    sheet = open_sheet(table, COLUMNS)
    units = [_parse_unit(sheet, n, row) for n, row in sheet.rows]
    _refuse_doubles(sheet, units)
    if sheet.faults:
        raise SheetFaults(sheet.faults)
    return Catalogue(units, sheet)


def parse_length(text: str) -> int:
    """Microseconds of `45`, `45.5` (minutes) or `0:45:30` (hours, minutes, seconds). Raises ValueError."""
    if clock := _CLOCK.fullmatch(text):
        hours, minutes, seconds = map(int, clock.groups())
        us = ((hours * 60 + minutes) * 60 + seconds) * 1_000_000
    elif _MINUTES.fullmatch(text):
        us = int(Decimal(text) * 60_000_000)
    else:
        raise ValueError(f"{text!r} is neither minutes (45 or 45.5) nor h:mm:ss (0:45:30)")
    if not 0 < us <= LONGEST_US:
        raise ValueError(f"{text!r} is not between 0 and 24 hours")
    return us


def _parse_unit(sheet: Sheet, n: int, row: Sequence[str]) -> Unit:
    def cell(key: str) -> str:
        return sheet.cell(row, key)

    def choice(key: str, words: dict[str, str]) -> str:
        word = words.get(cell(key).casefold(), "")
        if cell(key) and not word:
            sheet.fault(n, key, f"{cell(key)!r} is not one of {', '.join(words)}")
        return word

    for key in ("course", "course_kind", "unit", "iri", "unit_kind"):
        if not cell(key):
            sheet.fault(n, key, "is empty")
    if cell("iri") and not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*:\S+", cell("iri")):
        sheet.fault(n, "iri", f"{cell('iri')!r} is not an IRI (such as https://lms.example.org/unit/1)")
    length = None
    if cell("length"):
        try:
            length = parse_length(cell("length"))
        except ValueError as e:
            sheet.fault(n, "length", str(e))
    return Unit(
        row=n,
        course=cell("course"),
        course_kind=choice("course_kind", COURSE_KINDS),
        title=cell("unit"),
        iri=cell("iri"),
        kind=choice("unit_kind", UNIT_KINDS),
        length_us=length,
    )


def _refuse_doubles(sheet: Sheet, units: list[Unit]) -> None:
    iris: dict[str, int] = {}
    kinds: dict[str, Unit] = {}
    for unit in units:
        if unit.iri and iris.setdefault(unit.iri, unit.row) != unit.row:
            sheet.fault(unit.row, "iri", f"stands in row {iris[unit.iri]} already")
        if unit.course and unit.course_kind:
            first = kinds.setdefault(unit.course, unit)
            if first.course_kind != unit.course_kind:
                sheet.fault(unit.row, "course_kind", f"row {first.row} gives another kind for this course")
