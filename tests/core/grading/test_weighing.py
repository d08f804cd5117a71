"""weighted_best: what work of different weight makes of a component; worked by hand, and what must hold for any marks."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from lms_tracker.actions.policies import load_policy
from lms_tracker.core.grading.components import Component, Scored, Work
from lms_tracker.core.grading.distance import distance, ways
from lms_tracker.core.grading.explain import explain_grade
from lms_tracker.core.grading.grade import Grade, Record, grade
from lms_tracker.core.grading.weighing import weighted_best
from tests.core.grading.cases import NOW, YEAR
from tests.core.grading.test_explain import grading_of, unbalanced

P1 = load_policy("p1-principals")


def of(marks: Sequence[tuple[str, str]], unmarked: Sequence[str] = (), component: str = "assignments") -> Grade:
    """P1's grade of (mark, weight) of works, and works of some weights without a mark."""
    scored = [
        Scored(component, f"作业 {n}", Decimal(mark), f"mark:{n}", 0, Decimal(weight), n)
        for n, (mark, weight) in enumerate(marks, 1)
    ]
    works = [Work(one.work, component, one.title, one.weight) for one in scored]
    works += [Work(100 + n, component, f"未评 {n}", Decimal(weight)) for n, weight in enumerate(unmarked)]
    record = Record(1, marks=tuple(scored), works=tuple(works), span=YEAR)
    return grade(record, P1, as_of=NOW, ended=False)


def part(result: Grade, key: str = "assignments") -> Component:
    return next(one for one in result.components if one.key == key)


def test_a_heavier_piece_of_work_counts_for_more() -> None:
    # 80 five times and 60 with weight 3: (400 + 180) / 8 = 72.5; of 30 points 21.75, printed 21.8.
    assert part(of([("80", "1")] * 5 + [("60", "3")])).points == Decimal("21.8")


def test_work_without_a_mark_counts_as_0_with_its_own_weight() -> None:
    # 80 five times; the sixth weighs 3 and has no mark: 400 / 8 = 50, 15 points. With equal weights it would be 20.
    assert part(of([("80", "1")] * 5, ["3"])).points == 15
    assert part(of([("80", "1")] * 5, ["1"])).points == 20


def test_work_still_to_be_set_counts_as_0_with_the_mean_weight_of_what_has_been() -> None:
    # 90 with weight 1 and 60 with weight 3; four of six are still to be set, each weighing 2:
    # (90 + 180) / (4 + 8) = 22.5; of 30 points 6.75, printed 6.8.
    assert part(of([("90", "1"), ("60", "3")])).points == Decimal("6.8")


def test_those_count_that_together_have_the_highest_mean_not_simply_the_highest_marks() -> None:
    # Seven set, six count: 90 five times, then 50 (weight 1) or 60 (weight 2).
    # With the 50: 500 / 6 = 83.33, 25.0 points. With the 60: 570 / 7 = 81.43.
    seven = [("90", "1")] * 5 + [("50", "1"), ("60", "2")]
    result = part(of(seven))
    assert result.points == Decimal("25.0")
    assert [source.value for source in result.sources if source.note == "not_best"] == [60]
    # 80 instead of 60: (450 + 160) / 7 = 87.14, 26.1 points; now the 50 is left out.
    result = part(of([*seven[:-1], ("80", "2")]))
    assert result.points == Decimal("26.1")
    assert [source.value for source in result.sources if source.note == "not_best"] == [50]


def test_a_light_piece_without_a_mark_may_count_before_a_heavy_bad_one() -> None:
    # 90 five times; 10 with weight 10, or nothing with weight 1: 450 / 6 = 75 is more than (450 + 100) / 15 = 36.7.
    assert part(of([("90", "1")] * 5 + [("10", "10")], ["1"])).points == Decimal("22.5")


def test_where_one_counts_it_is_the_best_one_whatever_it_weighs() -> None:
    research = of([("70", "5"), ("80", "0.5")], component="research")
    assert part(research, "research").points == 24


