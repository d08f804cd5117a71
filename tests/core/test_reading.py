from datetime import date

from lms_tracker.actions.policies import load_policy
from lms_tracker.core.reading import Book, distances, parse_books


def test_a_list_of_books_is_read_and_its_faults_are_named() -> None:
    sheet, books = parse_books(
        [["书名", "作者", "教育专著"], ["《给教师的建议》", "苏霍姆林斯基", "是"], ["活着", "余华", ""]]
    )
    assert (sheet.faults, books) == (
        [],
        [(2, Book("给教师的建议", "苏霍姆林斯基", True)), (3, Book("活着", "余华", False))],
    )
    sheet, books = parse_books([["书名", "教育专著"], ["", "否"], ["甲", "也许"], ["乙", "否"], ["乙", "否"]])
    assert [fault.row for fault in sheet.faults] == [2, 3, 5] and books == [(4, Book("乙", "", False))]


def test_of_the_reserve_pool_six_books_and_two_monographs_a_year_are_needed() -> None:
    grading = load_policy("p5-reserve").grading
    assert grading is not None
    read = [(date(2026, 2, 1), False)] * 3 + [(date(2026, 3, 1), True), (date(2025, 12, 31), True)]
    far = distances(grading.points, read, 2026)
    assert [(one.have, one.needs, one.lacks) for one in far] == [(4, 6, 2), (1, 2, 1)]
    enough = distances(grading.points, [(date(2026, 2, 1), True)] * 7, 2026)
    assert [one.lacks for one in enough] == [0, 0]


def test_a_policy_that_asks_for_no_books_shows_no_distance() -> None:
    grading = load_policy("p1-principals").grading
    assert grading is not None and distances(grading.points, [], 2026) == []
