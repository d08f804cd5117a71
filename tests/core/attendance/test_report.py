"""Reports as four programs write them: invented rows under their real headers."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from lms_tracker.core.attendance.presence import Times, minutes_within
from lms_tracker.core.attendance.report import names_in, parse_report
from lms_tracker.core.sheet import SheetFaults

ZONE = ZoneInfo("Asia/Shanghai")
NINE = datetime(2026, 3, 7, 9, 0, tzinfo=ZONE)
TIMES = Times(NINE, NINE + timedelta(minutes=90))

TENCENT = [
    ["会议主题", "依法治校专题"],
    ["会议号", "123-456-789"],
    *[[] for _ in range(6)],
    ["用户昵称（入会昵称）", "首次入会时间", "最后退会时间", "入会次数", "累计参会时长", "身份"],
    ["李明（二中李明）", "2026-03-07 08:55:12", "2026-03-07 10:31:02", "1", "1:35:50", "成员"],
    ["王芳＆赵强", "2026-03-07 09:10:00", "--", "2", "1:00:00", "成员"],
]
ZOOM = [
    ["Name (Original Name)", "User Email", "Join Time", "Leave Time", "Duration (Minutes)", "Guest"],
    ["李明", "li@example.org", "03/07/2026 08:58:00 AM", "03/07/2026 09:40:00 AM", "42", "Yes"],
    ["李明", "li@example.org", "03/07/2026 09:50:00 AM", "03/07/2026 10:35:00 AM", "45", "Yes"],
]
ZOOM_JA = [
    ["\ufeff名前 (元の名前)", "ユーザーメール", "参加時刻", "退出時刻", "所要時間（分）"],
    ["李明", "", "2026/3/7 8:58", "2026/3/7 10:30", "92"],
]
TEAMS = [
    ["1. Summary"],
    ["Meeting title", "依法治校专题"],
    ["Attended participants", "2"],
    [],
    ["2. Participants"],
    ["Name", "First Join", "Last Leave", "In-Meeting Duration", "Email", "Participant ID (UPN)", "Role"],
    ["李明", "3/7/26, 9:00:30 AM", "3/7/26, 10:00:30 AM", "1h 0m 1s", "li@example.org", "li@example.org", "Attendee"],
    [],
    ["3. In-Meeting Activities"],
    ["Name", "Join Time", "Leave Time", "Duration", "Email", "Role"],
    ["李明", "3/7/26, 9:00:30 AM", "3/7/26, 10:00:30 AM", "1h 0m 1s", "li@example.org", "Attendee"],
]


def minutes(table: list[list[str]], who: str) -> int:
    report = parse_report(table, ZONE, TIMES.ends_at)
    assert report.sheet.faults == []
    return minutes_within(TIMES, [line.joined for line in report.lines if who in line.names])


def test_tencent_meetings_header_stands_in_row_nine_and_who_is_still_in_stayed_to_the_end() -> None:
    report = parse_report(TENCENT, ZONE, TIMES.ends_at)
    assert [line.row for line in report.lines] == [10, 11]
    assert (minutes(TENCENT, "李明"), minutes(TENCENT, "王芳"), minutes(TENCENT, "赵强")) == (90, 80, 80)


def test_zooms_rows_of_one_person_are_one_stay() -> None:
    assert minutes(ZOOM, "李明") == 40 + 40
    assert minutes(ZOOM_JA, "李明") == 90


def test_of_a_teams_report_only_the_participants_are_read() -> None:
    report = parse_report(TEAMS, ZONE, TIMES.ends_at)
    assert [line.row for line in report.lines] == [7]
    assert minutes(TEAMS, "李明") == 60


def test_a_plain_list_of_names_says_who_was_there() -> None:
    report = parse_report([["姓名"], ["李明"], ["王芳"]], ZONE, TIMES.ends_at)
    assert [line.ticked for line in report.lines] == [True, True]
    marked = parse_report([["姓名", "状态"], ["李明", "到"], ["王芳", "缺勤"]], ZONE, TIMES.ends_at)
    assert [line.text for line in marked.lines] == ["李明"]


@pytest.mark.parametrize(
    ("text", "length"),
    [("90", 90), ("1:30:00", 90), ("1:30", 90), ("0:00:31", 1), ("1h 2m 3s", 62), ("1 小时 5 分", 65), ("--", 0)],
)
def test_lengths_of_time_are_read_however_they_are_written(text: str, length: int) -> None:
    report = parse_report([["姓名", "时长"], ["李明", text]], ZONE, TIMES.ends_at)
    assert (report.sheet.faults, report.lines[0].joined.minutes) == ([], length)


def test_what_is_wrong_is_named_by_its_cell() -> None:
    table = [
        ["姓名", "加入时间", "离开时间", "时长"],
        ["李明", "昨天", "2026-03-07 10:00", "90"],
        ["王芳", "2026-03-07 10:00", "2026-03-07 09:00", "lang"],
        ["", "2026-03-07 10:00", "", ""],
    ]
    report = parse_report(table, ZONE, TIMES.ends_at)
    assert [str(fault).split(":")[0] for fault in report.sheet.faults] == [
        "row 2, column B 加入时间",
        "row 3, column D 时长",
        "row 3, column C 离开时间",
        "row 4, column A 姓名",
    ]
    assert report.lines == []


@pytest.mark.parametrize("table", [[], [["a", "b"], ["1", "2"]], [[""]]])
def test_a_file_without_a_column_of_names_is_refused(table: list[list[str]]) -> None:
    with pytest.raises(SheetFaults, match="用户昵称"):
        parse_report(table, ZONE, TIMES.ends_at)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("2-李明（第二中学）", "李明"),
        ("第二中学_李明", "李明"),
        ("李明【校长】", "李明"),
        ("二中（李明）", "李明"),
        ("阿依努尔·图尔荪江", "阿依努尔·图尔荪江"),
        ("John Smith", "John Smith"),
    ],
)
def test_the_name_in_a_nickname_is_among_its_parts(text: str, name: str) -> None:
    assert name in names_in(text)
