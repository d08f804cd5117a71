"""P3, the annual credit card: the worked example of the regulations, and cases worked by hand."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from lms_tracker.core.grading.things import Span
from tests.core.grading.cases import adds_up, did, graded, notes, points, times

P3 = "p3-credit-card"
EXAM = did("exam", "政治理论", "84")
FAILED, RESIT = did("exam", "政治理论", "48"), did("exam", "政治理论", "90", attempt=2, on=date(2026, 12, 20))


def test_the_worked_example_of_the_regulations() -> None:
    # 5 weekend classes: 50 base, the fifth +3. Exam 84: 42 base. Second course +20, provincial class +30, prefecture
    # paper +5. Base 50 + 42 = 92 (80 reached), bonus 3 + 20 + 30 + 5 = 58, total 150.
    second, class_, paper = did("course"), did("training", level="province"), did("publication", level="prefecture")
    result = graded(P3, times(5, "attendance"), EXAM, second, class_, paper)
    assert (result.base, result.bonus, result.final) == (Decimal("92.0"), Decimal("58.0"), Decimal("150.0"))
    assert points(result) == {
        "weekend": 50, "exam": 42, "weekend_more": 3, "second_course": 20, "training": 30, "publication": 5,
    }  # fmt: skip
    assert (result.status, result.missing, result.result and result.result.zh) == ("passed", (), "达标")
    assert adds_up(result)


def test_a_resit_earns_thirty_at_most() -> None:
    # The worked example: exam failed, resit mark 90. Half of it would be 45; a resit earns 30: base 50 + 30 = 80.
    result = graded(P3, times(4, "attendance"), FAILED, RESIT)
    assert (result.base, result.status) == (Decimal("80.0"), "passed")
    assert notes(result, "exam") == ["resit_most", "not_passed"]


def level(kind: str, *levels: str) -> list[Any]:
    return [did(kind, level=one) for one in levels]


@pytest.mark.parametrize(
    ("evidence", "base", "bonus"),
    [
        # Three weekend classes are fewer than four: nothing (our default).
        (times(3, "attendance"), "0.0", "0.0"),
        # Ten: 50 base; six beyond four at 3 each are 18.
        (times(10, "attendance"), "50.0", "18.0"),
        # An exam of 60 just passes: half is 30. 59.5 fails: nothing.
        ([did("exam", "英语", "60")], "30.0", "0.0"),
        ([did("exam", "英语", "59.5")], "0.0", "0.0"),
        # Half of 85 is 42.5.
        ([did("exam", "英语", "85")], "42.5", "0.0"),
        # 129 of 150 is 86 percent: 43.
        ([did("exam", "英语", "129", out_of="150")], "43.0", "0.0"),
        # Failed, and a resit of 58 failed as well: nothing.
        ([did("exam", "英语", "40"), did("exam", "英语", "58", attempt=2)], "0.0", "0.0"),
        # Failed, and passed in a third attempt: one resit only, nothing.
        ([did("exam", "英语", "40"), did("exam", "英语", "50", attempt=2), did("exam", "英语", "90", attempt=3)], "0.0", "0.0"),
        # Passed with 70 (35 points); a resit of 100 by one who passed changes nothing.
        ([did("exam", "英语", "70"), did("exam", "英语", "100", attempt=2)], "35.0", "0.0"),
        # A resit of 60 earns half of it, 30, which is no more than a resit may earn.
        ([did("exam", "英语", "20"), did("exam", "英语", "60", attempt=2)], "30.0", "0.0"),
        # Two designated courses, 80 and 90: one counts (our default), the better: 45.
        ([did("exam", "英语", "80"), did("exam", "数学", "90")], "45.0", "0.0"),
        # A second course failed with 50: no bonus.
        ([did("course", "礼仪", "50")], "0.0", "0.0"),
        # Two classes, prefecture 25 and city 20: 45.
        (level("training", "prefecture", "city"), "0.0", "45.0"),
        # A diploma: 40. A degree, too: 50 together. Two diplomas are still 40.
        ([did("diploma")], "0.0", "40.0"),
        ([did("diploma"), did("degree")], "0.0", "50.0"),
        ([did("diploma"), did("diploma")], "0.0", "40.0"),
        # Certificates 50 + 20 + 10, papers 20 + 10 + 5: 115.
        (level("certificate", "national", "province", "prefecture"), "0.0", "80.0"),
        (level("publication", "national", "province", "prefecture"), "0.0", "35.0"),
        # A county certificate is not in the table: nothing.
        (level("certificate", "county"), "0.0", "0.0"),
        # Last year's paper is on last year's card.
        ([did("publication", level="national", on=date(2025, 12, 31))], "0.0", "0.0"),
    ],
)  # fmt: skip
def test_a_card_is_worked_by_hand(evidence: list[Any], base: str, bonus: str) -> None:
    result = graded(P3, evidence)
    assert (str(result.base), str(result.bonus)) == (base, bonus)
    assert adds_up(result)


@pytest.mark.parametrize(
    ("held", "start"),
    [("master_both", 50), ("master_one", 45), ("bachelor_both", 40), ("bachelor_one", 35), ("college", 30), ("secondary", 20)],
)  # fmt: skip
def test_the_first_year_starts_with_points_by_the_education_held(held: str, start: int) -> None:
    education = did("education", level=held, on=date(2010, 7, 1))
    assert points(graded(P3, education)) == {"starting": start}
    later = Span(date(2027, 1, 1), date(2027, 12, 31), is_first=False)
    result = graded(P3, education, span=later)
    assert points(result) == {} and notes(result, "starting") == ["not_first_year"]


def test_of_two_diplomas_held_the_higher_starts() -> None:
    # Bachelor's one 35, college 30: the higher counts once, 35.
    result = graded(P3, level("education", "college", "bachelor_one"))
    assert points(result) == {"starting": 35} and notes(result, "starting") == [None, "not_best"]


def test_who_is_below_the_target_is_told_how_much_is_missing_and_called_so() -> None:
    # 50 of 80: 30 are missing. The year is over: the appraisal is not competent or better.
    result = graded(P3, times(4, "attendance"), did("training", level="province"), ended=True)
    assert [(lack.component, lack.amount) for lack in result.missing] == [("final", Decimal("30.0"))]
    assert (result.status, result.result and result.result.en) == (
        "failed",
        "below target: appraisal not competent or better, no awards",
    )
    assert result.missing[0].sentence("zh") == "基本分：还差 30 分（需达到 80 分）", "bonus points replace no study"