def test_enough_passed_work_is_enough_even_if_other_work_counts() -> None:
    # Six of seven have 60 or more, among them a heavy one that is left out of the mean.
    result = of([("95", "1")] * 5 + [("59", "1"), ("60", "9")])
    assert (part(result).have, [lack.component for lack in result.missing if lack.component == "assignments"]) == (
        6,
        [],
    )


def test_the_weights_stand_in_the_tree_with_what_each_contributes() -> None:
    result = of([("80", "1")] * 4 + [("60", "2.5")], ["3"])
    tree = explain_grade(result, grading_of("p1-principals"))
    node = next(child for child in tree.children if child.ref == "part:assignments")
    # In all 4 + 2.5 + 3 = 9.5; 80 x 1 / 9.5 x 30 / 100 = 2.5263, 60 x 2.5 / 9.5 x .3 = 4.7368.
    assert node.rule and node.rule.zh.startswith("占 30 分，最好的 6 项按权重平均，每项 60 分及格")
    assert node.value and (node.value.zh, node.value.en) == (
        "5 / 6 项，权重合计 9.5", "5 of 6 pieces, weighing 9.5 in all",
    )  # fmt: skip
    told = [(one.value and one.value.zh, one.points, one.note and one.note.zh) for one in node.children]
    assert told == [
        *[("80 分，权重 1", Decimal("2.5263"), None)] * 4,
        ("60 分，权重 2.5", Decimal("4.7368"), None),
        ("权重 3", 0, "还没有分数，按 0 分计"),
        (None, Decimal("-0.0421"), None),
    ]
    assert unbalanced(tree) == []


def test_with_equal_weights_no_weight_is_shown() -> None:
    result = of([("80", "2")] * 4, ["2", "2", "2"])
    tree = explain_grade(result, grading_of("p1-principals"))
    node = next(child for child in tree.children if child.ref == "part:assignments")
    assert node.value and node.value.zh == "4 / 6 项"
    assert [one.value and one.value.zh for one in node.children] == ["80 分"] * 4
    assert part(result).points == 16, "320 / 6 of 30"


def test_the_distance_names_the_work_and_what_it_can_earn_by_its_weight() -> None:
    # Five at 80 and one of weight 3 without a mark: 3 of 8 of the 30 points are still to be had.
    result = of([("80", "1")] * 5, ["3"])
    assert "1 项作业" in distance(result, "zh") and "1 piece of work" in distance(result, "en")
    way = next(way for way in ways(result, grading_of("p1-principals")) if way.key == "assignments")
    assert way.sentence("zh") == "作业：再 1 项 → 最多 +11.25 分"
    assert way.sentence("en") == "Assignments: 1 more piece of work → up to +11.25 points"
    done = of([("100", "1")] * 5 + [("100", "3")])
    assert part(done).points == part(result).points + Decimal("11.25") + Decimal("3.75"), "100 instead of 80 for five"


@pytest.mark.parametrize("late", [0, 3])
def test_lateness_is_judged_before_the_weight(late: int) -> None:
    # P2: 5 % a day. 80, three days late, is 68; with weight 2 beside 90: (68 x 2 + 90) / (2 + 1 + 2 x 1.5) of 20 points.
    policy = load_policy("p2-municipal")
    marks = (
        Scored("assignments", "甲", Decimal(80), "mark:1", late, Decimal(2), 1),
        Scored("assignments", "乙", Decimal(90), "mark:2", 0, Decimal(1), 2),
    )
    result = part(grade(Record(1, marks=marks, span=YEAR), policy, as_of=NOW, ended=False))
    assert result.points == (Decimal("7.5") if late else Decimal("8.3"))


weights = st.decimals("0.01", 20, places=2)
marked = st.lists(st.tuples(st.decimals(0, 100, places=1), weights), max_size=5)


