"""P4, county credit management: every figure is a default of ours, every case is worked by hand."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.core.grading.cases import adds_up, did, graded, hours, notes, points, times

P4 = "p4-county"


def full(born: int | None = 1990) -> list[Any]:
    """Base 30 + 10 + 40 + 15 (notes and reports together) = 95."""
    birth = [] if born is None else [did("birth", on=date(born, 6, 1))]
    exam = did("exam", "统一考试", "100")
    return [hours(40), hours(20, "elective"), exam, *times(10, "note"), *times(2, "report"), *birth]


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        # 20 of 40 required hours: half of 30. 60 hours earn no more than 30.
        ([hours(20)], {"required": "15.0"}),
        ([hours(60)], {"required": "30.0"}),
        # 7 elective hours at half a point. 30 would be 15: 10 at most. Extension courses never count.
        ([hours(7, "elective")], {"elective": "3.5"}),
        ([hours(30, "elective")], {"elective": "10.0"}),
        ([hours(30, "extension")], {}),
        # Exam 75: 30. Failed with 59: nothing. Resit 95 would be 38: 24 at most.
        ([did("exam", "统一考试", "75")], {"exam": "30.0"}),
        ([did("exam", "统一考试", "59")], {}),
        ([did("exam", "统一考试", "59"), did("exam", "统一考试", "95", attempt=2)], {"exam": "24.0"}),
        # Notes: three signed at once and two more are 5. Without anything that shows them: nothing.
        ([did("note", value="3"), *times(2, "note")], {"notes": "5.0"}),
        (times(4, "note", proof=False), {}),
        # Reports of 5: one in time, one three days late at 10 % a day: 5 + 3.5. Eleven days late: refused.
        ([did("report"), did("report", late=3)], {"reports": "8.5"}),
        ([did("report", late=11)], {}),
        # Nine days late would cost 90 %, at most half: 2.5.
        ([did("report", late=9)], {"reports": "2.5"}),
        # Of three reports the best two: 5 + 4.5 (a day late), not the one that came five days late.
        ([did("report"), did("report", late=5), did("report", late=1)], {"reports": "9.5"}),
        # Ten notes and two reports are 20: together 15, the reports give up 5.
        ([*times(10, "note"), *times(2, "report")], {"notes": "10.0", "reports": "5.0"}),
        # An article in a national (20) and a county paper (3). 30 days of training: 20 at most.
        ([did("publication", level="national"), did("publication", level="county")], {"articles": "23.0"}),
        ([did("training", value="30", level="province")], {"training": "20.0"}),
    ],
)  # fmt: skip
def test_a_source_of_credit_is_worked_by_hand(evidence: list[Any], expected: dict[str, str]) -> None:
    result = graded(P4, evidence)
    assert {key: str(value) for key, value in points(result).items()} == expected
    assert adds_up(result)


def test_the_bonus_is_forty_at_most() -> None:
    # Three national articles are 60: 40 count. Base 95: total 135.
    result = graded(P4, full(), [did("publication", level="national") for _ in range(3)])
    assert (result.base, result.bonus, result.final) == (95, 40, 135)


@pytest.mark.parametrize(
    ("born", "band", "pass_mark", "called"),
    [
        # Base 62.5 in 2026: 30 hours (22.5), exam 100 (40). Up to 45 (born 1981): 80 are needed.
        (date(1981, 1, 1), "45 岁及以下", 80, "不合格"),
        # 46 by the year's last day: 70 are needed.
        (date(1980, 12, 31), "46 至 52 岁", 70, "不合格"),
        (date(1974, 1, 1), "46 至 52 岁", 70, "不合格"),
        # 53: 60 are needed: passed, and 62.5 is less than the 75 of good.
        (date(1973, 12, 31), "53 岁及以上", 60, "合格"),
    ],
)
def test_the_result_depends_on_the_age_band(born: date, band: str, pass_mark: int, called: str) -> None:
    result = graded(P4, hours(30), did("exam", "统一考试", "100"), did("birth", on=born), ended=True)
    assert result.base == Decimal("62.5")
    assert (result.band and result.band.zh, result.pass_mark) == (band, pass_mark)
    assert result.result is not None and result.result.zh == called


def test_of_somebody_whose_birth_is_unknown_the_strictest_band_asks() -> None:
    assert (graded(P4, full(born=None)).pass_mark, graded(P4, full(born=1960)).pass_mark) == (80, 60)


def test_the_same_total_is_called_otherwise_by_age() -> None:
    # Base 95 and no bonus: good up to 45 (95), good for 46 to 52 (85, 100 is excellent), excellent for 53 and older (90).
    called = [(result := graded(P4, full(born)).result) and result.en for born in (1990, 1978, 1965)]
    assert called == ["good", "good", "excellent"]


def test_without_required_courses_nobody_passes() -> None:
    # 18 required hours are 13.5 points, at least 15 are needed: 1.5 are missing.
    result = graded(P4, hours(18), full(born=1965)[1:], ended=True)
    assert result.base == Decimal("78.5") and result.status == "failed"
    assert [(lack.component, lack.amount) for lack in result.missing] == [("required", Decimal("1.5"))]


def test_known_abuses_show() -> None:
    # Credit without evidence, a report too late, and one from another year.
    invented, late, old = did("report", proof=False), did("report", late=30), did("report", on=date(2025, 3, 1))
    result = graded(P4, invented, late, old)
    assert sorted(map(str, notes(result, "reports"))) == ["no_proof", "outside", "too_late"]
