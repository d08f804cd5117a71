"""P1, the one-year programme for principals: 40 % study, 30 % assignments, 30 % research output; each case worked by hand."""

from typing import Any

import pytest

from lms_tracker.core.grading.distance import distance
from tests.core.grading.cases import adds_up, did, graded, hours, mark, times

P1 = "p1-principals"


def works(*marks: str) -> list[Any]:
    return [mark("assignments", one) for one in marks]


def research(*marks: str) -> list[Any]:
    return [mark("research", one) for one in marks]


@pytest.mark.parametrize(
    ("evidence", "expected", "final", "status"),
    [
        # All of it: 60 of 60 hours, six marks of 100, one of 100.
        ([hours(60), *works(*["100"] * 6), *research("100")], ("40", "30", "30"), "100", "passed"),
        # 45 / 60 x 40 = 30; (88 + 92 + 75 + 81 + 79 + 95) / 6 = 85 of 30 = 25.5; 84 of 30 = 25.2.
        (
            [hours(45), *works("88", "92", "75", "81", "79", "95"), *research("84")],
            ("30", "25.5", "25.2"),
            "80.7",
            "passed",
        ),
        # 36 hours are 60 %: 24 points. Six marks of 60: 18. Research 60: 18. Just enough: 60.
        ([hours(36), *works(*["60"] * 6), *research("60")], ("24", "18", "18"), "60", "passed"),
        # 35 hours: 23.333 -> 23.3; with marks of 90 more than enough in sum, but an hour is missing.
        ([hours(35), *works(*["90"] * 6), *research("90")], ("23.3", "27", "27"), "77.3", "failed"),
        # Five assignments of 90: 450 / 6 = 75, 22.5 points. The sixth is missing, nobody passes without.
        ([hours(60), *works(*["90"] * 5), *research("90")], ("40", "22.5", "27"), "89.5", "failed"),
        # Eight assignments, the best six count: (100 + 95 + 90 + 85 + 80 + 75) / 6 = 87.5, 26.25 -> 26.3.
        (
            [hours(60), *works("50", "100", "95", "90", "85", "80", "75", "60"), *research("70")],
            ("40", "26.3", "21"),
            "87.3",
            "passed",
        ),
        # Five of 100 and one of 59: (500 + 59) / 6 = 93.1667, 27.95 -> 28.0; but the sixth is below 60.
        ([hours(60), *works(*["100"] * 5, "59"), *research("80")], ("40", "28", "24"), "92", "failed"),
        # Two pieces of research output: the better one counts, 91 of 30 = 27.3.
        ([hours(40), *works(*["70"] * 6), *research("55", "91")], ("26.7", "21", "27.3"), "75", "passed"),
        # Research 59.9: 17.97 -> 18.0; below 60 it is still to be passed, though the sum is 88.
        ([hours(60), *works(*["100"] * 6), *research("59.9")], ("40", "30", "18"), "88", "failed"),
        # 24 hours of required, 30 of elective and 100 of extension courses: 54 / 60 x 40 = 36.
        (
            [hours(24), hours(30, "elective"), hours(100, "extension"), *works(*["80"] * 6), *research("80")],
            ("36", "24", "24"),
            "84",
            "passed",
        ),
        # Discussion and Q&A are part of the programme but do not count.
        (
            [
                hours(30),
                *times(40, "participation"),
                did("bonus", value="20"),
                *works("80", "80", "80"),
                *research("70"),
            ],
            ("20", "12", "21"),
            "53",
            "failed",
        ),
        # 75 hours are no more than 60; half marks: (77.5 x 6) / 6 = 77.5, 23.25 -> 23.3; 88.5 of 30 = 26.55 -> 26.6.
        ([hours(75), *works(*["77.5"] * 6), *research("88.5")], ("40", "23.3", "26.6"), "89.9", "passed"),
        # Nothing but a draft of research: 12 points.
        ([*research("40")], ("0", "0", "12"), "12", "failed"),
        # 20 hours: 13.333 -> 13.3; two of six: (65 + 70) / 6 = 22.5, 6.75 -> 6.8.
        ([hours(20), *works("65", "70")], ("13.3", "6.8", "0"), "20.1", "failed"),
    ],
)
def test_a_year_is_worked_by_hand(evidence: list[Any], expected: tuple[str, ...], final: str, status: str) -> None:
    result = graded(P1, evidence, ended=True)
    assert [f"{part.points.normalize():f}" for part in result.components] == list(expected)
    assert (f"{result.final.normalize():f}", result.status) == (final, status)
    assert adds_up(result) and (status == "passed") == (not result.missing)


def test_the_distance_of_the_plan_is_said_as_the_plan_says_it() -> None:
    """2.5 class hours and one assignment are missing."""
    result = graded(P1, hours(33.5), works(*["90"] * 5), research("80"))
    assert distance(result, "en").startswith("Missing: 2.5 class hours and 1 piece of work (Assignments), until ")
    assert distance(result, "zh").startswith("还差 2.5 学时和 1 项作业，截止 ")
