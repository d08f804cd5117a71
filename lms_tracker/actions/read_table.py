"""Reading a table that a person saved: CSV in the encodings that spreadsheets write, or XLSX."""

import csv
import datetime
import io
import zipfile
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

MAX_UNFOLDED_BYTES = 200_000_000


class UnreadableTable(ValueError):
    """The file is not a table that we can read. The message names the file and why."""


def read_table(path: Path) -> list[list[str]]:
    """The cells of a CSV or XLSX file (its first sheet) as text, row by row, empty rows included.

    CSV may be UTF-8 (with or without a mark), UTF-16 with a mark, or GB 18030 (what spreadsheets in China write),
    separated by commas, semicolons or tabs. Raises UnreadableTable.
    """
    try:
        data = path.read_bytes()
    except OSError as e:
        raise UnreadableTable(f"{path}: cannot be read: {e.strerror}") from e
    return table_of(str(path), data)


def table_of(name: str, data: bytes) -> list[list[str]]:
    """The same of a file that is at hand; `name` is for messages."""
    if data.startswith(b"PK\x03\x04"):
        return _read_xlsx(name, data)
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise UnreadableTable(f"{name}: is an old .xls workbook; save it as .xlsx or CSV")
    return _read_csv(name, data)


def _read_csv(path: str, data: bytes) -> list[list[str]]:
    text = _decode(path, data)
    first = text.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    except csv.Error as e:
        raise UnreadableTable(f"{path}: is not CSV: {e}") from e


def _decode(path: str, data: bytes) -> str:
    marked = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    # UTF-8 first: text in GB 18030 is almost never valid UTF-8, the other way round it often is.
    for encoding in ["utf-16"] if marked else ["utf-8-sig", "gb18030"]:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise UnreadableTable(f"{path}: is neither XLSX nor text in UTF-8, UTF-16 or GB 18030")


def _read_xlsx(path: str, data: bytes) -> list[list[str]]:
    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError) as e:
        raise UnreadableTable(f"{path}: is not a workbook: {e}") from e
    try:
        _refuse_bombs(path, data)
        sheet = book.worksheets[0]
        # Some programs write a wrong size into the sheet; without this, rows after it would be lost in silence.
        sheet.reset_dimensions()
        return [[_text(value) for value in row] for row in sheet.iter_rows(values_only=True)]
    finally:
        book.close()


def _refuse_bombs(path: str, data: bytes) -> None:
    """A workbook of a few kilobytes may unfold to gigabytes."""
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        if sum(part.file_size for part in parts.infolist()) > MAX_UNFOLDED_BYTES:
            raise UnreadableTable(f"{path}: is too large when unfolded; save only the sheet that is meant")


def _text(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value)
        case float() if value.is_integer():
            return str(int(value))
        case datetime.time():
            return value.strftime("%H:%M:%S")
        case datetime.timedelta():
            minutes, seconds = divmod(int(value.total_seconds()), 60)
            return f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d}"
        case datetime.datetime():
            return value.date().isoformat()
        case _:
            return str(value)
