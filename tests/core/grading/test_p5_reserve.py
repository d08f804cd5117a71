"""P5, the reserve-leader pool: who leaves, by the worked example and by cases worked by hand."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from lms_tracker.actions.policies import load_policy
from lms_tracker.core.grading.standing import Member, honours, standing, threshold
from tests.core.grading.cases import adds_up, did, graded, notes, points, times

P5 = "p5-reserve"
GRADING = load_policy(P5).grading
assert GRADING is not None
RULES, HONOURS = GRADING.standing, GRADING.honours
ROOM = graded(P5)


def member(number: int, total: str = "100", *things: Any, cohort: int = 1, ended: bool = True) -> Member:
    grade = replace(ROOM, learner_id=number, final=Decimal(total))
    return Member(number, cohort, grade, tuple(things), ended=ended)


def out(*members: Member) -> dict[int, list[str]]:
    return {learner: [one.key for one in troubles] for learner, troubles in standing(RULES, members).items()}


TOP = [member(number, total) for number, total in enumerate(("120", "110", "100", "90", "80"), 1)]


def test_the_worked_example_of_the_regulations() -> None:
    # Top five 120, 110, 100, 90, 80: mean 100, threshold 60. 59.9 leaves, 60 stays.
    assert threshold(RULES[0], [one.grade.final for one in TOP]) == 60
    assert out(*TOP, member(6, "59.9"), member(7, "60")) == {6: ["credits"]}
    (trouble,) = standing(RULES, [*TOP, member(6, "59.9")])[6]
    assert trouble.sentence("zh") == "积分低于前五名平均分的 60%（59.9，界限 60）"


def test_before_the_year_ends_a_low_total_is_a_warning() -> None:
    (trouble,) = standing(RULES, [*TOP, member(6, "59.9", ended=False)])[6]
    assert not trouble.settled and trouble.sentence("en").endswith("as things stand now")


def test_of_fewer_than_five_the_mean_is_of_all() -> None:
    # (100 + 50 + 30) / 3 = 60, 60 % of it is 36: 30 leaves.
    assert out(member(1, "100"), member(2, "50"), member(3, "30")) == {3: ["credits"]}


def exam(item: str, mark: str, attempt: int = 1, year: int = 2026) -> Any:
    return did("exam", item, mark, attempt=attempt, on=date(year, 6, attempt))


def rank(place: int, of: int, year: int) -> Any:
    return did("evaluation", f"{year} 年考评", str(place), out_of=str(of), level="小学", on=date(year, 12, 1))


@pytest.mark.parametrize(
    ("things", "expected"),
    [
        # One failed: stays. Two failed: leaves, in different years, too.
        ([exam("一", "59"), exam("二", "90")], []),
        ([exam("一", "59"), exam("二", "59.5")], ["exams"]),
        ([exam("一", "40", year=2025), exam("二", "50")], ["exams"]),
        # The first was made good by a resit: one is failed.
        ([exam("一", "40"), exam("一", "70", attempt=2), exam("二", "50")], []),
        # 60 is passed.
        ([exam("一", "60"), exam("二", "50")], []),
        # 40 of 50 votes are 80 %: stays. 39 of 50 are 78 %: leaves.
        ([did("vote", "2026", "40", out_of="50")], []),
        ([did("vote", "2026", "39", out_of="50")], ["vote"]),
        # 70 % last year and 85 % this year: the latest counts.
        ([did("vote", "2025", "70", on=date(2025, 12, 1)), did("vote", "2026", "85", on=date(2026, 12, 1))], []),
        # Rank 21 of 30 is in the bottom third, 20 is not. Once is not twice.
        ([rank(21, 30, 2025), rank(21, 30, 2026)], ["evaluation"]),
        ([rank(20, 30, 2025), rank(30, 30, 2026)], []),
        ([rank(30, 30, 2026)], []),
        # Bad, good, bad: not in two consecutive ones. Good, bad, bad: it is.
        ([rank(29, 30, 2024), rank(3, 30, 2025), rank(28, 30, 2026)], []),
        ([rank(1, 30, 2024), rank(25, 30, 2025), rank(9, 12, 2026)], ["evaluation"]),
        # Of ten the bottom third begins after 6.67: rank 7 is in it.
        ([rank(7, 10, 2025), rank(7, 10, 2026)], ["evaluation"]),
        # Everything at once.
        ([exam("一", "1"), exam("二", "2"), did("vote", "2026", "50"), rank(9, 9, 2025), rank(9, 9, 2026)],
         ["exams", "vote", "evaluation"]),
    ],
)  # fmt: skip
def test_who_leaves_is_worked_by_hand(things: list[Any], expected: list[str]) -> None:
    assert out(member(1, "100", *things)).get(1, []) == expected


@pytest.mark.parametrize(
    ("evidence", "total"),
    [
        # 11 activities at 4 are 44: 40 at most.
        (times(11, "attendance"), "40.0"),
        # Reports of 2: in time 2, a day late 1, two days late 0.
        ([did("report"), did("report", late=1), did("report", late=2)], "3.0"),
        # Term exams 80 and 90: (80 + 90) x 0.2 = 34. A third of 50 is not among the best two.
        ([exam("一", "80"), exam("二", "90"), exam("三", "50")], "34.0"),
        # Six books, two of them monographs: 18 + 2. A self-analysis: 4, a second one nothing.
        ([*times(4, "reading", level="general"), *times(2, "reading", level="education")], "20.0"),
        (times(2, "analysis"), "4.0"),
        # A provincial class 12, a prefecture paper 6, a certification of 75: 10.
        ([did("training", level="province"), did("publication", level="prefecture"), did("certification", "", "75")], "28.0"),
    ],
)  # fmt: skip
def test_credits_are_worked_by_hand(evidence: list[Any], total: str) -> None:
    result = graded(P5, evidence)
    assert str(result.final) == total and adds_up(result)


def test_books_and_the_self_analysis_are_a_duty_of_each_year() -> None:
    # Five books, one of them a monograph: one book and one monograph are missing, and the self-analysis.
    books = [*times(4, "reading", level="general"), did("reading", level="education")]
    result = graded(P5, books, ended=True)
    assert [(lack.component, lack.amount) for lack in result.missing] == [
        ("reading", 1), ("monographs", 1), ("analysis", 1),
    ]  # fmt: skip
    assert result.status == "failed"
    assert "level" in notes(result, "monographs")


def test_who_is_certified_is_qualified_unless_out_of_the_pool() -> None:
    certified = points(graded(P5, did("certification", "", "60")))
    assert certified == {"certification": 10}
    good = replace(graded(P5, did("certification", "", "60")), learner_id=1, final=Decimal(100))
    members = [Member(1, 1, good), Member(2, 1, replace(good, learner_id=2), (did("vote", "2026", "70"),)), member(3)]
    found = honours(HONOURS, members, standing(RULES, members))
    assert [(one.key, one.learner_id) for one in found] == [("qualified", 1)]
