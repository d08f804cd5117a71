"""Grades of P1: worked by hand, and what must hold for any record."""

from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_tracker.actions.policies import load_policy
from lms_tracker.core.grading.components import Credited, Scored
from lms_tracker.core.grading.grade import Grade, Record, grade
from lms_tracker.core.grading.policy import Policy
from lms_tracker.core.grading.rounding import rounded, rounded_up

POLICY = load_policy("p1-principals")
NOW = datetime(2026, 3, 1, tzinfo=UTC)
HOUR = 2_700_000_000  # microseconds of a class hour


def of(record: Record, policy: Policy = POLICY, *, ended: bool = False) -> Grade:
    return grade(record, policy, as_of=NOW, ended=ended)


def record(hours: float, assignments: list[str], research: list[str], kind: str = "required") -> Record:
    return Record(
        1,
        (Credited(7, "课程", kind, round(hours * HOUR)),),  # type: ignore[arg-type]
        tuple(
            Scored(key, f"{key} {n}", Decimal(mark), f"mark:{key}{n}")
            for key, marks in (("assignments", assignments), ("research", research))
            for n, mark in enumerate(marks)
        ),
        date(2026, 2, 27),
    )


def test_a_learner_half_way_is_graded_as_by_hand() -> None:
    # 30 of 60 class hours: score 50, 20.0 points. Marks 80, 90, 70 of six: mean 40, 12.0 points. Research 75: 22.5.
    result = of(record(30, ["80", "90", "70"], ["75"]))
    assert [(p.key, p.have, p.score, p.points) for p in result.components] == [
        ("coursework", 30, 50, Decimal("20.0")),
        ("assignments", 3, 40, Decimal("12.0")),
        ("research", 1, 75, Decimal("22.5")),
    ]
    assert (result.final, result.status, result.bonus) == (Decimal("54.5"), "in_progress", 0)
    assert [(lack.component, lack.amount, lack.unit) for lack in result.missing] == [
        ("coursework", 6, "class_hours"),
        ("assignments", 3, "marks"),
        ("final", Decimal("5.5"), "points"),
    ]


def test_what_is_missing_is_said_in_chinese_and_english() -> None:
    hours, work, points = of(record(30, ["80", "90", "70"], ["75"])).missing
    assert hours.sentence("zh") == "课程学习与学时：还差 6 学时（至少需要 36 学时）"
    assert hours.sentence("en") == "Coursework and study hours: 6 more class hours (at least 36 are needed)"
    assert work.sentence("zh") == "作业：还差 3 项（共需 6 项，每项不低于 60 分）"
    assert work.sentence("en") == "Assignments: 3 more to pass of 6, each with 60 or more"
    assert points.sentence("zh") == "总评成绩：还差 5.5 分（需达到 60 分）"
    assert points.sentence("en") == "Final grade: 5.5 points short of 60"


def test_all_targets_reached_is_100_and_more_study_is_no_more() -> None:
    result = of(record(500, ["100"] * 8, ["100", "40"]))
    assert (result.final, result.status, result.missing) == (Decimal("100.0"), "passed", ())
    assert result.components[0].have == 500


def test_nothing_at_all_is_0_and_fails_only_when_the_programme_has_ended() -> None:
    assert (of(Record(1)).final, of(Record(1)).status) == (Decimal("0.0"), "in_progress")
    assert of(Record(1), ended=True).status == "failed"


def test_somebody_who_has_all_that_is_needed_passes_before_the_end() -> None:
    assert of(record(36, ["60"] * 6, ["100"])).status == "passed"


def test_a_grade_above_the_pass_mark_does_not_make_up_for_missing_class_hours() -> None:
    result = of(record(35.9, ["100"] * 6, ["100"]), ended=True)
    assert result.final > 60 and result.status == "failed"
    assert [(lack.component, lack.amount) for lack in result.missing] == [("coursework", Decimal("0.1"))]


def test_a_mark_below_the_pass_mark_counts_in_the_mean_but_the_work_is_still_to_be_passed() -> None:
    result = of(record(60, ["90", "90", "90", "90", "90", "59.9"], ["80"]))
    assert result.components[1].score.quantize(Decimal("0.01")) == Decimal("84.98")
    assert [(lack.component, lack.amount) for lack in result.missing] == [("assignments", 1)]


