import pytest

from lms_tracker.core.roster import parse_actor, parse_roster
from lms_tracker.core.sheet import SheetFaults, letter

HEADER = ["姓名", "登录名", "学校", "学校类别", "班级", "角色", "标识"]
GOOD = ["林知远", "p01", "青禾市第一中学", "城市直属", "一班", "", ""]


def faults(*rows: list[str], header: list[str] = HEADER) -> list[str]:
    with pytest.raises(SheetFaults) as caught:
        parse_roster([header, *rows])
    return [str(fault) for fault in caught.value.faults]


def changed(**cells: str) -> list[str]:
    keys = dict(zip(["name", "login", "school", "kind", "cohort", "role", "actor"], range(7), strict=True))
    row = list(GOOD)
    for key, text in cells.items():
        row[keys[key]] = text
    return row


def test_a_row_without_a_name_is_named_by_its_cell() -> None:
    assert faults(GOOD, changed(name="　 ", login="p02")) == ["row 3, column A 姓名: is empty"]


def test_every_fault_of_the_file_is_told_at_once_in_the_order_of_the_sheet() -> None:
    told = faults(
        changed(login=""),
        changed(login="p 2", kind="省属"),
        changed(login="p03", role="校长"),
        changed(login="p04", actor="somebody"),
        changed(login="p05", school="", cohort=""),
    )
    assert [line.split(":")[0] for line in told] == [
        "row 2, column B 登录名",
        "row 3, column B 登录名",
        "row 3, column D 学校类别",
        "row 4, column F 角色",
        "row 5, column G 标识",
        "row 6, column C 学校",
        "row 6, column E 班级",
    ]


def test_a_login_or_actor_that_stands_twice_is_refused_whatever_its_case() -> None:
    told = faults(changed(actor="a@x.cn"), changed(login="P01", actor="mailto:A@x.cn"))
    assert told == [
        "row 3, column B 登录名: 'P01' stands in row 2 already",
        "row 3, column G 标识: belongs to the person of row 2 already",
    ]


def test_one_school_cannot_be_of_two_kinds() -> None:
    assert faults(GOOD, changed(login="p02", kind="乡镇")) == [
        "row 3, column D 学校类别: row 2 gives another kind for 青禾市第一中学"
    ]


def test_a_missing_column_is_told_with_what_was_found_instead() -> None:
    assert faults(GOOD, header=["姓 名", "电话", *HEADER[2:]]) == [
        "row 1: no column 登录名 / login / 账号 / user name; found: 姓 名, 电话, 学校, 学校类别, 班级, 角色, 标识"
    ]


def test_a_column_that_stands_twice_is_refused() -> None:
    assert faults([*GOOD, "x"], header=[*HEADER, "name"]) == [
        "row 1, column H name: this column stands here twice (also A)"
    ]


def test_an_empty_file_and_a_bare_header_are_told_apart() -> None:
    assert faults(header=[]) == ["row 1: the file is empty; a header row is expected first"]
    assert faults() == ["row 1: there are no rows under the header"]


def test_english_headers_in_any_order_and_case_mean_the_same() -> None:
    header = ["LOGIN", "Name", "School_Kind", "school", "Class", "role"]
    roster = parse_roster([[], header, [], ["p01", "林知远", "City", "青禾市第一中学", "一班", "Monitor"]])
    assert [(r.row, r.login, r.name, r.school_kind, r.role) for r in roster.rows] == [
        (4, "p01", "林知远", "city", "monitor")
    ]


def test_other_columns_are_passed_over_and_reported() -> None:
    roster = parse_roster([[*HEADER, "电话"], [*GOOD, "1"]])
    assert roster.sheet.ignored == ["电话"]


def test_people_who_do_not_study_need_no_school() -> None:
    roster = parse_roster([HEADER, ["陈若水", "expert1", "", "", "", "专家", ""]])
    assert roster.rows[0].role == "expert"


def test_actors_are_mail_addresses_or_accounts() -> None:
    mbox = {"objectType": "Agent", "mbox": "mailto:a@b.cn"}
    assert parse_actor("a@b.cn") == parse_actor("mailto:a@b.cn") == mbox
    account = {"homePage": "https://lms.example.org", "name": "zhang san"}
    assert parse_actor("https://lms.example.org zhang san") == {"objectType": "Agent", "account": account}
    with pytest.raises(ValueError, match="neither a mail address nor"):
        parse_actor("https://lms.example.org")


def test_columns_are_called_as_spreadsheets_do() -> None:
    assert [letter(n) for n in (0, 25, 26, 51, 52, 701, 702)] == ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]
