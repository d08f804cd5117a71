import pytest

from lms_tracker.core.panel import Ruling, rule_on


@pytest.mark.parametrize(
    ("panel", "level", "rule"),
    [
        ([], None, "waiting"),
        ([None, None], None, "waiting"),
        (["A", None], None, "waiting"),
        (["B", "B"], "B", "unanimous"),
        (["A", "B"], "B", "middle"),  # between two, the lower
        (["B", "A"], "B", "middle"),
        (["A", "A", "B"], "A", "middle"),
        (["A", "B", "B"], "B", "middle"),
        (["C", "D", "C", "D"], "D", "middle"),
        (["A", "C"], None, "third-needed"),
        (["A", "B", "C"], None, "third-needed"),
        (["A"], "A", "unanimous"),
    ],
)
def test_what_the_experts_levels_come_to(panel: list[str | None], level: str | None, rule: str) -> None:
    assert rule_on(panel) == Ruling(level, rule)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("panel", "third", "level"),
    [(["A", "C"], "B", "B"), (["A", "D"], "A", "A"), (["A", "D"], "D", "D"), (["A", "D"], "C", "C")],
)
def test_a_third_expert_makes_the_middle_of_three(panel: list[str | None], third: str, level: str) -> None:
    assert rule_on(panel, third) == Ruling(level, "third")


def test_a_third_level_is_not_looked_at_where_the_panel_agrees() -> None:
    assert rule_on(["B", "B"], "D") == Ruling("B", "unanimous")


def test_the_chairs_word_stands_above_all() -> None:
    assert rule_on(["A", "A"], None, "C") == Ruling("C", "chair")
    assert rule_on([None], None, "C") == Ruling("C", "chair")


def test_another_limit_lets_levels_further_apart_be_settled_by_their_middle() -> None:
    assert rule_on(["A", "C"], limit=2) == Ruling("C", "middle")
