import pytest

from lms_tracker.core.catalogue import parse_catalogue, parse_length
from lms_tracker.core.sheet import SheetFaults

HEADER = ["课程", "课程类别", "单元", "活动标识", "单元类别", "时长"]
GOOD = ["学校规划", "必修", "第一讲", "https://x.example/1", "视频", "32"]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("45", 2700), ("32.5", 1950), ("0:32:10", 1930), ("1:00:00", 3600), ("01:05:00", 3900), ("24:00:00", 86400)],
)
def test_lengths_are_minutes_or_hours_minutes_seconds(text: str, seconds: int) -> None:
    assert parse_length(text) == seconds * 1_000_000


@pytest.mark.parametrize("text", ["32:10", "1:60:00", "0", "0:00:00", "-5", "半小时", "24:00:01", "1441", "nan"])
def test_a_length_that_could_mean_two_things_or_nothing_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"neither minutes|between 0 and 24"):
        parse_length(text)


def test_every_fault_is_told_with_its_cell() -> None:
    rows = [
        GOOD,
        ["学校规划", "选修", "第二讲", "https://x.example/1", "电影", "32:10"],
        ["", "必修", "", "no iri", "视频", ""],
    ]
    with pytest.raises(SheetFaults) as caught:
        parse_catalogue([HEADER, *rows])
    assert [str(f).split(":")[0] for f in caught.value.faults] == [
        "row 3, column B 课程类别",
        "row 3, column D 活动标识",
        "row 3, column E 单元类别",
        "row 3, column F 时长",
        "row 4, column A 课程",
        "row 4, column C 单元",
        "row 4, column D 活动标识",
    ]


def test_a_unit_may_leave_its_length_to_its_statements() -> None:
    (unit,) = parse_catalogue([HEADER, [*GOOD[:5], ""]]).units
    assert unit.length_us is None
