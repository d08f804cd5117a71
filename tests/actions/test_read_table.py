import datetime
from pathlib import Path

import pytest
from openpyxl import Workbook

from lms_tracker.actions.read_table import UnreadableTable, read_table

TEXT = "姓名,登录名\r\n欧阳知远,p01\r\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
def test_csv_reads_the_same_in_every_encoding_that_spreadsheets_write(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "people.csv"
    file.write_bytes(TEXT.encode(encoding))
    assert read_table(file) == [["姓名", "登录名"], ["欧阳知远", "p01"]]


@pytest.mark.parametrize("separator", [";", "\t"])
def test_csv_may_be_separated_by_semicolons_or_tabs(tmp_path: Path, separator: str) -> None:
    file = tmp_path / "people.csv"
    file.write_text(TEXT.replace(",", separator), encoding="utf-8")
    assert read_table(file)[1] == ["欧阳知远", "p01"]


def test_xlsx_cells_become_the_text_that_a_person_sees(tmp_path: Path) -> None:
    book = Workbook()
    book.active.append(["长度", 32.0, 32.5, datetime.time(0, 32, 10), None, "　 x "])
    file = tmp_path / "units.xlsx"
    book.save(file)
    assert read_table(file) == [["长度", "32", "32.5", "00:32:10", "", "　 x "]]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"\xd0\xcf\x11\xe0rest", "old .xls"),
        (b"\x89PNG\r\n\x00\x00", "neither XLSX nor text"),
        (b"PK\x03\x04 but not a workbook", "not a workbook"),
        ('姓名\n"林'.encode(), "not CSV"),
    ],
)
def test_what_is_no_table_is_refused_with_its_name_and_why(tmp_path: Path, data: bytes, why: str) -> None:
    file = tmp_path / "people.csv"
    file.write_bytes(data)
    with pytest.raises(UnreadableTable, match=why) as caught:
        read_table(file)
    assert str(file) in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableTable, match="cannot be read"):
        read_table(tmp_path / "nothing.csv")
