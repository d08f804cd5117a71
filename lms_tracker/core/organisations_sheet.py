"""Organisations as somebody lists them in a table: one row each, Chinese or English headers."""

from collections.abc import Sequence

from msgspec import Struct

from lms_tracker.core.roster import SCHOOL_KINDS
from lms_tracker.core.sheet import Column, Sheet, SheetFaults, open_sheet

COLUMNS = (
    Column("name", ("机构", "name", "名称"), required=True),
    Column("kind", ("类别", "kind"), required=True),
    Column("parent", ("上级", "parent", "上级机构")),
    Column("school_kind", ("学校类别", "school kind")),
)

KINDS = {
    "领导小组": "leading_group",
    "leading_group": "leading_group",
    "教育局": "bureau",
    "bureau": "bureau",
    "培训中心": "centre",
    "中心": "centre",
    "centre": "centre",
    "区县": "district",
    "district": "district",
    "学校": "school",
    "school": "school",
}


WORDS = {kind: word for word, kind in reversed(KINDS.items()) if word != kind}
"""What each kind is called first."""


class OrganisationRow(Struct, frozen=True):
    """One organisation. `parent` is the name of what it stands under; empty: as it is, or alone."""

    row: int
    name: str
    kind: str
    parent: str
    school_kind: str | None


class OrganisationSheet(Struct, frozen=True):
    """The rows of a table without faults, and the sheet, to name cells later."""

    rows: list[OrganisationRow]
    sheet: Sheet

    def fault(self, row: OrganisationRow, key: str, message: str, zh: str) -> None:
        """Note that a cell is wrong."""
        self.sheet.fault(row.row, key, message, zh)


def parse_organisations(table: Sequence[Sequence[str]]) -> OrganisationSheet:
    """Raises SheetFaults with every fault of the table at once."""
    sheet = open_sheet(table, COLUMNS)
    rows = [_row(sheet, n, cells) for n, cells in sheet.rows]
    first: dict[str, int] = {}
    for row in rows:
        if first.setdefault(row.name, row.row) != row.row:
            sheet.fault(row.row, "name", f"stands in row {first[row.name]} already", f"与第 {first[row.name]} 行重复")
    if sheet.faults:
        raise SheetFaults(sheet.faults)
    return OrganisationSheet(rows, sheet)


def _row(sheet: Sheet, n: int, cells: Sequence[str]) -> OrganisationRow:
    name, parent = sheet.cell(cells, "name"), sheet.cell(cells, "parent")
    if not name or len(name) > 100 or not name.isprintable():
        sheet.fault(n, "name", "is empty or longer than 100 characters", "不能为空，也不能超过 100 个字符")
    kind = KINDS.get(sheet.cell(cells, "kind").casefold(), "")
    if not kind:
        sheet.fault(n, "kind", f"is not one of {', '.join(KINDS)}", "应是：领导小组、教育局、培训中心、区县、学校")
    school_kind = SCHOOL_KINDS.get(sheet.cell(cells, "school_kind").casefold())
    if kind == "school" and school_kind is None:
        sheet.fault(n, "school_kind", "a school is city or town", "学校须写明城市直属或乡镇")
    if parent and parent == name:
        sheet.fault(n, "parent", "stands under itself", "上级不能是它自己")
    return OrganisationRow(n, name, kind, parent, school_kind if kind == "school" else None)
