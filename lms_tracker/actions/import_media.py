"""Media of many units from a table: files beside it, or addresses. Nothing is taken while anything is wrong."""

from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine

from lms_tracker.actions.add_medium import add_address, add_file, open_unit
from lms_tracker.actions.read_table import read_table
from lms_tracker.core.media import HEAD_BYTES, MediumFault, form_of, form_of_address
from lms_tracker.core.sheet import Column, Sheet, SheetFaults, open_sheet
from lms_tracker.store.db import reading
from lms_tracker.store.media import content_of
from lms_tracker.store.media_files import head_of

COLUMNS = (
    Column("activity", ("活动标识", "activity", "activity IRI", "IRI"), required=True),
    Column("source", ("文件或地址", "file or address", "file", "address", "URL"), required=True),
)


def import_media(db: Engine, folder: Path, file: Path, programme_id: int, *, opens: bool, now: datetime) -> int:
    """How many units got their medium; `opens`: learners see them at once. `folder`: of media.

    Raises SheetFaults with every fault at once, UnreadableTable.
    """
    sheet = open_sheet(read_table(file), COLUMNS)
    with reading(db) as tx:
        kinds = {row.iri: row.kind for row in content_of(tx, programme_id)}
    for n, row in sheet.rows:
        _check(sheet, n, sheet.cell(row, "activity"), sheet.cell(row, "source"), kinds, file.parent)
    if sheet.faults:
        raise SheetFaults(sheet.faults)
    for _, row in sheet.rows:
        activity, source = sheet.cell(row, "activity"), sheet.cell(row, "source")
        if "://" in source:
            add_address(db, activity, source, by=None, now=now)
        else:
            add_file(db, folder, activity, file.parent / source, by=None, now=now)
        if opens:
            open_unit(db, activity, is_open=True, by=None, now=now)
    return len(sheet.rows)


def _check(sheet: Sheet, n: int, activity: str, source: str, kinds: dict[str, str], beside: Path) -> None:
    if activity not in kinds:
        sheet.fault(n, "activity", f"{activity!r} is no unit of this programme")
        return
    try:
        if "://" in source:
            form_of_address(source, kinds[activity])
        else:
            form_of(head_of(beside / source, HEAD_BYTES), kinds[activity])
    except MediumFault as e:
        sheet.fault(n, "source", _WHY[e.rule])
    except OSError as e:
        sheet.fault(n, "source", f"{source!r} cannot be read: {e.strerror}")


_WHY = {
    "live": "a live class has no medium",
    "type": "is no MP4, WebM, MP3, M4A, OGG, PDF or HTML",
    "kind": "does not fit the kind of the unit",
    "address": "is neither an https: address nor s3://bucket/key",
}
