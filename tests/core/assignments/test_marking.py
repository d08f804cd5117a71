"""Rubrics, lateness, two markers and a third, peers: each figure worked out by hand."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal as D

import msgspec
import pytest

from lms_tracker.core.assignments.agreement import Outcome, agreed, combined
from lms_tracker.core.assignments.lateness import after_deduction, days_late, window_at
from lms_tracker.core.assignments.reviews import (
    Review,
    mark_for_reviewing,
    outliers,
    peer_mark,
    references,
    weights,
)
from lms_tracker.core.assignments.rubric import Criterion, Level, RubricFault, mark_of, parse_rubric, rubric_text
from lms_tracker.core.assignments.terms import PeerRules, Terms, faults_of

DUE = datetime(2026, 3, 10, 16, tzinfo=UTC)
TERMS = Terms("作业一", "assignments", due_at=DUE)
TEXT = "论证：观点明确，有数据 | 优 40 | 良 32.5 | 差 0\n结构 | 好 20 | 10分"


def changed(**values: object) -> Terms:
    return msgspec.structs.replace(TERMS, **values)


def test_a_rubric_is_one_criterion_a_line_and_reads_back_as_it_was_written() -> None:
    rubric = parse_rubric(TEXT)
    assert rubric[0] == Criterion(
        "论证", "观点明确，有数据", (Level("优", D(40)), Level("良", D("32.5")), Level("差", D(0)))
    )
    assert rubric[1] == Criterion("结构", "", (Level("好", D(20)), Level("", D(10))))
    assert parse_rubric(rubric_text(rubric)) == rubric == parse_rubric(TEXT.replace("|", "｜") + "\n\n")
    assert parse_rubric("") == ()


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("论证 | 优 40", 1, "levels"), ("\n论证 | 优 | 良 3", 2, "points"), ("：说明 | 优 4 | 良 3", 1, "title"),
        ("甲 | 1 | 2\n甲 | 1 | 2", 2, "twice"), ("\n".join(f"{n} | 1 | 2" for n in range(21)), 21, "many"),
        ("甲 | 优 1000 | 2", 1, "points"),
    ],
)  # fmt: skip
def test_a_line_that_is_no_criterion_is_named(text: str, line: int, why: str) -> None:
    with pytest.raises(RubricFault) as caught:
        parse_rubric(text)
    assert (caught.value.line, caught.value.why) == (line, why)


def test_levels_make_a_mark_of_a_hundred() -> None:
    rubric = parse_rubric(TEXT)  # 60 points at most
    assert mark_of(rubric, {0: 0, 1: 0}) == D("100.00")
    assert mark_of(rubric, {0: 1, 1: 1}) == D("70.83")  # 42.5 of 60
    assert mark_of(rubric, {0: 2, 1: 1}) == D("16.67")
    for wrong in ({0: 0}, {0: 0, 1: 2}, {0: -1, 1: 0}, {}):
        assert mark_of(rubric, wrong) is None


def test_lateness_begins_a_second_after_the_deadline_and_costs_by_the_day() -> None:
    second, day = timedelta(seconds=1), timedelta(days=1)
    assert [days_late(DUE, DUE + late) for late in (-day, 0 * day, second, day, day + second)] == [0, 0, 1, 1, 2]
    late = changed(late="deduct", deduct_per_day=D("2.5"))
    assert [after_deduction(late, D(4), n) for n in (0, 1, 2)] == [D("4.00"), D("1.50"), D("0.00")]
    assert after_deduction(changed(late="accept", deduct_per_day=D(5)), D(80), 3) == D(80)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, ["open", "open", "closed", "closed"]),
        ({"late": "accept"}, ["open", "open", "late", "late"]),
        ({"late": "deduct", "late_until": DUE + timedelta(days=1)}, ["open", "open", "late", "closed"]),
        ({"opens_at": DUE - timedelta(hours=1)}, ["early", "open", "closed", "closed"]),
        ({"due_at": None}, ["open"] * 4),
    ],
)
def test_the_late_rule_opens_and_closes_the_door(values: dict[str, object], expected: list[str]) -> None:
    hours = (-2, 0, 1, 30)
    assert [window_at(changed(**values), DUE + timedelta(hours=n)) for n in hours] == expected


def test_work_that_was_returned_may_come_in_again_until_a_day_of_its_own() -> None:
    until = DUE + timedelta(days=3)
    assert window_at(TERMS, DUE + timedelta(days=2), again_until=until) == "open"
    assert window_at(TERMS, DUE + timedelta(days=4), again_until=until) == "closed"


@pytest.mark.parametrize(
    ("marks", "rule", "expected"),
    [
        ([], "closest", Outcome(None, "waits", 2)),
        ([80], "closest", Outcome(None, "waits", 1)),
        ([80, 90], "closest", Outcome(D("85.00"), "agreed")),
        ([80, 91], "closest", Outcome(None, "waits", 1, third=True)),
        ([60, 90, 85], "closest", Outcome(D("87.50"), "closest")),
        ([60, 90, 62], "closest", Outcome(D("61.00"), "closest")),
        ([60, 90, 75], "closest", Outcome(D("75.00"), "closest")),
        ([60, 90, 100], "median", Outcome(D("90.00"), "median")),
        ([60, 90, 100], "third", Outcome(D("100.00"), "third")),
        ([80, 85, 10], "closest", Outcome(D("82.50"), "agreed")),
    ],
)
def test_two_markers_meet_or_a_third_is_asked(marks: list[int], rule: str, expected: Outcome) -> None:
    assert agreed([D(mark) for mark in marks], changed(markers=2, difference=D(10), rule=rule)) == expected


def test_one_marker_decides() -> None:
    assert agreed([], TERMS) == Outcome(None, "waits", 1)
    assert agreed([D("77.5")], TERMS) == Outcome(D("77.50"), "one")


def test_peers_decide_their_share_once_reviewing_is_over() -> None:
    def outcome(share: int, expert: int | None, peers: int | None, is_open: bool = False) -> Outcome:
        terms = changed(peer=PeerRules(3, DUE + timedelta(days=7), counts_pct=D(share)))
        return combined(
            agreed([] if expert is None else [D(expert)], terms), None if peers is None else D(peers), terms, is_open
        )

    assert outcome(0, 80, 60, True) == Outcome(D("80.00"), "one")
    assert outcome(30, 80, 60) == Outcome(D("74.00"), "both")  # 56 + 18
    assert outcome(30, 80, 60, True) == Outcome(None, "waits", 0)
    assert outcome(30, None, 60) == Outcome(None, "waits", 1)
    assert outcome(30, 80, None) == Outcome(D("80.00"), "one")
    assert outcome(100, None, 60) == Outcome(D("60.00"), "peers")
    assert outcome(100, None, None) == Outcome(None, "waits", 1), "nobody reviewed it: a marker has to"


def test_who_agrees_with_the_expert_weighs_more() -> None:
    reviews = [
        Review(1, 10, D(80)),
        Review(1, 11, D(70)),
        Review(2, 10, D(50)),
        Review(2, 11, D(40)),
        Review(3, 12, D(66)),
    ]
    expert = {10: D(80), 11: D(70)}
    # 1: mean square (100 + 0 + 0) / 3 = 33.3 -> 1 / 1.333; 2: (100 + 900 + 900) / 3 = 633.3 -> 1 / 7.333; 3: 100 -> 1 / 2
    assert weights(reviews, expert) == {1: D("0.75"), 2: D("0.14"), 3: D("0.50")}
    # (80 x 0.75 + 50 x 0.14) / 0.89 = 67 / 0.89
    assert peer_mark([reviews[0], reviews[2]], weights(reviews, expert)) == D("75.28")
    assert peer_mark([], {}) is None


def test_a_review_far_off_the_expert_or_the_others_is_shown() -> None:
    reviews = [
        Review(1, 10, D(80)),
        Review(2, 10, D(84)),
        Review(3, 10, D(40)),
        Review(1, 11, D(90)),
        Review(2, 11, D(50)),
    ]
    found = outliers(reviews, {}, D(15))
    # Median of the others: 82 for the third. The first two are measured by (84, 40) = 62 and (80, 40) = 60.
    assert [(o.review.reviewer, o.off) for o in found] == [(3, D(-42)), (2, D(24)), (1, D(18))]
    assert [(o.review.reviewer, o.off) for o in outliers(reviews, {10: D(82), 11: D(88)}, D(15))] == [
        (3, D(-42)),
        (2, D(-38)),
    ]


def test_reviewing_is_marked_by_what_was_done_and_how_well_it_agrees() -> None:
    mine = [Review(1, 10, D(80)), Review(1, 11, D(70))]
    reference = references(mine, {10: D(80), 11: D(85)})
    # 100 for the first; 60 + 40 x (1 - 15 / 30) = 80 for the second; none for the third of three.
    assert mark_for_reviewing(mine, 3, reference, D(15)) == D("60.00")
    assert mark_for_reviewing(mine, 2, reference, D(15)) == D("90.00")
    assert mark_for_reviewing(mine, 2, {}, D(15)) == D("100.00")
    assert mark_for_reviewing([], 3, {}, D(15)) == D("0.00")
    assert mark_for_reviewing([], 0, {}, D(15)) is None


def test_all_faults_of_terms_are_named_at_once() -> None:
    assert faults_of(TERMS, ["assignments"]) == []
    wrong = changed(
        title="", component="x", text=False, files=False, opens_at=DUE, late="deduct", late_until=DUE,
        release_at=DUE - timedelta(days=1), deduct_per_day=D(101), difference=D(-1),
        rubric=(Criterion("a", "", (Level("", D(0)), Level("", D(0)))),),
        peer=PeerRules(0, DUE, counts_pct=D(101), component="y"),
    )  # fmt: skip
    assert faults_of(wrong, ["assignments"]) == [
        "title", "component", "nothing-taken", "due-before-opening", "late-before-deadline", "release-before-deadline",
        "deduction", "difference", "rubric-points", "reviews", "reviews-before-deadline", "peer-numbers",
        "peer-component", "release-before-reviews",
    ]  # fmt: skip
    assert faults_of(changed(due_at=None, late="accept"), ["assignments"]) == ["late-without-deadline"]


def test_terms_survive_being_stored() -> None:
    terms = changed(rubric=parse_rubric(TEXT), peer=PeerRules(3, DUE, counts_pct=D("12.5")))
    assert msgspec.json.decode(msgspec.json.encode(terms), type=Terms) == terms
