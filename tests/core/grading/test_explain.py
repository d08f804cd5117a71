"""The tree of a grade accounts for every point; what is missing is said with the day by which."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lms_tracker.actions.policies import load_policy, policy_names
from lms_tracker.core.grading.distance import distance, ways
from lms_tracker.core.grading.explain import Node, evidence_of, explain_grade
from lms_tracker.core.grading.grade import Grade, Override
from lms_tracker.core.grading.kinds import KINDS
from lms_tracker.core.grading.tables import Grading
from tests.core.grading.cases import did, graded, hours, mark, times

GRADED = [name for name in policy_names() if load_policy(name).grading]


def grading_of(name: str) -> Grading:
    grading = load_policy(name).grading
    assert grading is not None
    return grading


def tree(name: str, *evidence: Any, **more: Any) -> Node:
    return explain_grade(graded(name, *evidence, **more), grading_of(name))


def unbalanced(node: Node) -> list[str]:
    """Titles of nodes whose children do not add up to them."""
    told = [child for child in node.children if child.kind != "status"]
    total = sum((child.points or Decimal(0) for child in told), Decimal(0))
    wrong = [node.title.en] if told and abs(total - (node.points or Decimal(0))) > Decimal("0.001") else []
    return wrong + [title for child in told for title in unbalanced(child)]


@st.composite
def evidence(draw: Any) -> list[Any]:
    found: list[Any] = [hours(draw(st.floats(0, 90)), draw(st.sampled_from(["required", "elective", "extension"])))]
    found += [mark(draw(st.sampled_from(["assignments", "research"])), str(draw(st.integers(0, 100))), draw(st.integers(0, 20)))
              for _ in range(draw(st.integers(0, 8)))]  # fmt: skip
    for _ in range(draw(st.integers(0, 15))):
        name = draw(st.sampled_from(sorted(KINDS)))
        kind = KINDS[name]
        value = None if kind.value == "none" else str(draw(st.integers(1, 100)))
        level = draw(st.sampled_from(kind.levels)) if kind.levels else None
        attempt, late = draw(st.integers(1, kind.attempts)), draw(st.integers(0, 20))
        found.append(did(name, "", value, level=level, attempt=attempt, late=late, proof=draw(st.booleans())))
    return found


@pytest.mark.parametrize("name", GRADED)
@settings(max_examples=60)
@given(evidence())
def test_the_points_of_each_node_are_those_of_its_children(name: str, given_evidence: list[Any]) -> None:
    assert unbalanced(tree(name, given_evidence)) == []


def titles(node: Node) -> list[tuple[str, Decimal | None]]:
    return [(child.title.zh, child.points) for child in node.children]


def test_a_weighted_grade_unfolds_into_parts_evidence_and_rounding() -> None:
    root = tree("p1-principals", hours(33.5), mark("assignments", "71"))
    assert (root.title.en, root.points) == ("Final grade", Decimal("25.9"))
    coursework = root.children[0]
    assert coursework.rule and coursework.rule.zh == "占 40 分，60 学时得满分；不低于目标的 60%"
    assert coursework.value and coursework.value.en == "33.5 of 60 class hours"
    assert titles(coursework) == [("required course", Decimal("22.3333")), ("四舍五入", Decimal("-0.0333"))]


def test_a_card_unfolds_into_base_and_bonus_and_says_why_something_counts_nothing() -> None:
    root = tree(
        "p3-credit-card", did("exam", "英语", "48"), did("exam", "英语", "90", attempt=2), times(5, "attendance")
    )
    assert titles(root) == [("基本分", Decimal("80.0")), ("加分", Decimal("3.0")), ("合格", None)]
    said = [(one.points, one.note and one.note.zh) for one in evidence_of(root) if "英语" in one.title.zh]
    assert said == [(30, "补考分数封顶"), (0, "未达到及格线")]


def test_what_a_limit_cuts_off_stands_in_the_tree() -> None:
    # Twelve activities at 4 points are 48; at most 40.
    part = tree("p5-reserve", times(12, "attendance")).children[0].children[0]
    assert (part.points, titles(part)[-1]) == (40, ("超出上限", Decimal(-8)))


def test_a_result_set_by_hand_stands_in_the_tree_with_who_and_why() -> None:
    at = datetime(2026, 5, 1, tzinfo=UTC)
    part = Override("research", "0.0", "21", "在他校已通过", "王主任", at, "override:1")
    final = Override("final", "24.0", "60", "委员会决定", None, at, "override:2")
    root = tree("p1-principals", mark("assignments", "60"), overrides=(part, final))
    assert unbalanced(root) == [] and root.points == 60
    research = next(node for node in root.children[0].children if node.title.zh == "研修成果")
    (node,) = [child for child in research.children if child.kind == "override"]
    assert (node.title.zh, node.points) == ("人工更正：0.0 → 21", 21)
    assert node.rule and node.rule.zh == "王主任，2026-05-01：在他校已通过"


def missing(name: str, *given_evidence: Any) -> Grade:
    return graded(name, *given_evidence)


def test_the_distance_is_one_sentence_with_the_day_by_which() -> None:
    six = [mark("assignments", "90") for _ in range(5)]
    grade = missing("p1-principals", hours(33.5), six, mark("research", "80"))
    assert distance(grade, "zh") == "还差 2.5 学时和 1 项作业，截止 12 月 31 日"
    assert distance(grade, "en") == "Missing: 2.5 class hours and 1 piece of work (Assignments), until December 31"
    assert (
        distance(missing("p1-principals", hours(60), six, mark("assignments", "60"), mark("research", "80")), "zh")
        == ""
    )


def test_what_would_earn_points_next_is_said_part_by_part() -> None:
    grade = graded("p3-credit-card", times(3, "attendance"), did("training", level="city"))
    said = [way.sentence("zh") for way in ways(grade, grading_of("p3-credit-card"))]
    assert (
        said[:3]
        == ["周末课堂：再 1 次 → +50 分", "重点课程考试：再 1 次 → +0.5 分", "周末课堂（超出部分）：再 1 次 → +3 分"]
        or said
    )
    assert "组织调训：再 1 次 → 最多 +30 分" in said
    assert not any("起始分" in one for one in said), "what somebody is cannot be done"


@pytest.mark.parametrize("name", GRADED)
def test_doing_what_a_way_says_earns_what_it_says(name: str) -> None:
    """Of parts that count things one by one."""
    for way in ways(graded(name), grading_of(name)):
        part = next(one for one in grading_of(name).parts if one.key == way.key)
        if getattr(part, "each", None) is None:
            continue
        kind = part.evidence[0]  # type: ignore[union-attr]
        level = (part.levels or KINDS[kind].levels or (None,))[0]  # type: ignore[union-attr]
        value = "60" if KINDS[kind].value == "required" else None
        before, after = graded(name), graded(name, times(int(way.units), kind, level=level, value=value))
        gained = {part.key: part.points for part in after.components}[way.key] - {
            part.key: part.points for part in before.components
        }[way.key]
        assert gained == way.points, way
