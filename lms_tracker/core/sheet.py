"""Rows of a spreadsheet with named columns, and faults that name the cell as a person sees it on screen."""

import unicodedata
from collections.abc import Iterable, Sequence

import msgspec


class Column(msgspec.Struct, frozen=True):
    """A column that may stand in a file: its key, and the headers by which it is known (first is the Chinese one)."""

    key: str
    headers: tuple[str, ...]
    required: bool = False


class Fault(msgspec.Struct, frozen=True):
    """One thing that is wrong in a file. `row` counts from 1 as spreadsheets do; `column` from 0, None: the whole row.
    `zh` says the same in Chinese, where a page shows it."""

    row: int
    column: int | None
    header: str
    message: str
    zh: str = ""

    @property
    def cell(self) -> str:
        """As spreadsheets name it: C7; 7 for a whole row."""
        return f"{'' if self.column is None else letter(self.column)}{self.row}"

    def said(self, locale: str) -> str:
        """What is wrong, in one of the product's languages."""
        return self.message if locale.startswith("en") or not self.zh else self.zh

    def __str__(self) -> str:
        if self.column is None:
            return f"row {self.row}: {self.message}"
        return f"row {self.row}, column {letter(self.column)} {self.header}: {self.message}"


class SheetFaults(ValueError):
    """All faults of one file. Nothing of the file was imported."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = sorted(faults, key=lambda f: (f.row, -1 if f.column is None else f.column))
        super().__init__("\n".join(map(str, self.faults)))


class Sheet(msgspec.Struct):
    """The rows under a header. Cells are stripped text; `faults` collects what is wrong with them."""

    headers: list[str]
    columns: dict[str, int]
    rows: list[tuple[int, list[str]]]
    ignored: list[str]
    faults: list[Fault]

    def cell(self, row: Sequence[str], key: str) -> str:
        """The text of a cell; empty when the column or the cell is absent."""
        at = self.columns.get(key)
        return row[at] if at is not None and at < len(row) else ""

    def fault(self, row: int, key: str, message: str, zh: str = "") -> None:
        """Note that the cell of `key` in the row is wrong; of a column that is absent, the row is."""
        at = self.columns.get(key)
        if at is None:
            self.faults.append(Fault(row, None, "", f"{key}: {message}", zh))
        else:
            self.faults.append(Fault(row, at, self.headers[at], message, zh))


def open_sheet(rows: Sequence[Sequence[str]], columns: Sequence[Column]) -> Sheet:
    """Find the header (the first row that is not empty) and the columns under it.

    Raises SheetFaults when the file is empty, or a required column is missing or stands there twice.
    """
    cleaned = [(n, [clean(cell) for cell in row]) for n, row in enumerate(rows, 1)]
    filled = [(n, row) for n, row in cleaned if any(row)]
    if not filled:
        raise SheetFaults(
            [Fault(1, None, "", "the file is empty; a header row is expected first", "文件是空的；第一行应是列标题")]
        )
    (at, header), body = filled[0], filled[1:]
    found: dict[str, int] = {}
    faults: list[Fault] = []
    ignored: list[str] = []
    for i, text in enumerate(header):
        key = next((c.key for c in columns if _plain(text) in map(_plain, c.headers)), None)
        if key is None:
            if text:
                ignored.append(text)
        elif key in found:
            faults.append(
                Fault(
                    at,
                    i,
                    text,
                    f"this column stands here twice (also {letter(found[key])})",
                    f"这一列重复了（另见 {letter(found[key])} 列）",
                )
            )
        else:
            found[key] = i
    for column in columns:
        if column.required and column.key not in found:
            there = clip(", ".join(t for t in header if t) or "nothing")
            faults.append(
                Fault(
                    at,
                    None,
                    "",
                    f"no column {' / '.join(column.headers)}; found: {there}",
                    f"缺少“{column.headers[0]}”列；现有：{there}",
                )
            )
    if not body and not faults:
        faults.append(Fault(at, None, "", "there are no rows under the header", "列标题下面没有内容"))
    if faults:
        raise SheetFaults(faults)
    return Sheet(header, found, body, ignored, [])


def clip(text: str) -> str:
    """Text that fits into a message."""
    return text if len(text) <= 200 else f"{text[:200]}…"


def clean(text: str) -> str:
    """Text without the blanks (full-width ones too) and invisible marks that spreadsheets leave around it."""
    return text.strip().strip("\ufeff\u200b\u3000\u00a0").strip()


def letter(column: int) -> str:
    """The name of a column as spreadsheets show it: 0 is A, 26 is AA."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


def _plain(header: str) -> str:
    folded = unicodedata.normalize("NFKC", header).casefold()
    return "".join(ch for ch in folded if ch.isalnum())
