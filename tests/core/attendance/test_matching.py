from datetime import UTC, datetime, timedelta

from lms_tracker.core.attendance.matching import Known, match
from lms_tracker.core.attendance.presence import Joined, Times
from lms_tracker.core.attendance.report import Line, names_in

NINE = datetime(2026, 3, 7, 1, 0, tzinfo=UTC)
TIMES = Times(NINE, NINE + timedelta(minutes=90))
ROSTER = [
    Known(1, "李明", "p01"),
    Known(2, "王芳", "p02"),
    Known(3, "王芳芳", "p03"),
    Known(4, "赵强", "p04"),
    Known(5, "赵强", "p05"),
    Known(6, "阿依努尔·图尔荪江", "p06"),
]


def line(text: str, login: str = "", minutes: int = 60, row: int = 2) -> Line:
    return Line(row, text, names_in(text), login, Joined(None, None, minutes), False)


def found(*lines: Line) -> dict[int, int]:
    return match(lines, ROSTER, TIMES).minutes


def test_a_name_in_full_is_found_wherever_it_stands() -> None:
    for text in ("李明", "2-李明（第二中学）", "第二中学 李明", "二中李明", "李明校长"):
        assert found(line(text)) == {1: 60}, text


def test_a_longer_name_is_not_taken_for_the_shorter_that_begins_it() -> None:
    assert found(line("王芳芳")) == {3: 60}
    assert found(line("王芳")) == {2: 60}
    assert found(line("李明远")) == {}, "one more character makes another name"


def test_namesakes_are_never_guessed_but_a_login_decides() -> None:
    doubtful = match([line("赵强")], ROSTER, TIMES)
    assert (doubtful.minutes, [one.text for one in doubtful.ambiguous]) == ({}, ["赵强"])
    assert found(line("赵强", "p05")) == {5: 60}
    assert found(line("强哥", "P05@school.example.org")) == {5: 60}


def test_two_before_one_camera_were_both_there() -> None:
    assert found(line("李明＆王芳")) == {1: 60, 2: 60}


def test_several_rows_of_one_person_are_added_up_and_strangers_are_named() -> None:
    all_of_it = match([line("李明", minutes=20), line("p-李明", minutes=30), line("钱多多")], ROSTER, TIMES)
    assert all_of_it.minutes == {1: 50}
    assert [one.text for one in all_of_it.strangers] == ["钱多多"]


def test_points_within_names_are_one_point() -> None:
    assert found(line("阿依努尔•图尔荪江")) == {6: 60}