def mean(marks: Sequence[tuple[Decimal, Decimal]], unmarked: Sequence[Decimal], n: int) -> Fraction:
    return weighted_best(
        [Fraction(mark) for mark, _ in marks],
        [weight for _, weight in marks],
        unmarked,
        n,
    ).mean


@settings(deadline=None)
@given(marked, st.lists(weights, max_size=3), st.integers(1, 6))
def test_no_other_choice_would_give_more(marks: list[tuple[Decimal, Decimal]], unmarked: list[Decimal], n: int) -> None:
    pool = [(Fraction(mark), Fraction(weight)) for mark, weight in marks]
    pool += [(Fraction(0), Fraction(weight)) for weight in unmarked]
    usual = sum((weight for _, weight in pool), Fraction(0)) / len(pool) if pool else Fraction(1)
    pool += [(Fraction(0), usual)] * (n - len(pool))
    choices = combinations(pool, n)
    most = max(sum(m * w for m, w in some) / sum(w for _, w in some) for some in choices)
    assert mean(marks, unmarked, n) == most


@settings(deadline=None)
@given(st.lists(st.decimals(0, 100, places=1), max_size=9), weights, st.integers(0, 3), st.integers(1, 8))
def test_equal_weights_are_the_plain_mean_of_the_best(
    marks: list[Decimal], weight: Decimal, unmarked: int, n: int
) -> None:
    plain = sum(sorted(map(Fraction, marks), reverse=True)[:n], Fraction(0)) / n
    assert mean([(mark, weight) for mark in marks], [weight] * unmarked, n) == plain


@settings(deadline=None)
@given(marked, st.lists(weights, max_size=3), st.integers(1, 6), st.randoms())
def test_the_order_of_marks_changes_nothing(
    marks: list[tuple[Decimal, Decimal]], unmarked: list[Decimal], n: int, random: object
) -> None:
    before = mean(marks, unmarked, n)
    random.shuffle(marks)  # type: ignore[attr-defined]
    random.shuffle(unmarked)  # type: ignore[attr-defined]
    assert mean(marks, unmarked, n) == before


@settings(deadline=None)
@given(marked, st.lists(weights, max_size=3), st.integers(1, 6), st.decimals("0.01", 50, places=2))
def test_a_factor_common_to_all_weights_changes_nothing(
    marks: list[tuple[Decimal, Decimal]], unmarked: list[Decimal], n: int, factor: Decimal
) -> None:
    scaled = mean([(mark, weight * factor) for mark, weight in marks], [weight * factor for weight in unmarked], n)
    assert scaled == mean(marks, unmarked, n)


@settings(deadline=None)
@given(marked.filter(bool), st.lists(weights, max_size=3), st.integers(1, 6), st.data())
def test_a_better_mark_and_a_first_mark_never_lower_the_mean(
    marks: list[tuple[Decimal, Decimal]], unmarked: list[Decimal], n: int, data: st.DataObject
) -> None:
    before = mean(marks, unmarked, n)
    at = data.draw(st.integers(0, len(marks) - 1))
    mark, weight = marks[at]
    better = [*marks[:at], (data.draw(st.decimals(mark, 100, places=1)), weight), *marks[at + 1 :]]
    assert mean(better, unmarked, n) >= before
    if unmarked:
        assert mean([*marks, (Decimal(1), unmarked[0])], unmarked[1:], n) >= before


@settings(deadline=None)
@given(marked, st.lists(weights, max_size=3))
def test_the_tree_adds_up_and_what_is_open_is_what_full_marks_would_add(
    marks: list[tuple[Decimal, Decimal]], unmarked: list[Decimal]
) -> None:
    result = of([(str(mark), str(weight)) for mark, weight in marks], [str(weight) for weight in unmarked])
    assert unbalanced(explain_grade(result, grading_of("p1-principals"))) == []
    one = part(result)
    assert 0 <= one.open <= 1 and (one.lacking > 0) == (one.open > 0)
    same = replace(one, sources=())
    assert same.points <= one.weight
