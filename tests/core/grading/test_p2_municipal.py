"""P2, the municipal programme: every figure is a default of ours, every case is worked by hand."""

from decimal import Decimal
from typing import Any

import pytest

from tests.core.grading.cases import adds_up, did, graded, hours, mark, notes, points, times

P2 = "p2-municipal"


def whole() -> list[Any]:
    """All of everything: 40 + 10 + 20 + 5 + 5, and research at level A: 95 % of 20."""
    return [
        hours(60),
        *times(10, "participation"),
        *(mark("assignments", "100") for _ in range(4)),
        *times(6, "review"),
        *times(4, "attendance"),
        did("research", level="A"),
    ]


def test_all_of_everything_is_99_points_and_excellent() -> None:
    result = graded(P2, whole())
    assert points(result) == {
        "online": 40,
        "exchange": 10,
        "assignments": 20,
        "reviews": 5,
        "practice": 5,
        "research": 19,
    }
    assert (result.final, result.status, result.result and result.result.zh) == (Decimal("99.0"), "passed", "优秀")
    assert adds_up(result)


def test_bonus_points_come_on_top_of_the_weights_and_nobody_gets_more_than_100() -> None:
    # 99 and a county paper (1) are 100. A national paper (5) would be 104: nobody gets more than 100.
    assert graded(P2, whole(), did("publication", level="county")).final == 100
    result = graded(P2, whole(), did("publication", level="national"))
    assert (result.bonus, result.base, result.final) == (5, 99, 100)


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        # 30 of 60 class hours: half of 40.
        ([hours(30)], {"online": "20.0"}),
        # 50 required and 40 elective are more than 60: 40 and no more. 30 of extension courses never count.
        ([hours(50), hours(40, "elective")], {"online": "40.0"}),
        ([hours(30, "extension")], {}),
        # 3 of 10 contributions: 3 points. One entry that stands for 12: all 10.
        (times(3, "participation"), {"exchange": "3.0"}),
        ([did("participation", value="12")], {"exchange": "10.0"}),
        # Marks 80 and 90 of four: mean 42.5, 8.5 points.
        ([mark("assignments", "80"), mark("assignments", "90")], {"assignments": "8.5"}),
        # Of five marks the best four: (100 + 90 + 80 + 70) / 4 = 85: 17 points.
        ([mark("assignments", m) for m in ("60", "70", "80", "90", "100")], {"assignments": "17.0"}),
        # 80, two days late at 5 % a day: 72; over four 18 percent: 3.6 points.
        ([mark("assignments", "80", late=2)], {"assignments": "3.6"}),
        # Ten days late would cost 50 %, at most 30 %: 80 becomes 56: 2.8 points. 15 days late: refused.
        ([mark("assignments", "80", late=10)], {"assignments": "2.8"}),
        ([mark("assignments", "80", late=15)], {}),
        # Four reviews of six: 10/3 = 3.33 points. One meeting of four: 1.25, half up 1.3.
        (times(4, "review"), {"reviews": "3.3"}),
        (times(1, "attendance"), {"practice": "1.3"}),
        # Levels D and B: the best is B, 85 % of 20.
        ([did("research", level="D"), did("research", level="B")], {"research": "17.0"}),
        # A city paper (2) and other bonus of 10, of which 3 count: 5, and 5 is the limit anyway.
        ([did("publication", level="city"), did("bonus", value="10")], {"publication": "2.0", "bonus": "3.0"}),
    ],
)  # fmt: skip
def test_a_part_is_worked_by_hand(evidence: list[Any], expected: dict[str, str]) -> None:
    result = graded(P2, evidence)
    assert {key: str(value) for key, value in points(result).items()} == expected
    assert adds_up(result)


def test_three_papers_are_cut_to_the_limit_of_all_bonus() -> None:
    # National 5, province 3, prefecture 2 are 10; all bonus together is 5 at most.
    papers = [did("publication", level=one) for one in ("national", "province", "prefecture")]
    assert graded(P2, papers).bonus == 5


def test_a_paper_that_nothing_shows_counts_nothing() -> None:
    result = graded(P2, did("publication", level="national", proof=False))
    assert (result.bonus, notes(result, "publication")) == (0, ["no_proof"])


def test_minima_hold_whatever_the_sum() -> None:
    # Hours 36 of 60 are the minimum: 35 lack one. Research D is 50 of at least 60. Four assignments of 60 are needed.
    evidence = [hours(35), *whole()[1:-1], did("research", level="D")]
    result = graded(P2, evidence, ended=True)
    # 23.3 + 10 + 20 + 5 + 5 + 10 = 73.3 would pass.
    assert (result.final, result.status, result.result) == (Decimal("73.3"), "failed", None)
    assert [(lack.component, lack.amount, lack.unit) for lack in result.missing] == [
        ("online", Decimal("1.0"), "class_hours"),
        ("research", Decimal("10.0"), "points"),
    ]


def test_a_pass_is_called_pass_good_or_excellent() -> None:
    # Without exchange, reviews and practice: 79, good. With marks of 60 (12 points) and level C (14): 66, pass.
    work = [mark("assignments", "100") for _ in range(4)]
    good = graded(P2, hours(60), work, did("research", level="A"))
    assert (good.final, good.result and good.result.en) == (79, "good")
    passing = graded(P2, hours(60), [mark("assignments", "60") for _ in range(4)], did("research", level="C"))
    assert (passing.final, passing.result and passing.result.en) == (66, "pass")
