"""Tables that people upload: read, shown as a preview, and sent back with the button that keeps them.

Nothing lies on the server between the two: the preview carries the cells as text, and they are checked again.
"""

import json
from pathlib import Path
from tempfile import NamedTemporaryFile

from flask import request
from flask_babel import gettext as _

from lms_tracker.actions.read_table import UnreadableTable, read_table
from lms_tracker.core.uploads import TABLE
from lms_tracker.web.files import handed_in

MAX_ROWS, MAX_COLUMNS, MAX_CELL = 5000, 60, 2000

Table = list[list[str]]


def table_in(field: str = "file", carried: str = "table") -> Table | None:
    """The cells of the uploaded file, or those of the preview that is sent back; None when there is neither.

    Raises UnreadableTable.
    """
    files = handed_in(field, TABLE)
    if files:
        name, content = files[0]
        if len(content) > TABLE.file_bytes:
            raise UnreadableTable(f"{name}: larger than {TABLE.mb} MB")
        return _bounded(_read(name, content))
    typed = request.form.get(carried)
    if not typed:
        return None
    try:
        cells = json.loads(typed)
    except ValueError as e:
        raise UnreadableTable("the preview did not come back whole: choose the file again") from e
    if not isinstance(cells, list) or not all(isinstance(row, list) for row in cells):
        raise UnreadableTable("the preview did not come back whole: choose the file again")
    return _bounded([[str(cell) for cell in row] for row in cells])


def unreadable(e: UnreadableTable) -> str:
    """In the words of the page."""
    return _("无法读取这个文件：请另存为 .xlsx 或 CSV（UTF-8）。%(why)s", why=str(e))


def carried(table: Table) -> str:
    """The table as the preview carries it."""
    return json.dumps(table, ensure_ascii=False, separators=(",", ":"))


def _read(name: str, content: bytes) -> Table:
    # `read_table` names the file in what it says; only the name that the person knows is for them.
    with NamedTemporaryFile(suffix=".table") as file:
        file.write(content)
        file.flush()
        try:
            return read_table(Path(file.name))
        except UnreadableTable as e:
            raise UnreadableTable(str(e).replace(file.name, name)) from e


def _bounded(table: Table) -> Table:
    if len(table) > MAX_ROWS:
        raise UnreadableTable(f"more than {MAX_ROWS} rows")
    if any("\0" in cell or len(cell) > MAX_CELL for row in table for cell in row):
        raise UnreadableTable(f"a cell is longer than {MAX_CELL} characters, or holds what is no text")
    return [row[:MAX_COLUMNS] for row in table]
