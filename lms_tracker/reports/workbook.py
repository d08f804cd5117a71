"""Workbooks of plain values: numbers as numbers, text that no spreadsheet takes for a formula, the same bytes again."""

import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from lms_tracker.reports import colours
from lms_tracker.reports.view import Cell, Form, Table, View

FORMATS: dict[Form, str] = {
    "count": "#,##0",
    "one": "#,##0.0",
    "percent": '0.0"%"',
    "signed": "+0.0;-0.0;0.0",
    "text": "General",
}
EPOCH = (1980, 1, 1, 0, 0, 0)
_STAMP = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")


class Sheet:
    """One sheet under construction: a frozen, filled header, then rows."""

    def __init__(self, book: Workbook, title: str, header: Sequence[str], widths: Sequence[float]) -> None:
        self.sheet: Any = book.create_sheet(re.sub(r"[\[\]:*?/\\]", " ", title)[:31])
        self.sheet.freeze_panes = "A2"
        for n, width in enumerate(widths, 1):
            self.sheet.column_dimensions[get_column_letter(n)].width = width
        self.add([Cell(text) for text in header], header=True)

    def add(self, row: Iterable[Cell], *, header: bool = False, strong: bool = False) -> None:
        """Append a row."""
        self.sheet.append([self._cell(cell, header, strong) for cell in row])

    def _cell(self, cell: Cell, header: bool, strong: bool) -> Any:
        if cell.number is None:
            out = WriteOnlyCell(self.sheet, ILLEGAL_CHARACTERS_RE.sub("", cell.text))
            # A name that begins with = + - @ stays text: type "s" is never evaluated, quotePrefix keeps it so on edit.
            out.data_type = "s"
            out.quotePrefix = cell.text[:1] in ("=", "+", "-", "@", "\t", "\r")
        else:
            out = WriteOnlyCell(self.sheet, cell.number)  # type: ignore[arg-type]  # the stubs forget decimals
            out.number_format = FORMATS[cell.form]
        if header:
            out.font = Font(bold=True, color="FFFFFF")
            out.fill = PatternFill("solid", fgColor=colours.ACCENT.lstrip("#"))
            out.alignment = Alignment(vertical="center", wrap_text=True)
        elif strong:
            out.font = Font(bold=True)
        return out


def workbook_of(view: View) -> bytes:
    """A bulletin's workbook: overview, parts, kinds of schools, study time, changes, notes."""
    book = Workbook(write_only=True)
    overview = Sheet(book, view.title, [view.programme, view.period], [30, 60])
    for label, value in [*view.meta, ("", view.version)]:
        overview.add([Cell(label), Cell(value)])
    for headline in view.headlines:
        value = f"{headline.value} {headline.unit}".strip()
        overview.add([Cell(headline.label), Cell(f"{value} ({headline.note})")], strong=True)
    for table in (view.parts, view.kinds, view.time, *filter(None, (view.changes, view.progress))):
        _add(book, table)
    notes = Sheet(book, view.notes_title, [view.notes_title], [110])
    for note in [view.changes_note, *view.notes, view.seal]:
        notes.add([Cell(note)])
    return saved(book)


def saved(book: Workbook) -> bytes:
    """The workbook's bytes without the moment of saving, which openpyxl writes into them."""
    raw, out = io.BytesIO(), io.BytesIO()
    book.save(raw)
    with zipfile.ZipFile(raw) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for item in source.infolist():
            data = source.read(item)
            if item.filename == "docProps/core.xml":
                data = _STAMP.sub(rb"\g<1>2000-01-01T00:00:00Z", data)
            target.writestr(zipfile.ZipInfo(item.filename, EPOCH), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _add(book: Workbook, table: Table) -> None:
    sheet = Sheet(book, table.title, table.header, [34] + [16] * (len(table.header) - 1))
    for n, row in enumerate(table.rows):
        sheet.add(row, strong=n == table.strong)