def test_the_best_marks_count_and_the_others_are_named_with_no_points() -> None:
    result = of(record(0, ["50", "60", "70", "80", "90", "100", "95"], []))
    assert result.components[1].score == Decimal("82.5")
    assert [(s.value, s.points > 0) for s in result.components[1].sources][-1] == (50, False)


def test_extension_courses_never_count() -> None:
    result = of(record(60, [], [], kind="extension"))
    assert result.components[0].have == 0 and result.components[0].sources == ()


def test_the_last_half_is_rounded_up_and_only_once() -> None:
    # 1/12 of the marks' mean: 30 x (1/6 x 59.5)/100 = 2.975 -> 3.0; in binary floats or rounded twice it may be 2.9.
    assert of(record(0, ["59.5"], [])).components[1].points == Decimal("3.0")
    assert rounded(Fraction(1, 20), 1) == Decimal("0.1")
    assert rounded(Fraction(1, 20), 1, "half_even") == Decimal("0.0")
    assert rounded(Fraction(1, 20), 1, "down") == Decimal("0.0")
    assert rounded_up(Fraction(1, 1000), 1) == Decimal("0.1")


def test_rounding_at_the_end_keeps_the_parts_exact() -> None:
    assert POLICY.grading is not None
    rules = msgspec.structs.replace(POLICY.grading.rules, round="final")
    policy = msgspec.structs.replace(POLICY, grading=msgspec.structs.replace(POLICY.grading, rules=rules))
    result = of(record(0, ["59.5"], ["60.1"]), policy)
    assert [p.points for p in result.components] == [0, Decimal("2.975"), Decimal("18.03")]
    assert result.final == Decimal("21.0")


def test_a_policy_without_grades_says_so() -> None:
    with pytest.raises(ValueError, match="speaks of study time only"):
        of(Record(1), load_policy("default"))


marks = st.decimals(0, 100, places=2, allow_nan=False)
records = st.builds(
    lambda us, works, research: Record(
        1,
        tuple(Credited(n, str(n), kind, amount) for n, (kind, amount) in enumerate(us)),  # type: ignore[arg-type]
        tuple(Scored("assignments", str(n), mark, f"a{n}") for n, mark in enumerate(works))
        + tuple(Scored("research", str(n), mark, f"r{n}") for n, mark in enumerate(research)),
    ),
    st.lists(st.tuples(st.sampled_from(["required", "elective", "extension"]), st.integers(0, 80 * HOUR)), max_size=5),
    st.lists(marks, max_size=9),
    st.lists(marks, max_size=3),
)


@given(records)
def test_the_parts_as_printed_add_up_to_the_final_grade(known: Record) -> None:
    result = of(known)
    assert result.final == sum(part.points for part in result.components) + result.bonus
    assert result.final.as_tuple().exponent == -1


@given(records)
def test_no_part_earns_more_than_its_weight(known: Record) -> None:
    for part in of(known).components:
        assert 0 <= part.score <= 100 and 0 <= part.points <= part.weight


@given(records)
def test_the_sources_of_a_part_add_up_to_its_points(known: Record) -> None:
    for part in of(known).components:
        assert abs(sum(source.points for source in part.sources) - part.points) <= Decimal("0.0500001")


@given(records, st.data())
def test_a_better_mark_never_lowers_a_grade(known: Record, data: st.DataObject) -> None:
    if not known.marks:
        return
    at = data.draw(st.integers(0, len(known.marks) - 1))
    better = list(known.marks)
    better[at] = msgspec.structs.replace(better[at], mark=data.draw(st.decimals(better[at].mark, 100, places=2)))
    assert of(msgspec.structs.replace(known, marks=tuple(better))).final >= of(known).final


@given(records, st.integers(0, 10 * HOUR))
def test_more_study_and_one_more_mark_never_lower_a_grade(known: Record, more: int) -> None:
    richer = msgspec.structs.replace(
        known,
        credited=(*known.credited, Credited(99, "x", "elective", more)),
        marks=(*known.marks, Scored("assignments", "x", Decimal(1), "x")),
    )
    assert of(richer).final >= of(known).final


@given(records, st.booleans())
def test_passed_means_that_nothing_is_missing(known: Record, ended: bool) -> None:
    result = of(known, ended=ended)
    assert (result.status == "passed") == (not result.missing)
    assert (result.status == "failed") == (bool(result.missing) and ended)
