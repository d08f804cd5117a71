from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from lms_tracker.core.exams import CROWD, Note, Sitting, may_resit, notes_on, parse_results

ZONE = ZoneInfo("Asia/Shanghai")
NINE = datetime(2026, 3, 14, 1, 0, tzinfo=UTC)
FULL = Decimal(100)


def sat(mark: int = 70, **more: object) -> Sitting:
    return Sitting("sat", Decimal(mark), **more)  # type: ignore[arg-type]


def test_a_sheet_says_who_sat_who_was_absent_and_what_was_void() -> None:
    table = [
        ["登录名", "成绩", "状态", "开始时间", "用时", "IP", "设备"],
        ["p01", "84.5", "", "2026-03-14 09:00", "55", "10.0.0.1", "A-1"],
        ["p02", "", "缺考", "", "", "", ""],
        ["p03", "缺考", "", "", "", "", ""],
        ["p04", "90", "作废", "", "", "", ""],
        ["p05", "", "缓考", "", "", "", ""],
    ]
    said = parse_results(table, FULL, ZONE)
    assert said.sheet.faults == []
    assert [row.sitting for row in said.rows] == [
        Sitting("sat", Decimal("84.5"), NINE, 55, "10.0.0.1", "A-1"),
        Sitting("absent"),
        Sitting("absent"),
        Sitting("void", Decimal(90)),
        Sitting("excused"),
    ]


def test_every_fault_is_named_at_its_cell() -> None:
    table = [
        ["姓名", "成绩", "状态", "开始时间", "用时"],
        ["李明", "101", "", "", ""],
        ["王芳", "", "", "", ""],
        ["赵强", "八十", "", "九点", "一小时"],
        ["", "70", "", "", ""],
        ["李明", "70", "好", "", ""],
    ]
    said = parse_results(table, FULL, ZONE)
    assert [str(fault).split(":")[0] for fault in said.sheet.faults] == [
        "row 2, column B 成绩",
        "row 3, column B 成绩",
        "row 4, column B 成绩",
        "row 4, column D 开始时间",
        "row 4, column E 用时",
        "row 5, column A 姓名",
        "row 6, column A 姓名",
        "row 6, column C 状态",
    ]


@pytest.mark.parametrize("mark", ["NaN", "Infinity", "-1", "1_0", "1" * 40, "100.5"])
def test_a_mark_is_a_number_within_the_full_marks(mark: str) -> None:
    assert len(parse_results([["姓名", "成绩"], ["李明", mark]], FULL, ZONE).sheet.faults) == 1


@pytest.mark.parametrize(
    ("first", "may"),
    [(None, False), (sat(60), False), (sat(59), True), (Sitting("absent"), True), (Sitting("void", Decimal(90)), True)],
)
def test_who_passed_or_was_never_in_it_has_nothing_to_resit(first: Sitting | None, may: bool) -> None:
    assert may_resit(first, Decimal(60)) is may


def test_one_device_for_several_is_noted_for_each_with_whom() -> None:
    notes = notes_on({1: sat(device="A"), 2: sat(device="A"), 3: sat(device="B")}, {})
    assert notes == [Note(1, "device", (2,)), Note(2, "device", (1,))]


def test_one_address_is_only_noted_when_few_go_in_step() -> None:
    def at(minutes: float, took: int, address: str = "10.0.0.1") -> Sitting:
        return sat(started_at=NINE + timedelta(minutes=minutes), minutes=took, address=address)

    assert notes_on({1: at(0, 40), 2: at(2, 40)}, {}) == [Note(1, "address", (2,)), Note(2, "address", (1,))]
    assert notes_on({1: at(0, 40), 2: at(2, 47)}, {}) == [], "one office, each at their own pace"
    assert notes_on({1: at(0, 40), 2: at(30, 40)}, {}) == []
    assert notes_on({n: at(0, 40) for n in range(CROWD)}, {}) == [], "a school's room"


def test_a_device_is_new_only_to_who_had_the_same_before() -> None:
    sittings = {1: sat(device="new"), 2: sat(device="new2"), 3: sat(device="old")}
    assert notes_on(sittings, {1: ["old", "old"], 2: ["old"], 3: ["old", "x"]}) == [Note(1, "new-device")]


def test_fast_and_good_is_noted_fast_and_poor_is_not() -> None:
    usual = {n: sat(70, minutes=60) for n in range(5)}
    assert notes_on(usual | {8: sat(95, minutes=20), 9: sat(40, minutes=20)}, {}) == [Note(8, "pace")]
    assert notes_on({1: sat(95, minutes=5), 2: sat(50, minutes=60)}, {}) == [], "two people have no usual time"


def test_who_was_absent_is_in_no_note() -> None:
    assert notes_on({1: Sitting("absent", device="A"), 2: sat(device="A")}, {}) == []
